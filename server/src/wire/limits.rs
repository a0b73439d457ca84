//! What a request may ask for at most.

/// Limits of a request. Over them it is refused with a message that names the limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of one text.
    pub text_bytes: usize,
    /// Hunks of one text.
    pub hunks: usize,
    /// Candidates for a hunk.
    pub candidates: usize,
    /// Bytes of all diffs of one release.
    pub release_bytes: usize,
    /// Files of one release.
    pub release_files: usize,
    /// Paths whose former names are asked for at once.
    pub paths: usize,
    /// Commits whose messages are asked for at once.
    pub commits: usize,
}

/// The limits of the service.
///
/// The largest commit of the kernel's history that is not an import has some 20,000 hunks in 30 MiB; RHEL 6.2 differs
/// from its base in 6,473 files by 65 MiB of diff.
pub const LIMITS: Limits = Limits {
    text_bytes: 64 << 20,
    hunks: 50_000,
    candidates: 100,
    release_bytes: 2 << 30,
    release_files: 500_000,
    paths: 1_000,
    commits: 1_000,
};

/// Candidates for a hunk where a request names no number.
pub const DEFAULT_CANDIDATES: usize = 10;

/// Bytes that a message may have on the wire: a text with its frame, or the answer to one.
pub const MESSAGE_BYTES: usize = 256 << 20;
