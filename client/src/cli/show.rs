//! The flags and the help of `show`.

use clap::Args;

use super::output::Format;
use super::source::SourceArgs;

const SHOW_HELP: &str = "\
Examples:
  hunktrace show --repo ~/linux 1da177e4c3f4
  hunktrace show --index linux.index 1da177e4c3f4 --hunks";

/// Flags of `show`.
#[derive(Args, Clone, Debug)]
#[command(after_help = SHOW_HELP)]
pub struct ShowArgs {
    /// Where to ask.
    #[command(flatten)]
    pub source: SourceArgs,
    /// The commit's id, or at least 4 leading digits of it
    pub commit: String,
    /// Show its hunks as well
    #[arg(long)]
    pub hunks: bool,
    /// How to print it
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub format: Format,
}
