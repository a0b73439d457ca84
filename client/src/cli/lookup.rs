//! The flags and the help of `lookup`.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::output::AnswerFormat;
use super::source::SourceArgs;

const LOOKUP_HELP: &str = "\
What is looked up:
  FILE      patches and mails in any form and encoding, also compressed
  FOLDER    the patches in it: those of its 'series' or 'series.conf' file, or
            else all files that are named like patches or mails
  REVISION  a commit of the repository around the current folder, or of --repo
  A..B      the commits from A to B, without merges, oldest first
  -         standard input, also where nothing is named and something is piped
            in

A name that is a file or folder is that, even where it is a revision as well; refs/heads/NAME or refs/tags/NAME is the \
revision.

Files may hold unified, git and context diffs, mails, mailboxes, series, and the output of 'git log -p' and 'git show', \
quoted, indented, coloured or behind a graph; lines of a diff without headers; or code, which is looked up as lines that \
a commit has added. Of a source RPM the patches are taken that its spec file applies, in this order. \
What is malformed is reported as FILE:LINE, and everything around it is answered.

Where none of --index, --repo and --server is given, HUNKTRACE_INDEX or HUNKTRACE_SERVER says where to ask, and else \
the git repository around the current folder is taken as with --repo.

Confidence is a probability: of the answers given at 90 %, nine in ten are right. The kinds of match:
  exact       changed lines, context and path agree
  changes     changed lines and path agree, the context differs
  normalized  white space, comments or the path differ
  partial     one side's changed lines are a part of the other's
  fuzzy       the changed lines are similar
  implied     superseded: a later commit that is there edits lines that only
              this one can have put there

Examples:
  hunktrace lookup --repo ~/linux fix.patch
  git show | hunktrace lookup --repo ~/linux --base v4.18 --explain
  hunktrace lookup HEAD
  hunktrace lookup --index linux.index v4.18..my-branch
  hunktrace lookup --oneline --only-unknown --exit-code patches/
  hunktrace lookup --server http://127.0.0.1:7300 --format jsonl patches/ \\
      > origins.jsonl";

/// Flags of `lookup`.
#[derive(Args, Clone, Debug)]
#[command(after_help = LOOKUP_HELP)]
pub struct LookupArgs {
    /// Where to ask.
    #[command(flatten)]
    pub source: SourceArgs,
    /// Exclude what this contains: a revision of the index or of the repository, or a TREE (folder, tarball, source RPM,
    /// REPO:REV), which stands for the release that its Makefile names
    #[arg(long, value_name = "REV|TREE")]
    pub base: Option<OsString>,
    /// How to print the answers
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub format: AnswerFormat,
    /// How many candidates to give for each hunk and patch [default: 5 in text, 10 in jsonl]; text leaves those below
    /// 1 % out unless this is given
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub max: Option<u32>,
    /// Leave out what is less sure than this: 0.9 or 90%. A likely origin is then one that is at least this sure
    #[arg(long, value_name = "P", value_parser = probability)]
    pub min_confidence: Option<f64>,
    /// Print only patches without a likely origin: none of 50 % or more for the patch or for each of its hunks, not in
    /// the base, and no revert
    #[arg(long)]
    pub only_unknown: bool,
    /// End with exit code 1 where a patch has no likely origin
    #[arg(long)]
    pub exit_code: bool,
    /// Print one line a patch: confidence, origin and subject
    #[arg(long, conflicts_with_all = ["explain", "message"])]
    pub oneline: bool,
    /// Show each hunk beside its best candidate, with the differences marked, and why it is no perfect match; with
    /// '=figures' also what each piece of evidence counts, in log-odds
    #[arg(long, value_name = "HOW", num_args = 0..=1, require_equals = true, default_missing_value = "words")]
    pub explain: Option<Explanation>,
    /// Say which known vulnerabilities the commits mend: sources as for 'audit'
    #[arg(long, value_name = "PATH")]
    pub cve: Vec<PathBuf>,
    /// Show the commits' messages as well
    #[arg(long)]
    pub message: bool,
    /// How many MiB a compressed input may have when it is decompressed
    #[arg(long, value_name = "MIB", default_value = "256", value_parser = clap::value_parser!(u32).range(1..))]
    pub max_unpacked: u32,
    /// The patches: files, folders, revisions and ranges of revisions; '-' reads standard input
    #[arg(value_name = "PATCH")]
    pub patches: Vec<PathBuf>,
}

/// How answers are explained.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Explanation {
    /// In words: the few reasons why it is no perfect match
    Words,
    /// Every piece of evidence, with what it adds to the log-odds
    Figures,
}

/// Reads a probability: a number from 0 to 1, or one in percent.
fn probability(text: &str) -> Result<f64, String> {
    let value = match text.trim().strip_suffix('%') {
        Some(percent) => percent.trim().parse::<f64>().map(|percent| percent / 100.0),
        None => text.parse(),
    };
    match value {
        Ok(value) if (0.0..=1.0).contains(&value) => Ok(value),
        _ => Err("give a number from 0 to 1 (0.9), or in percent (90%)".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn probabilities_are_shares_or_percent() {
        assert_eq!(["0", "0.9", "1", "90%", "90 %"].map(probability), [0.0, 0.9, 1.0, 0.9, 0.9].map(Ok));
        for wrong in ["90", "-1", "nan", "101%", "", "%", "x"] {
            assert!(probability(wrong).is_err(), "{wrong}");
        }
    }
}
