//! The flags and the help of `man`.

use std::path::PathBuf;

use clap::Args;

const MAN_HELP: &str = "\
Writes hunktrace.1 and a page for each command, as in hunktrace-lookup.1.

Example:
  hunktrace man --out ~/.local/share/man/man1";

/// Flags of `man`.
#[derive(Args, Clone, Debug)]
#[command(after_help = MAN_HELP)]
pub struct ManArgs {
    /// The folder for the pages; it is made where there is none
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
}
