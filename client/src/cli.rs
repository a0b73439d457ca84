//! The command line as data: every command, flag and help text.

use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::PathBuf;

use hunktrace_indexer::run::index_update::COMMIT_INTERVAL;

use clap::{ArgAction, Args, Parser, Subcommand, ValueEnum};

const ABOUT: &str = "Says which upstream commit a code change in a vendor kernel came from.";

const LONG_ABOUT: &str = "\
Says which upstream commit a code change in a vendor kernel came from.

hunktrace indexes every hunk of upstream history once, and then finds the origins of unknown hunks: at the \
terminal, in scripts (JSON lines), or for other programs over gRPC.";

const AFTER_HELP: &str = "\
Exit codes:
  0    everything that was asked is answered, found or not
  1    something failed: a file that cannot be read, a malformed patch; the rest is answered
  2    nothing could be done: wrong usage, no index, no server
  130  interrupted

Environment:
  HUNKTRACE_INDEX   the index to ask if no flag says where to ask
  HUNKTRACE_SERVER  the server to ask if no flag says where to ask
  HUNKTRACE_LOG     what to log, as in 'hunktrace_server=debug,tonic=info'
  XDG_CACHE_HOME    where the indexes of --repo are kept [default: ~/.cache]
  NO_COLOR          if it is set: no colours, unless --color=always

Example:
  hunktrace lookup --repo ~/linux fix.patch";

/// The whole command line.
#[derive(Debug, Parser)]
#[command(name = "hunktrace", version, about = ABOUT, long_about = LONG_ABOUT, after_help = AFTER_HELP)]
#[command(max_term_width = 100)]
pub struct Cli {
    /// Log what is done to standard error; twice for every detail
    #[arg(short, long, global = true, action = ArgAction::Count, display_order = 900)]
    pub verbose: u8,
    /// When to use colours
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto", display_order = 901)]
    pub color: ColorWhen,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// When to use colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ColorWhen {
    /// On a terminal, unless NO_COLOR is set
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// The form of what is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people
    Text,
    /// JSON, an object a line
    Jsonl,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Build an index of upstream history, or extend it by what is new
    Index(IndexArgs),
    /// Find the upstream commits that patches came from
    Lookup(LookupArgs),
    /// Take a whole vendor release apart: which commit does every changed line come from?
    Attribute(AttributeArgs),
    /// Show what the index knows of a commit
    Show(ShowArgs),
    /// Show what is indexed, how much of it, and how fresh it is
    Status(StatusArgs),
    /// Answer over gRPC
    Serve(ServeArgs),
    /// Check every checksum and cross-reference of an index
    Verify(VerifyArgs),
    /// Try it all on a small made-up kernel that comes with the program
    Demo(DemoArgs),
}

/// Where answers come from; at most one is given.
#[derive(Args, Clone, Debug, Default)]
#[group(multiple = false)]
pub struct SourceArgs {
    /// Ask the index in this folder
    #[arg(long, value_name = "DIR")]
    pub index: Option<PathBuf>,
    /// Ask the index of this git repository, which is kept in the user's cache folder: built on first use, and
    /// extended when the repository has moved
    #[arg(long, value_name = "REPO")]
    pub repo: Option<PathBuf>,
    /// Ask this server, as in http://127.0.0.1:7300
    #[arg(long, value_name = "URL")]
    pub server: Option<String>,
}

const INDEX_HELP: &str = "\
A run indexes only what is not indexed yet. One that is stopped or killed leaves an index that can be used, and the \
next run goes on from its last commit point. While a run extends an index, it can be read, and a server that has it \
open answers from the new content as soon as it is there.

Examples:
  hunktrace index --index linux.index --repo ~/linux
  hunktrace index --index linux.index --repo ~/linux --repo ~/linux-stable --ref master --ref linux-6.1.y";

