//! What the commands about releases print as JSON lines.

use hunktrace_proto::v1;
use serde_json::{Value, json};

/// A text, or null where it is empty.
pub fn or_null(text: &str) -> Value {
    if text.is_empty() { Value::Null } else { Value::from(text) }
}

/// A path; bytes that are no UTF-8 are replaced.
pub fn path_text(path: &[u8]) -> String {
    String::from_utf8_lossy(path).into_owned()
}

/// A release.
pub fn release_record(release: &v1::CataloguedRelease) -> Value {
    json!({
        "vendor": release.vendor,
        "release": release.name,
        "place": release.place,
        "version_release": or_null(&release.version_release),
        "date": or_null(&release.released_on),
        "base": release.base_name,
        "base_revision": release.base_revision,
        "source": release.source,
        "checksum": release.checksum,
        "index": release.index_digest,
        "lines": release.lines,
        "explained": release.explained_lines,
    })
}

/// What is known of a commit, as the beginning of a record about it.
pub fn commit_record(kind: &str, commit: Option<&v1::CataloguedCommit>) -> Value {
    let Some(commit) = commit else { return json!({"type": kind}) };
    json!({
        "type": kind,
        "commit": commit.commit,
        "subject": commit.subject,
        "author": commit.author,
        "date": commit.author_date,
        "first_release": or_null(&commit.first_release),
        "subsystem": or_null(&commit.subsystem),
        "purpose": commit.purpose,
        "cc_stable": commit.cc_stable,
        "syzbot": commit.syzbot,
    })
}

/// Commits that repair another one or take it back.
pub fn later_records(later: &[v1::LaterCommit]) -> Value {
    let record = |later: &v1::LaterCommit| {
        json!({
            "commit": later.commit,
            "subject": later.subject,
            "relation": later.relation,
            "since": or_null(&later.since),
            "first_release": or_null(&later.first_release),
        })
    };
    later.iter().map(record).collect()
}

/// Entries of a changelog.
pub fn entry_records(entries: &[v1::ChangelogEntry]) -> Value {
    let record =
        |entry: &v1::ChangelogEntry| json!({"release": entry.release, "text": entry.text, "how": entry.how});
    entries.iter().map(record).collect()
}
