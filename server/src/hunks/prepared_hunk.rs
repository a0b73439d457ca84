//! A hunk made ready for comparison: its lines hashed, sorted and told apart.

use std::sync::OnceLock;

use bstr::{BStr, BString, ByteSlice};
use hunktrace_indexer::cancellation::{Cancellation, Cancelled};
use hunktrace_indexer::fingerprint::{LineHash, LineHasher};
use hunktrace_indexer::hunk::{HunkLine, HunkLines, Sign};
use hunktrace_indexer::normalize::is_informative;
use hunktrace_indexer::segment::stored_hunk::HunkView;
use rustc_hash::FxHashSet;

use crate::hunks::word_edits::WordEdits;

/// A changed line.
#[derive(Clone, Copy, Debug)]
pub struct ChangedLine {
    /// Hash of sign and normalised text.
    pub hash: LineHash,
    /// Where its text begins among the hunk's.
    start: u32,
    /// The text's length in bytes.
    len: u32,
    /// Removed or added.
    pub sign: Sign,
    /// Whether it has a letter or digit.
    pub is_informative: bool,
}

/// A line, changed or not, that says something.
#[derive(Clone, Copy, Debug)]
pub struct TextLine {
    /// Removed, added, or context.
    pub sign: Sign,
    /// Hash of the normalised text alone: a line has the same one under every sign.
    pub hash: LineHash,
    /// What it counts, from 0 to 1, by its length.
    pub weight: f32,
    start: u32,
    len: u32,
}

/// From this length on, in bytes without white space, a line counts in full: short ones stand everywhere. Tuned: see
/// `docs/constants.md`, `FULL_LENGTH`.
const FULL_LENGTH: usize = 24;

/// A hunk made ready for comparison.
#[derive(Clone, Debug)]
pub struct PreparedHunk {
    /// The changed lines, sorted by hash; a line that stands there twice is there twice.
    pub changed: Vec<ChangedLine>,
    /// The hashes of informative context lines, sorted.
    pub context: Vec<LineHash>,
    /// All lines that say something, in their order; none for a change without lines.
    pub lines: Vec<TextLine>,
    /// The path after the change, or before it for a deleted file.
    pub path: BString,
    /// The path before the change, where it differs.
    pub old_path: Option<BString>,
    /// The heading of the place where the first change stands: of the lines before it the last that could be one, else what
    /// stands behind the second `@@`.
    pub section: BString,
    /// First line on the old side; 0 where there is none.
    pub old_start: u32,
    /// Whether the change has lines at all, rather than a mode, a name or binary content.
    pub has_lines: bool,
    /// The hunk's body; for a change without lines, the texts that stand for them.
    text: BString,
    /// Made when they are first asked for: most hunks that are compared agree or disagree by whole lines.
    edits: OnceLock<WordEdits>,
}

impl PreparedHunk {
    /// Prepares a hunk.
    pub fn new(hunk: &HunkView<'_>, hasher: &mut LineHasher) -> PreparedHunk {
        PreparedHunk::as_far_as_wanted(hunk, hasher, &Cancellation::default())
    }

    /// Prepares a hunk that may have millions of lines.
    ///
    /// # Errors
    /// Where it is cancelled.
    pub fn unless(
        hunk: &HunkView<'_>,
        hasher: &mut LineHasher,
        cancellation: &Cancellation,
    ) -> Result<PreparedHunk, Cancelled> {
        let prepared = PreparedHunk::as_far_as_wanted(hunk, hasher, cancellation);
        cancellation.check().map(|()| prepared)
    }

