//! The flags and the help of `check`.

use clap::Args;

use super::output::Format;
use super::source::SourceArgs;
use super::tree::TreeArgs;

const CHECK_HELP: &str = "\
TREE is a folder, a tarball (.tar, .tar.gz, .tar.xz, .tar.bz2, .tar.zst), a source RPM, or REPO:REV for a tree in a git \
repository. Only the files that the commits change are read.

A commit is asked after with all that make the same change: its origin, what carries it, and equal copies. It is
  in base      the base has it, and the vendor has not undone it
  complete     every hunk of it is there, or rewritten by commits that are there
  partial      some of its hunks are missing
  superseded   no line of it is left: commits that are there have rewritten it
  reverted     it was there and is undone
  absent       it is not there
Each hunk is proved: where in the vendor's file it stands, which of its lines are missing, which stand in another order.

Examples:
  hunktrace check --repo ~/linux --base ~/linux:v4.18 --vendor linux-4.18.0-348.tar.xz 0123456789ab
  hunktrace check --index linux.index --taken taken-apart - < commits
  hunktrace check --index linux.index --base none --vendor ~/vendor-kernel --format jsonl 0123456789ab";

/// Flags of `check`.
#[derive(Args, Clone, Debug)]
#[command(after_help = CHECK_HELP)]
pub struct CheckArgs {
    /// Where to ask.
    #[command(flatten)]
    pub source: SourceArgs,
    /// What the question is about.
    #[command(flatten)]
    pub tree: TreeArgs,
    /// Commit ids, or at least 4 leading digits of each; '-' reads them from standard input, one a line
    #[arg(required = true, value_name = "COMMIT")]
    pub commits: Vec<String>,
    /// End with exit code 1 if a commit is not there, whole
    #[arg(long)]
    pub exit_code: bool,
    /// Print the lines of each hunk that are not as the commit leaves them
    #[arg(long)]
    pub proof: bool,
    /// How to print it
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub format: Format,
}
