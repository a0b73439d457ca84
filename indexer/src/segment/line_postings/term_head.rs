//! What begins a term's entry in its bucket: the term, its first document, and how many further ones there are.

use std::io;

use tantivy::DocId;

use super::input::{damaged, take};
use crate::segment::varint::{take_small, write_varint};

/// The beginning of a term's entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TermHead {
    /// The distance from the term before, or from the least term of the bucket.
    pub distance: u64,
    /// The first document that has the term.
    pub first: DocId,
    /// How many further documents have it.
    pub further: u32,
}

/// From this many further documents on the head's two bits alone do not tell their number.
const COUNTED_FURTHER: u32 = 3;

impl TermHead {
    /// Appends the head; `document_bytes` is the width of a first document.
    pub fn encode(&self, document_bytes: usize, out: &mut Vec<u8>) {
        let distance = self.distance;
        match distance {
            0..0x8000 => out.extend_from_slice(&(distance << 1).to_le_bytes()[..2]),
            0x8000..0x40_0000 => out.extend_from_slice(&(distance << 2 | 1).to_le_bytes()[..3]),
            _ => out.extend_from_slice(&(distance << 2 | 3).to_le_bytes()[..6]),
        }
        let first = u64::from(self.first) << 2 | u64::from(self.further.min(COUNTED_FURTHER));
        out.extend_from_slice(&first.to_le_bytes()[..document_bytes]);
        if self.further >= COUNTED_FURTHER {
            write_varint(out, u64::from(self.further - COUNTED_FURTHER));
        }
    }

    /// Takes a head off the front.
    ///
    /// # Errors
    /// Where there is none.
    pub fn decode(rest: &mut &[u8], document_bytes: usize) -> io::Result<TermHead> {
        let tag = rest.first().ok_or_else(damaged)?;
        let (width, shift) = match tag & 3 {
            0 | 2 => (2, 1),
            1 => (3, 2),
            _ => (6, 2),
        };
        let distance = take_number(rest, width)? >> shift;
        let first = take_number(rest, document_bytes)?;
        let further = match (first & 3) as u32 {
            COUNTED_FURTHER => {
                let more = take_small(rest).ok_or_else(damaged)?;
                COUNTED_FURTHER.checked_add(more).ok_or_else(damaged)?
            }
            few => few,
        };
        Ok(TermHead { distance, first: (first >> 2) as DocId, further })
    }
}

/// Takes a number of `width` bytes, from 1 to 8, off the front.
fn take_number(rest: &mut &[u8], width: usize) -> io::Result<u64> {
    if let Some(bytes) = rest.first_chunk::<8>() {
        // Read at once, and what is behind the number cut off.
        *rest = &rest[width..];
        return Ok(u64::from_le_bytes(*bytes) & (u64::MAX >> (64 - 8 * width)));
    }
    Ok(take(rest, width)?.iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fingerprint::TermNumber;

    #[test]
    fn heads_come_back_in_the_announced_width() {
        for (distance, width) in [
            (0, 2),
            (0x7fff, 2),
            (0x8000, 3),
            (0x3f_ffff, 3),
            (0x40_0000, 6),
            ((1 << TermNumber::BITS) - 1, 6),
        ] {
            for (further, counted) in [(0, 0), (2, 0), (3, 1), (130, 1), (131, 2)] {
                let head = TermHead { distance, first: 70_000, further };
                let mut bytes = Vec::new();
                head.encode(3, &mut bytes);
                assert_eq!(bytes.len(), width + 3 + counted, "{head:?}");
                let mut rest = &bytes[..];
                assert_eq!(TermHead::decode(&mut rest, 3).unwrap(), head);
                assert!(rest.is_empty());
            }
        }
    }

    #[test]
    fn heads_that_are_cut_off_are_refused() {
        let mut bytes = Vec::new();
        TermHead { distance: 0x8000, first: 9, further: 1000 }.encode(2, &mut bytes);
        for len in 0..bytes.len() {
            assert!(TermHead::decode(&mut &bytes[..len], 2).is_err(), "{len} bytes");
        }
    }
}
