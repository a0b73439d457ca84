//! Applying a package's patches to the tree of its tarball, as GNU patch does in the folder.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use bstr::{BStr, BString, ByteSlice};
use hunktrace_indexer::hunk::Sign;
use hunktrace_indexer::patch::{Change, FilePatch, PatchHunk, parse};

use super::content::{Content, Spooled};
use super::entry::{Entry, Mode};
use super::error::Error;
use super::hunk_place::{HunkEdit, Line, Search};
use super::limits::Limits;
use super::member_path;
use super::spool::SpoolWriter;

/// How a patch is to be applied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Manner {
    /// Leading parts that are taken off the names in the patch: the N of `-pN`.
    pub strip: usize,
    /// Whether the patch is taken back.
    pub is_reverse: bool,
    /// The most lines of context that need not agree.
    pub max_fuzz: usize,
}

/// What was unusual about a patch that applied.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Applied {
    /// Files that it changes.
    pub files: usize,
    /// Hunks of which not all context agrees.
    pub fuzzy_hunks: usize,
}

/// A tree that patches are applied to. What they change is kept in a scratch file, not in memory.
pub(super) struct PatchedTree<'a> {
    archive: &'a str,
    limits: &'a Limits,
    entries: BTreeMap<BString, Entry>,
    spool: SpoolWriter,
}

/// A file of a patch, with the sides exchanged where the patch is taken back.
struct FileChange<'a> {
    patch: &'a str,
    is_reverse: bool,
    old: Option<BString>,
    new: Option<BString>,
    old_mode: Option<u32>,
    new_mode: Option<u32>,
    change: Change,
    hunks: &'a [PatchHunk],
}

