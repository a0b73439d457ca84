//! Requests as they go over the wire, made once: their clients have hardly any work, and the server has much.

use bytes::Bytes;
use http_body_util::Full;
use hunktrace_proto::v1::LookupRequest;
use prost::Message;
use tonic::body::Body;
use tonic::codegen::{Service, http};
use tonic::transport::Channel;
use tonic::{Code, Status};

/// Bytes of what a small request unpacks to.
const UNPACKED_BYTES: usize = 60 << 20;

/// A request.
#[derive(Clone, Debug)]
pub struct HeavyRequest {
    /// What it is.
    pub name: &'static str,
    method: &'static str,
    is_packed: bool,
    body: Bytes,
}

impl HeavyRequest {
    /// A small request that unpacks to a text of empty lines.
    ///
    /// # Panics
    /// Where it cannot be packed.
    pub fn bomb() -> HeavyRequest {
        let text = vec![b'\n'; UNPACKED_BYTES];
        let message = LookupRequest { text, ..LookupRequest::default() }.encode_to_vec();
        HeavyRequest::packed("a text that unpacks to 60 MiB", "Lookup", &message)
    }

    /// A small request that unpacks to nothing but empty fields, each of which would take a place in memory.
    ///
    /// # Panics
    /// Where it cannot be packed.
    pub fn empty_fields() -> HeavyRequest {
        // Options of a release that exclude commits without a name.
        let options = [0x22, 0].repeat(UNPACKED_BYTES / 2);
        let mut message = vec![0x0a];
        prost::encoding::encode_varint(options.len() as u64, &mut message);
        message.extend(options);
        HeavyRequest::packed("30 million empty fields", "Attribute", &message)
    }

    /// A long text that is no diff.
    pub fn long_text() -> HeavyRequest {
        let text = b"\tlock(all);\n\n".repeat(UNPACKED_BYTES / 13);
        let message = LookupRequest { text, ..LookupRequest::default() }.encode_to_vec();
        let body = framed(0, &message);
        HeavyRequest { name: "a text of 60 MiB", method: "Lookup", is_packed: false, body }
    }

    fn packed(name: &'static str, method: &'static str, message: &[u8]) -> HeavyRequest {
        let packed = zstd::encode_all(message, 3).expect("it can be packed");
        HeavyRequest { name, method, is_packed: true, body: framed(1, &packed) }
    }

    /// Sends it, and returns how it went.
    ///
    /// # Panics
    /// Where the request cannot be made.
    pub async fn send(&self, channel: &mut Channel) -> Code {
        let uri = format!("http://localhost/hunktrace.v1.Hunktrace/{}", self.method);
        let request = http::Request::post(uri).header("te", "trailers");
        let request = request.header("content-type", "application/grpc");
        let request = if self.is_packed { request.header("grpc-encoding", "zstd") } else { request };
        let request = request.body(Body::new(Full::new(self.body.clone()))).expect("a request");
        if std::future::poll_fn(|context| channel.poll_ready(context)).await.is_err() {
            return Code::Unavailable;
        }
        let Ok(answer) = channel.call(request).await else { return Code::Unavailable };
        if let Some(status) = Status::from_header_map(answer.headers()) {
            return status.code();
        }
        let collected = http_body_util::BodyExt::collect(answer.into_body()).await;
        let trailers = collected.ok().and_then(|body| body.trailers().cloned());
        trailers
            .and_then(|trailers| Status::from_header_map(&trailers))
            .map_or(Code::Unknown, |status| status.code())
    }
}

/// A message as it stands in a body.
fn framed(flag: u8, message: &[u8]) -> Bytes {
    let bytes = u32::try_from(message.len()).unwrap_or(u32::MAX).to_be_bytes();
    [&[flag][..], &bytes, message].concat().into()
}
