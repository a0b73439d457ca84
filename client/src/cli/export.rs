//! The flags and the help of `export`.

use std::path::PathBuf;

use clap::Args;

const EXPORT_HELP: &str = "\
For tables on a cluster: 'hunktrace.spark.export' of the Python package runs this, and makes Parquet of what it writes. \
Standard output has messages hunktrace.v1.ExportedCommits, each behind its length in bytes as four bytes, the lowest first. \
docs/spark.md has more.

Example:
  hunktrace export --index linux.index --bare linux-bare.index > hunks";

/// Flags of `export`.
#[derive(Args, Clone, Debug)]
#[command(after_help = EXPORT_HELP)]
pub struct ExportArgs {
    /// The folder of the index
    #[arg(long, value_name = "DIR")]
    pub index: PathBuf,
    /// A new folder for the bare index, which has the commits and no hunks, and answers for who has these
    #[arg(long, value_name = "DIR")]
    pub bare: PathBuf,
}
