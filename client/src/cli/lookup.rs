//! The flags and the help of `lookup`.

use std::path::PathBuf;

use clap::Args;

use super::output::Format;
use super::source::SourceArgs;

const LOOKUP_HELP: &str = "\
Patches may be unified diffs, git diffs, mails, mailboxes and series, or the output of 'git log -p' and 'git show', in \
any encoding. What is malformed is reported as FILE:LINE, and everything around it is answered. Of a source RPM the \
patches are looked up that its spec file applies, in this order.

Where none of --index, --repo and --server is given, HUNKTRACE_INDEX or HUNKTRACE_SERVER says where to ask, and else \
the git repository around the current folder is taken as with --repo.

Confidence is a probability: of the answers given at 90 %, nine in ten are right. The kinds of match:
  exact       changed lines, context and path agree
  changes     changed lines and path agree, the context differs
  normalized  white space, comments or the path differ
  partial     one side's changed lines are a part of the other's
  fuzzy       the changed lines are similar
  implied     superseded: a later commit that is there edits lines that only this one can have put there

Examples:
  hunktrace lookup --repo ~/linux fix.patch
  git show | hunktrace lookup --repo ~/linux --base v4.18 --explain -
  hunktrace lookup --server http://127.0.0.1:7300 --format jsonl patches/*.patch > origins.jsonl";

/// Flags of `lookup`.
#[derive(Args, Clone, Debug)]
#[command(after_help = LOOKUP_HELP)]
pub struct LookupArgs {
    /// Where to ask.
    #[command(flatten)]
    pub source: SourceArgs,
    /// Exclude what this revision contains: a tag or branch of the index, or a commit id
    #[arg(long, value_name = "REV")]
    pub base: Option<String>,
    /// How to print the answers
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub format: Format,
    /// How many candidates to give for each hunk and patch [default: 5 in text, 10 in jsonl]; text leaves those below
    /// 1 % out unless this is given
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub max: Option<u32>,
    /// Show each hunk beside its best candidate, with the differences marked, and what speaks for and against it
    #[arg(long)]
    pub explain: bool,
    /// Show the commits' messages as well
    #[arg(long)]
    pub message: bool,
    /// The patches, or source RPMs with patches; '-' reads standard input
    #[arg(value_name = "PATCH", required = true)]
    pub patches: Vec<PathBuf>,
}
