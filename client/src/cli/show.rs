//! The flags and the help of `show`.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::Args;

use super::output::Format;
use super::source::SourceArgs;

const SHOW_HELP: &str = "\
Examples:
  hunktrace show --repo ~/linux 1da177e4c3f4
  hunktrace show --index linux.index 1da177e4c3f4 --hunks
  hunktrace show --base v4.18 1da177e4c3f4 9f5f8ec53ea8
  hunktrace show --index linux.index 1da177e4c3f4 --neighbours centos6.sqlite";

/// Flags of `show`.
#[derive(Args, Clone, Debug)]
#[command(after_help = SHOW_HELP)]
pub struct ShowArgs {
    /// Where to ask.
    #[command(flatten)]
    pub source: SourceArgs,
    /// The commits: ids, of which 4 leading digits are enough, or tags and branches
    #[arg(value_name = "COMMIT", required = true)]
    pub commits: Vec<String>,
    /// Say whether this contains them: a revision of the index or of the repository, or a TREE as for 'lookup'
    #[arg(long, value_name = "REV|TREE")]
    pub base: Option<OsString>,
    /// Say how this vendor has it as well, beside those that the index knows, the nearest first: a catalogue, a release that
    /// 'attribute' has taken apart, a series of patches, which is looked up for this once, or what 'lookup --format jsonl' says of one; may
    /// be given several times
    #[arg(long, value_name = "PATH")]
    pub neighbours: Vec<PathBuf>,
    /// Say which known vulnerabilities it mends: sources as for 'audit'
    #[arg(long, value_name = "PATH")]
    pub cve: Vec<PathBuf>,
    /// Show its hunks as well
    #[arg(long)]
    pub hunks: bool,
    /// How to print it
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub format: Format,
}
