//! Parts of answers that tests make up.

use super::{CommitIndex, CommitStatus, LineOrigin, LineRun, MatchKind, ReleaseCommit, Side};

/// A run of lines that come from the commit at a place, or from nowhere.
pub fn run(side: Side, start: u32, lines: u32, commit: Option<u32>) -> LineRun {
    let origin =
        |place| LineOrigin { commit: CommitIndex(place), confidence: 0.75, match_kind: MatchKind::Changes };
    LineRun { side, start, lines, origin: commit.map(origin) }
}

/// A complete commit of one hunk and three lines.
pub fn commit(id: &str) -> ReleaseCommit {
    ReleaseCommit {
        id: id.to_owned(),
        status: CommitStatus::Complete,
        confidence: 0.968,
        lines: 3,
        hunks: 1,
        missing: Vec::new(),
        subject: "mm: do not leak a page".to_owned(),
        author: "A B <a@b.example>".to_owned(),
        author_date: "2009-02-03T10:20:30+01:00".to_owned(),
        first_release: Some("v2.6.33-rc1".to_owned()),
        carriers: Vec::new(),
        unindexed_origin: None,
        read_from: None,
        superseded_by: None,
        match_kind: MatchKind::Exact,
        fixed_by: Vec::new(),
        reverted_by: Vec::new(),
        subsystem: Some("MEMORY MANAGEMENT".to_owned()),
    }
}
