//! The flags and the help of `index`.

use std::path::PathBuf;

use clap::Args;
use hunktrace_indexer::run::index_update::COMMIT_INTERVAL;

const INDEX_HELP: &str = "\
A run indexes only what is not indexed yet. One that is stopped with Ctrl-C keeps what it has done; one that is killed \
keeps what was there at its last commit point. Both leave an index that can be used, and the next run goes on with it. While a run extends an index, it can be read, and a server that has it \
open answers from the new content as soon as it is there.

Examples:
  hunktrace index --index linux.index --repo ~/linux
  hunktrace index --index linux.index --repo ~/linux --repo ~/linux-stable \\
      --ref master --ref linux-6.1.y
  hunktrace index --index linux.index --repo ~/linux \\
      --ref 'refs/heads/*' --ref 'refs/pull/*'
  hunktrace index --index linux.index --neighbour centos6.sqlite --neighbour taken-apart
  hunktrace index --index linux.index --neighbour kernel-source/patches.suse";

/// Flags of `index`.
#[derive(Args, Clone, Debug)]
#[command(after_help = INDEX_HELP)]
pub struct IndexArgs {
    /// The folder of the index; it is made where there is none
    #[arg(long, value_name = "DIR")]
    pub index: PathBuf,
    /// The git repositories to read: bare or not, worktrees too
    #[arg(
        long = "repo",
        value_name = "REPO",
        required_unless_present_any = ["neighbours", "forgotten"],
        num_args = 1..
    )]
    pub repos: Vec<PathBuf>,
    /// Index what these revisions contain, and not all branches and tags; 'refs/pull/*' takes all references that the
    /// pattern names, where '*' stands for '/' as well
    #[arg(long = "ref", value_name = "REV", num_args = 1..)]
    pub refs: Vec<String>,
    /// Make a vendor known to the index, so that 'show' says by itself whether he has a commit: a catalogue, a release that
    /// 'attribute' has taken apart, a series of patches (a folder, with 'series' or 'series.conf' or without; a mailbox; a patch), or what
    /// 'lookup --format jsonl' says of one. A series is looked up, and what has changed of it when it is given again, or when the index
    /// is extended; may be given several times
    #[arg(long = "neighbour", value_name = "PATH")]
    pub neighbours: Vec<PathBuf>,
    /// Forget a vendor that was made known
    #[arg(long = "forget-neighbour", value_name = "PATH")]
    pub forgotten: Vec<PathBuf>,
    /// How many threads compare file versions [default: as many as the machine runs at once]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub threads: Option<u16>,
    /// How many commits lie between two commit points: a run that is killed loses the work on this many at most, and no
    /// more than about a minute's
    #[arg(long, value_name = "N", default_value_t = COMMIT_INTERVAL, value_parser = commit_interval)]
    pub commit_every: usize,
    /// Print nothing but errors
    #[arg(short, long)]
    pub quiet: bool,
}

fn commit_interval(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(0) => Err("at least 1 commit has to lie between two commit points".to_owned()),
        Ok(commits) => Ok(commits),
        Err(error) => Err(format!("{error}; give a number of commits")),
    }
}
