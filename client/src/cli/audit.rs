//! The flags and the help of `audit`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::source::SourceArgs;
use super::tree::TreeArgs;

const AUDIT_HELP: &str = "\
TREE is as for 'hunktrace check'. With --taken the commits that the vendor has are those of the result; without, the \
release is taken apart first.

A fix of what the vendor has, the base included, is
  present        in the tree; only told with --all
  unaffected     what it changes is not there or not built, or upstream took it back; only told with --all
  will apply     missing, and applies to the vendor's files as they are
  missing        missing, and has to be adapted
  maybe missing  no 'Fixes:' line says so, a part of it is there, or little of what it changes
  blacklisted    waived, here or by a line 'No-Fix: ID' in a message of the vendor's or a patch of its package; only told with --all
A vulnerability is fixed, affected, not_affected or under_investigation, by the code of the tree.

--cve takes the tree of the kernel's CVE team, OSV or CVE records (.json), CIP's kernel-sec, or the tracker of Ubuntu or \
Debian, each as a file or folder. A file for --waive has a commit, a path or a CVE id a line, and behind a '#' the reason.
A carrier or an equal copy of a fix names it as well.

Documents are dated by SOURCE_DATE_EPOCH, else by the newest of the vendor's files, so equal findings give equal documents.

Examples:
  hunktrace audit --repo ~/linux --taken taken-apart --cve ~/vulns
  hunktrace audit --index linux.index --base ~/linux:v4.18 --vendor kernel-4.18.0-348.src.rpm --cve ~/vulns --format csv
  hunktrace audit --index linux.index --taken taken-apart --since v6.1 --waive waivers --fail-on missing";

/// Flags of `audit`.
#[derive(Args, Clone, Debug)]
#[command(after_help = AUDIT_HELP)]
pub struct AuditArgs {
    /// Where to ask.
    #[command(flatten)]
    pub source: SourceArgs,
    /// What the question is about.
    #[command(flatten)]
    pub tree: TreeArgs,
    /// Known vulnerabilities, whose state is told as well
    #[arg(long, value_name = "PATH")]
    pub cve: Vec<PathBuf>,
    /// Tell of vulnerabilities alone
    #[arg(long, requires = "cve")]
    pub no_fixes: bool,
    /// Tell of what is present, unaffected or waived as well
    #[arg(long)]
    pub all: bool,
    /// Leave out what is told in this file
    #[arg(long, value_name = "FILE")]
    pub waive: Vec<PathBuf>,
    /// Tell only of fixes that are not in this revision of the index, or in this earlier result (--format jsonl)
    #[arg(long, value_name = "REV|FILE")]
    pub since: Option<String>,
    /// The vendor's configuration (.config), or a list of the files that it builds: one a line, or an SPDX document (2 or 3)
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// What the vendor says itself: a changelog with CVE ids, or its CSAF or OpenVEX documents; it is held against the code
    #[arg(long, value_name = "FILE")]
    pub vendor_says: Vec<PathBuf>,
    /// Add what was found to the report of the release that was taken apart
    #[arg(long, requires = "taken")]
    pub report: bool,
    /// The release as a package URL with its version, for OpenVEX, CSAF and CycloneDX [default: by its name]
    #[arg(long, value_name = "PURL")]
    pub product: Option<String>,
    /// Who makes the statements of OpenVEX, CSAF and CycloneDX
    #[arg(long, value_name = "NAME", default_value = "hunktrace")]
    pub author: String,
    /// A URL that the author controls, by which such documents name it
    #[arg(long, value_name = "URL", default_value = "https://hunktrace.invalid")]
    pub author_url: String,
    /// End with exit code 1 if a fix is missing, or a vulnerability affects the tree
    #[arg(long, value_name = "WHAT")]
    pub fail_on: Vec<FailOn>,
    /// How to print it
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub format: AuditFormat,
}

/// What ends an audit with exit code 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum FailOn {
    /// A fix is missing; not where it may be
    Missing,
    /// A vulnerability affects the tree
    Affected,
}

/// The form of an audit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum AuditFormat {
    /// For people
    Text,
    /// JSON, an object a line
    Jsonl,
    /// A table for spreadsheets
    Csv,
    /// Tables for tickets and pages
    Markdown,
    /// OpenVEX 0.2.0, of vulnerabilities alone
    Openvex,
    /// CSAF 2.0, profile VEX, of vulnerabilities alone
    Csaf,
    /// CycloneDX 1.6 with pedigree, of vulnerabilities alone
    Cyclonedx,
}
