//! A commit as a text that the parser reads: what `git show` prints of it.

use bstr::{BStr, BString, ByteSlice};
use gix::ObjectId;
use gix::objs::CommitRef;
use hunktrace_indexer::git::commit_diff::{CommitDiffer, FileDiff};
use hunktrace_indexer::git::file_change::FileVersion;
use hunktrace_indexer::git::repository::Repository;

/// Writes commits of a repository as texts.
pub struct CommitTexts {
    repository: Repository,
    differ: CommitDiffer,
}

impl CommitTexts {
    /// Opens a repository.
    ///
    /// # Errors
    /// Where it cannot be read, as a message.
    pub fn open(path: &std::path::Path) -> Result<CommitTexts, String> {
        let repository = Repository::open(path).map_err(|error| error.to_string())?;
        let differ = CommitDiffer::new(repository.reader());
        Ok(CommitTexts { repository, differ })
    }

    /// The text of a commit: its head, its message, and its difference to its parent.
    ///
    /// # Errors
    /// Where it cannot be read whole, or is a merge, as a message.
    pub fn text(&mut self, id: &ObjectId) -> Result<Vec<u8>, String> {
        let unreadable = |error: &dyn std::fmt::Display| format!("cannot be read: {error}");
        let data = self.differ.commit_data(id).map_err(|error| unreadable(&error))?.to_vec();
        let commit = CommitRef::from_bytes(&data, id.kind()).map_err(|error| unreadable(&error))?;
        let recorded: Vec<ObjectId> = commit.parents().collect();
        let parents = self.repository.parents(id, &recorded);
        if parents.len() > 1 {
            return Err(format!(
                "is a merge, whose changes come from the commits that it brings in; give those: {id}^1..{id}"
            ));
        }
        if self.repository.is_shallow_boundary(id) && !parents.is_empty() {
            return Err(
                "has no parent in this shallow clone; fetch the rest: git fetch --unshallow".to_owned()
            );
        }
        let parent_tree = match parents.first() {
            Some(parent) => {
                let data = self.differ.commit_data(parent).map_err(|error| unreadable(&error))?.to_vec();
                let parent = CommitRef::from_bytes(&data, id.kind()).map_err(|error| unreadable(&error))?;
                Some(parent.tree())
            }
            None => None,
        };
        let mut text = head(id, &commit);
        let mut unread = Vec::new();
        self.differ
            .diff(parent_tree.as_ref(), &commit.tree(), &mut unread, &mut |file| push_file(&mut text, &file))
            .map_err(|error| unreadable(&error))?;
        match unread.first() {
            Some(first) => Err(unreadable(&first.reason)),
            None => Ok(text),
        }
    }
}

fn head(id: &ObjectId, commit: &CommitRef<'_>) -> Vec<u8> {
    let mut text = format!("commit {id}\nAuthor: ").into_bytes();
    if let Ok(author) = commit.author() {
        text.extend_from_slice(author.name);
        text.extend_from_slice(b" <");
        text.extend_from_slice(author.email);
        text.extend_from_slice(b">");
    }
    text.extend_from_slice(b"\n\n");
    for line in commit.message.lines() {
        text.extend_from_slice(b"    ");
        text.extend_from_slice(line);
        text.push(b'\n');
    }
    text.push(b'\n');
    text
}

fn push_file(text: &mut Vec<u8>, file: &FileDiff) {
    let (old, new) = (file.change.old.as_ref(), file.change.new.as_ref());
    let path = |version: Option<&FileVersion>, other: Option<&FileVersion>| -> BString {
        version.or(other).map(|version| version.path.clone()).unwrap_or_default()
    };
    let (old_path, new_path) = (path(old, new), path(new, old));
    let mut push = |parts: &[&[u8]]| text.extend(parts.concat());
    push(&[
        b"diff --git ",
        &quoted("a/", old_path.as_bstr()),
        b" ",
        &quoted("b/", new_path.as_bstr()),
        b"\n",
    ]);
    let mode = |version: &FileVersion| format!("{:06o}\n", version.mode.value());
    match (old, new) {
        (None, Some(new)) => push(&[b"new file mode ", mode(new).as_bytes()]),
        (Some(old), None) => push(&[b"deleted file mode ", mode(old).as_bytes()]),
        (Some(old), Some(new)) => {
            if old.mode != new.mode {
                push(&[b"old mode ", mode(old).as_bytes(), b"new mode ", mode(new).as_bytes()]);
            }
            if old.path != new.path {
                let (old, new) = (quoted("", old_path.as_bstr()), quoted("", new_path.as_bstr()));
                push(&[b"rename from ", &old, b"\nrename to ", &new, b"\n"]);
            }
        }
        (None, None) => {}
    }
    if file.is_binary {
        push(&[b"Binary files differ\n"]);
    }
    if file.hunks.is_empty() {
        return;
    }
    let name = |version: Option<&FileVersion>, prefix: &str| match version {
        Some(version) => quoted(prefix, version.path.as_bstr()),
        None => "/dev/null".into(),
    };
    push(&[b"--- ", &name(old, "a/"), b"\n+++ ", &name(new, "b/"), b"\n"]);
    for hunk in &file.hunks {
        push(&[&hunk.header(), &hunk.body]);
    }
}

