//! Finds the files and hunks in one text: a patch's own text, or one decoded from a mail.

use std::ops::Range;
use std::sync::Arc;

use bstr::BString;

use super::combined::{COMBINED_DIFF, read_combined};
use super::context_diff::{read_context_header, read_context_hunk};
use super::diff_line::{CONTEXT_SEPARATOR, is_diffstat};
use super::document::{BinaryKind, FilePatch, PatchHunk};
use super::git_header::{GIT_DIFF, read_git_header};
use super::hunk_lines::is_header_like;
use super::hunk_reader::{read_hunk, skip_extra_lines};
use super::lines::{LineNumbers, Lines, Mark, content, is_crlf};
use super::plain_header::{Folders, PlainNames, binary_names, is_introduction, read_plain_header};
use super::problem::{ProblemKind, Report};

/// What was found in a text.
#[derive(Debug, Default)]
pub(super) struct TextParts {
    /// The raw text before the first file.
    pub preamble: BString,
    /// The files.
    pub files: Vec<FilePatch>,
    /// Whether lines like `Only in v4.18/mm: x.c` say that the texts of some files are missing.
    pub mentions_single_files: bool,
}

/// Finds the files and hunks in a text; `is_mail` says that it is one, with a message above its diff.
///
/// A hunk that no file is named for is quoted in the message where a diff with names follows: always in a mail, and in other
/// texts if it is not whole.
pub(super) fn read_text(text: &[u8], numbers: &LineNumbers, is_mail: bool, report: &mut Report) -> TextParts {
    let nameless = if is_mail { Nameless::Passed } else { Nameless::IfWhole };
    let (known_problems, known_hunks) = (report.problems.len(), report.reading.hunks());
    let parts = read_files(text, numbers, nameless, report);
    if !parts.files.is_empty() {
        return parts;
    }
    report.go_back_to(known_problems);
    report.reading.go_back_to(known_hunks);
    read_files(text, numbers, Nameless::Read, report)
}

/// What becomes of hunks above the first file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Nameless {
    /// They are read.
    Read,
    /// They are read if they are whole.
    IfWhole,
    /// They are passed over.
    Passed,
}

fn read_files(text: &[u8], numbers: &LineNumbers, nameless: Nameless, report: &mut Report) -> TextParts {
    let mut reader = TextReader {
        lines: Lines::within(text, numbers, &report.reading),
        nameless,
        unclaimed: Mark::default(),
        introduction: None,
        is_behind_diff: false,
        is_crlf_file: true,
        plain_files: Vec::new(),
        file_problems: Vec::new(),
        plain_folders: Folders::default(),
        git_folders: Folders::default(),
        parts: TextParts::default(),
        report,
    };
    skip_message(&mut reader.lines);
    while let Some(line) = reader.lines.peek() {
        let first_problem = reader.report.problems.len();
        if reader.read_part(content(line)) {
            reader.keep_problems(first_problem);
        } else {
            reader.pass_line(content(line));
        }
    }
    reader.claim(reader.lines.mark());
    reader.settle();
    reader.name_problems();
    reader.parts
}

/// Goes to the `---` line that ends a message, if there is one: what the message quotes is no diff.
///
/// A list of changed files or a diff stands below that line, and no file of git or of an `Index:` line above it; so it is
/// not the line of a hunk.
fn skip_message(lines: &mut Lines<'_>) {
    let mut ahead = lines.clone();
    let mut has_names = false;
    while let Some(line) = ahead.peek_content() {
        if line.starts_with(GIT_DIFF) || line.starts_with(b"Index: ") {
            return;
        }
        has_names |= line.starts_with(b"+++ ");
        if line == b"---" {
            let mut behind = ahead.clone();
            behind.advance();
            while behind.peek_content().is_some_and(<[u8]>::is_empty) {
                behind.advance();
            }
            let next = behind.peek_content().unwrap_or_default();
            if is_diffstat(next)
                || (!has_names && (next.starts_with(GIT_DIFF) || next.starts_with(b"Index: ")))
            {
                lines.go_to(ahead.mark());
                return;
            }
        }
        ahead.advance();
    }
}

