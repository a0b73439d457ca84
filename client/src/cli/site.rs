//! The flags and the help of `site`.

use std::path::PathBuf;
use std::str::FromStr;

use clap::Args;

const SITE_HELP: &str = "\
Any web host takes the folder: links are relative, and nothing is loaded from elsewhere. Written again it changes only what \
has changed, and removes what is no part of it any more. Every page has a JSON twin beside it. A release is named as the \
catalogue has it, with VENDOR/ before it where several vendors have one of that name.

Examples:
  hunktrace site --catalogue rhel6.sqlite --out www
  hunktrace site --catalogue rhel6.sqlite --index linux.index --release kernel-2.6.32-220.el6 --out www \\
      --audit centos/kernel-2.6.32-220.el6=audit.jsonl --url https://kernel.example.org";

/// An audit of a release.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditFile {
    /// The release, as `VENDOR/NAME`.
    pub release: String,
    /// The records of the audit.
    pub path: PathBuf,
}

impl FromStr for AuditFile {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<AuditFile, Self::Err> {
        let (release, path) = text.split_once('=').unwrap_or((text, ""));
        if !release.contains('/') || path.is_empty() {
            return Err("is no audit of a release; write VENDOR/RELEASE=FILE");
        }
        Ok(AuditFile { release: release.to_owned(), path: path.into() })
    }
}

/// Flags of `site`.
#[derive(Args, Clone, Debug)]
#[command(after_help = SITE_HELP)]
pub struct SiteArgs {
    /// The catalogue of releases
    #[arg(long, value_name = "FILE", env = "HUNKTRACE_CATALOGUE")]
    pub catalogue: PathBuf,
    /// The folder of the site; it is made where there is none
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
    /// An index, for messages and hunks of commits
    #[arg(long, value_name = "DIR")]
    pub index: Option<PathBuf>,
    /// A release that gets pages; may be given several times [default: the newest of each vendor]
    #[arg(long, value_name = "RELEASE")]
    pub release: Vec<String>,
    /// What 'hunktrace audit --format jsonl' has found in a release; may be given several times
    #[arg(long, value_name = "VENDOR/RELEASE=FILE")]
    pub audit: Vec<AuditFile>,
    /// Write the vendor's form of each commit that came with a release as well, as a page and as a patch
    #[arg(long)]
    pub patches: bool,
    /// Write no JSON twins
    #[arg(long)]
    pub no_json: bool,
    /// Where the site will be found, for a sitemap
    #[arg(long, value_name = "URL")]
    pub url: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn audits_say_of_which_release_they_are() {
        let audit = "centos/k-1=a=b.jsonl".parse::<AuditFile>().expect("an audit");
        assert_eq!((audit.release.as_str(), audit.path), ("centos/k-1", PathBuf::from("a=b.jsonl")));
        for wrong in ["k-1=a", "centos/k-1", "centos/k-1="] {
            assert!(wrong.parse::<AuditFile>().is_err(), "{wrong}");
        }
    }
}
