//! Finding out by content how a file is compressed, and decompressing it as a stream.

use std::fmt;
use std::io::{self, BufRead, BufReader, Chain, Cursor, Read};

use flate2::bufread::GzDecoder;
use liblzma::stream::{CONCATENATED, Stream};

/// Memory that decoding xz may take, in bytes: `xz -9` needs 65 MiB, a dictionary of 192 MiB still fits.
const XZ_MEMORY: u64 = 256 << 20;

/// Binary logarithm of the window that decoding zstd may take, in bytes: 128 MiB, what `zstd --long` writes.
const ZSTD_WINDOW_LOG: u32 = 27;

/// How a stream is compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compression {
    /// Not at all.
    None,
    /// gzip, of one or more members.
    Gzip,
    /// xz, of one or more streams.
    Xz,
    /// bzip2, of one or more streams.
    Bzip2,
    /// Zstandard, of one or more frames.
    Zstd,
}

impl fmt::Display for Compression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Compression::None => "uncompressed",
            Compression::Gzip => "gzip",
            Compression::Xz => "xz",
            Compression::Bzip2 => "bzip2",
            Compression::Zstd => "zstd",
        })
    }
}

impl Compression {
    /// Tells from a stream's first bytes how it is compressed; if no format has such a beginning, it is uncompressed.
    pub(super) fn detect(head: &[u8]) -> Compression {
        match head {
            [0x1f, 0x8b, ..] => Compression::Gzip,
            [0xfd, b'7', b'z', b'X', b'Z', 0, ..] => Compression::Xz,
            [b'B', b'Z', b'h', b'1'..=b'9', ..] => Compression::Bzip2,
            [0x28, 0xb5, 0x2f, 0xfd, ..] => Compression::Zstd,
            // A skippable frame; parallel compressors begin with one.
            [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => Compression::Zstd,
            _ => Compression::None,
        }
    }

    /// Decompresses a stream; all its members, streams or frames in turn.
    ///
    /// # Errors
    ///
    /// If the decoder cannot be set up. Reading fails where the stream is damaged, cut short, or needs more
    /// memory than the format's usual settings do.
    pub(super) fn decoder<'a>(self, input: impl BufRead + 'a) -> io::Result<Box<dyn Read + 'a>> {
        Ok(match self {
            Compression::None => Box::new(input),
            Compression::Gzip => Box::new(GzipMembers { member: Some(GzDecoder::new(input)) }),
            Compression::Xz => {
                let stream = Stream::new_stream_decoder(XZ_MEMORY, CONCATENATED)?;
                Box::new(liblzma::bufread::XzDecoder::new_stream(input, stream))
            }
            Compression::Bzip2 => Box::new(bzip2::bufread::MultiBzDecoder::new(input)),
            Compression::Zstd => {
                let mut decoder = zstd::stream::read::Decoder::with_buffer(input)?;
                decoder.window_log_max(ZSTD_WINDOW_LOG)?;
                Box::new(decoder)
            }
        })
    }
}

/// The members of a gzip stream one after the other; zeros behind the last one, as tapes and block devices leave them, end
/// it.
struct GzipMembers<R> {
    /// The member that is being read; none at the end.
    member: Option<GzDecoder<R>>,
}

impl<R: BufRead> Read for GzipMembers<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while let Some(member) = &mut self.member {
            let read = member.read(buffer)?;
            if read > 0 || buffer.is_empty() {
                return Ok(read);
            }
            let ended = self.member.take();
            if let Some(mut rest) = ended.map(GzDecoder::into_inner)
                && !is_at_end(&mut rest)?
            {
                self.member = Some(GzDecoder::new(rest));
            }
        }
        Ok(0)
    }
}

/// Whether nothing but zeros is left of a stream; if something else is, nothing was taken of it.
fn is_at_end(rest: &mut impl BufRead) -> io::Result<bool> {
    let mut zeros = 0u64;
    loop {
        let part = rest.fill_buf()?;
        if part.is_empty() {
            return Ok(true);
        }
        let len = part.iter().take_while(|byte| **byte == 0).count();
        let is_something_else = len < part.len();
        zeros += len as u64;
        if is_something_else && zeros > 0 {
            let message = format!("behind a gzip member come {zeros} zeros, and then something else");
            return Err(io::Error::new(io::ErrorKind::InvalidData, message));
        }
        if is_something_else {
            return Ok(false);
        }
        rest.consume(len);
    }
}

