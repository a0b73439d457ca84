//! Numbers that stand for values within one run of the program, so that what is equal need not be worked on again.

use std::hash::{Hash, Hasher};

use xxhash_rust::xxh3::Xxh3;

/// A number that is equal for equal values, and with next to no doubt different for different ones: 128 bits of xxHash.
pub(crate) fn digest_of(value: &(impl Hash + ?Sized)) -> u128 {
    let mut hasher = Digest(Xxh3::new());
    value.hash(&mut hasher);
    hasher.0.digest128()
}

struct Digest(Xxh3);

impl Hasher for Digest {
    fn write(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    fn finish(&self) -> u64 {
        self.0.digest()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_values_have_equal_digests_and_others_have_others() {
        assert_eq!(digest_of(&("ab", "c")), digest_of(&("ab".to_owned(), "c")));
        assert_ne!(digest_of(&("ab", "c")), digest_of(&("a", "bc")));
        assert_ne!(digest_of(&Some(0)), digest_of(&None::<i32>));
    }
}
