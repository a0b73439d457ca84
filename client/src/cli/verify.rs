//! The flags and the help of `verify`.

use std::path::PathBuf;

use clap::Args;

const VERIFY_HELP: &str = "\
Ends with a digest of the content: equal for equal histories, in however many runs they were indexed; and with the digest of \
the history alone, by which 'status' and the summaries of 'attribute' name the index.

Example:
  hunktrace verify --index linux.index";

/// Flags of `verify`.
#[derive(Args, Clone, Debug)]
#[command(after_help = VERIFY_HELP)]
pub struct VerifyArgs {
    /// The folder of the index
    #[arg(long, value_name = "DIR")]
    pub index: PathBuf,
}