    fn as_far_as_wanted(
        hunk: &HunkView<'_>,
        hasher: &mut LineHasher,
        cancellation: &Cancellation,
    ) -> PreparedHunk {
        let path = hunk.path();
        let mut prepared = PreparedHunk {
            changed: Vec::new(),
            context: Vec::new(),
            lines: Vec::new(),
            path: path.to_owned(),
            old_path: hunk.old.map(|side| side.path).filter(|old| *old != path).map(BStr::to_owned),
            section: hunk.lines.map(|lines| section_of(lines.body, lines.section)).unwrap_or_default(),
            old_start: hunk.lines.map_or(0, |lines| lines.old_start),
            has_lines: hunk.lines.is_some(),
            text: hunk.lines.map(|lines| lines.body.to_owned()).unwrap_or_default(),
            edits: OnceLock::new(),
        };
        match &hunk.lines {
            Some(lines) => prepared.take_lines(lines.body, hasher, cancellation),
            None => {
                for (sign, text) in hunk.to_stored().header_lines() {
                    let hash = hasher.hash(sign, &text);
                    let (start, len) = (prepared.text.len() as u32, text.len() as u32);
                    prepared.text.extend_from_slice(&text);
                    prepared.changed.push(ChangedLine { hash, start, len, sign, is_informative: true });
                }
            }
        }
        prepared.sort(cancellation);
        prepared
    }

    /// Several hunks of one file, in their order, read as one: a hunk of the query may hold what history has in several.
    ///
    /// # Panics
    /// Where there are none.
    pub fn joined(hunks: &[&PreparedHunk], hasher: &mut LineHasher) -> PreparedHunk {
        let mut text = BString::default();
        for hunk in hunks {
            text.extend_from_slice(&hunk.text);
            if !hunk.text.ends_with(b"\n") {
                text.push(b'\n');
            }
        }
        hunks[0].with_text(text, hasher)
    }

    /// The same hunk without some of its lines, which are told by their sign and the hash of their text.
    pub fn without(&self, is_gone: impl Fn(Sign, LineHash) -> bool, hasher: &mut LineHasher) -> PreparedHunk {
        let gone: FxHashSet<u32> =
            self.lines.iter().filter(|line| is_gone(line.sign, line.hash)).map(|line| line.start).collect();
        let mut text = BString::default();
        for HunkLine { sign, text: line, .. } in HunkLines::of(&self.text) {
            if !gone.contains(&((line.as_ptr().addr() - self.text.as_ptr().addr()) as u32)) {
                text.push(sign.marker());
                text.extend_from_slice(line);
                text.push(b'\n');
            }
        }
        self.with_text(text, hasher)
    }

    /// A hunk of the same place with another body.
    fn with_text(&self, text: BString, hasher: &mut LineHasher) -> PreparedHunk {
        let mut prepared = PreparedHunk {
            changed: Vec::new(),
            context: Vec::new(),
            lines: Vec::new(),
            path: self.path.clone(),
            old_path: self.old_path.clone(),
            section: self.section.clone(),
            old_start: self.old_start,
            has_lines: self.has_lines,
            text: BString::default(),
            edits: OnceLock::new(),
        };
        prepared.take_lines(text.as_bstr(), hasher, &Cancellation::default());
        prepared.sort(&Cancellation::default());
        prepared.text = text;
        prepared
    }

    fn sort(&mut self, cancellation: &Cancellation) {
        cancellation.sort_while_wanted(&mut self.changed, |line| (line.hash, line.start));
        cancellation.sort_while_wanted(&mut self.context, |line| *line);
    }

    fn take_lines(&mut self, body: &BStr, hasher: &mut LineHasher, cancellation: &Cancellation) {
        // Counted first: lists that grow are copied several times.
        let (mut changed, mut all) = (0, 0);
        for line in cancellation.while_wanted(HunkLines::of(body)) {
            changed += usize::from(line.sign.is_change());
            all += 1;
        }
        self.changed.reserve_exact(changed);
        self.context.reserve_exact(all - changed);
        self.lines.reserve_exact(all);
        for HunkLine { sign, text, .. } in cancellation.while_wanted(HunkLines::of(body)) {
            let is_informative = is_informative(text);
            if !is_informative && !sign.is_change() {
                continue;
            }
            // Records are shorter than 4 GiB, so places in them fit.
            let (start, len) = ((text.as_ptr().addr() - body.as_ptr().addr()) as u32, text.len() as u32);
            let (signed, hash) = hasher.hashes(sign, text);
            if sign.is_change() {
                self.changed.push(ChangedLine { hash: signed, start, len, sign, is_informative });
            } else {
                self.context.push(signed);
            }
            if is_informative {
                let length = text.iter().filter(|byte| !byte.is_ascii_whitespace()).take(FULL_LENGTH).count();
                let weight = length as f32 / FULL_LENGTH as f32;
                self.lines.push(TextLine { sign, hash, weight, start, len });
            }
        }
    }