/// Where the reading of a text stands.
struct TextReader<'a, 'r> {
    lines: Lines<'a>,
    nameless: Nameless,
    /// The text from here to the current line belongs to nothing yet.
    unclaimed: Mark,
    /// Where a plain file header begins if a `---` line follows.
    introduction: Option<Mark>,
    /// Whether the line above belongs to a diff, so that this one may be a malformed part of it.
    is_behind_diff: bool,
    /// Whether all lines of the current file's header end in CRLF.
    is_crlf_file: bool,
    /// The files with plain headers, by index, whose changes are settled in the end.
    plain_files: Vec<(usize, PlainNames)>,
    /// The problems of files, by index, which get the files' paths in the end.
    file_problems: Vec<(usize, Range<usize>)>,
    /// The folders that the plain files stand in.
    plain_folders: Folders,
    /// The folders that the files of `git diff --no-index` stand in.
    git_folders: Folders,
    parts: TextParts,
    report: &'r mut Report,
}

impl TextReader<'_, '_> {
    /// Reads the file or hunk that begins with the current line; false, without moving, if none does.
    fn read_part(&mut self, line: &[u8]) -> bool {
        let start = self.introduction.unwrap_or(self.lines.mark());
        if line.starts_with(GIT_DIFF) {
            return self.read_git_file(start);
        }
        if COMBINED_DIFF.iter().any(|keyword| line.starts_with(keyword)) {
            return self.read_combined_file(start);
        }
        if line.starts_with(b"--- ") || line.starts_with(b"+++ ") {
            return self.read_plain_file(start);
        }
        if line.starts_with(b"*** ") {
            return self.read_context_file(start);
        }
        if line.starts_with(CONTEXT_SEPARATOR) {
            return self.read_context_hunk();
        }
        if let Some(names) = binary_names(line) {
            self.lines.advance();
            let file = FilePatch { binary: Some(BinaryKind::Differs), ..FilePatch::default() };
            self.begin_plain_file(start, file, names);
            return true;
        }
        if self.parts.files.is_empty() && !self.reads_nameless(line) {
            return false;
        }
        if is_header_like(line)
            || (self.is_behind_diff && line.starts_with(b"@@") && !line.starts_with(b"@@@"))
        {
            self.read_hunk();
            return true;
        }
        false
    }

    /// Goes over a line that is no part of a diff.
    fn pass_line(&mut self, line: &[u8]) {
        if is_introduction(line) {
            self.introduction.get_or_insert(self.lines.mark());
        } else {
            self.introduction = None;
        }
        if line.starts_with(b"Only in ") {
            self.parts.mentions_single_files = true;
        }
        self.is_behind_diff = false;
        self.lines.advance();
    }

    fn read_git_file(&mut self, start: Mark) -> bool {
        let line = self.lines.number();
        let Some(read) = read_git_header(&mut self.lines, self.report) else { return false };
        if let Some(folders) = read.folders {
            self.git_folders.note(folders);
        }
        let is_followed = self.lines.peek().is_some_and(|next| next.starts_with(b"@@"));
        if read.announces_hunk && !is_followed {
            self.report.add(line, ProblemKind::FileWithoutHunk);
        }
        self.begin_file(start, read.file);
        true
    }

    fn read_combined_file(&mut self, start: Mark) -> bool {
        let line = self.lines.number();
        let Some(file) = read_combined(&mut self.lines, self.report) else { return false };
        // Of a merge with many files it is said once.
        if !self.parts.files.iter().any(|file| file.is_combined) {
            self.report.add(line, ProblemKind::CombinedDiff);
        }
        self.begin_file(start, file);
        true
    }

    fn read_plain_file(&mut self, start: Mark) -> bool {
        let Some(names) = read_plain_header(&mut self.lines, self.report) else { return false };
        self.begin_plain_file(start, FilePatch::default(), names);
        true
    }

    fn read_context_file(&mut self, start: Mark) -> bool {
        let Some(names) = read_context_header(&mut self.lines) else { return false };
        self.begin_plain_file(start, FilePatch::default(), names);
        true
    }

    /// Adds a file whose plain header goes from `start` to the current line.
    fn begin_plain_file(&mut self, start: Mark, mut file: FilePatch, names: PlainNames) {
        names.set_paths(&mut file, &mut self.plain_folders);
        self.plain_files.push((self.parts.files.len(), names));
        self.begin_file(start, file);
    }

    /// Adds a file whose header goes from `start` to the current line.
    fn begin_file(&mut self, start: Mark, mut file: FilePatch) {
        let end = self.lines.mark();
        self.claim(start);
        file.header = self.lines.between(start, end).into();
        self.is_crlf_file = is_crlf(&file.header);
        self.report.reading.count_hunk();
        self.parts.files.push(file);
        self.unclaimed = end;
        self.introduction = None;
        self.is_behind_diff = true;
    }

