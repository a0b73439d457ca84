//! The flags that name the trees that questions are about.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::Args;

/// The trees that a question is about.
#[derive(Args, Clone, Debug, Default)]
pub struct TreeArgs {
    /// What the vendor started from, or 'none' where that is not known: then everything is judged by code
    #[arg(long, value_name = "TREE", required_unless_present = "taken")]
    pub base: Option<OsString>,
    /// The vendor's release
    #[arg(long, value_name = "TREE", required_unless_present = "taken")]
    pub vendor: Option<OsString>,
    /// A release that 'hunktrace attribute' has taken apart; its trees are read again, unless --base and --vendor say where
    /// they are now
    #[arg(long, value_name = "DIR")]
    pub taken: Option<PathBuf>,
    /// The base as the index knows it [default: the revision of REPO:REV, or the release that its Makefile names]
    #[arg(long, value_name = "REV")]
    pub base_revision: Option<String>,
}