impl<'a> PatchedTree<'a> {
    /// Begins with a tree. `archive` names the package in messages.
    pub fn new(
        archive: &'a str,
        limits: &'a Limits,
        entries: BTreeMap<BString, Entry>,
        spool: SpoolWriter,
    ) -> PatchedTree<'a> {
        PatchedTree { archive, limits, entries, spool }
    }

    /// The tree with everything that was applied.
    pub fn finish(self) -> Result<BTreeMap<BString, Entry>, Error> {
        self.spool.finish()?;
        Ok(self.entries)
    }

    /// Applies a patch, `name` in messages.
    ///
    /// # Errors
    /// Where a part of it cannot be read or does not apply; the tree is of no use then.
    pub fn apply(&mut self, name: &str, text: &[u8], manner: Manner) -> Result<Applied, Error> {
        let mut applied = Applied::default();
        if text.is_empty() {
            return Ok(applied);
        }
        let parsed = parse(text);
        if let Some(problem) = parsed.problems.first() {
            return Err(self.fails(name, format!("line {}", problem.line), problem.kind.to_string()));
        }
        for file in parsed.patches.iter().flat_map(|patch| &patch.files) {
            let change = self.file_change(name, file, manner)?;
            applied.fuzzy_hunks += self.apply_file(&change, manner)?;
            applied.files += 1;
        }
        self.spool.flush()?;
        Ok(applied)
    }

    fn file_change<'p>(
        &self,
        name: &'p str,
        file: &'p FilePatch,
        manner: Manner,
    ) -> Result<FileChange<'p>, Error> {
        let label = || file.path().map_or_else(|| "a file without a name".to_owned(), ToString::to_string);
        if file.binary.is_some() || file.is_combined {
            let problem = "is a binary or combined diff, which patch does not apply";
            return Err(self.fails(name, label(), problem.to_owned()));
        }
        let (old, new) = names(file, manner.strip)
            .ok_or_else(|| self.fails(name, label(), format!("has no name behind -p{}", manner.strip)))?;
        let normal = |path: Option<BString>| {
            path.map(|path| member_path::normalise(&path))
                .transpose()
                .map_err(|problem| self.fails(name, label(), problem.to_owned()))
        };
        let mut change = FileChange {
            patch: name,
            is_reverse: manner.is_reverse,
            old: normal(old)?,
            new: normal(new)?,
            old_mode: file.old_mode,
            new_mode: file.new_mode,
            change: file.change,
            hunks: &file.hunks,
        };
        if manner.is_reverse {
            std::mem::swap(&mut change.old, &mut change.new);
            std::mem::swap(&mut change.old_mode, &mut change.new_mode);
            change.change = match change.change {
                Change::Added => Change::Deleted,
                Change::Deleted => Change::Added,
                Change::Copied { .. } => {
                    return Err(self.fails(
                        name,
                        label(),
                        "is a copy, which cannot be taken back".to_owned(),
                    ));
                }
                other => other,
            };
        }
        Ok(change)
    }

    /// Applies what a patch says about a file; returns the number of hunks of which not all context agrees.
    fn apply_file(&mut self, change: &FileChange<'_>, manner: Manner) -> Result<usize, Error> {
        let is_move = matches!(change.change, Change::Renamed { .. } | Change::Copied { .. });
        let from = match (&change.old, &change.new) {
            (Some(old), _) if is_move => old.clone(),
            _ => self.target(change)?,
        };
        let to = match &change.new {
            Some(new) if is_move => new.clone(),
            _ => from.clone(),
        };
        let before = self.entries.get(&from).cloned();
        // Plain diffs say by an old side without lines that a file is new.
        let adds_all = change
            .hunks
            .iter()
            .all(|hunk| (if change.is_reverse { hunk.hunk.new_lines } else { hunk.hunk.old_lines }) == 0);
        let is_new =
            change.change == Change::Added || (before.is_none() && adds_all && !change.hunks.is_empty());
        if is_new && before.as_ref().is_some_and(|entry| entry.size() != Some(0)) {
            return Err(self.file_fails(change, &from, "is to be added, but is there"));
        }
        if !is_new && before.is_none() {
            return Err(self.file_fails(change, &from, "is to be changed, but is not there"));
        }
        if is_move && from != to && self.entries.contains_key(&to) {
            return Err(self.file_fails(change, &to, "is where a file is to be moved, but is there"));
        }
        let text = match &before {
            Some(entry) => entry.content.read(from.as_bstr())?,
            None => Vec::new(),
        };
        let (text, fuzzy) = self.edited(change, &from, &text, manner)?;
        let mode = match (change.new_mode, &before) {
            (Some(mode), _) => mode_of(mode).ok_or_else(|| {
                self.file_fails(change, &to, &format!("has the mode {mode:o}, which is unknown"))
            })?,
            (None, Some(entry)) => entry.mode,
            (None, None) => Mode::Regular,
        };
        if matches!(change.change, Change::Deleted) {
            if !text.is_empty() {
                return Err(self.file_fails(
                    change,
                    &from,
                    "is to be deleted, but has more than the patch says",
                ));
            }
            self.entries.remove(&from);
            return Ok(fuzzy);
        }
        if matches!(change.change, Change::Renamed { .. }) {
            self.entries.remove(&from);
        }
        let entry = self.stored(mode, &text, &to)?;
        self.entries.insert(to, entry);
        Ok(fuzzy)
    }

    /// The file that is meant: of the two names one that is there, and of two such ones the simpler one.
    fn target(&self, change: &FileChange<'_>) -> Result<BString, Error> {
        let names = || [&change.old, &change.new].into_iter().flatten();
        let there = names().filter(|name| self.entries.contains_key(*name));
        let simplicity = |name: &&BString| {
            let base = name.rfind_byte(b'/').map_or(0, |slash| slash + 1);
            (name.find_iter("/").count(), name.len() - base, name.len())
        };
        let best = there.min_by_key(simplicity).or_else(|| names().min_by_key(simplicity));
        best.cloned().ok_or_else(|| self.fails(change.patch, "a file".to_owned(), "has no name".to_owned()))
    }

    fn edited(
        &self,
        change: &FileChange<'_>,
        path: &BString,
        text: &[u8],
        manner: Manner,
    ) -> Result<(Vec<u8>, usize), Error> {
        let file: Vec<Line<'_>> = text.lines_with_terminator().collect();
        let mut out = Vec::with_capacity(text.len());
        let (mut done, mut moved, mut fuzzy) = (0usize, 0i64, 0usize);
        for (number, hunk) in change.hunks.iter().enumerate() {
            let lines = OwnedLines::of(hunk, change.is_reverse);
            let edits = lines.edits();
            let (start, count) = match change.is_reverse {
                false => (hunk.hunk.old_start, hunk.hunk.old_lines),
                true => (hunk.hunk.new_start, hunk.hunk.new_lines),
            };
            // A side without lines names the line before it.
            let named = if count == 0 { start } else { start.saturating_sub(1) };
            let guess = usize::try_from((i64::from(named) + moved).max(0)).unwrap_or(0);
            let search = Search {
                file: &file,
                from: done,
                guess,
                names_first_line: start <= 1,
                max_fuzz: manner.max_fuzz,
            };
            let Some(place) = search.place(&edits) else {
                let problem = format!(
                    "hunk {} (line {} of the patch) does not fit: its lines are nowhere in the file",
                    number + 1,
                    hunk.line
                );
                return Err(self.file_fails(change, path, &problem));
            };
            moved += place.start as i64 - guess as i64;
            fuzzy += usize::from(place.prefix_cut + place.suffix_cut > 0);
            let start = place.start + place.prefix_cut;
            file[done..start].iter().for_each(|line| out.extend_from_slice(line));
            done = start;
            for edit in &edits[place.prefix_cut..edits.len() - place.suffix_cut] {
                match edit.sign {
                    Sign::Context => out.extend_from_slice(file[done]),
                    Sign::Added => out.extend_from_slice(edit.line),
                    Sign::Removed => {}
                }
                done += usize::from(edit.sign != Sign::Added);
            }
        }
        file[done..].iter().for_each(|line| out.extend_from_slice(line));
        Ok((out, fuzzy))
    }

    fn stored(&mut self, mode: Mode, text: &[u8], path: &BString) -> Result<Entry, Error> {
        let offset = self.spool.len();
        self.limits
            .check_file_bytes(text.len() as u64)
            .and_then(|()| self.limits.check_total_bytes(offset + text.len() as u64))
            .and_then(|()| self.limits.check_path_bytes(path))
            .and_then(|()| self.limits.check_files(self.entries.len() as u64 + 1))
            .map_err(|exceeded| Error::over_limit(self.archive, path.to_string(), exceeded))?;
        self.spool.append(text)?;
        // A later file of the same patch may change this one again.
        self.spool.flush()?;
        let spool = Arc::clone(self.spool.spool());
        let spooled = Spooled { spool, offset, len: text.len() as u64, id: OnceLock::new() };
        Ok(Entry { mode, content: Content::InSpool(spooled) })
    }

    fn file_fails(&self, change: &FileChange<'_>, path: &BString, problem: &str) -> Error {
        self.fails(change.patch, path.to_string(), problem.to_owned())
    }

    fn fails(&self, patch: &str, place: String, problem: String) -> Error {
        let problem = format!("{place} {problem}");
        Error::PatchFails { archive: self.archive.to_owned(), patch: patch.to_owned(), problem }
    }
}

