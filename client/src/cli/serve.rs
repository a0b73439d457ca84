//! The flags and the help of `serve`.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};
use hunktrace_server::transport::address::ListenAddress;

use super::site::AuditFile;

const SERVE_HELP: &str = "\
The service is hunktrace.v1.Hunktrace, with grpc.health.v1 and server reflection. It prints its addresses once it answers. \
What a run of 'hunktrace index' adds goes live without a restart.

Every flag is also a setting of the file that --config names (TOML, the same names without the dashes in front: \
'tls-key = \"server.key\"') and a variable of the environment (HUNKTRACE_SERVE_TLS_KEY). Flags come before variables, \
and variables before the file. Sizes may have units (64MiB), and times have one (90s, 5m).

Addresses that other machines can reach need encryption and authentication. A file of tokens has a line for each: its \
name, its scopes (of status, lookup and attribute, or 'all') and the SHA-256 of the token, which has to be long and random:
  token=$(openssl rand -hex 32)
  echo \"analyzer status,lookup sha256:$(printf %s \"$token\" | sha256sum | cut -c1-64)\" >> tokens

SIGTERM and SIGINT end the service after the answers under way, at the latest after --drain-time; a second one ends it at \
once. SIGHUP reads certificates, tokens and the log's level again.

Example:
  hunktrace serve --index linux.index --listen 127.0.0.1:7300
  hunktrace serve --index linux.index --catalogue rhel6.sqlite --http 127.0.0.1:8080
  hunktrace serve --repo ~/linux.git --listen unix:/run/hunktrace.sock
  hunktrace serve --index linux.index --listen 0.0.0.0:7300 --tls-certificate server.pem --tls-key server.key --tokens tokens";

/// In which form the log is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// Lines for people.
    #[default]
    Text,
    /// A JSON object a line.
    Json,
}

/// Flags of `serve`.
#[derive(Args, Clone, Debug)]
#[command(after_help = SERVE_HELP)]
pub struct ServeArgs {
    /// The folder of the index
    #[arg(long, value_name = "DIR", conflicts_with = "repo")]
    pub index: Option<PathBuf>,
    /// Serve the index of this git repository, which is kept in the user's cache folder, and extend it whenever the
    /// repository's references have moved; nothing is fetched
    #[arg(long, value_name = "REPO")]
    pub repo: Option<PathBuf>,
    /// Answer questions about the releases of this catalogue as well
    #[arg(long, value_name = "FILE")]
    pub catalogue: Option<PathBuf>,
    /// How often --repo is looked at
    #[arg(long, value_name = "TIME", default_value = "60s", value_parser = time)]
    pub follow_interval: Duration,
    /// An address to listen on: HOST:PORT, where port 0 takes a free one, or unix:PATH; may be given several times
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:7300")]
    pub listen: Vec<ListenAddress>,
    /// Serve pages for browsers at this address, as in 127.0.0.1:8080; may be given several times
    #[arg(long, value_name = "ADDR")]
    pub http: Vec<ListenAddress>,
    /// What 'hunktrace audit --format jsonl' has found in a release, for its pages; may be given several times
    #[arg(long, value_name = "VENDOR/RELEASE=FILE", requires = "catalogue")]
    pub audit: Vec<AuditFile>,
    /// Let other machines ask without encryption and authentication
    #[arg(long)]
    pub insecure: bool,
    /// Take the other settings from this file
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Check all settings and what they name, and do not serve
    #[arg(long)]
    pub check: bool,
    /// Who may ask.
    #[command(flatten)]
    pub access: AccessArgs,
    /// What else clients may speak.
    #[command(flatten)]
    pub protocols: ProtocolArgs,
    /// What is told of the service.
    #[command(flatten)]
    pub telling: TellingArgs,
    /// What requests may ask for and take.
    #[command(flatten)]
    pub limits: LimitArgs,
}

