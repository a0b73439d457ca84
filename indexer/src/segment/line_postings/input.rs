//! Takes what is expected off the front of postings, or says that they are damaged.

use std::io;

/// The error for postings that make no sense.
pub fn damaged() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "the postings of lines are damaged")
}

/// Takes bytes off the front.
///
/// # Errors
/// Where there are fewer.
pub fn take<'a>(rest: &mut &'a [u8], len: usize) -> io::Result<&'a [u8]> {
    let (taken, after) = rest.split_at_checked(len).ok_or_else(damaged)?;
    *rest = after;
    Ok(taken)
}
