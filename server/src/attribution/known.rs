//! What was worked out of a file, for when the same is asked again: in the next round, or for the next release of a row.
//!
//! A release is judged as a whole, so a commit that comes in one file may change what is said of another one. What is
//! worked out of a file is kept with everything that it was worked out from, and taken only where all of that is the same:
//! the answer is the one that judging every file anew would give.

use std::sync::Arc;

use super::aligned_hunk::AlignedHunk;

/// Results by what they were made from: those of the release in hand, and those of the one before. There are few of each.
#[derive(Clone)]
pub struct Known<K, V> {
    earlier: Vec<(K, V)>,
    now: Vec<(K, V)>,
}

impl<K, V> Default for Known<K, V> {
    fn default() -> Self {
        Known { earlier: Vec::new(), now: Vec::new() }
    }
}

impl<K: PartialEq, V: Clone> Known<K, V> {
    /// Begins with the next release.
    pub fn begin(&mut self) {
        self.earlier = std::mem::take(&mut self.now);
    }

    /// Forgets what the release before had and this one has not.
    pub fn end(&mut self) {
        self.earlier = Vec::new();
    }

    /// The result that was made from the same.
    pub fn get(&mut self, from: &K) -> Option<V> {
        if let Some((_, known)) = self.now.iter().find(|(key, _)| key == from) {
            return Some(known.clone());
        }
        let place = self.earlier.iter().position(|(key, _)| key == from)?;
        let found = self.earlier.swap_remove(place);
        let known = found.1.clone();
        self.now.push(found);
        Some(known)
    }

    /// Adds a result; returns it.
    pub fn add(&mut self, from: K, known: V) -> V {
        self.now.push((from, known.clone()));
        known
    }

    /// The result that was made from the same, or else that of `make`.
    pub fn get_or(&mut self, from: K, make: impl FnOnce(&K) -> V) -> V {
        match self.get(&from) {
            Some(known) => known,
            None => {
                let made = make(&from);
                self.add(from, made)
            }
        }
    }
}

/// A shared value that counts as equal where it is the very same one.
#[derive(Debug)]
pub struct Same<T: ?Sized>(pub Arc<T>);

impl<T: ?Sized> Clone for Same<T> {
    fn clone(&self) -> Self {
        Same(Arc::clone(&self.0))
    }
}

impl<T: ?Sized> PartialEq for Same<T> {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

/// The candidate hunks of a file, which everything is worked out from.
pub type SameHunks = Same<Vec<AlignedHunk>>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_last_until_the_release_after_the_next() {
        let mut known: Known<u32, &str> = Known::default();
        assert_eq!(known.get_or(1, |_| "one"), "one");
        assert_eq!(known.get_or(1, |_| "made twice"), "one");
        known.add(2, "two");

        known.begin();
        assert_eq!(known.get(&1), Some("one"));
        known.end();
        known.begin();

        assert_eq!((known.get(&1), known.get(&2)), (Some("one"), None));
    }
}
