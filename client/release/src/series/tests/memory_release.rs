//! A release that is made up by a test.

use std::collections::{BTreeMap, BTreeSet};

use bstr::{BStr, BString, ByteSlice};
use hunktrace_indexer::git::line_diff::diff_lines;
use hunktrace_indexer::hunk::Sign;

use crate::answer::{CommitIndex, ReleaseCommit, Side, made_up};
use crate::digest::digest_of;
use crate::series::ownership::OwnedFile;
use crate::series::release::{ReadError, Release};

/// Files by path: mode and content.
pub type Files = BTreeMap<BString, (u32, Vec<u8>)>;

/// Two trees in memory.
#[derive(Clone, Debug, Default)]
pub struct MemoryRelease {
    pub old: Files,
    pub new: Files,
    /// The old paths of moved files by their new ones.
    pub moves: BTreeMap<BString, BString>,
}

impl MemoryRelease {
    /// Puts a file into the base, the vendor tree, or both.
    pub fn add(&mut self, path: impl Into<BString>, old: Option<(u32, &[u8])>, new: Option<(u32, &[u8])>) {
        let path = path.into();
        let owned = |(mode, bytes): (u32, &[u8])| (mode, bytes.to_vec());
        self.old.extend(old.map(|file| (path.clone(), owned(file))));
        self.new.extend(new.map(|file| (path, owned(file))));
    }

    /// Puts a file into the base, and under another name into the vendor tree.
    pub fn add_moved(&mut self, from: &str, to: &str, old: (u32, &[u8]), new: (u32, &[u8])) {
        self.add(from, Some(old), None);
        self.add(to, None, Some(new));
        self.moves.insert(to.into(), from.into());
    }

    /// The files that differ; `owner` is asked for each file, with none, and for each changed line.
    pub fn owned_files(
        &self,
        mut owner: impl FnMut(&BStr, Option<(Side, u32)>) -> Option<u32>,
    ) -> Vec<OwnedFile> {
        let paths: BTreeSet<&BString> = self.old.keys().chain(self.new.keys()).collect();
        let is_moved_away = |path: &BString| self.moves.values().any(|from| from == path);
        let differing = paths
            .into_iter()
            .filter(|path| self.old.get(*path) != self.new.get(*path) && !is_moved_away(path));
        differing
            .map(|path| {
                let content = |files: &Files, path: &BString| {
                    files.get(path).map(|(_, bytes)| bytes.clone()).unwrap_or_default()
                };
                let moved_from = self.moves.get(path).cloned();
                let mut ask = |line| owner(path.as_ref(), line);
                let old_path = moved_from.as_ref().unwrap_or(path);
                let runs = changed_lines(&content(&self.old, old_path), &content(&self.new, path))
                    .into_iter()
                    .map(|(side, start)| made_up::run(side, start, 1, ask(Some((side, start)))))
                    .collect();
                let versions = Some(digest_of(&(self.old.get(old_path), self.new.get(path))));
                let owner = ask(None).map(CommitIndex);
                OwnedFile { path: path.clone(), moved_from, owner, runs, versions }
            })
            .collect()
    }

    fn files(&self, side: Side) -> &Files {
        match side {
            Side::Old => &self.old,
            Side::New => &self.new,
        }
    }
}

impl Release for MemoryRelease {
    fn mode(&self, side: Side, path: &BStr) -> Option<u32> {
        Some(self.files(side).get(path)?.0)
    }

    fn has_folder(&self, side: Side, path: &BStr) -> bool {
        let folder = [path.as_bytes(), b"/"].concat();
        self.files(side).keys().any(|path| path.starts_with(&folder))
    }

    fn read(&self, side: Side, path: &BStr) -> Result<Vec<u8>, ReadError> {
        Ok(self.files(side).get(path).ok_or("no such file")?.1.clone())
    }
}

/// The lines, counted from 1, that the diff of two texts changes.
fn changed_lines(old: &[u8], new: &[u8]) -> Vec<(Side, u32)> {
    let mut changed = Vec::new();
    for hunk in diff_lines(old, new) {
        let (mut old_line, mut new_line) = (hunk.old_start.max(1), hunk.new_start.max(1));
        if hunk.old_lines == 0 {
            old_line = hunk.old_start + 1;
        }
        if hunk.new_lines == 0 {
            new_line = hunk.new_start + 1;
        }
        for line in hunk.lines() {
            match line.sign {
                Sign::Removed => changed.push((Side::Old, old_line)),
                Sign::Added => changed.push((Side::New, new_line)),
                Sign::Context => {}
            }
            old_line += u32::from(line.sign != Sign::Added);
            new_line += u32::from(line.sign != Sign::Removed);
        }
    }
    changed
}

/// Made-up origins.
pub fn origins(count: usize) -> Vec<ReleaseCommit> {
    let origin = |index: usize| ReleaseCommit {
        author: ["A B <a@b.example>", "J\u{fc}rgen \u{c5}. \u{4e16} <j@b.example>", "\"C. D\" <c@d>"]
            [index % 3]
            .into(),
        author_date: format!("2009-02-{:02}T10:20:30+01:00", index % 28 + 1),
        subject: format!(
            "[SCSI] part {index}: na\u{ef}ve fix of what is long enough to be folded in the mail's head"
        ),
        first_release: index.is_multiple_of(2).then(|| "v2.6.33-rc1".into()),
        confidence: 0.5 + index as f64 / 100.0,
        ..made_up::commit(&format!("{:040x}", index + 1))
    };
    (0..count).map(origin).collect()
}
