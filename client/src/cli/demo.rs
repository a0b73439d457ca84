//! The flags and the help of `demo`.

use std::path::PathBuf;

use clap::Args;

const DEMO_HELP: &str = "\
Writes a git repository with the history of a made-up kernel, indexes it, and looks up the patches of a made-up \
vendor: an exact backport, an adapted one, one squashed from several commits, and a change of the vendor's own. Then \
it takes the vendor's whole release apart, and says where the report is.

Examples:
  hunktrace demo
  hunktrace demo --dir /tmp/demo";

/// Flags of `demo`.
#[derive(Args, Clone, Debug)]
#[command(after_help = DEMO_HELP)]
pub struct DemoArgs {
    /// Write everything to this folder, which must be new or empty [default: a new one among the temporary files]
    #[arg(long, value_name = "DIR")]
    pub dir: Option<PathBuf>,
}
