//! The flags and the help of `catalogue`, `history`, `compare` and `extract`.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::output::Format;
use super::source::SourceArgs;

const CATALOGUE_HELP: &str = "\
A catalogue is one SQLite file. It holds the releases of vendors in their order, taken apart: which commit each has, how
much of it, whose each line is, and the vendor's changelog. 'hunktrace history', 'compare' and 'extract' ask it.

Examples:
  hunktrace catalogue add rhel6.sqlite --repo ~/linux --base ~/linux:v2.6.32 kernel-*.src.rpm
  hunktrace catalogue list rhel6.sqlite";

const ADD_HELP: &str = "\
TREE and RELEASE are folders, tarballs, source RPMs, or REPO:REV. Releases are added after those that the catalogue has,
in the order in which they are given. A release that is there already, from the same source, is passed over: a run that was
stopped goes on where it was. Of a source RPM name, date and changelog are taken from its header.

With --list the releases stand in a file, one on a line, with tabs between name, tree, date (YYYY-MM-DD) and the file of
the changelog (a spec file, or what 'rpm -q --changelog' prints); the last two may be left out. Relative paths begin at the
list's folder. Lines that begin with # are passed over.

Examples:
  hunktrace catalogue add rhel6.sqlite --index linux.index --base linux.git:v2.6.32 kernel-2.6.32-71.el6.src.rpm
  hunktrace catalogue add rhel6.sqlite --index linux.index --base linux.git:v2.6.32 --list releases.tsv";

/// Flags of `catalogue`.
#[derive(Args, Clone, Debug)]
#[command(after_help = CATALOGUE_HELP)]
pub struct CatalogueArgs {
    /// What to do with it.
    #[command(subcommand)]
    pub command: CatalogueCommand,
}

/// What can be done with a catalogue.
#[derive(Clone, Debug, Subcommand)]
pub enum CatalogueCommand {
    /// Add releases of a vendor, in their order
    Add(Box<CatalogueAddArgs>),
    /// List the releases that it has
    List(CatalogueFileArgs),
    /// List all commits: from which release to which each is there
    Commits(CatalogueFileArgs),
    /// Hold the changelog of a release against its code
    Changelog(CatalogueChangelogArgs),
    /// Check the file, and every text in it
    Check(CatalogueFileArgs),
}

/// Flags of `catalogue add`.
#[derive(Args, Clone, Debug)]
#[command(after_help = ADD_HELP)]
pub struct CatalogueAddArgs {
    /// The catalogue; it is made where there is none
    #[arg(value_name = "FILE")]
    pub catalogue: PathBuf,
    /// The releases, in their order
    #[arg(value_name = "RELEASE", required_unless_present = "list")]
    pub releases: Vec<OsString>,
    /// Where to ask.
    #[command(flatten)]
    pub source: SourceArgs,
    /// What the vendor started from
    #[arg(long, value_name = "TREE")]
    pub base: OsString,
    /// The base as the index knows it [default: the revision of REPO:REV, or the release that its Makefile names]
    #[arg(long, value_name = "REV")]
    pub base_revision: Option<String>,
    /// Whose releases they are
    #[arg(long, value_name = "NAME", default_value = "vendor")]
    pub vendor_name: String,
    /// Take the releases from this list
    #[arg(long, value_name = "FILE", conflicts_with = "releases")]
    pub list: Option<PathBuf>,
    /// What a release is called; one for each, in their order [default: by the package's header, or as the file or
    /// revision is called]
    #[arg(long = "name", value_name = "NAME")]
    pub names: Vec<String>,
    /// When it was released; one for each, in their order [default: by the package's header]
    #[arg(long = "date", value_name = "YYYY-MM-DD")]
    pub dates: Vec<String>,
    /// Its changelog: a spec file, or what 'rpm -q --changelog' prints; one for each, in their order [default: by the
    /// package's header]
    #[arg(long = "changelog", value_name = "FILE")]
    pub changelogs: Vec<PathBuf>,
    /// Print nothing but errors
    #[arg(short, long)]
    pub quiet: bool,
}

/// Flags of commands that need a catalogue alone.
#[derive(Args, Clone, Debug)]
pub struct CatalogueFileArgs {
    /// The catalogue
    #[arg(value_name = "FILE")]
    pub catalogue: PathBuf,
    /// How to print it
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub format: Format,
}