    /// Whether a hunk that begins with the current line is read though no file was named before.
    fn reads_nameless(&self, line: &[u8]) -> bool {
        let is_elided = line.starts_with(b"@@") && !is_header_like(line) && !line.starts_with(b"@@@");
        match self.nameless {
            Nameless::Passed => false,
            Nameless::Read => !is_elided,
            Nameless::IfWhole => {
                let mut report = Report::new(0);
                is_header_like(line)
                    && read_hunk(&mut self.lines.clone(), false, &mut report).is_some()
                    && report.problems.is_empty()
            }
        }
    }

    /// Reads the hunk whose header is the current line.
    fn read_hunk(&mut self) {
        let start = self.lines.mark();
        let is_crlf_file = self.is_crlf_file || self.parts.files.is_empty();
        self.is_behind_diff = true;
        self.introduction = None;
        let Some(hunk) = read_hunk(&mut self.lines, is_crlf_file, self.report) else { return };
        let end = self.lines.mark();
        skip_extra_lines(&mut self.lines, self.report);
        self.add_hunk(start, hunk, end);
    }

    /// Reads the hunk of a context diff whose separator is the current line; false, without moving, if no context diff
    /// began above.
    fn read_context_hunk(&mut self) -> bool {
        if self.parts.files.is_empty() && self.nameless != Nameless::Read {
            return false;
        }
        let start = self.lines.mark();
        self.is_behind_diff = true;
        self.introduction = None;
        if let Some(hunk) = read_context_hunk(&mut self.lines, self.is_crlf_file, self.report) {
            self.add_hunk(start, hunk, self.lines.mark());
        }
        true
    }

    /// Adds a hunk that goes from `start` to `end` to the last file.
    fn add_hunk(&mut self, start: Mark, hunk: PatchHunk, end: Mark) {
        if self.parts.files.is_empty() {
            self.report.add(hunk.line, ProblemKind::HunkWithoutFile);
            self.claim(start);
            self.report.reading.count_hunk();
            self.parts.files.push(FilePatch::default());
        }
        let between = self.lines.between(self.unclaimed, start);
        if let Some(file) = self.parts.files.last_mut() {
            match file.hunks.last_mut() {
                Some(last) => {
                    // The first one was counted with its file.
                    self.report.reading.count_hunk();
                    last.after.extend_from_slice(between);
                }
                None => file.header.extend_from_slice(between),
            }
            file.hunks.push(hunk);
        }
        self.unclaimed = end;
    }

    /// Notes that the problems from this one on are those of the last file.
    fn keep_problems(&mut self, first: usize) {
        let problems = first..self.report.problems.len();
        if let Some(file) = self.parts.files.len().checked_sub(1).filter(|_| !problems.is_empty()) {
            self.file_problems.push((file, problems));
        }
    }

    /// Gives the unclaimed text up to `end` to the file above, or to the preamble.
    fn claim(&mut self, end: Mark) {
        let text = self.lines.between(self.unclaimed, end);
        let owner = match self.parts.files.last_mut() {
            Some(file) => &mut file.trailer,
            None => &mut self.parts.preamble,
        };
        owner.extend_from_slice(text);
        self.unclaimed = end;
    }

    /// Settles what can only be told when all files and their hunks are known.
    fn settle(&mut self) {
        let mut plain_files = self.plain_files.iter().peekable();
        for (index, file) in self.parts.files.iter_mut().enumerate() {
            match plain_files.next_if(|(plain, _)| *plain == index) {
                Some((_, names)) => {
                    names.set_change(file);
                    names.set_single_path(file, &self.plain_folders);
                }
                None => self.git_folders.strip_single(file),
            }
        }
    }

    /// Gives the problems of files the paths of the files.
    fn name_problems(&mut self) {
        let mut last: Option<(usize, Option<Arc<BString>>)> = None;
        for (index, problems) in &self.file_problems {
            if last.as_ref().is_none_or(|(file, _)| file != index) {
                let path = self.parts.files.get(*index).and_then(|file| file.path());
                last = Some((*index, path.map(|path| Arc::new(path.to_owned()))));
            }
            let path = last.as_ref().and_then(|(_, path)| path.as_ref());
            for problem in &mut self.report.problems[problems.clone()] {
                problem.path = path.cloned();
            }
        }
    }
}