/// Who may ask.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Access")]
pub struct AccessArgs {
    /// The server's certificate and those that lead to its authority, in PEM
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    pub tls_certificate: Option<PathBuf>,
    /// The key of the certificate, in PEM
    #[arg(long, value_name = "FILE", requires = "tls_certificate")]
    pub tls_key: Option<PathBuf>,
    /// Ask clients for a certificate of these authorities, in PEM
    #[arg(long, value_name = "FILE", requires = "tls_certificate")]
    pub tls_client_ca: Option<PathBuf>,
    /// Ask clients for a token of this file, and browsers too, as the password of any user
    #[arg(long, value_name = "FILE")]
    pub tokens: Option<PathBuf>,
    /// Let everybody see the pages of --http, although --tokens is given
    #[arg(long, requires_all = ["tokens", "http"])]
    pub public_pages: bool,
    /// A user, by number, who may connect to a Unix domain socket, beside root and the server's own
    #[arg(long, value_name = "UID")]
    pub unix_user: Vec<u32>,
    /// A group, by number, whose users may connect to a Unix domain socket
    #[arg(long, value_name = "GID")]
    pub unix_group: Vec<u32>,
}

/// What else clients may speak.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Protocols")]
pub struct ProtocolArgs {
    /// Do not answer which services, methods and messages there are
    #[arg(long)]
    pub no_reflection: bool,
    /// Let browsers ask, in the form of gRPC-Web
    #[arg(long)]
    pub grpc_web: bool,
    /// An origin whose pages may ask, as in https://example.org, or * for all
    #[arg(long, value_name = "ORIGIN", requires = "grpc_web")]
    pub cors_origin: Vec<String>,
}

/// What is told of the service.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Logs and metrics")]
pub struct TellingArgs {
    /// Serve metrics for Prometheus at this address, below /metrics
    #[arg(long, value_name = "ADDR")]
    pub metrics: Option<ListenAddress>,
    /// Send traces of calls to this OpenTelemetry collector, as in http://localhost:4317 (OTLP over gRPC)
    #[cfg(feature = "opentelemetry")]
    #[arg(long, value_name = "URL")]
    pub traces: Option<String>,
    /// What to log to standard error: a level, or a filter as in HUNKTRACE_LOG
    #[arg(long, value_name = "FILTER")]
    pub log: Option<String>,
    /// In which form
    #[arg(long, value_name = "FORM", default_value = "text")]
    pub log_format: LogFormat,
}

