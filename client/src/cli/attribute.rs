//! The flags and the help of `attribute`.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use hunktrace_release::series::PatchHeader;
use hunktrace_release::tree::{Limits, Options};

use super::source::{ServerAccess, SourceArgs};

const ATTRIBUTE_HELP: &str = "\
TREE is a folder, a tarball (.tar, .tar.gz, .tar.xz, .tar.bz2, .tar.zst), a source RPM, or REPO:REV for a tree in a git \
repository. The base is the upstream release that the vendor kernel was forked from: what it contains cannot be an \
origin. With '--base auto' it is taken from the repository of --repo, by the version in the vendor's Makefile.

What is written to --out:
  report.html     for people: opens from disk
  patches/        one patch for each upstream commit, then the vendor's own
                  changes, with a 'series' file; applied in order they turn the
                  base into the vendor's tree, which every run verifies
  hunks.jsonl     for every hunk which lines come from which commit
  commits.jsonl   the commits that the release contains; commits.csv is the
                  same as a table
  summary.json    counts and shares, timings, versions, the exact inputs

Patches have the upstream message whole, then what is known of their origin. Lines of a message that git or GNU patch \
would take for the beginning of a diff or of another mail stand behind a '| '. A patch that is only a part of its origin, \
or does it in another way, says so in its subject and is not in the name of the origin's author.

The report is titled by the release's name. Folders of this machine are named nowhere but in the inputs of summary.json.

With several --vendor all this is written for each in a folder of its own, and beside these folders:
  releases.jsonl  for every commit the release in which it first appeared, the
                  one in which it disappeared and why, and what each release
                  has of it; releases.csv is the same as a table
  report.html     what is new and what is gone in each release, with links to
                  the releases' own reports

With --against-previous there is in each of the folders but the first one more, 'update', with the same about the \
release's difference to the one before. What the upstream base contains, and what the release before has whole, cannot \
be an origin there.

--git-branch begins at the base's commit in --repo: that of REPO:REV, or what --base-revision or the release in the \
base's Makefile names. Its files have to be those of the base. Nothing is written where there is such a branch already.

Until all is done the result is in a folder beside --out; where the run fails or is stopped, --out is as it was.

Examples:
  hunktrace attribute --repo ~/linux --base v4.18 \\
      --vendor linux-4.18.0-348.tar.xz --out taken-apart
  hunktrace attribute --repo ~/linux --base auto \\
      --vendor kernel-4.18.0-348.src.rpm --out taken-apart
  hunktrace attribute --repo ~/linux --base auto \\
      --vendor a.tar.xz --vendor b.tar.xz --out taken-apart
  hunktrace attribute --repo ~/linux --base auto \\
      --vendor a.tar.xz --out taken-apart --git-branch vendor-a
  hunktrace attribute --index linux.index --base linux-4.18 \\
      --vendor linux-4.18-348 --out taken-apart --patch-header suse
  hunktrace attribute --index linux.index --base linux-4.18 \\
      --vendor linux-4.18-348 --out records --records-only";

/// Flags of `attribute`.
#[derive(Args, Clone, Debug)]
#[command(after_help = ATTRIBUTE_HELP)]
pub struct AttributeArgs {
    /// Ask the index in this folder
    #[arg(long, value_name = "DIR", conflicts_with = "server")]
    pub index: Option<PathBuf>,
    /// Ask this server, as in http://127.0.0.1:7300, https://HOST:PORT or unix:PATH
    #[arg(long, value_name = "URL")]
    pub server: Option<String>,
    /// How the server is asked.
    #[command(flatten)]
    pub access: ServerAccess,
    /// The git repository that '--base auto' and --git-branch mean; without --index and --server its index is asked
    /// too, which is kept in the user's cache folder
    #[arg(long, value_name = "REPO")]
    pub repo: Option<PathBuf>,
    /// What the vendor started from: a TREE, a revision of --repo or of the repository around, or 'auto'
    #[arg(long, value_name = "REV|TREE")]
    pub base: OsString,
    /// The vendor's release; several are given in their order
    #[arg(long = "vendor", value_name = "TREE", required = true)]
    pub vendors: Vec<OsString>,
    /// What the release is called; one for each --vendor, in their order [default: by the package's header, or as the
    /// file or revision is called]
    #[arg(long = "name", value_name = "NAME")]
    pub names: Vec<String>,
    /// The folder for the result; an earlier result there is replaced
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
    /// The base as the index knows it [default: the revision of REPO:REV, or the release that its Makefile names]
    #[arg(long, value_name = "REV")]
    pub base_revision: Option<String>,
    /// Write the series as a new branch of --repo as well, from the base's commit on; several releases get NAME-01-...
    #[arg(long, value_name = "NAME", requires = "repo")]
    pub git_branch: Option<String>,
    /// Take each release's difference to the one before it apart as well: what this update brought
    #[arg(long)]
    pub against_previous: bool,
    /// The form of what stands above the diffs of the patches
    #[arg(long, value_name = "FORM", default_value = "plain")]
    pub patch_header: PatchHeaderForm,
    /// Write records alone, neither patches nor a report: sooner, and a quarter as much
    #[arg(long, conflicts_with_all = ["git_branch", "patch_header"])]
    pub records_only: bool,
    /// Write the runs as a table of Arrow, runs.arrow, in place of hunks.jsonl and commits.csv
    #[arg(long, requires = "records_only")]
    pub arrow: bool,
    /// How many MiB an archive may have when it is unpacked; the largest kernels have 1,600
    #[arg(long, value_name = "MIB", default_value = "4096", value_parser = clap::value_parser!(u32).range(1..))]
    pub max_unpacked: u32,
    /// Print nothing but errors
    #[arg(short, long)]
    pub quiet: bool,
}

/// The forms of patch headers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum PatchHeaderForm {
    /// A mail as 'git format-patch' writes it, for 'git am'
    Plain,
    /// Debian's fields (DEP-3): Description, Origin, Author, Applied-Upstream, Last-Update
    Dep3,
    /// A mail with SUSE's tags: Git-commit, Patch-mainline, References
    Suse,
}

impl PatchHeaderForm {
    /// The form as the release library knows it.
    pub fn form(self) -> PatchHeader {
        match self {
            PatchHeaderForm::Plain => PatchHeader::Plain,
            PatchHeaderForm::Dep3 => PatchHeader::Dep3,
            PatchHeaderForm::Suse => PatchHeader::Suse,
        }
    }
}

impl AttributeArgs {
    /// Where answers come from: the repository only where nothing else is given.
    pub fn source(&self) -> SourceArgs {
        let is_elsewhere = self.index.is_some() || self.server.is_some();
        let repo = self.repo.clone().filter(|_| !is_elsewhere);
        let access = self.access.clone();
        SourceArgs { index: self.index.clone(), repo, server: self.server.clone(), access }
    }

    /// How trees are read; what lies in `left_out` belongs to none.
    pub fn tree_options(&self, left_out: Vec<PathBuf>) -> Options {
        let limits = Limits { max_total_bytes: u64::from(self.max_unpacked) << 20, ..Limits::default() };
        Options { limits, left_out, ..Options::default() }
    }
}