/// A name with its prefix, in quotes where git would put it there.
fn quoted(prefix: &str, path: &BStr) -> BString {
    let is_odd = |byte: &u8| !matches!(byte, b' '..=b'~') || matches!(byte, b'"' | b'\\');
    if !path.iter().any(is_odd) {
        // A tab ends a name with blanks in front of a time that is not there.
        return [prefix.as_bytes(), path].concat().into();
    }
    let mut name = format!("\"{prefix}").into_bytes();
    for byte in path.iter() {
        match byte {
            b'"' | b'\\' => name.extend([b'\\', *byte]),
            byte if is_odd(byte) => name.extend(format!("\\{byte:03o}").bytes()),
            byte => name.push(*byte),
        }
    }
    name.push(b'"');
    name.into()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use hunktrace_indexer::patch::{FilePatch, PatchText, parse};

    use super::*;
    use crate::test_git::{git, git_line};

    /// What a document says, apart from the ids of blobs and modes that do not change.
    fn said(document: &PatchText) -> Vec<(Option<String>, Option<String>, Vec<FilePatch>)> {
        assert_eq!(document.problems, []);
        let file = |file: &FilePatch| FilePatch {
            header: "".into(),
            trailer: "".into(),
            old_mode: None,
            new_mode: None,
            change: match file.change {
                hunktrace_indexer::patch::Change::Renamed { .. } => {
                    hunktrace_indexer::patch::Change::Renamed { similarity: None }
                }
                change => change,
            },
            hunks: file
                .hunks
                .iter()
                .cloned()
                .map(|hunk| hunktrace_indexer::patch::PatchHunk { line: 0, ..hunk })
                .collect(),
            ..file.clone()
        };
        let patches = document.patches.iter();
        patches
            .map(|patch| {
                (patch.commit.clone(), patch.subject.clone(), patch.files.iter().map(file).collect())
            })
            .collect()
    }

    #[test]
    fn text_of_a_commit_says_what_git_shows() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let git = |args: &[&str]| git(folder.path(), args);
        let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).expect("a file");
        let lines = |from: u32| (from..from + 30).map(|line| format!("{line}\n")).collect::<String>();
        git(&["init", "-q", "-b", "main"]);
        write("a.c", &lines(0));
        write("gone", "gone\n");
        write("old name", &lines(100));
        git(&["add", "-A"]);
        git(&["commit", "-q", "-m", "first"]);
        write("a.c", &lines(1));
        write("odd\t\"\u{e9}", "new");
        fs::remove_file(folder.path().join("gone")).expect("a file");
        fs::rename(folder.path().join("old name"), folder.path().join("new name")).expect("a file");
        git(&["add", "-A"]);
        git(&["commit", "-q", "-m", "second: all\n\ndiff --git a/x b/x"]);

        let mut texts = CommitTexts::open(folder.path()).expect("the repository");
        for revision in ["main~1", "main"] {
            let id = git_line(folder.path(), &["rev-parse", revision]);
            let id = ObjectId::from_hex(id.as_bytes()).expect("an id");
            let text = texts.text(&id).expect("the commit can be read");
            assert_eq!(said(&parse(&text)), said(&parse(&git(&["show", "-M", revision]))), "{revision}");
        }
    }

    #[test]
    fn merge_names_what_to_give_instead() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let git = |args: &[&str]| git_line(folder.path(), args);
        git(&["init", "-q", "-b", "main"]);
        git(&["commit", "-q", "--allow-empty", "-m", "one"]);
        git(&["checkout", "-q", "-b", "side"]);
        git(&["commit", "-q", "--allow-empty", "-m", "two"]);
        git(&["checkout", "-q", "main"]);
        git(&["merge", "-q", "--no-ff", "-m", "merge", "side"]);
        let id = git(&["rev-parse", "main"]);
        let mut texts = CommitTexts::open(folder.path()).expect("the repository");
        let message = texts.text(&ObjectId::from_hex(id.as_bytes()).expect("an id")).expect_err("a merge");
        assert!(
            message.starts_with("is a merge") && message.ends_with(&format!("{id}^1..{id}")),
            "{message}"
        );
    }
}
