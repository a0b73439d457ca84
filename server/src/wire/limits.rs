//! What a request may ask for at most, and what all requests together may take.

use std::time::Duration;

/// Limits of the service. A request over them is refused with a message that names the limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of one text.
    pub text_bytes: usize,
    /// Hunks of one text.
    pub hunks: usize,
    /// Candidates for a hunk.
    pub candidates: usize,
    /// Problems of one text that are listed.
    pub problems: usize,
    /// Bytes of the answer to one text, or to any other unary request.
    pub answer_bytes: usize,
    /// Bytes of all diffs of one release.
    pub release_bytes: usize,
    /// Files of one release.
    pub release_files: usize,
    /// Paths whose former names are asked for at once.
    pub paths: usize,
    /// Commits whose messages are asked for at once.
    pub commits: usize,
    /// Requests that may wait for their turn.
    pub waiting: usize,
    /// Releases that are taken apart at a time.
    pub releases: usize,
    /// Bytes that requests and answers of all connections hold.
    pub held_bytes: usize,
    /// Open connections.
    pub connections: usize,
    /// Calls at a time, streams included.
    pub calls: usize,
    /// Calls at a time over one connection.
    pub calls_per_connection: usize,
    /// How long the work on one text, or on any other unary request, may take.
    pub request_time: Duration,
    /// How long the work on one release may take.
    pub release_time: Duration,
    /// How long nothing may go either way on a call that is not worked on.
    pub call_idle: Duration,
    /// How long a connection may stay without a call.
    pub connection_idle: Duration,
    /// How long the first bytes of a connection may take, encryption included.
    pub handshake_time: Duration,
    /// How often a quiet connection is asked for a sign of life.
    pub keep_alive: Duration,
    /// How long answers under way get when the service ends.
    pub drain_time: Duration,
}

impl Default for Limits {
    /// The usual limits.
    ///
    /// The largest commit of the kernel's history that is not an import has some 20,000 hunks in 30 MiB; RHEL 6.2 differs
    /// from its base in 6,473 files by 65 MiB of diff.
    fn default() -> Limits {
        Limits {
            text_bytes: 64 << 20,
            hunks: 50_000,
            candidates: 100,
            problems: 1_000,
            answer_bytes: 64 << 20,
            release_bytes: 2 << 30,
            release_files: 500_000,
            paths: 1_000,
            commits: 1_000,
            waiting: 1_024,
            releases: 2,
            held_bytes: 2 << 30,
            connections: 1_024,
            calls: 4_096,
            calls_per_connection: 256,
            request_time: Duration::from_secs(120),
            release_time: Duration::from_secs(3600),
            call_idle: Duration::from_secs(900),
            connection_idle: Duration::from_secs(900),
            handshake_time: Duration::from_secs(10),
            keep_alive: Duration::from_secs(60),
            drain_time: Duration::from_secs(30),
        }
    }
}

/// How long work for the user of this process may take, and his own work between two questions.
const NO_HURRY: Duration = Duration::from_secs(7 * 24 * 3600);

/// Bytes of an answer to the user of this process.
const OWN_ANSWER_BYTES: usize = 2 << 30;

impl Limits {
    /// The limits of a service for the user of this process: he waits for his own work as long as he likes, and has the
    /// memory that it takes.
    pub fn of_this_process() -> Limits {
        Limits {
            answer_bytes: OWN_ANSWER_BYTES,
            request_time: NO_HURRY,
            release_time: NO_HURRY,
            call_idle: NO_HURRY,
            ..Limits::default()
        }
    }
}

/// Candidates for a hunk where a request names no number.
pub const DEFAULT_CANDIDATES: usize = 10;

/// Bytes that a text's frame on the wire may have beside the text.
const FRAME_BYTES: usize = 1 << 20;

/// Bytes that one message of an `Attribute` call may have: a file taken apart.
const LEAST_MESSAGE_BYTES: usize = 256 << 20;

impl Limits {
    /// Bytes that a message from a client may have.
    pub fn request_message_bytes(&self) -> usize {
        self.text_bytes.saturating_add(FRAME_BYTES).max(LEAST_MESSAGE_BYTES)
    }

    /// Bytes that a message to a client may have.
    pub fn answer_message_bytes(&self) -> usize {
        self.answer_bytes.saturating_add(FRAME_BYTES).max(LEAST_MESSAGE_BYTES)
    }
}
