//! The flags and the help of `cache`.

use clap::{ArgGroup, Args, Subcommand};

use super::output::Format;

const CACHE_HELP: &str = "\
Where neither --index nor --server is given, the index of a repository is kept in the user's cache folder. It can be removed \
at any time: it is built anew when it is asked again.

Examples:
  hunktrace cache list
  hunktrace cache prune --gone --older-than 90 --dry-run";

/// Flags of `cache`.
#[derive(Args, Clone, Debug)]
#[command(after_help = CACHE_HELP)]
pub struct CacheArgs {
    /// What to do.
    #[command(subcommand)]
    pub command: CacheCommand,
}

/// What can be done with the cached indexes.
#[derive(Clone, Debug, Subcommand)]
pub enum CacheCommand {
    /// List the indexes: size, when they were asked last, and of which repository they are
    List {
        /// How to print them
        #[arg(long, value_name = "FORMAT", default_value = "text")]
        format: Format,
    },
    /// Remove indexes
    Prune(PruneArgs),
}

/// Which indexes are removed: those that one of the flags names.
#[derive(Args, Clone, Debug)]
#[command(group = ArgGroup::new("which").required(true).multiple(true).args(["older_than", "gone", "all"]))]
pub struct PruneArgs {
    /// Remove those that were not asked for so many days
    #[arg(long, value_name = "DAYS")]
    pub older_than: Option<u64>,
    /// Remove those whose repository is not there any more, and those that this program cannot read
    #[arg(long)]
    pub gone: bool,
    /// Remove all
    #[arg(long)]
    pub all: bool,
    /// Only say what would be removed
    #[arg(long)]
    pub dry_run: bool,
}
