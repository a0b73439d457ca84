//! Which hunks of history may have a line in common with a file.
//!
//! Of most of a file's history a release has nothing. A hunk of which it has had a look before is not read again where none
//! of its lines can be paired with one of the file's: a line with a word needs an equal one on the same side, and a line
//! without a word an equal one with the same neighbour before or after it.

use hunktrace_indexer::cancellation::Cancellation;
use rustc_hash::FxHashSet;

use super::side::{BySide, Side};
use super::side_lines::{HistoryLine, NeighbourDigest, SideLine, TextHash};

/// The texts of a file's changed lines.
pub struct FileTexts(BySide<SideTexts>);

#[derive(Default)]
struct SideTexts {
    with_word: FxHashSet<TextHash>,
    before_wordless: FxHashSet<(TextHash, NeighbourDigest)>,
    after_wordless: FxHashSet<(TextHash, NeighbourDigest)>,
}

impl FileTexts {
    /// Those of some lines; as far as it comes before it is cancelled.
    pub fn of_unless(lines: &BySide<Vec<SideLine>>, cancellation: &Cancellation) -> FileTexts {
        FileTexts(BySide::from_fn(|side| SideTexts::of(&lines[side], cancellation)))
    }

    /// Whether a hunk of these lines may be laid beside the file. If not, no line of it is paired.
    pub fn may_share<L>(&self, hunk: &BySide<Vec<L>>) -> bool
    where
        for<'a> HistoryLine: From<&'a L>,
    {
        Side::BOTH
            .into_iter()
            .any(|side| hunk[side].iter().any(|line| self.0[side].may_have(HistoryLine::from(line))))
    }
}

impl SideTexts {
    fn of(lines: &[SideLine], cancellation: &Cancellation) -> SideTexts {
        let mut texts = SideTexts::default();
        for line in cancellation.while_wanted(lines) {
            if line.has_word() {
                texts.with_word.insert(line.text);
                continue;
            }
            for (neighbour, beside) in
                [(line.before, &mut texts.before_wordless), (line.after, &mut texts.after_wordless)]
            {
                if neighbour.is_some() {
                    beside.insert((line.text, NeighbourDigest::of(neighbour)));
                }
            }
        }
        texts
    }

    fn may_have(&self, line: HistoryLine) -> bool {
        let HistoryLine { text, .. } = line;
        if line.has_word() {
            return self.with_word.contains(&text);
        }
        // Without a neighbour nothing is in the sets.
        self.before_wordless.contains(&(text, line.before()))
            || self.after_wordless.contains(&(text, line.after()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::attribution::side_lines::{kept, side_lines};
    use crate::attribution::test_release::hunk;
    use hunktrace_indexer::fingerprint::LineHasher;

    fn may_share(file: &[&str], history: &[&str]) -> bool {
        let lines = |lines: &[&str]| side_lines([&hunk(lines)], &mut LineHasher::default());
        let (texts, history) = (FileTexts::of_unless(&lines(file), &Cancellation::default()), lines(history));
        let is_shared = texts.may_share(&history);
        assert_eq!(texts.may_share::<HistoryLine>(&kept(&history)), is_shared);
        is_shared
    }

    #[test]
    fn line_with_a_word_is_shared_on_its_side() {
        assert!(may_share(&["+open_the_gate();"], &["-wall;", "+open_the_gate();"]));
        assert!(!may_share(&["+open_the_gate();"], &["-open_the_gate();"]));
        assert!(!may_share(&["+open_the_gate();"], &[" open_the_gate();", "+close_the_gate();"]));
    }

    #[test]
    fn line_without_a_word_is_shared_beside_a_shared_neighbour() {
        let file = [" open();", "+}", " close();"];
        assert!(may_share(&file, &[" open();", "+}", " paint();"]));
        assert!(may_share(&file, &[" paint();", "+}", "-close();"]));
        assert!(!may_share(&file, &[" paint();", "+}", " build();"]));
        assert!(!may_share(&["+}"], &["+}"]), "neither has a neighbour");
    }
}
