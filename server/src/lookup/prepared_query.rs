//! A hunk of the query, ready for comparison with what is found.

use crate::hunks::prepared_hunk::PreparedHunk;

/// A hunk of the query, ready for comparison.
pub(super) struct PreparedQuery {
    /// The hunk.
    pub(super) hunk: PreparedHunk,
    /// The total weight of its changed lines, in nats.
    pub(super) weight: f32,
    /// Whether history knows its file under this path.
    pub(super) knows_path: bool,
}