/// Flags of `catalogue changelog`.
#[derive(Args, Clone, Debug)]
pub struct CatalogueChangelogArgs {
    /// The catalogue
    #[arg(value_name = "FILE")]
    pub catalogue: PathBuf,
    /// The release
    pub release: String,
    /// How to print it
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub format: Format,
}

/// Where the answers about releases come from; one is given.
#[derive(Args, Clone, Debug)]
#[group(required = true, multiple = false)]
pub struct CatalogueSourceArgs {
    /// Ask this catalogue
    #[arg(long, value_name = "FILE", env = "HUNKTRACE_CATALOGUE")]
    pub catalogue: Option<PathBuf>,
    /// Ask this server, as in http://127.0.0.1:7300
    #[arg(long, value_name = "URL")]
    pub server: Option<String>,
}

const HISTORY_HELP: &str = "\
Examples:
  hunktrace history 1da177e4c3f4 --catalogue rhel6.sqlite
  hunktrace history net/ipv4/tcp.c:tcp_recvmsg --catalogue rhel6.sqlite
  hunktrace history CVE-2011-1093 --catalogue rhel6.sqlite";

/// Flags of `history`.
#[derive(Args, Clone, Debug)]
#[command(after_help = HISTORY_HELP)]
pub struct HistoryArgs {
    /// A commit id, PATH, PATH:FUNCTION, :FUNCTION, or CVE id
    #[arg(value_name = "COMMIT|PATH|PATH:FUNCTION|CVE")]
    pub name: String,
    /// Where to ask.
    #[command(flatten)]
    pub source: CatalogueSourceArgs,
    /// How to print it
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub format: Format,
}

const COMPARE_HELP: &str = "\
A release is named as the catalogue has it, or by what only its name ends with: 131.0.15.el6. With --oops the answer
is narrowed to the files that have functions of a call trace, and what touches these comes first; the trace is read as the kernel prints it, from a file or with '-' from standard input.

Examples:
  hunktrace compare 131.0.15.el6 220.el6 --catalogue rhel6.sqlite --path net/sctp
  dmesg | hunktrace compare 131.0.15.el6 220.el6 --catalogue rhel6.sqlite --oops -";

/// Flags of `compare`.
#[derive(Args, Clone, Debug)]
#[command(after_help = COMPARE_HELP)]
pub struct CompareArgs {
    /// The release before
    #[arg(value_name = "REL1")]
    pub from: String,
    /// The release after
    #[arg(value_name = "REL2")]
    pub to: String,
    /// Where to ask.
    #[command(flatten)]
    pub source: CatalogueSourceArgs,
    /// Only what changes this file, or files below this folder
    #[arg(long, value_name = "PATH")]
    pub path: Option<String>,
    /// Only what changes this function
    #[arg(long, value_name = "NAME")]
    pub function: Option<String>,
    /// Only what changes files with functions of this call trace; what touches these comes first
    #[arg(long, value_name = "FILE")]
    pub oops: Option<PathBuf>,
    /// How to print it
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub format: Format,
}

const EXTRACT_HELP: &str = "\
The patch applies to the release before, with 'git apply' or 'patch -p1'. Above it stands what it needs first, how it
differs from upstream, and what a builder of live patches has to know.

Examples:
  hunktrace extract 1da177e4c3f4 --release 131.0.15.el6 --catalogue rhel6.sqlite > fix.patch
  hunktrace extract 1da177e4c3f4 --release 220.el6 --onto 131.0.15.el6 --catalogue rhel6.sqlite";

/// Flags of `extract`.
#[derive(Args, Clone, Debug)]
#[command(after_help = EXTRACT_HELP)]
pub struct ExtractArgs {
    /// The commit's id, or at least 4 leading digits of it
    pub commit: String,
    /// The release that brings it
    #[arg(long, value_name = "REL")]
    pub release: String,
    /// Carry it over to this release
    #[arg(long, value_name = "REL")]
    pub onto: Option<String>,
    /// Where to ask.
    #[command(flatten)]
    pub source: CatalogueSourceArgs,
    /// How to print it
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub format: Format,
}
