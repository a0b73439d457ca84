//! How messages are compressed, and answers that are.

use std::io::{self, Write};

use bytes::{BufMut, Bytes, BytesMut};
use flate2::Compression;
use flate2::write::GzEncoder;
use http::{HeaderMap, HeaderValue};
use hunktrace_indexer::cancellation::Cancellation;
use tonic::Status;
use zstd::stream::write;

use crate::wire::message_boundary::PREFIX_BYTES;
use crate::wire::refusal::cancelled_status;

/// How the messages of a request are compressed, and which ways the client takes.
const ENCODING: &str = "grpc-encoding";
const ACCEPTED: &str = "grpc-accept-encoding";

/// The way of a message that is not compressed.
const IDENTITY: &str = "identity";

/// The ways that there are, the better one first.
const KNOWN: &str = "zstd,gzip,identity";

/// Bytes that are packed before it is asked whether they are still wanted.
const PACKED_AT_A_TIME: usize = 64 << 10;

/// How messages are compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Encoding {
    Gzip,
    Zstd,
}

impl Encoding {
    fn of_name(name: &str) -> Option<Encoding> {
        match name {
            "gzip" => Some(Encoding::Gzip),
            "zstd" => Some(Encoding::Zstd),
            _ => None,
        }
    }

    /// How a request is compressed; its headers do not say so any more.
    ///
    /// # Errors
    /// UNIMPLEMENTED where it is in a way that is not known.
    pub(crate) fn take_from(headers: &mut HeaderMap) -> Result<Option<Encoding>, Status> {
        let Some(name) = headers.remove(ENCODING) else { return Ok(None) };
        let name = String::from_utf8_lossy(name.as_bytes());
        if name == IDENTITY {
            return Ok(None);
        }
        Encoding::of_name(&name).map(Some).ok_or_else(|| {
            let message = format!("the encoding '{name}' is not known; take one of {KNOWN}");
            let mut status = Status::unimplemented(message);
            status.metadata_mut().insert(ACCEPTED, tonic::metadata::MetadataValue::from_static(KNOWN));
            status
        })
    }

    /// The first of the ways that a client takes that is known here; none where that is not to compress, as for browsers.
    pub(crate) fn accepted(headers: &HeaderMap) -> Option<Encoding> {
        let names = headers.get(ACCEPTED)?.to_str().ok()?;
        let known = |name: &&str| *name == IDENTITY || Encoding::of_name(name).is_some();
        names.split(',').map(str::trim).find(known).and_then(Encoding::of_name)
    }

    /// Says in the headers of an answer how its messages are compressed.
    pub(crate) fn tell(self, headers: &mut HeaderMap) {
        let name = match self {
            Encoding::Gzip => "gzip",
            Encoding::Zstd => "zstd",
        };
        headers.insert(ENCODING, HeaderValue::from_static(name));
    }

    /// Packs the messages of some data, which holds them whole.
    ///
    /// # Errors
    /// Where it is cancelled or the data is none.
    pub(crate) fn packed(self, mut messages: Bytes, cancellation: &Cancellation) -> Result<Bytes, Status> {
        let broken = || Status::internal("an answer cannot be compressed");
        let mut packed = BytesMut::new();
        while !messages.is_empty() {
            let (prefix, rest) = messages.split_first_chunk::<PREFIX_BYTES>().ok_or_else(broken)?;
            let [_, a, b, c, d] = *prefix;
            let bytes = u32::from_be_bytes([a, b, c, d]) as usize;
            let text = rest.get(..bytes).ok_or_else(broken)?;
            let packed_text = self.packed_text(text, cancellation)?;
            packed.put_u8(1);
            packed.put_u32(u32::try_from(packed_text.len()).map_err(|_| broken())?);
            packed.put_slice(&packed_text);
            messages = messages.slice(PREFIX_BYTES + bytes..);
        }
        Ok(packed.freeze())
    }

    fn packed_text(self, text: &[u8], cancellation: &Cancellation) -> Result<Vec<u8>, Status> {
        let failed = |error: io::Error| Status::internal(format!("an answer cannot be compressed: {error}"));
        let write = |packer: &mut dyn Write| {
            for some in text.chunks(PACKED_AT_A_TIME) {
                cancellation.check().map_err(cancelled_status)?;
                packer.write_all(some).map_err(failed)?;
            }
            Ok::<_, Status>(())
        };
        match self {
            Encoding::Gzip => {
                let mut packer = GzEncoder::new(Vec::new(), Compression::default());
                write(&mut packer)?;
                packer.finish().map_err(failed)
            }
            Encoding::Zstd => {
                let level = zstd::DEFAULT_COMPRESSION_LEVEL;
                let mut packer = write::Encoder::new(Vec::new(), level).map_err(failed)?;
                write(&mut packer)?;
                packer.finish().map_err(failed)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use tonic::Code;

    use super::*;

    #[test]
    fn packing_stops_when_nobody_wants_it() {
        let cancellation = Cancellation::default();
        cancellation.cancel();
        let outcome = Encoding::Gzip.packed(Bytes::from_static(&[0, 0, 0, 0, 1, 7]), &cancellation);
        assert_eq!(outcome.map_err(|status| status.code()), Err(Code::Cancelled));
    }

    #[test]
    fn first_way_that_both_know_is_taken_and_an_unknown_one_refused() {
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPTED, HeaderValue::from_static("br, gzip,zstd"));
        assert_eq!(Encoding::accepted(&headers), Some(Encoding::Gzip));
        headers.insert(ACCEPTED, HeaderValue::from_static("identity,deflate,gzip"));
        assert_eq!(Encoding::accepted(&headers), None);
        headers.insert(ENCODING, HeaderValue::from_static("br"));
        let refusal = Encoding::take_from(&mut headers).expect_err("nobody knows it");
        assert_eq!(refusal.code(), Code::Unimplemented);
        assert_eq!(Encoding::take_from(&mut headers).expect("it was taken"), None);
    }
}
