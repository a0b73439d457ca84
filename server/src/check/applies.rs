//! Whether a commit's hunks apply to the vendor's file as it is, as `git apply` would apply them: the lines that a hunk has
//! before the change have to stand in the file one below the other, wherever they have moved to.

use bstr::{BStr, ByteSlice};
use hunktrace_indexer::hunk::{HunkLines, Sign};

use super::file_lines::FileLines;

/// Why a hunk does not apply.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Obstacle {
    /// The vendor has no such file.
    NoFile,
    /// The hunk makes a file that the vendor has already.
    FileThere,
    /// Lines that the hunk removes do not stand there.
    RemovedLinesDiffer,
    /// The lines around the change differ.
    ContextDiffers,
    /// The change is none of lines: of binary content or modes alone.
    NoLines,
}

impl Obstacle {
    /// The obstacle in words.
    pub fn words(self) -> &'static str {
        match self {
            Obstacle::NoFile => "the file is not there",
            Obstacle::FileThere => "the file is there already",
            Obstacle::RemovedLinesDiffer => "lines that it removes are not there",
            Obstacle::ContextDiffers => "the lines around it differ",
            Obstacle::NoLines => "it changes no lines",
        }
    }
}

/// Whether a hunk applies behind the line `from`, from 0; if so, where it ends in the file.
///
/// # Errors
/// What stands in the way.
pub fn apply_hunk(body: &BStr, start: u32, file: &FileLines<'_>, from: usize) -> Result<usize, Obstacle> {
    let before: Vec<(Sign, &[u8])> = HunkLines::of(body)
        .filter(|line| line.sign != Sign::Added)
        .map(|line| (line.sign, line.text.as_bytes()))
        .collect();
    let expected = (start.saturating_sub(1) as usize).max(from);
    if before.is_empty() {
        // Lines for an empty file, or a diff without context, which stands where it says.
        return if file.line_count() == 0 { Ok(0) } else { Err(Obstacle::ContextDiffers) };
    }
    let last = file.line_count().checked_sub(before.len());
    let stands_at = |at: usize, only_removed: bool| {
        let lines = before.iter().enumerate();
        lines
            .filter(|(_, (sign, _))| !only_removed || *sign == Sign::Removed)
            .all(|(place, (_, text))| file.text(at + place).as_bytes() == *text)
    };
    let places = || last.map_or(from..from, |last| from..last + 1);
    let nearest = places().filter(|at| stands_at(*at, false)).min_by_key(|at| at.abs_diff(expected));
    if let Some(at) = nearest {
        return Ok(at + before.len());
    }
    let removes = before.iter().any(|(sign, _)| *sign == Sign::Removed);
    if removes && !places().any(|at| stands_at(at, true)) {
        return Err(Obstacle::RemovedLinesDiffer);
    }
    Err(Obstacle::ContextDiffers)
}

#[cfg(test)]
mod tests {
    use super::*;
    use hunktrace_indexer::fingerprint::LineHasher;

    fn applied(body: &[&str], file: &[&str]) -> Result<usize, Obstacle> {
        let (body, text) = (body.join("\n") + "\n", file.join("\n"));
        let file = FileLines::of(text.as_bytes(), &mut LineHasher::default());
        apply_hunk(body.as_str().into(), 1, &file, 0)
    }

    #[test]
    fn hunk_applies_where_its_lines_have_moved_to() {
        assert_eq!(applied(&[" a", "-b", "+c", " d"], &["new", "line", "a", "b", "d"]), Ok(5));
        assert_eq!(applied(&[" a", "+b"], &["a", "x", "a"]), Ok(1), "the nearest place counts");
    }

    #[test]
    fn what_stands_in_the_way_is_told() {
        assert_eq!(applied(&[" a", "-b", "+c", " d"], &["a", "b", "e"]), Err(Obstacle::ContextDiffers));
        assert_eq!(applied(&[" a", "-b", "+c", " d"], &["a", "x", "d"]), Err(Obstacle::RemovedLinesDiffer));
        assert_eq!(applied(&[" a", "+c"], &["b"]), Err(Obstacle::ContextDiffers));
        assert_eq!(applied(&[" a", "-b"], &["a"]), Err(Obstacle::RemovedLinesDiffer));
        assert_eq!(applied(&["+a"], &[]), Ok(0));
        assert_eq!(applied(&["+a"], &["b"]), Err(Obstacle::ContextDiffers));
    }
}
