//! What a hunk does to the words of its lines: which it brings and which it takes away, whatever the lines read like.
//!
//! A fix that puts one condition into a line makes the same edit whether or not the line was rewritten before it. So
//! words that stand in removed and in added lines alike are left out, and what remains is compared.

use hunktrace_indexer::hunk::Sign;

use crate::hunks::tokens::{Tokens, token_weight};

/// Hunks with more changed lines than this are compared by their lines alone; it bounds the work.
const MAX_EDITED_LINES: usize = 64;

/// The words that a hunk brings and takes away: a hash, and how many more there are of it after the change.
#[derive(Clone, Debug, Default)]
pub struct WordEdits {
    /// Sorted by hash, none of them 0.
    counts: Vec<(u64, i32)>,
    /// What all of them say.
    weight: f32,
}

impl WordEdits {
    /// The edits of a hunk's changed lines, each with its sign; none for a hunk of very many lines.
    pub fn of<'a>(changed: impl ExactSizeIterator<Item = (Sign, &'a [u8])> + Clone) -> WordEdits {
        if changed.len() > MAX_EDITED_LINES {
            return WordEdits::default();
        }
        let mut tokens = Tokens::for_text(changed.clone().map(|(_, text)| text.len()).sum());
        let mut signed: Vec<(u64, i32)> = Vec::with_capacity(tokens.room());
        for (sign, text) in changed {
            let count = if sign == Sign::Removed { -1 } else { 1 };
            let line = tokens.add(text);
            let says_something = |token: &&u64| token_weight(**token) > 0.0;
            signed.extend(tokens.get(line).iter().filter(says_something).map(|token| (*token, count)));
        }
        signed.sort_unstable_by_key(|(token, _)| *token);
        let mut counts: Vec<(u64, i32)> = Vec::with_capacity(signed.len());
        for (token, count) in signed {
            match counts.last_mut() {
                Some((last, sum)) if *last == token => *sum += count,
                _ => counts.push((token, count)),
            }
        }
        counts.retain(|(_, count)| *count != 0);
        counts.shrink_to_fit();
        let weight = counts.iter().map(weight_of).sum();
        WordEdits { counts, weight }
    }

    /// What two hunks do to the same words in the same way, as a share of what either does (weighted Jaccard).
    pub fn share(&self, other: &WordEdits) -> f32 {
        let mut theirs = other.counts.iter().peekable();
        let mut common = 0.0;
        for (token, count) in &self.counts {
            while theirs.next_if(|(their_token, _)| their_token < token).is_some() {}
            if let Some((_, their_count)) = theirs.next_if(|(their_token, _)| their_token == token)
                && count.signum() == their_count.signum()
            {
                let both = count.signum() * count.abs().min(their_count.abs());
                common += weight_of(&(*token, both));
            }
        }
        let either = self.weight + other.weight - common;
        if either > 0.0 { common / either } else { 0.0 }
    }

    /// What the edits say: about the number of words.
    pub fn weight(&self) -> f32 {
        self.weight
    }

    /// Bytes of memory that they take beside their own size.
    pub fn bytes(&self) -> usize {
        self.counts.capacity() * size_of::<(u64, i32)>()
    }
}

fn weight_of((token, count): &(u64, i32)) -> f32 {
    count.unsigned_abs() as f32 * token_weight(*token)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edits(lines: &[&str]) -> WordEdits {
        let signed = |line: &&'static str| {
            let sign = if line.starts_with('-') { Sign::Removed } else { Sign::Added };
            (sign, &line.as_bytes()[1..])
        };
        // Leaked so that the lines live long enough; there are few.
        let lines: Vec<&'static str> = lines.iter().map(|line| &*String::from(*line).leak()).collect();
        WordEdits::of(lines.iter().map(signed).collect::<Vec<_>>().into_iter())
    }

    #[test]
    fn edit_is_the_same_in_lines_that_read_otherwise() {
        let old = edits(&["-return zone->proof;", "+return parent->proof;"]);
        let new = edits(&["-return HAS_BIT(zone->bits, PROOF);", "+return HAS_BIT(parent->bits, PROOF);"]);
        assert_eq!(old.share(&new), 1.0);
        let other = edits(&["-return zone->proof;", "+return HAS_BIT(zone->bits, PROOF);"]);
        assert_eq!(old.share(&other), 0.0);
    }

    #[test]
    fn opposite_edits_have_nothing_in_common() {
        let there = edits(&["-wait(queue);", "+wait(queue, timeout);"]);
        let back = edits(&["-wait(queue, timeout);", "+wait(queue);"]);
        assert_eq!(there.share(&back), 0.0);
        assert_eq!(there.share(&there), 1.0);
    }

    #[test]
    fn part_of_an_edit_counts_in_part() {
        let whole = edits(&["+check(first);", "+probe(second);"]);
        let part = edits(&["+check(first);"]);
        assert_eq!(whole.share(&part), 0.5);
    }

    #[test]
    fn signs_and_moved_words_say_nothing() {
        assert_eq!(edits(&["-a = (b);", "+a = b;"]).weight(), 0.0);
        assert_eq!(edits(&["-}", "+};"]).share(&edits(&["-}", "+};"])), 0.0);
    }
}
