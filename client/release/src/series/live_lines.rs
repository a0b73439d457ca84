//! Which lines of a merged text are there at the moment, and where.
//!
//! A Fenwick tree over the segments. With it the time of an owner's turn depends on what the owner changes and not on
//! the length of the text: a driver that three hundred commits rewrote has three hundred turns.

/// How many lines of each segment are there.
pub(super) struct LiveLines {
    /// Element `i`, counted from 1, is the sum of the `i & -i` segments that end with segment `i`.
    sums: Vec<usize>,
    total: usize,
}

impl LiveLines {
    /// Starts with these numbers of lines.
    pub fn new(counts: impl Iterator<Item = usize>) -> LiveLines {
        let mut sums = vec![0];
        sums.extend(counts);
        let total = sums.iter().sum();
        for index in 1..sums.len() {
            let parent = index + lowest_bit(index);
            if parent < sums.len() {
                sums[parent] += sums[index];
            }
        }
        LiveLines { sums, total }
    }

    /// How many lines there are.
    pub fn total(&self) -> usize {
        self.total
    }

    /// How many lines there are before a segment.
    pub fn before(&self, segment: usize) -> usize {
        let mut sum = 0;
        let mut index = segment;
        while index > 0 {
            sum += self.sums[index];
            index -= lowest_bit(index);
        }
        sum
    }

    /// The segment that a line is in, and the line's place in it; `line` is below [`LiveLines::total`].
    pub fn find(&self, line: usize) -> (usize, usize) {
        let mut left = line;
        let mut index = 0;
        let mut step = self.sums.len().next_power_of_two();
        while step > 0 {
            if let Some(sum) = self.sums.get(index + step).filter(|sum| **sum <= left) {
                left -= sum;
                index += step;
            }
            step /= 2;
        }
        (index, left)
    }

    /// Lets the lines of a segment appear.
    pub fn add(&mut self, segment: usize, lines: usize) {
        self.total += lines;
        self.update(segment, |sum| *sum += lines);
    }

    /// Lets the lines of a segment go; they have to be there.
    pub fn remove(&mut self, segment: usize, lines: usize) {
        self.total -= lines;
        self.update(segment, |sum| *sum -= lines);
    }

    fn update(&mut self, segment: usize, change: impl Fn(&mut usize)) {
        let mut index = segment + 1;
        while let Some(sum) = self.sums.get_mut(index) {
            change(sum);
            index += lowest_bit(index);
        }
    }
}

fn lowest_bit(index: usize) -> usize {
    index & index.wrapping_neg()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn agrees_with_counting(
            counts in prop::collection::vec(0usize..4, 1..40),
            changes in prop::collection::vec((0usize..40, 0usize..4), 0..40),
        ) {
            let mut counts = counts;
            let mut live = LiveLines::new(counts.iter().copied());
            for (segment, lines) in changes {
                let segment = segment % counts.len();
                if counts[segment] >= lines {
                    live.remove(segment, lines);
                    counts[segment] -= lines;
                } else {
                    live.add(segment, lines);
                    counts[segment] += lines;
                }
            }
            let mut expected = Vec::new();
            for (segment, count) in counts.iter().enumerate() {
                prop_assert_eq!(live.before(segment), expected.len());
                expected.extend((0..*count).map(|place| (segment, place)));
            }
            prop_assert_eq!(live.total(), expected.len());
            for (line, place) in expected.iter().enumerate() {
                prop_assert_eq!(live.find(line), *place);
            }
        }
    }
}
