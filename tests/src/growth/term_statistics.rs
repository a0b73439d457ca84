//! How the terms of lines are spread over hunks: what tells a realistic history from an artificial one.

use std::path::Path;

use hunktrace_indexer::index::folder::IndexError;
use hunktrace_indexer::index::snapshot::Snapshot;
use serde::{Deserialize, Serialize};

/// How many of the commonest terms are taken together.
const TOP_TERMS: usize = 1000;

/// How often terms stand in hunks.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct TermStatistics {
    /// How many different terms there are.
    pub terms: u64,
    /// How many times a term stands in a hunk.
    pub postings: u64,
    /// The share of the terms that stand in 1, 2 to 3, 4 to 15, 16 to 255, and more hunks.
    pub share_by_hunks: [f64; 5],
    /// The share of the postings that the thousand commonest terms have.
    pub top_postings: f64,
    /// The hunks that have the commonest term.
    pub commonest: u32,
}

impl TermStatistics {
    /// Reads them from the index in the folder `index`.
    ///
    /// # Errors
    /// Where it cannot be read.
    pub fn of_index(index: &Path) -> Result<TermStatistics, IndexError> {
        let mut counts = [0u64; 5];
        let mut postings = 0;
        let mut frequent = Vec::new();
        Snapshot::open(index)?.for_each_line_term(|_, hunks| {
            let class = match hunks {
                0..=1 => 0,
                2..=3 => 1,
                4..=15 => 2,
                16..=255 => 3,
                _ => 4,
            };
            counts[class] += 1;
            postings += u64::from(hunks);
            if hunks > 255 {
                frequent.push(hunks);
            }
        })?;
        frequent.sort_unstable_by(|a, b| b.cmp(a));
        let terms: u64 = counts.iter().sum();
        let top: u64 = frequent.iter().take(TOP_TERMS).map(|hunks| u64::from(*hunks)).sum();
        Ok(TermStatistics {
            terms,
            postings,
            share_by_hunks: counts.map(|count| count as f64 / terms.max(1) as f64),
            top_postings: top as f64 / postings.max(1) as f64,
            commonest: frequent.first().copied().unwrap_or(0),
        })
    }
}
