//! How much a line says: the rarer it is in history, the more.

use std::collections::HashMap;

use hunktrace_indexer::cancellation::Cancellation;
use hunktrace_indexer::fingerprint::{IndexTerm, LineHash};
use hunktrace_indexer::index::folder::IndexError;
use hunktrace_indexer::index::retrieval::HunkRetrieval;
use rustc_hash::FxBuildHasher;

use crate::hunks::prepared_hunk::ChangedLine;

/// What a changed line without any letter or digit counts, in nats. Tuned: see `docs/constants.md`, `TRIVIAL_LINE_WEIGHT`.
pub const TRIVIAL_LINE_WEIGHT: f32 = 0.1;

/// The least that an informative line counts, in nats, however common it is. Tuned: see `docs/constants.md`,
/// `LEAST_LINE_WEIGHT`.
const LEAST_LINE_WEIGHT: f32 = 0.5;

/// Lines that are looked up before it is asked again whether to stop; each takes some microseconds.
const LINES_BETWEEN_CHECKS: usize = 1024;

/// Weights of lines, looked up once.
///
/// The weight is the logarithm of how many hunks there are for each that has the line (inverse document frequency).
pub struct LineWeights<'a> {
    retrieval: &'a dyn HunkRetrieval,
    hunks: f32,
    known: HashMap<LineHash, LineWeight, FxBuildHasher>,
}

/// How common a line is and what it therefore counts.
#[derive(Clone, Copy, Debug)]
pub struct LineWeight {
    /// What the line counts, in nats.
    pub weight: f32,
    /// How many hunks have it.
    pub frequency: u32,
}

impl<'a> LineWeights<'a> {
    /// Weights by the frequencies in an index.
    pub fn new(retrieval: &'a dyn HunkRetrieval) -> LineWeights<'a> {
        LineWeights { retrieval, hunks: retrieval.hunk_count() as f32, known: HashMap::default() }
    }

    /// Looks up what is not known yet, so that [`LineWeights::get`] can answer.
    ///
    /// # Errors
    /// Where the index cannot be read, or it is cancelled.
    pub fn learn(
        &mut self,
        lines: impl IntoIterator<Item = LineHash>,
        cancellation: &Cancellation,
    ) -> Result<(), IndexError> {
        let mut unknown: Vec<LineHash> =
            lines.into_iter().filter(|line| !self.known.contains_key(line)).collect();
        unknown.sort_unstable();
        unknown.dedup();
        for some in unknown.chunks(LINES_BETWEEN_CHECKS) {
            cancellation.check()?;
            let terms: Vec<IndexTerm> = some.iter().map(|line| IndexTerm::from(*line)).collect();
            for (line, frequency) in some.iter().zip(self.retrieval.frequencies(&terms)?) {
                let weight = ((self.hunks + 1.0) / (frequency as f32 + 1.0)).ln().max(LEAST_LINE_WEIGHT);
                self.known.insert(*line, LineWeight { weight, frequency });
            }
        }
        Ok(())
    }

    /// The weight of a line that no hunk has, in nats; none weighs more.
    pub fn rarest(&self) -> f32 {
        (self.hunks + 1.0).ln().max(LEAST_LINE_WEIGHT)
    }

    /// A line's weight; what was never learned counts as if no hunk had it.
    pub fn get(&self, line: LineHash) -> LineWeight {
        let unknown = || LineWeight { weight: self.rarest(), frequency: 0 };
        self.known.get(&line).copied().unwrap_or_else(unknown)
    }

    /// What a changed line counts, in nats.
    pub fn of(&self, line: &ChangedLine) -> f32 {
        if line.is_informative { self.get(line.hash).weight } else { TRIVIAL_LINE_WEIGHT }
    }
}
