//! The checksum by which a file that was read is known again.

use std::fmt;
use std::io::{self, Read};

use sha2::{Digest, Sha256};

/// A file's SHA-256, as `sha256sum` prints it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Checksum([u8; 32]);

impl Checksum {
    /// Reads a stream to its end.
    pub(super) fn of(mut input: impl Read) -> io::Result<Checksum> {
        let mut hasher = Sha256::new();
        let mut buffer = vec![0; 256 << 10];
        loop {
            match input.read(&mut buffer) {
                Ok(0) => return Ok(Checksum(hasher.finalize().into())),
                Ok(count) => hasher.update(&buffer[..count]),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }
}

impl fmt::Display for Checksum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checksum_is_that_of_the_standard() {
        let checksum = Checksum::of(&b"abc"[..]).expect("reads");
        let expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(checksum.to_string(), expected);
    }
}
