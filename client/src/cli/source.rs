//! The flags that say where answers come from.

use std::path::PathBuf;

use clap::Args;

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
