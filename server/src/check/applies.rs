//! Whether a commit's hunks apply to the vendor's file as it is, as `git apply` would apply them: the lines that a hunk has
//! before the change have to stand in the file one below the other, wherever they have moved to.

use bstr::{BStr, ByteSlice};
use hunktrace_indexer::fingerprint::LineHasher;
use hunktrace_indexer::hunk::{HunkLine, HunkLines, Sign};

use super::file_lines::{FileLines, text_hash};

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
pub fn apply_hunk(
    body: &BStr,
    start: u32,
    file: &FileLines<'_>,
    from: usize,
    hasher: &mut LineHasher,
) -> Result<usize, Obstacle> {
    let lines = HunkLines::of(body).filter(|line| line.sign != Sign::Added);
    let before: Vec<LineBefore<'_>> =
        lines.zip(0..).map(|(line, at)| LineBefore::new(line, at, file, hasher)).collect();
    let expected = (start.saturating_sub(1) as usize).max(from);
    if before.is_empty() {
        // Lines for an empty file, or a diff without context, which stands where it says.
        return if file.line_count() == 0 { Ok(0) } else { Err(Obstacle::ContextDiffers) };
    }
    let last = file.line_count().checked_sub(before.len());
    let stand = |lines: &[LineBefore<'_>]| -> Vec<usize> {
        let Some(rarest) = lines.iter().min_by_key(|line| line.places.len()) else { return Vec::new() };
        let starts = rarest.places.iter().filter_map(|place| (*place as usize).checked_sub(rarest.at));
        let starts = starts.filter(|start| *start >= from && last.is_some_and(|last| *start <= last));
        let stands_at = |start: &usize| {
            lines.iter().all(|line| file.text(start + line.at).as_bytes() == line.text.as_bytes())
        };
        starts.filter(stands_at).collect()
    };
    if let Some(at) = stand(&before).into_iter().min_by_key(|at| at.abs_diff(expected)) {
        return Ok(at + before.len());
    }
    let removed: Vec<LineBefore<'_>> = before.into_iter().filter(|line| line.sign == Sign::Removed).collect();
    match !removed.is_empty() && stand(&removed).is_empty() {
        true => Err(Obstacle::RemovedLinesDiffer),
        false => Err(Obstacle::ContextDiffers),
    }
}

/// A line that a hunk has before the change.
struct LineBefore<'a> {
    sign: Sign,
    text: &'a BStr,
    /// Its place among these lines, from 0.
    at: usize,
    /// The places of the file where it stands, but for white space and comments.
    places: &'a [u32],
}

impl<'a> LineBefore<'a> {
    fn new(
        line: HunkLine<'a>,
        at: usize,
        file: &'a FileLines<'_>,
        hasher: &mut LineHasher,
    ) -> LineBefore<'a> {
        LineBefore { sign: line.sign, text: line.text, at, places: file.places(text_hash(line.text, hasher)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn applied(body: &[&str], file: &[&str]) -> Result<usize, Obstacle> {
        let (body, text) = (body.join("\n") + "\n", file.join("\n"));
        let mut hasher = LineHasher::default();
        let file = FileLines::of(text.as_bytes(), &mut hasher);
        apply_hunk(body.as_str().into(), 1, &file, 0, &mut hasher)
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
