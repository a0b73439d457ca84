//! The flags that say where answers come from.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::Args;

/// Where answers come from; at most one is given.
#[derive(Args, Clone, Debug, Default)]
pub struct SourceArgs {
    /// Ask the index in this folder
    #[arg(long, value_name = "DIR", conflicts_with_all = ["repo", "server"])]
    pub index: Option<PathBuf>,
    /// Ask the index of this git repository, which is kept in the user's cache folder: built on first use, and
    /// extended when the repository has moved
    #[arg(long, value_name = "REPO", conflicts_with = "server")]
    pub repo: Option<PathBuf>,
    /// Ask this server, as in http://127.0.0.1:7300, https://HOST:PORT or unix:PATH
    #[arg(long, value_name = "URL")]
    pub server: Option<String>,
    /// How the server is asked.
    #[command(flatten)]
    pub access: ServerAccess,
}

/// How a server is asked.
#[derive(Args, Clone, Debug, PartialEq, Eq)]
#[group(multiple = true)]
#[command(next_help_heading = "Server")]
pub struct ServerAccess {
    /// With --server https://...: trust these authorities, in PEM, instead of the system's
    #[arg(long, value_name = "FILE")]
    pub server_ca: Option<PathBuf>,
    /// With --server https://...: show this certificate, in PEM
    #[arg(long, value_name = "FILE", requires = "server_key")]
    pub server_certificate: Option<PathBuf>,
    /// The key of that certificate, in PEM
    #[arg(long, value_name = "FILE", requires = "server_certificate")]
    pub server_key: Option<PathBuf>,
    /// With --server: show the token in this file
    #[arg(long, value_name = "FILE")]
    pub server_token_file: Option<PathBuf>,
    /// With --server: how long it may take for an answer, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = SERVER_TIMEOUT)]
    pub server_timeout: u64,
}

/// How long a server may take for an answer, in seconds, if no flag says so.
const SERVER_TIMEOUT: u64 = 600;

impl Default for ServerAccess {
    fn default() -> ServerAccess {
        ServerAccess {
            server_ca: None,
            server_certificate: None,
            server_key: None,
            server_token_file: None,
            server_timeout: SERVER_TIMEOUT,
        }
    }
}

impl ServerAccess {
    /// The same with what the environment says where no flag does.
    pub fn with_variables(self, variable: impl Fn(&str) -> Option<OsString>) -> ServerAccess {
        let file = |flag: Option<PathBuf>, name: &str| {
            flag.or_else(|| variable(name).filter(|value| !value.is_empty()).map(PathBuf::from))
        };
        ServerAccess {
            server_ca: file(self.server_ca, "HUNKTRACE_SERVER_CA"),
            server_certificate: file(self.server_certificate, "HUNKTRACE_SERVER_CERTIFICATE"),
            server_key: file(self.server_key, "HUNKTRACE_SERVER_KEY"),
            server_token_file: file(self.server_token_file, "HUNKTRACE_SERVER_TOKEN_FILE"),
            server_timeout: self.server_timeout,
        }
    }
}
