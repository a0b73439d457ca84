//! Compiles the wire contract with a compiler from crates.io, so that nobody has to install protoc.

use std::error::Error;
use std::path::PathBuf;

use prost::Message;

/// Large messages that hardly any answer has: in place they would make every candidate and hunk several times as large as it
/// is, and these are moved often.
const BOXED: [&str; 6] = [
    ".hunktrace.v1.Patch.in_base",
    ".hunktrace.v1.Patch.reverts",
    ".hunktrace.v1.HunkAnswer.in_base",
    ".hunktrace.v1.HunkAnswer.reverts",
    ".hunktrace.v1.Candidate.hunk",
    ".hunktrace.v1.Candidate.purpose",
];

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=proto");
    let descriptors =
        protox::compile(["hunktrace/v1/hunktrace.proto", "hunktrace/v1/catalogue.proto"], ["proto"])?;
    let out = PathBuf::from(std::env::var("OUT_DIR")?);
    std::fs::write(out.join("descriptors.bin"), descriptors.encode_to_vec())?;
    let mut config = tonic_prost_build::Config::new();
    config.enable_type_names();
    for field in BOXED {
        config.boxed(field);
    }
    let builder = tonic_prost_build::configure().codec_path("crate::codec::MessageCodec");
    builder.compile_fds_with_config(descriptors, config)?;
    Ok(())
}
