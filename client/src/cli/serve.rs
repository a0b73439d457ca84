//! The flags and the help of `serve`.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Args;

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