    /// What it does to the words of its changed lines.
    pub fn edits(&self) -> &WordEdits {
        let lines = self.changed.iter().map(|line| (line.sign, self.text(line).as_bytes()));
        self.edits.get_or_init(|| WordEdits::of(lines))
    }

    /// Bytes of memory that it takes, but for edits that are not made yet.
    pub fn bytes(&self) -> usize {
        let texts = [&self.path, &self.section, &self.text].map(|text| text.capacity()).iter().sum::<usize>();
        let old_path = self.old_path.as_ref().map_or(0, |path| path.capacity());
        size_of::<PreparedHunk>()
            + texts
            + old_path
            + self.changed.capacity() * size_of::<ChangedLine>()
            + self.context.capacity() * size_of::<LineHash>()
            + self.lines.capacity() * size_of::<TextLine>()
            + self.edits.get().map_or(0, WordEdits::bytes)
    }

    /// The path, and the one before the change where that differs.
    pub fn paths(&self) -> impl Iterator<Item = &BString> {
        std::iter::once(&self.path).chain(&self.old_path)
    }

    /// The text of one of the changed lines, as it stands.
    pub fn text(&self, line: &ChangedLine) -> &BStr {
        self.text_at(line.start, line.len)
    }

    /// The text of one of the lines, as it stands.
    pub fn line_text(&self, line: &TextLine) -> &BStr {
        self.text_at(line.start, line.len)
    }

    fn text_at(&self, start: u32, len: u32) -> &BStr {
        let start = start as usize;
        self.text.get(start..start + len as usize).unwrap_or_default().as_bstr()
    }

    /// Whether the changed lines of both are the same, byte for byte and in order.
    pub fn has_same_changes(&self, other: &PreparedHunk) -> bool {
        self.has_lines == other.has_lines && self.has_same_lines(other, Sign::is_change)
    }

    /// Whether the context lines of both are the same, byte for byte and in order.
    pub fn has_same_context(&self, other: &PreparedHunk) -> bool {
        self.has_same_lines(other, |sign| !sign.is_change())
    }

    /// The sorted texts that stand for a change without lines say all of it, so there is nothing more to compare.
    fn has_same_lines(&self, other: &PreparedHunk, belongs: fn(Sign) -> bool) -> bool {
        if !self.has_lines && !other.has_lines {
            return true;
        }
        lines_of(self, belongs).eq(lines_of(other, belongs))
    }

    /// Whether it has an informative changed line with a hash.
    pub fn has_informative(&self, hash: LineHash) -> bool {
        let first = self.changed.partition_point(|line| line.hash < hash);
        let equal = self.changed[first..].iter().take_while(|line| line.hash == hash);
        equal.into_iter().any(|line| line.is_informative)
    }

    /// The informative changed lines' hashes, sorted, each once.
    pub fn informative(&self) -> impl Iterator<Item = LineHash> + '_ {
        let mut last = None;
        self.changed.iter().filter(|line| line.is_informative).map(|line| line.hash).filter(move |hash| {
            let is_new = last != Some(*hash);
            last = Some(*hash);
            is_new
        })
    }
}

/// The heading above the first change, by git's rule: a line that begins with a letter or underscore; labels are none.
fn section_of(body: &BStr, heading: &BStr) -> BString {
    let before = HunkLines::of(body).take_while(|line| !line.sign.is_change());
    let is_heading = |text: &&BStr| {
        let begins = text.first().is_some_and(|first| first.is_ascii_alphabetic() || *first == b'_');
        begins && !text.trim_ascii_end().ends_with(b":")
    };
    before.map(|line| line.text).filter(is_heading).last().unwrap_or(heading).to_owned()
}

fn lines_of(hunk: &PreparedHunk, belongs: fn(Sign) -> bool) -> impl Iterator<Item = (Sign, &BStr)> {
    let lines = HunkLines::of(&hunk.text).filter(move |line| belongs(line.sign));
    lines.map(|line| (line.sign, line.text))
}
