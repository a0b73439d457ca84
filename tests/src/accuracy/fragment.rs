//! A single hunk with the names of its file: what is perturbed.

use bstr::{BStr, BString};
use hunktrace_indexer::hunk::{Hunk, Sign};
use hunktrace_indexer::normalize::is_informative;
use hunktrace_indexer::patch::FilePatch;

/// One line of a fragment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// What the line does.
    pub sign: Sign,
    /// Its text, without marker and newline.
    pub text: BString,
}

impl Line {
    /// Whether the line is changed and has a letter or a digit.
    pub fn says_something(&self) -> bool {
        self.sign.is_change() && is_informative(&self.text)
    }
}

/// A hunk with the names of its file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fragment {
    /// The path before; none if the file is new.
    pub old_path: Option<BString>,
    /// The path after; none if the file is deleted.
    pub new_path: Option<BString>,
    /// First line on the old side.
    pub old_start: u32,
    /// First line on the new side.
    pub new_start: u32,
    /// What stands behind the second `@@`.
    pub section: BString,
    /// The lines.
    pub lines: Vec<Line>,
}

impl Fragment {
    /// The hunks of a file's patch; none for combined diffs and changes without lines.
    pub fn of_file(file: &FilePatch) -> Vec<Fragment> {
        if file.is_combined {
            return Vec::new();
        }
        let line =
            |line: hunktrace_indexer::hunk::HunkLine<'_>| Line { sign: line.sign, text: line.text.into() };
        file.hunks
            .iter()
            .map(|hunk| Fragment {
                old_path: file.old_path.clone(),
                new_path: file.new_path.clone(),
                old_start: hunk.hunk.old_start,
                new_start: hunk.hunk.new_start,
                section: hunk.hunk.section.clone(),
                lines: hunk.hunk.lines().map(line).collect(),
            })
            .collect()
    }

    /// The path by which the file is known.
    pub fn path(&self) -> &BStr {
        self.new_path.as_ref().or(self.old_path.as_ref()).map_or(BStr::new(""), |path| path.as_ref())
    }

    /// How many changed lines have a letter or a digit.
    pub fn informative_lines(&self) -> usize {
        self.lines.iter().filter(|line| line.says_something()).count()
    }

    /// The hunk, with counts that agree with its lines.
    pub fn hunk(&self) -> Hunk {
        let mut hunk = Hunk {
            old_start: self.old_start,
            new_start: self.new_start,
            section: self.section.clone(),
            ..Hunk::default()
        };
        for line in &self.lines {
            hunk.push_line(line.sign, &line.text, true);
            hunk.old_lines += u32::from(line.sign != Sign::Added);
            hunk.new_lines += u32::from(line.sign != Sign::Removed);
        }
        // A side without lines is counted from the line before it; the first line of one that has some is 1 at least.
        let start = |start: u32, lines: u32| if lines == 0 { start } else { start.max(1) };
        hunk.old_start = start(hunk.old_start, hunk.old_lines);
        hunk.new_start = start(hunk.new_start, hunk.new_lines);
        hunk
    }

    /// Adds the fragment to a patch, as the only hunk of its file.
    pub fn write(&self, patch: &mut Vec<u8>) {
        let name = |path: &Option<BString>, side: &str| match path {
            Some(path) => format!("{side}/{path}"),
            None => "/dev/null".to_owned(),
        };
        let (old, new) = (name(&self.old_path, "a"), name(&self.new_path, "b"));
        let (named_old, named_new) = (
            self.old_path.as_ref().or(self.new_path.as_ref()),
            self.new_path.as_ref().or(self.old_path.as_ref()),
        );
        if let (Some(named_old), Some(named_new)) = (named_old, named_new) {
            patch.extend_from_slice(format!("diff --git a/{named_old} b/{named_new}\n").as_bytes());
        }
        match (&self.old_path, &self.new_path) {
            (None, _) => patch.extend_from_slice(b"new file mode 100644\n"),
            (_, None) => patch.extend_from_slice(b"deleted file mode 100644\n"),
            (Some(old), Some(new)) if old != new => {
                patch.extend_from_slice(format!("rename from {old}\nrename to {new}\n").as_bytes());
            }
            _ => {}
        }
        patch.extend_from_slice(format!("--- {old}\n+++ {new}\n").as_bytes());
        let hunk = self.hunk();
        patch.extend_from_slice(&hunk.header());
        patch.extend_from_slice(&hunk.body);
    }
}
