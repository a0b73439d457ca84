//! Where the messages of a gRPC body begin and end.

/// Bytes in front of each message: whether it is compressed, and its length in big-endian order.
pub(crate) const PREFIX_BYTES: usize = 5;

/// How much of a message has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct MessageBoundary {
    prefix: [u8; PREFIX_BYTES],
    /// Bytes of the prefix that have come; 0 between messages.
    prefix_bytes: usize,
    /// Bytes of the message that are still to come, once its prefix is there.
    missing: usize,
}

impl MessageBoundary {
    /// Goes on over bytes that have come.
    pub(crate) fn pass(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            if self.prefix_bytes < PREFIX_BYTES {
                let taken = bytes.len().min(PREFIX_BYTES - self.prefix_bytes);
                self.prefix[self.prefix_bytes..self.prefix_bytes + taken].copy_from_slice(&bytes[..taken]);
                self.prefix_bytes += taken;
                bytes = &bytes[taken..];
                if self.prefix_bytes == PREFIX_BYTES {
                    let [_, a, b, c, d] = self.prefix;
                    self.missing = u32::from_be_bytes([a, b, c, d]) as usize;
                }
            } else {
                let taken = bytes.len().min(self.missing);
                self.missing -= taken;
                bytes = &bytes[taken..];
            }
            if self.prefix_bytes == PREFIX_BYTES && self.missing == 0 {
                self.prefix_bytes = 0;
            }
        }
    }

    /// Whether a message has begun that is not there whole.
    pub(crate) fn is_within_message(&self) -> bool {
        self.prefix_bytes > 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_end_where_their_prefix_says() {
        let body = [&[0, 0, 0, 0, 3][..], b"abc", &[0, 0, 0, 0, 0], &[1, 0, 0, 0, 1], b"d"].concat();
        let ends = [0, 8, 13, body.len()];
        for pieces in 1..=body.len() {
            let mut boundary = MessageBoundary::default();
            let mut passed = 0;
            for piece in body.chunks(pieces) {
                boundary.pass(piece);
                passed += piece.len();
                assert_eq!(
                    boundary.is_within_message(),
                    !ends.contains(&passed),
                    "{passed} in pieces of {pieces}"
                );
            }
        }
    }
}