/// The lines of a hunk, each with its newline.
struct OwnedLines {
    lines: Vec<(Sign, Vec<u8>)>,
}

impl OwnedLines {
    fn of(hunk: &PatchHunk, is_reverse: bool) -> OwnedLines {
        let sign = |sign| match (sign, is_reverse) {
            (Sign::Added, true) => Sign::Removed,
            (Sign::Removed, true) => Sign::Added,
            (sign, _) => sign,
        };
        let lines = hunk.hunk.lines().map(|line| {
            let mut text = line.text.to_vec();
            if line.ends_with_newline {
                text.push(b'\n');
            }
            (sign(line.sign), text)
        });
        OwnedLines { lines: lines.collect() }
    }

    fn edits(&self) -> Vec<HunkEdit<'_>> {
        self.lines.iter().map(|(sign, line)| HunkEdit { sign: *sign, line }).collect()
    }
}

/// The names of a file before and after, `strip` parts taken off; a side of which the patch says that there is no file has none.
fn names(file: &FilePatch, strip: usize) -> Option<(Option<BString>, Option<BString>)> {
    let is_move = matches!(file.change, Change::Renamed { .. } | Change::Copied { .. });
    let raw = |marker: &[u8]| {
        let line = file.header.lines().rev().find(|line| line.starts_with(marker))?;
        let name = line[marker.len()..].split(|byte| *byte == b'\t').next()?.trim_end();
        Some(name.as_bstr())
    };
    let (old, new) = (raw(b"--- "), raw(b"+++ "));
    // Names in quotes and those of git's own lines are what the parser makes of them.
    let is_quoted = [old, new].into_iter().flatten().any(|name| name.starts_with(b"\""));
    if old.is_none() || new.is_none() || is_move || is_quoted {
        if strip != 1 {
            return None;
        }
        return Some((file.old_path.clone(), file.new_path.clone()));
    }
    let stripped = |name: &BStr| {
        let rest = (0..strip).try_fold(name, |rest, _| {
            let slash = rest.find_byte(b'/')?;
            Some(rest[slash..].trim_start_with(|character| character == '/').as_bstr())
        })?;
        (!rest.is_empty()).then(|| rest.to_owned())
    };
    let side = |name: Option<&BStr>, is_absent: bool| match name {
        Some(name) if name != "/dev/null" && !is_absent => stripped(name).map(Some),
        _ => Some(None),
    };
    Some((side(old, file.change == Change::Added)?, side(new, file.change == Change::Deleted)?))
}