/// Flags of `index`.
#[derive(Args, Clone, Debug)]
#[command(after_help = INDEX_HELP)]
pub struct IndexArgs {
    /// The folder of the index; it is made where there is none
    #[arg(long, value_name = "DIR")]
    pub index: PathBuf,
    /// The git repositories to read: bare or not, worktrees too
    #[arg(long = "repo", value_name = "REPO", required = true, num_args = 1..)]
    pub repos: Vec<PathBuf>,
    /// Index what these revisions contain, and not all branches and tags
    #[arg(long = "ref", value_name = "REV", num_args = 1..)]
    pub refs: Vec<String>,
    /// How many threads compare file versions [default: as many as the machine runs at once]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub threads: Option<u16>,
    /// How many commits lie between two commit points: a run that is killed loses at most the work on so many
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

const ATTRIBUTE_HELP: &str = "\
TREE is a folder, a tarball (.tar, .tar.gz, .tar.xz, .tar.bz2, .tar.zst), a source RPM, or REPO:REV for a tree in a git \
repository. The base is the upstream release that the vendor kernel was forked from: what it contains cannot be an \
origin. With '--base auto' it is taken from the repository of --repo, by the version in the vendor's Makefile.

What is written to --out:
  report.html     for people: opens from disk
  patches/        one patch for each upstream commit, then the vendor's own changes, with a 'series' file; applied in
                  order they turn the base into the vendor's tree, which every run verifies
  hunks.jsonl     for every hunk which lines come from which commit
  commits.jsonl   the commits that the release contains; commits.csv is the same as a table
  summary.json    counts and shares, timings, versions, the exact inputs

With several --vendor all this is written for each in a folder of its own, and beside these folders:
  releases.jsonl  for every commit the release in which it first appeared, the one in which it disappeared, and what
                  each release has of it; releases.csv is the same as a table
  report.html     what is new and what is gone in each release, with links to the releases' own reports

--git-branch begins at the base's commit in --repo: that of REPO:REV, or what --base-revision or the release in the \
base's Makefile names. Its files have to be those of the base. Nothing is written where there is such a branch already.

Until all is done the result is in a folder beside --out; where the run fails or is stopped, --out is as it was.

Examples:
  hunktrace attribute --repo ~/linux --base ~/linux:v4.18 --vendor linux-4.18.0-348.tar.xz --out taken-apart
  hunktrace attribute --repo ~/linux --base auto --vendor kernel-4.18.0-348.src.rpm --out taken-apart
  hunktrace attribute --repo ~/linux --base auto --vendor a.tar.xz --vendor b.tar.xz --out taken-apart
  hunktrace attribute --repo ~/linux --base auto --vendor a.tar.xz --out taken-apart --git-branch vendor-a";

/// Flags of `attribute`.
#[derive(Args, Clone, Debug)]
#[command(after_help = ATTRIBUTE_HELP)]
pub struct AttributeArgs {
    /// Ask the index in this folder
    #[arg(long, value_name = "DIR", conflicts_with = "server")]
    pub index: Option<PathBuf>,
    /// Ask this server, as in http://127.0.0.1:7300
    #[arg(long, value_name = "URL")]
    pub server: Option<String>,
    /// The git repository that '--base auto' and --git-branch mean; without --index and --server its index is asked
    /// too, which is kept in the user's cache folder
    #[arg(long, value_name = "REPO")]
    pub repo: Option<PathBuf>,
    /// What the vendor started from, or 'auto'
    #[arg(long, value_name = "TREE")]
    pub base: OsString,
    /// The vendor's release; several are given in their order
    #[arg(long = "vendor", value_name = "TREE", required = true)]
    pub vendors: Vec<OsString>,
    /// The folder for the result; an earlier result there is replaced
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
    /// The base as the index knows it [default: the revision of REPO:REV, or the release that its Makefile names]
    #[arg(long, value_name = "REV")]
    pub base_revision: Option<String>,
    /// Write the series as a new branch of --repo as well, from the base's commit on; several releases get NAME-01-...
    #[arg(long, value_name = "NAME", requires = "repo")]
    pub git_branch: Option<String>,
    /// Print nothing but errors
    #[arg(short, long)]
    pub quiet: bool,
}

impl AttributeArgs {
    /// Where answers come from: the repository only where nothing else is given.
    pub fn source(&self) -> SourceArgs {
        let is_elsewhere = self.index.is_some() || self.server.is_some();
        let repo = self.repo.clone().filter(|_| !is_elsewhere);
        SourceArgs { index: self.index.clone(), repo, server: self.server.clone() }
    }
}

const LOOKUP_HELP: &str = "\
Patches may be unified diffs, git diffs, mails, mailboxes and series, or the output of 'git log -p' and 'git show', in \
any encoding. What is malformed is reported as FILE:LINE, and everything around it is answered.

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
    /// The patches; '-' reads standard input
    #[arg(value_name = "PATCH", required = true)]
    pub patches: Vec<PathBuf>,
}

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

