//! The command line as data: every command, flag and help text.

mod attribute;
mod audit;
mod cache;
mod catalogue;
mod check;
mod completions;
mod demo;
mod export;
mod help_layout;
mod index;
mod lookup;
mod man;
mod output;
mod screen;
mod serve;
pub mod settings;
mod show;
mod site;
mod source;
mod status;
mod tree;
mod verify;

use clap::{ArgAction, Parser, Subcommand};

pub use self::attribute::{AttributeArgs, PatchHeaderForm};
pub use self::audit::{AuditArgs, AuditFormat, FailOn};
pub use self::cache::{CacheArgs, CacheCommand, PruneArgs};
pub use self::catalogue::{
    CatalogueAddArgs, CatalogueArgs, CatalogueChangelogArgs, CatalogueCommand, CatalogueFileArgs,
    CatalogueSourceArgs, CompareArgs, ExtractArgs, HistoryArgs,
};
pub use self::check::CheckArgs;
pub use self::completions::CompletionsArgs;
pub use self::demo::DemoArgs;
pub use self::export::ExportArgs;
pub use self::help_layout::{laid_out, laid_out_for_terminal};
pub use self::index::IndexArgs;
pub use self::lookup::{Explanation, LookupArgs};
pub use self::man::ManArgs;
pub use self::output::{AnswerFormat, Format};
pub use self::screen::ScreenArgs;
pub use self::serve::{LimitArgs, LogFormat, ServeArgs};
pub use self::show::ShowArgs;
pub use self::site::{AuditFile, SiteArgs};
pub use self::source::{ServerAccess, SourceArgs};
pub use self::status::StatusArgs;
pub use self::tree::TreeArgs;
pub use self::verify::VerifyArgs;

const ABOUT: &str = "Says which upstream commit a code change in a vendor kernel came from.";

const LONG_ABOUT: &str = "\
Says which upstream commit a code change in a vendor kernel came from.

hunktrace indexes every hunk of upstream history once, and then finds the origins of unknown hunks: at the \
terminal, in scripts (JSON lines), or for other programs over gRPC.";

const AFTER_HELP: &str = "\
Exit codes:
  0    everything that was asked is answered, found or not
  1    something failed: a file that cannot be read, a malformed patch; the
       rest is answered;
       with 'lookup --exit-code' also: a patch has no likely origin
       with 'check --exit-code': a commit is not there;
       with 'audit --fail-on': a fix is missing, or the tree is affected
  2    nothing could be done: wrong usage, no index, no server
  130  interrupted

Environment:
  HUNKTRACE_INDEX   the index to ask if no flag says where to ask
  HUNKTRACE_SERVER  the server to ask if no flag says where to ask
  HUNKTRACE_CATALOGUE  the catalogue to ask if no flag says which
  HUNKTRACE_SERVER_CA, HUNKTRACE_SERVER_CERTIFICATE, HUNKTRACE_SERVER_KEY, HUNKTRACE_SERVER_TOKEN_FILE
                    as the flags --server-ca, ... where these are not given
  HUNKTRACE_SERVE_* the settings of 'hunktrace serve'
  HUNKTRACE_LOG     what to log, as in 'hunktrace_server=debug,tonic=info'
  HUNKTRACE_PAGER   the pager for output that is longer than the screen
                    [default: PAGER, or else less]; 'cat' is none
  HUNKTRACE_LINK_TEMPLATE
                    the default of --link-template
  XDG_CACHE_HOME    where the indexes of --repo, and what was read of trees of CVEs, are kept
                    [default: ~/.cache]
  NO_COLOR          if it is set: no colours, unless --color=always
  FORCE_HYPERLINK   1 if the terminal has links and is not known to have them

Example:
  hunktrace lookup --repo ~/linux fix.patch";

/// The whole command line.
#[derive(Debug, Parser)]
#[command(name = "hunktrace", version = env!("HUNKTRACE_VERSION"), about = ABOUT, long_about = LONG_ABOUT, after_help = AFTER_HELP)]
#[command(max_term_width = 100)]
pub struct Cli {
    /// Log what is done to standard error; twice for every detail
    #[arg(short, long, global = true, action = ArgAction::Count, display_order = 900)]
    pub verbose: u8,
    /// How output reaches the user.
    #[command(flatten)]
    pub screen: ScreenArgs,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
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
    /// Keep the releases of a vendor in their order, taken apart
    Catalogue(CatalogueArgs),
    /// Say since which release a commit, code or the repair of a CVE is there
    History(HistoryArgs),
    /// Say what differs between two releases, and which change may have broken something
    Compare(CompareArgs),
    /// Write the vendor's own form of one commit as a patch
    Extract(ExtractArgs),
    /// Say whether commits are in a tree, with proof
    Check(CheckArgs),
    /// Say which fixes a tree lacks, and in what state known vulnerabilities are
    Audit(AuditArgs),
    /// Show what the index knows of a commit
    Show(ShowArgs),
    /// Show what is indexed, how much of it, and how fresh it is
    Status(StatusArgs),
    /// Answer over gRPC, and browsers with pages
    Serve(Box<ServeArgs>),
    /// Write the pages of vendor releases as files, for any web host
    Site(SiteArgs),
    /// Write the hunks of an index for tables on a cluster
    Export(ExportArgs),
    /// Check every checksum and cross-reference of an index
    Verify(VerifyArgs),
    /// List or remove the indexes that --repo has made
    Cache(CacheArgs),
    /// Try it all on a small made-up kernel that comes with the program
    Demo(DemoArgs),
    /// Print completions for a shell
    Completions(CompletionsArgs),
    /// Write the man pages
    Man(ManArgs),
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;
    use std::path::PathBuf;

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