fn mode_of(mode: u32) -> Option<Mode> {
    match mode & 0o170000 {
        0o100000 => Some(Mode::of_file(mode)),
        0o120000 => Some(Mode::Symlink),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: Manner = Manner { strip: 1, is_reverse: false, max_fuzz: 0 };

    fn entry(mode: Mode, text: &str) -> Entry {
        Entry { mode, content: Content::Inline(text.into()) }
    }

    /// What a patch makes of a tree of regular files.
    fn patched(
        files: &[(&str, &str)],
        patch: &str,
        manner: Manner,
    ) -> Result<Vec<(String, u32, String)>, Error> {
        let limits = Limits::default();
        let entries = files.iter().map(|(path, text)| ((*path).into(), entry(Mode::Regular, text))).collect();
        let spool = SpoolWriter::create(None).expect("a scratch file");
        let mut tree = PatchedTree::new("kernel.src.rpm", &limits, entries, spool);
        tree.apply("fix.patch", patch.as_bytes(), manner)?;
        let text = |path: &BString, entry: &Entry| {
            String::from_utf8(entry.content.read(path.as_bstr()).expect("reads")).expect("text")
        };
        let told =
            |(path, entry): (&BString, &Entry)| (path.to_string(), entry.mode.octal(), text(path, entry));
        Ok(tree.finish().expect("ends").iter().map(told).collect())
    }

    fn regular(path: &str, text: &str) -> (String, u32, String) {
        (path.to_owned(), 0o100644, text.to_owned())
    }

    const GIT: &str = "diff --git a/gone b/gone\ndeleted file mode 100644\n--- a/gone\n+++ /dev/null\n@@ -1 +0,0 @@\n-g\n\
        diff --git a/new.sh b/new.sh\nnew file mode 100755\n--- /dev/null\n+++ b/new.sh\n@@ -0,0 +1 @@\n+n\n\
        diff --git a/old b/moved\nsimilarity index 50%\nrename from old\nrename to moved\n--- a/old\n+++ b/moved\n\
        @@ -1,2 +1,2 @@\n o\n-p\n+q\n";

    #[test]
    fn files_are_added_deleted_and_moved() {
        let made = patched(&[("gone", "g\n"), ("old", "o\np\n")], GIT, PLAIN).expect("applies");
        let script = ("new.sh".to_owned(), 0o100755, "n\n".to_owned());
        assert_eq!(made, [regular("moved", "o\nq\n"), script]);
    }

    #[test]
    fn patch_is_taken_back() {
        let back = Manner { is_reverse: true, ..PLAIN };
        let made = patched(&[("moved", "o\nq\n"), ("new.sh", "n\n")], GIT, back).expect("applies");
        assert_eq!(made, [regular("gone", "g\n"), regular("old", "o\np\n")]);
    }

    #[test]
    fn names_lose_as_many_parts_as_asked() {
        let patch = "--- linux.orig/fs/a.c\t2007-01-01 00:00:00\n+++ linux/fs/a.c\t2007-01-02 00:00:00\n\
            @@ -1 +1 @@\n-a\n+b\n";
        for (strip, path) in [(1, "fs/a.c"), (2, "a.c"), (0, "linux/fs/a.c")] {
            let made = patched(&[(path, "a\n")], patch, Manner { strip, ..PLAIN }).expect("applies");
            assert_eq!(made, [regular(path, "b\n")]);
        }
        let error = patched(&[("a.c", "a\n")], patch, Manner { strip: 3, ..PLAIN }).expect_err("has no name");
        assert!(error.to_string().contains("behind -p3"), "{error}");
    }

    #[test]
    fn hunks_that_have_moved_are_found_and_the_file_keeps_its_own_context() {
        let text = "0\n1\n2\na\nb\nc\nd\nx\nE\nf\n";
        let patch = "--- a/t\n+++ b/t\n@@ -1,4 +1,5 @@\n a\n b\n+new\n c\n d\n@@ -5,3 +6,3 @@\n e\n-f\n+g\n";
        let fuzzy = Manner { max_fuzz: 1, ..PLAIN };
        assert!(patched(&[("t", text)], patch, PLAIN).is_err());
        let patch = patch.replace("-5,3 +6,3", "-6,2 +7,2");
        let made = patched(&[("t", text)], &patch, fuzzy).expect("applies");
        assert_eq!(made, [regular("t", "0\n1\n2\na\nb\nnew\nc\nd\nx\nE\ng\n")]);
    }

    #[test]
    fn file_without_a_last_newline_is_told_from_one_with_it() {
        let patch = "--- a/t\n+++ b/t\n@@ -1 +1 @@\n-a\n\\ No newline at end of file\n+a\n";
        assert_eq!(patched(&[("t", "a")], patch, PLAIN).expect("applies"), [regular("t", "a\n")]);
        assert!(patched(&[("t", "a\n")], patch, PLAIN).is_err());
    }

    #[test]
    fn what_does_not_apply_is_refused_with_patch_file_and_hunk() {
        let change = "--- a/t\n+++ b/t\n@@ -1 +1 @@\n-a\n+b\n@@ -9 +9 @@\n-c\n+d\n";
        let add = "--- /dev/null\n+++ b/t\n@@ -0,0 +1 @@\n+b\n";
        let delete = "--- a/t\n+++ /dev/null\n@@ -1 +0,0 @@\n-a\n";
        let outside = "--- a/../t\n+++ b/../t\n@@ -1 +1 @@\n-a\n+b\n";
        for (patch, expected) in [
            (change, "fix.patch does not apply: t hunk 2 (line 6 of the patch) does not fit"),
            (add, "t is to be added, but is there"),
            (delete, "t is to be deleted, but has more than the patch says"),
            (outside, "leads out of the tree"),
            (&change.replace("/t", "/u"), "u is to be changed, but is not there"),
            ("no diff\n", "line 1 no diff found"),
        ] {
            let error = patched(&[("t", "a\nx\n")], patch, PLAIN).expect_err(patch).to_string();
            assert!(error.contains(expected), "{error}");
        }
    }

    /// Where GNU patch puts hunks decides, not what seems sensible: specs run it.
    mod gnu_patch {
        use std::fs;
        use std::process::Command;

        use proptest::prelude::*;

        use super::*;

        fn run(folder: &std::path::Path, program: &str, args: &[&str]) -> std::process::Output {
            Command::new(program).args(args).current_dir(folder).output().expect("it is installed")
        }

        /// The file that GNU patch makes, if it does not refuse.
        fn by_gnu_patch(folder: &std::path::Path, text: &str, fuzz: usize) -> Option<String> {
            fs::write(folder.join("t"), text).expect("writes");
            let fuzz = format!("-F{fuzz}");
            let args = ["-p1", "-f", "-s", &fuzz, "--no-backup-if-mismatch", "-i", "fix.patch"];
            let is_done = run(folder, "patch", &args).status.success();
            is_done.then(|| fs::read_to_string(folder.join("t")).expect("a file"))
        }

        fn text() -> impl Strategy<Value = Vec<u8>> {
            proptest::collection::vec(0u8..5, 3..24)
        }

        fn written(lines: &[u8]) -> String {
            lines.iter().map(|line| format!("{line}\n")).collect()
        }

        proptest! {
            #![proptest_config(ProptestConfig::with_cases(200))]
            #[test]
            #[ignore = "needs GNU patch"]
            fn hunks_go_where_gnu_patch_puts_them(
                old in text(),
                edits in proptest::collection::vec((any::<prop::sample::Index>(), 5u8..9), 1..4),
                drift in proptest::collection::vec((any::<prop::sample::Index>(), 0u8..5, any::<bool>()), 0..4),
                fuzz in 0usize..3,
            ) {
                let folder = tempfile::tempdir().expect("a folder");
                let (mut new, mut other) = (old.clone(), old.clone());
                for (at, line) in edits {
                    let at = at.index(new.len());
                    new[at] = line;
                }
                for (at, line, is_added) in drift {
                    let at = at.index(other.len());
                    if is_added { other.insert(at, line) } else { other[at] = line }
                }
                fs::create_dir(folder.path().join("a")).expect("creates");
                fs::create_dir(folder.path().join("b")).expect("creates");
                fs::write(folder.path().join("a/t"), written(&old)).expect("writes");
                fs::write(folder.path().join("b/t"), written(&new)).expect("writes");
                let diff = run(folder.path(), "diff", &["-u", "a/t", "b/t"]).stdout;
                let diff = String::from_utf8(diff).expect("text");
                fs::write(folder.path().join("fix.patch"), &diff).expect("writes");

                let theirs = by_gnu_patch(folder.path(), &written(&other), fuzz);
                let manner = Manner { max_fuzz: fuzz, ..PLAIN };
                let ours = patched(&[("t", &written(&other))], &diff, manner).ok();
                prop_assert_eq!(ours.map(|files| files[0].2.clone()), theirs, "{}", diff);
            }
        }
    }
}