/// A stream whose first bytes have been looked at.
pub(super) type Peeked<R> = Chain<Cursor<Vec<u8>>, R>;

/// Looks at up to `count` first bytes of a stream; the stream returned begins with them again.
pub(super) fn peek<R: Read>(mut input: R, count: u64) -> io::Result<(Vec<u8>, Peeked<R>)> {
    let mut head = Vec::new();
    input.by_ref().take(count).read_to_end(&mut head)?;
    let whole = Cursor::new(head.clone()).chain(input);
    Ok((head, whole))
}

/// Finds out how a stream is compressed and decompresses it.
pub(super) fn decompress<'a>(input: impl Read + 'a) -> io::Result<(Compression, Box<dyn Read + 'a>)> {
    const LONGEST_MAGIC: u64 = 6;
    const BUFFER: usize = 256 << 10;
    let (head, input) = peek(input, LONGEST_MAGIC)?;
    let compression = Compression::detect(&head);
    Ok((compression, compression.decoder(BufReader::with_capacity(BUFFER, input))?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(bytes).expect("write");
        encoder.finish().expect("finish")
    }

    fn xz(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = liblzma::write::XzEncoder::new(Vec::new(), 0);
        encoder.write_all(bytes).expect("write");
        encoder.finish().expect("finish")
    }

    fn bzip2(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::fast());
        encoder.write_all(bytes).expect("write");
        encoder.finish().expect("finish")
    }

    fn zstd(bytes: &[u8]) -> Vec<u8> {
        zstd::encode_all(bytes, 1).expect("encode")
    }

    type Encoder = fn(&[u8]) -> Vec<u8>;
    const ENCODERS: [(Compression, Encoder); 5] = [
        (Compression::None, |bytes| bytes.to_vec()),
        (Compression::Gzip, gzip),
        (Compression::Xz, xz),
        (Compression::Bzip2, bzip2),
        (Compression::Zstd, zstd),
    ];

    #[test]
    fn every_format_is_detected_and_concatenated_streams_are_read_to_the_end() {
        for (expected, encode) in ENCODERS {
            let compressed = [encode(b"first "), encode(b"second")].concat();
            let (compression, mut decoded) = decompress(&compressed[..]).expect("opens");
            let mut text = String::new();
            decoded.read_to_string(&mut text).expect("decodes");
            assert_eq!((compression, text.as_str()), (expected, "first second"));
        }
    }

    #[test]
    fn zeros_behind_gzip_are_passed_over_and_other_bytes_are_not() {
        let read = |tail: &[u8]| {
            let compressed = [&gzip(b"first ")[..], &gzip(b"second"), tail].concat();
            let mut text = String::new();
            let (_, mut decoded) = decompress(&compressed[..])?;
            decoded.read_to_string(&mut text).map(|_| text)
        };
        for zeros in [0, 1, 511, 1 << 20] {
            assert_eq!(read(&vec![0; zeros]).expect("decodes"), "first second", "{zeros} zeros");
        }
        for tail in [&b"x"[..], b"\0\0x", b"\0\x1f\x8b", b"\x1f"] {
            assert!(read(tail).is_err(), "{tail:?}");
        }
    }

    #[test]
    fn a_stream_that_is_cut_short_is_an_error() {
        for (compression, encode) in &ENCODERS[1..] {
            let compressed = encode(&[b'x'; 1000]);
            for end in 7..compressed.len() {
                let outcome = decompress(&compressed[..end])
                    .and_then(|(_, mut decoded)| decoded.read_to_end(&mut Vec::new()));
                assert!(outcome.is_err(), "{compression} cut at {end} of {} passed", compressed.len());
            }
        }
    }

    #[test]
    fn an_empty_stream_is_uncompressed_and_empty() {
        let (compression, mut decoded) = decompress(&b""[..]).expect("opens");
        assert_eq!(compression, Compression::None);
        assert_eq!(decoded.read_to_end(&mut Vec::new()).expect("reads"), 0);
    }
}
