//! The hunks of a release's files, in an unlinked file.
//!
//! They are asked for twice: when the files are sent to the service, and when the report shows them. In between a release
//! of millions of lines would take memory that the attribution has use for.

use std::io;
use std::path::Path;

use hunktrace_indexer::hunk::Hunk;
use hunktrace_indexer::patch::bare_hunks;

use crate::append_file::AppendFile;

/// Takes hunks as text, from any thread.
#[derive(Clone, Debug)]
pub struct HunkSpool(AppendFile);

/// The hunks of one file, which are read when they are asked for.
#[derive(Clone, Debug, Default)]
pub struct SpooledHunks {
    /// How many there are.
    count: usize,
    /// Where their text is; none if there are none.
    place: Option<Place>,
}

#[derive(Clone, Debug)]
struct Place {
    spool: AppendFile,
    offset: u64,
    bytes: usize,
}

impl HunkSpool {
    /// An empty spool whose file is on the same disk as this folder.
    ///
    /// # Errors
    /// Where the file cannot be made.
    pub fn create(folder: &Path) -> io::Result<HunkSpool> {
        AppendFile::create(folder).map(HunkSpool)
    }

    /// Adds the hunks of a file.
    ///
    /// # Errors
    /// Where the spool cannot be written.
    pub fn add(&self, hunks: &[Hunk]) -> io::Result<SpooledHunks> {
        if hunks.is_empty() {
            return Ok(SpooledHunks::default());
        }
        let mut text = Vec::new();
        for hunk in hunks {
            text.extend_from_slice(&hunk.header());
            text.extend_from_slice(&hunk.body);
        }
        let offset = self.0.add(&text)?;
        let place = Place { spool: self.0.clone(), offset, bytes: text.len() };
        Ok(SpooledHunks { count: hunks.len(), place: Some(place) })
    }
}

impl SpooledHunks {
    /// How many there are.
    pub fn len(&self) -> usize {
        self.count
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// The hunks as in a unified diff, from the first `@@` on.
    ///
    /// # Errors
    /// Where the spool cannot be read.
    pub fn text(&self) -> io::Result<Vec<u8>> {
        let Some(Place { spool, offset, bytes }) = &self.place else { return Ok(Vec::new()) };
        let mut text = vec![0; *bytes];
        spool.read(*offset, &mut text)?;
        Ok(text)
    }

    /// The hunks.
    ///
    /// # Errors
    /// Where the spool cannot be read, or has become something else.
    pub fn read(&self) -> io::Result<Vec<Hunk>> {
        if self.is_empty() {
            return Ok(Vec::new());
        }
        bare_hunks(&self.text()?)
            .map_err(|problem| io::Error::new(io::ErrorKind::InvalidData, problem.kind.to_string()))
    }

    /// Hunks of which nothing but their number is known.
    #[cfg(test)]
    pub(super) fn counted(count: usize) -> SpooledHunks {
        SpooledHunks { count, place: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hunktrace_indexer::git::line_diff::diff_lines;

    #[test]
    fn hunks_come_back_as_they_were_whatever_was_added_since() {
        let folder = tempfile::tempdir().expect("a folder");
        let spool = HunkSpool::create(folder.path()).expect("a spool");
        let lines: String = (0..30).map(|line| format!("line {line}\n")).collect();
        let hunks = diff_lines(
            format!("int f(void)\n{lines}\r\n\x0c\n\\ end").as_bytes(),
            format!("int f(void)\n{}--- a/x\n\r\n\x0c\nend", lines.replace("line 2\n", "@@ -1 +1 @@\n"))
                .as_bytes(),
        );
        assert!(hunks.len() > 1, "{hunks:?}");
        let stored = spool.add(&hunks).expect("writes");
        let none = spool.add(&[]).expect("writes");
        spool.add(&hunks[..1]).expect("writes");

        assert_eq!((stored.len(), none.len()), (hunks.len(), 0));
        assert_eq!(stored.read().expect("reads"), hunks);
        assert_eq!((none.read().expect("reads"), none.text().expect("reads")), (Vec::new(), Vec::new()));
    }
}
