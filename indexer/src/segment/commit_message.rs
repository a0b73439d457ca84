//! A commit's message as the index keeps it: whole, byte for byte, with what says how to read it.
//!
//! Its record is the length of the commit's `encoding` header (LEB128 varint, 0 where it has none), the header's value, and
//! the message as it stands in the commit object.

use std::borrow::Cow;

use bstr::BString;

use crate::message::decode;
use crate::segment::varint::{take_small, write_varint};

/// A commit's message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommitMessage {
    /// What the commit says its encoding is; empty where it says nothing, which means UTF-8.
    pub encoding: BString,
    /// The message as it was committed.
    pub bytes: BString,
}

impl CommitMessage {
    /// The record's bytes.
    pub fn encode(&self) -> Vec<u8> {
        let mut record = Vec::with_capacity(self.bytes.len() + self.encoding.len() + 1);
        write_varint(&mut record, self.encoding.len() as u64);
        record.extend_from_slice(&self.encoding);
        record.extend_from_slice(&self.bytes);
        record
    }

    /// Reads a record; none if it is damaged.
    pub fn decode(record: &[u8]) -> Option<CommitMessage> {
        let mut rest = record;
        let len = take_small(&mut rest)? as usize;
        let (encoding, bytes) = rest.split_at_checked(len)?;
        Some(CommitMessage { encoding: encoding.into(), bytes: bytes.into() })
    }

    /// The message as text: what cannot be decoded is replaced, as [`decode`] says.
    pub fn text(&self) -> Cow<'_, str> {
        let header = (!self.encoding.is_empty()).then_some(self.encoding.as_slice());
        decode(&self.bytes, header)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(encoding: &str, bytes: &[u8]) -> CommitMessage {
        CommitMessage { encoding: encoding.into(), bytes: bytes.into() }
    }

    #[test]
    fn every_byte_comes_back() {
        for (encoding, bytes) in [
            ("", &b""[..]),
            ("", b"mm: fix it\n\nSigned-off-by: A <a@b>\n"),
            ("ISO-8859-2", b"dru\xbeba\0\xff\r\n\n\n"),
        ] {
            let message = message(encoding, bytes);
            let record = message.encode();
            assert_eq!(CommitMessage::decode(&record), Some(message));
            assert!(!record.is_empty(), "an empty record means that there is no message");
        }
    }

    #[test]
    fn text_is_read_as_the_commit_says() {
        assert_eq!(message("", "gr\u{f6}\u{df}e".as_bytes()).text(), "gr\u{f6}\u{df}e");
        assert_eq!(message("ISO-8859-2", b"dru\xbeba").text(), "dru\u{17e}ba");
        assert_eq!(message("", b"gr\xf6\xdfe").text(), "gr\u{f6}\u{df}e");
    }

    #[test]
    fn damaged_records_are_refused() {
        for record in [&b""[..], b"\x05abc", b"\xff\xff\xff\xff\xff\xff"] {
            assert_eq!(CommitMessage::decode(record), None, "{record:?}");
        }
    }
}
