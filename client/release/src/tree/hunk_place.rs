//! Where a hunk belongs in a file that is not quite the one it was made for: GNU patch's rules.
//!
//! The place that the hunk names comes first, moved by as much as the hunk before it was; then the places around it,
//! nearest first. Where none fits, up to `max_fuzz` lines of context at the hunk's ends need not agree.

use hunktrace_indexer::hunk::Sign;

/// A line with its newline, where it has one.
pub(super) type Line<'a> = &'a [u8];

/// A line of a hunk.
#[derive(Clone, Copy, Debug)]
pub(super) struct HunkEdit<'a> {
    pub sign: Sign,
    pub line: Line<'a>,
}

/// Where a hunk fits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// The first line that the hunk's old side stands on, from 0.
    pub start: usize,
    /// Lines of context at the beginning that need not agree, nor be there.
    pub prefix_cut: usize,
    /// The same at the end.
    pub suffix_cut: usize,
}

/// What is asked of a place.
pub(super) struct Search<'a> {
    /// The lines of the file before the patch.
    pub file: &'a [Line<'a>],
    /// Lines before this one have been passed by earlier hunks.
    pub from: usize,
    /// Where the hunk says it begins, moved by what earlier hunks were; from 0.
    pub guess: usize,
    /// Whether the hunk says that it begins at the file's first line.
    pub names_first_line: bool,
    /// The most lines of context that need not agree.
    pub max_fuzz: usize,
}

impl Search<'_> {
    /// Finds the place of a hunk.
    pub fn place(&self, hunk: &[HunkEdit<'_>]) -> Option<Place> {
        let old: Vec<Line<'_>> =
            hunk.iter().filter(|edit| edit.sign != Sign::Added).map(|edit| edit.line).collect();
        let is_context = |edit: &&HunkEdit<'_>| edit.sign == Sign::Context;
        let prefix = hunk.iter().take_while(is_context).count();
        let suffix = hunk.iter().rev().take_while(is_context).count();
        let context = prefix.max(suffix);
        (0..=self.max_fuzz.min(context)).find_map(|fuzz| {
            // The side with less context reaches the file's end, as long as the other one is not cut down to it.
            let cut = |own: usize| (fuzz + own).checked_sub(context);
            let (prefix_cut, suffix_cut) = (cut(prefix), cut(suffix));
            let start = self.start(&old, prefix_cut, suffix_cut)?;
            Some(Place { start, prefix_cut: prefix_cut.unwrap_or(0), suffix_cut: suffix_cut.unwrap_or(0) })
        })
    }

    fn start(&self, old: &[Line<'_>], prefix_cut: Option<usize>, suffix_cut: Option<usize>) -> Option<usize> {
        // Context that need not agree may reach over the end of the file.
        let last = self.file.len().checked_sub(old.len() - suffix_cut.unwrap_or(0))?;
        if prefix_cut.is_none() && self.names_first_line {
            let is_whole = suffix_cut.is_some() || last == 0;
            return (is_whole && self.fits(old, 0, 0, suffix_cut.unwrap_or(0))).then_some(0);
        }
        let prefix_cut = prefix_cut.unwrap_or(0);
        let Some(suffix_cut) = suffix_cut else {
            return self.fits(old, last, prefix_cut, 0).then_some(last);
        };
        let farthest = self.guess.max(self.file.len());
        (0..=farthest)
            .flat_map(|offset| [self.guess.checked_add(offset), self.guess.checked_sub(offset)])
            .flatten()
            .find(|start| *start <= last && self.fits(old, *start, prefix_cut, suffix_cut))
    }

    fn fits(&self, old: &[Line<'_>], start: usize, prefix_cut: usize, suffix_cut: usize) -> bool {
        let Some(kept) = prefix_cut.checked_add(suffix_cut).and_then(|cut| old.len().checked_sub(cut)) else {
            return false;
        };
        let from = start + prefix_cut;
        from >= self.from
            && self
                .file
                .get(from..from + kept)
                .is_some_and(|lines| lines == &old[prefix_cut..prefix_cut + kept])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(file: &str, hunk: &str, guess: usize, max_fuzz: usize) -> Option<(usize, usize)> {
        let file: Vec<&[u8]> = file.split_inclusive('\n').map(str::as_bytes).collect();
        let hunk: Vec<HunkEdit<'_>> = hunk
            .split_inclusive('\n')
            .map(|line| {
                let sign = match &line[..1] {
                    "+" => Sign::Added,
                    "-" => Sign::Removed,
                    _ => Sign::Context,
                };
                HunkEdit { sign, line: &line.as_bytes()[1..] }
            })
            .collect();
        let search = Search { file: &file, from: 0, guess, names_first_line: guess == 0, max_fuzz };
        search.place(&hunk).map(|place| (place.start, place.prefix_cut.max(place.suffix_cut)))
    }

    #[test]
    fn nearest_place_is_taken() {
        let file = "x\na\nb\nx\nx\nx\na\nb\nx\n";
        assert_eq!(place(file, " a\n-b\n x\n", 1, 0), Some((1, 0)));
        assert_eq!(place(file, " a\n-b\n x\n", 3, 0), Some((1, 0)));
        assert_eq!(place(file, " a\n-b\n x\n", 5, 0), Some((6, 0)));
        assert_eq!(place(file, " a\n-c\n x\n", 5, 0), None);
    }

    #[test]
    fn context_that_differs_is_passed_over_only_where_that_is_allowed() {
        let file = "x\nx\nother\na\nb\nc\n";
        assert_eq!(place(file, " one\n-a\n b\n", 2, 0), None);
        assert_eq!(place(file, " one\n-a\n b\n", 2, 1), Some((2, 1)));
        assert_eq!(place(file, " one\n-z\n b\n", 2, 1), None, "what is removed has to be there");
    }

    #[test]
    fn hunk_without_context_below_belongs_to_the_end_of_the_file() {
        assert_eq!(place("a\nb\na\n", " a\n+new\n", 0, 0), Some((2, 0)));
        assert_eq!(place("a\nb\n", "+new\n a\n", 0, 0), Some((0, 0)));
        assert_eq!(place("x\na\nb\n", "+new\n a\n", 0, 0), None);
    }
}
