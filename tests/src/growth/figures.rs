//! What is measured of an index of some size.

use std::error::Error;
use std::path::Path;
use std::process::Command;

use hunktrace_indexer::index::snapshot::Snapshot;
use serde::{Deserialize, Serialize};

use super::term_statistics::TermStatistics;
use crate::speed::lookups::{look_up_in_bulk, look_up_singly};
use crate::speed::runs::{Run, folder_bytes, median_wall};
use crate::speed::warm_server::{HalvedHunks, warm_server};

type AnyError = Box<dyn Error + Send + Sync>;

/// One-shot runs of which the median is taken.
const ONE_SHOTS: usize = 11;

/// An indexing run with its outcome, and lookups in the index.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Figures {
    /// What was indexed.
    pub name: String,
    /// Whether the history is made of replicas.
    pub is_simulated: bool,
    /// Commits in the index.
    pub commits: usize,
    /// Hunks in the index.
    pub hunks: u64,
    /// Wall time of indexing, in seconds.
    pub seconds: f64,
    /// Processor time of indexing, in seconds.
    pub processor_seconds: f64,
    /// The most memory while indexing, mapped files included, in bytes.
    pub peak_memory: u64,
    /// The same without mapped files.
    pub peak_own_memory: u64,
    /// Size of the index, in bytes.
    pub bytes: u64,
    /// `hunktrace status` from start to end, in milliseconds, median.
    pub status_ms: f64,
    /// `hunktrace lookup` of one hunk from start to end, in milliseconds, median.
    pub one_shot_ms: f64,
    /// A lookup of a new hunk from one client of a warm server, in milliseconds: the median.
    pub median_ms: f64,
    /// The same: the 99th percentile.
    pub percentile_99_ms: f64,
    /// Hunks a second in bulk.
    pub bulk_per_second: f64,
    /// How the terms are spread.
    pub terms: TermStatistics,
}

impl Figures {
    /// Measures the index in the folder `index`, which `run` has built, with the program and hunks.
    ///
    /// # Errors
    /// Where the program fails.
    pub fn measure(
        name: &str,
        run: Run,
        program: &str,
        index: &Path,
        hunks: &HalvedHunks,
    ) -> Result<Figures, AnyError> {
        let snapshot = Snapshot::open(index)?;
        let (commits, hunk_count) = (snapshot.graph().len(), snapshot.graph().total_hunks());
        drop(snapshot);
        let terms = TermStatistics::of_index(index)?;
        let hunk = tempfile::NamedTempFile::new()?;
        std::fs::write(hunk.path(), &hunks.measured[0])?;
        let status_ms = median_wall(ONE_SHOTS, || {
            let mut command = Command::new(program);
            command.args(["status", "--index"]).arg(index);
            command
        })?;
        let one_shot_ms = median_wall(ONE_SHOTS, || {
            let mut command = Command::new(program);
            command.args(["lookup", "--index"]).arg(index).arg(hunk.path());
            command
        })?;
        let (times, bulk_per_second) = tokio::runtime::Runtime::new()?.block_on(async {
            let server = warm_server(program, index, hunks).await?;
            let times = look_up_singly(server.url(), &hunks.measured, 1).await?;
            let server = warm_server(program, index, hunks).await?;
            Ok::<_, AnyError>((times, look_up_in_bulk(server.url(), &hunks.measured).await?))
        })?;
        Ok(Figures {
            name: name.to_owned(),
            is_simulated: false,
            commits,
            hunks: hunk_count,
            seconds: run.wall.as_secs_f64(),
            processor_seconds: run.processor.as_secs_f64(),
            peak_memory: run.peak_memory,
            peak_own_memory: run.peak_own_memory,
            bytes: folder_bytes(index)?,
            status_ms: status_ms.as_secs_f64() * 1000.0,
            one_shot_ms: one_shot_ms.as_secs_f64() * 1000.0,
            median_ms: times.at(0.5),
            percentile_99_ms: times.at(0.99),
            bulk_per_second,
            terms,
        })
    }
}