/// What requests may ask for and take.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Limits")]
pub struct LimitArgs {
    /// Bytes of one text
    #[arg(long, value_name = "SIZE", default_value = "64MiB", value_parser = size)]
    pub text_bytes: usize,
    /// Hunks of one text
    #[arg(long, value_name = "N", default_value_t = 50_000)]
    pub hunks: usize,
    /// Candidates for a hunk
    #[arg(long, value_name = "N", default_value_t = 100)]
    pub candidates: usize,
    /// Problems of one text that are listed
    #[arg(long, value_name = "N", default_value_t = 1_000)]
    pub problems: usize,
    /// Bytes of one answer
    #[arg(long, value_name = "SIZE", default_value = "64MiB", value_parser = size)]
    pub answer_bytes: usize,
    /// Bytes of all diffs of one release
    #[arg(long, value_name = "SIZE", default_value = "2GiB", value_parser = size)]
    pub release_bytes: usize,
    /// Files of one release
    #[arg(long, value_name = "N", default_value_t = 500_000)]
    pub release_files: usize,
    /// Paths whose former names are asked for at once
    #[arg(long, value_name = "N", default_value_t = 1_000)]
    pub paths: usize,
    /// Commits whose messages are asked for at once
    #[arg(long, value_name = "N", default_value_t = 1_000)]
    pub commits: usize,
    /// Requests that may wait for their turn
    #[arg(long, value_name = "N", default_value_t = 1_024)]
    pub waiting: usize,
    /// Releases that are taken apart at a time
    #[arg(long, value_name = "N", default_value_t = 2)]
    pub releases: usize,
    /// Bytes that requests and answers of all connections may hold
    #[arg(long, value_name = "SIZE", default_value = "2GiB", value_parser = size)]
    pub held_bytes: usize,
    /// Open connections
    #[arg(long, value_name = "N", default_value_t = 1_024)]
    pub connections: usize,
    /// Calls at a time, streams included
    #[arg(long, value_name = "N", default_value_t = 4_096)]
    pub calls: usize,
    /// Calls at a time over one connection
    #[arg(long, value_name = "N", default_value_t = 256)]
    pub calls_per_connection: usize,
    /// How long the work on one text may take
    #[arg(long, value_name = "TIME", default_value = "2m", value_parser = time)]
    pub request_time: Duration,
    /// How long the work on one release may take
    #[arg(long, value_name = "TIME", default_value = "1h", value_parser = time)]
    pub release_time: Duration,
    /// How long nothing may go either way on a call that is not worked on
    #[arg(long, value_name = "TIME", default_value = "15m", value_parser = time)]
    pub call_idle: Duration,
    /// How long a connection may stay without a call
    #[arg(long, value_name = "TIME", default_value = "15m", value_parser = time)]
    pub connection_idle: Duration,
    /// How long the first bytes of a connection may take, encryption included
    #[arg(long, value_name = "TIME", default_value = "10s", value_parser = time)]
    pub handshake_time: Duration,
    /// How often a quiet connection is asked for a sign of life
    #[arg(long, value_name = "TIME", default_value = "60s", value_parser = time)]
    pub keep_alive: Duration,
    /// How long answers under way get when the service ends
    #[arg(long, value_name = "TIME", default_value = "30s", value_parser = time)]
    pub drain_time: Duration,
}

fn time(text: &str) -> Result<Duration, String> {
    let time = humantime::parse_duration(text)
        .map_err(|_| "is no time; write it with a unit, as in 90s".to_owned())?;
    match time.is_zero() {
        true => Err("is no time at all".to_owned()),
        false => Ok(time),
    }
}

fn size(text: &str) -> Result<usize, String> {
    let size = text.parse::<bytesize::ByteSize>().map(|size| size.as_u64());
    let size =
        size.map_err(|_| "is no size; write bytes, or a unit behind the number, as in 64MiB".to_owned())?;
    usize::try_from(size).map_err(|_| "is more than this machine can address".to_owned())
}

#[cfg(test)]
mod tests {
    use clap::Parser;
    use hunktrace_server::wire::limits::Limits;

    use super::*;

    #[derive(Debug, Parser)]
    struct Line {
        #[command(flatten)]
        args: ServeArgs,
    }

    fn args(flags: &[&str]) -> Result<ServeArgs, clap::Error> {
        Line::try_parse_from(["serve"].iter().chain(flags)).map(|line| line.args)
    }

    #[test]
    fn limits_of_the_flags_are_those_of_the_service() {
        let usual = args(&[]).expect("no flag is needed").limits;
        assert_eq!(Limits::from(&usual), Limits::default());
    }

    #[test]
    fn sizes_and_times_have_units() {
        let limits =
            args(&["--text-bytes", "1MiB", "--hunks", "7", "--call-idle", "90s"]).expect("limits").limits;
        assert_eq!((limits.text_bytes, limits.hunks), (1 << 20, 7));
        assert_eq!(limits.call_idle, Duration::from_secs(90));
        for wrong in [["--text-bytes", "much"], ["--call-idle", "90"], ["--call-idle", "0s"]] {
            assert!(args(&wrong).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn key_goes_with_a_certificate() {
        assert!(args(&["--tls-key", "k"]).is_err());
        assert!(args(&["--tls-key", "k", "--tls-certificate", "c"]).is_ok());
    }
}