const SERVE_HELP: &str = "\
The service is hunktrace.v1.Hunktrace, with grpc.health.v1 and server reflection. It prints its address once it answers. \
What a run of 'hunktrace index' adds goes live without a restart. SIGINT and SIGTERM end it after the answers \
under way. There is neither encryption nor authentication: keep it on the loopback device or behind a proxy.

Example:
  hunktrace serve --index linux.index --listen 127.0.0.1:7300";

/// Flags of `serve`.
#[derive(Args, Clone, Debug)]
#[command(after_help = SERVE_HELP)]
pub struct ServeArgs {
    /// The folder of the index
    #[arg(long, value_name = "DIR")]
    pub index: PathBuf,
    /// The address to listen on; port 0 takes a free one
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:7300")]
    pub listen: SocketAddr,
}

const VERIFY_HELP: &str = "\
Ends with a digest of the content: equal for equal histories, in however many runs they were indexed.

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

const DEMO_HELP: &str = "\
Writes a git repository with the history of a made-up kernel, indexes it, and looks up the patches of a made-up \
vendor: an exact backport, an adapted one, one squashed from several commits, and a change of the vendor's own. Then \
it takes the vendor's whole release apart, and says where the report is.

Examples:
  hunktrace demo
  hunktrace demo --dir /tmp/demo";

/// Flags of `demo`.
#[derive(Args, Clone, Debug)]
#[command(after_help = DEMO_HELP)]
pub struct DemoArgs {
    /// Write everything to this folder, which must be new or empty [default: a new one among the temporary files]
    #[arg(long, value_name = "DIR")]
    pub dir: Option<PathBuf>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn flags_are_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn every_command_has_an_example() {
        for command in Cli::command().get_subcommands() {
            let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
            assert!(help.contains(&format!("hunktrace {}", command.get_name())), "{}", command.get_name());
        }
    }

    #[test]
    fn answers_come_from_one_place() {
        let both = ["hunktrace", "lookup", "--index", "i", "--repo", "r", "p"];
        assert!(Cli::try_parse_from(both).is_err());
    }

    #[test]
    fn repository_of_attribute_is_asked_where_nothing_else_is() {
        let source = |flags: &[&str]| {
            let flags =
                ["hunktrace", "attribute", "--base", "b", "--vendor", "v", "--out", "o"].iter().chain(flags);
            match Cli::try_parse_from(flags).map(|cli| cli.command) {
                Ok(Command::Attribute(args)) => Some(args.source()),
                _ => None,
            }
        };
        let asked = |flags| source(flags).map(|source| (source.index, source.repo));
        assert_eq!(asked(&["--repo", "r"]), Some((None, Some("r".into()))));
        assert_eq!(asked(&["--repo", "r", "--index", "i"]), Some((Some("i".into()), None)));
        assert!(source(&["--server", "s", "--index", "i"]).is_none());
        assert!(source(&["--index", "i", "--git-branch", "b"]).is_none(), "a branch of what?");
    }

    #[test]
    fn flags_do_not_swallow_patches() {
        let cli = Cli::try_parse_from(["hunktrace", "lookup", "--index", "i", "--explain", "p", "-"]);
        let Ok(Cli { command: Command::Lookup(args), .. }) = cli else { panic!("{cli:?}") };
        assert_eq!(args.patches, [PathBuf::from("p"), PathBuf::from("-")]);
    }
}
