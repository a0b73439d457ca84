//! Reading a text that may be compressed.

use std::io::{self, Read};

use super::compression::{Compression, decompress};

/// Why a text cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum TextError {
    /// The system refused to read it, or it is damaged.
    #[error("cannot be read: {0}")]
    Unreadable(io::Error),
    /// It is compressed, and damaged or cut short.
    #[error("cannot be decompressed with {format}: {source}; it may be damaged or cut short: fetch it again")]
    Damaged {
        /// How it is compressed.
        format: Compression,
        /// The decoder's reason.
        source: io::Error,
    },
    /// It decompresses to more bytes than are accepted.
    #[error("decompresses with {format} to more than {limit} bytes")]
    OverLimit {
        /// How it is compressed.
        format: Compression,
        /// The bytes that are accepted.
        limit: u64,
    },
}

/// Reads a text whole, and decompresses it if its first bytes say that it is compressed: to `max_bytes` at most.
///
/// # Errors
/// Where it cannot be read or decompressed, or is longer than that.
pub fn read_text(input: impl Read, max_bytes: u64) -> Result<Vec<u8>, TextError> {
    let mut text = Vec::new();
    let (format, mut decoded) = decompress(input).map_err(TextError::Unreadable)?;
    if format == Compression::None {
        decoded.read_to_end(&mut text).map_err(TextError::Unreadable)?;
        return Ok(text);
    }
    let read = decoded.take(max_bytes.saturating_add(1)).read_to_end(&mut text);
    read.map_err(|source| TextError::Damaged { format, source })?;
    if text.len() as u64 > max_bytes {
        return Err(TextError::OverLimit { format, limit: max_bytes });
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn compressed_and_plain_texts_are_read_alike() {
        let compressed = zstd::encode_all(&b"text"[..], 1).expect("encode");
        assert_eq!(read_text(&compressed[..], 4).expect("reads"), b"text");
        assert_eq!(read_text(&b"text"[..], 0).expect("reads"), b"text");
    }

    #[test]
    fn text_that_grows_beyond_the_limit_is_refused_before_it_fills_memory() {
        let bomb = zstd::encode_all(&vec![0; 1 << 20][..], 1).expect("encode");
        let error = read_text(&bomb[..], 1000).expect_err("over the limit");
        assert_eq!(error.to_string(), "decompresses with zstd to more than 1000 bytes");
    }

    #[test]
    fn damaged_text_is_named() {
        let compressed = zstd::encode_all(&b"text"[..], 1).expect("encode");
        let error = read_text(&compressed[..8], 1000).expect_err("cut short");
        assert!(matches!(error, TextError::Damaged { format: Compression::Zstd, .. }), "{error}");
    }
}
