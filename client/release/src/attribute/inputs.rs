//! What a result was made from, exactly: the only place of a result where folders of this machine are named.

use bstr::ByteSlice;
use serde_json::{Map, Value, json};

use super::index_used::IndexUsed;
use super::release_request::ReleaseRequest;
use crate::tree::Source;

/// The inputs of a release.
pub(super) fn inputs_record(request: &ReleaseRequest<'_>) -> Value {
    json!({
        "base": source_record(&request.base.source),
        "base_reason": request.base_reason,
        "base_revision": request.base_revision,
        "vendor": source_record(&request.vendor.source),
        "index": index_record(request.index),
    })
}

/// A tree as an input: files with their checksum, git trees with their ids.
pub(super) fn source_record(source: &Source) -> Value {
    let mut record = json!({"description": source.to_string()});
    match source {
        Source::Folder { path } => record["path"] = json!(path.to_string_lossy()),
        Source::Tarball { path, bytes, checksum, .. } | Source::Rpm { path, bytes, checksum, .. } => {
            record["path"] = json!(path.to_string_lossy());
            record["bytes"] = json!(bytes);
            record["sha256"] = json!(checksum.to_string());
        }
        Source::Git { repo, revision, commit, tree } => {
            record["repository"] = json!(repo.to_string_lossy());
            record["revision"] = json!(revision.to_str_lossy());
            record["commit"] = json!(commit.map(|commit| commit.to_string()));
            record["tree"] = json!(tree.to_string());
        }
    }
    record
}

/// An index: its tips are what the references led to, by repository and name.
fn index_record(index: &IndexUsed) -> Value {
    let mut repositories: Map<String, Value> = Map::new();
    for (repository, name, commit) in &index.references {
        let tips = repositories.entry(repository).or_insert_with(|| json!({}));
        tips[name] = json!(commit);
    }
    json!({
        "folder": index.folder,
        "format": index.format,
        "generation": index.generation,
        "is_complete": index.is_complete,
        "history_digest": index.history_digest,
        "commits": index.commits,
        "hunks": index.hunks,
        "references": repositories,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn index_is_named_with_what_each_reference_led_to() {
        let reference = |repository: &str, name: &str, commit: &str| {
            (repository.to_owned(), name.to_owned(), commit.to_owned())
        };
        let index = IndexUsed {
            generation: 7,
            references: vec![reference("a", "refs/heads/x", "11"), reference("b", "refs/heads/x", "22")],
            ..IndexUsed::default()
        };
        let record = index_record(&index);
        assert_eq!(record["generation"], 7);
        assert_eq!(record["references"], json!({"a": {"refs/heads/x": "11"}, "b": {"refs/heads/x": "22"}}));
    }
}
