//! The flags and the help of `status`.

use clap::Args;

use super::output::Format;
use super::source::SourceArgs;

const STATUS_HELP: &str = "\
Examples:
  hunktrace status --index linux.index
  hunktrace status --server http://127.0.0.1:7300 --all";

/// Flags of `status`.
#[derive(Args, Clone, Debug)]
#[command(after_help = STATUS_HELP)]
pub struct StatusArgs {
    /// Where to ask.
    #[command(flatten)]
    pub source: SourceArgs,
    /// List every reference and everything that could not be indexed, and not the first 20 of each
    #[arg(long)]
    pub all: bool,
    /// How to print it; jsonl lists everything
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub format: Format,
}
