//! Numbers in as few bytes as they need: LEB128, seven bits a byte, the lowest first.

/// Appends a number.
pub fn write_varint(out: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

/// Takes a number of up to `max_bytes` bytes (9 at most) off the front; none if there is none of that length.
fn take_varint(rest: &mut &[u8], max_bytes: usize) -> Option<u64> {
    let mut number = 0u64;
    for (place, byte) in rest.iter().take(max_bytes).enumerate() {
        number |= u64::from(byte & 0x7f) << (7 * place);
        if byte & 0x80 == 0 {
            *rest = &rest[place + 1..];
            return Some(number);
        }
    }
    None
}

/// Takes a number of at most 32 bits off the front; none if there is none.
#[inline]
pub fn take_small(rest: &mut &[u8]) -> Option<u32> {
    // Most numbers are distances within a file's hunks or lengths, and have one byte.
    if let Some((byte, after)) = rest.split_first()
        && *byte < 0x80
    {
        *rest = after;
        return Some(u32::from(*byte));
    }
    take_varint(rest, 5).and_then(|number| u32::try_from(number).ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn numbers_read_back_and_leave_the_rest(number in 0u64..1 << 63, after: Vec<u8>) {
            let mut bytes = Vec::new();
            write_varint(&mut bytes, number);
            bytes.extend(&after);
            let mut rest = &bytes[..];
            prop_assert_eq!(take_varint(&mut rest, 9), Some(number));
            prop_assert_eq!(rest, &after[..]);
        }
    }

    #[test]
    fn cut_off_and_overlong_numbers_are_none() {
        assert_eq!(take_varint(&mut &[0x80, 0x80][..], 9), None);
        assert_eq!(take_varint(&mut &[0x80, 0x80, 0x01][..], 2), None);
    }

    #[test]
    fn small_numbers_have_32_bits() {
        let taken = |number| {
            let mut bytes = Vec::new();
            write_varint(&mut bytes, number);
            take_small(&mut &bytes[..])
        };
        assert_eq!(taken(u64::from(u32::MAX)), Some(u32::MAX));
        assert_eq!(taken(u64::from(u32::MAX) + 1), None);
    }
}
