//! What clients may speak beside plain gRPC: gRPC-Web from pages of certain origins, and compressed messages.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use hunktrace_proto::v1::LookupRequest;
use hunktrace_proto::v1::hunktrace_client::HunktraceClient;
use hunktrace_tests::heavy_request::HeavyRequest;
use hunktrace_tests::server::Server;
use hunktrace_tests::workplace::Workplace;
use tonic::Code;
use tonic::codec::CompressionEncoding;
use tonic::transport::Channel;

const PROGRAM: &str = env!("CARGO_BIN_EXE_hunktrace_under_test");

const LOG: &str = "server.log";

/// How long the server may take to answer; far longer than it does.
const PATIENCE: Duration = Duration::from_secs(60);

/// The path of a method that takes an empty message.
const GET_STATUS: &str = "/hunktrace.v1.Hunktrace/GetStatus";

fn served(flags: &[&str]) -> (Workplace, Server) {
    let place = Workplace::new(PROGRAM);
    place.repository("upstream").import_history(3);
    place.index("index", "upstream");
    let server = Server::start_with(&place, "index", flags, LOG);
    (place, server)
}

/// What a server answers to a request in HTTP/1.1: its head in small letters, and its body. A server that does not speak it
/// gives neither.
fn http1(server: &Server, line: &str, headers: &[&str], body: &[u8]) -> (String, String) {
    let address = server.url().trim_start_matches("http://");
    let mut connection = TcpStream::connect(address).expect("a connection");
    connection.set_read_timeout(Some(PATIENCE)).expect("a timeout");
    let host = format!("Host: {address}");
    let length = format!("Content-Length: {}", body.len());
    let lines = [&[line, &host, &length, "Connection: close"], headers, &["\r\n"]].concat();
    connection.write_all(&[lines.join("\r\n").as_bytes(), body].concat()).expect("it is taken");
    let mut answer = Vec::new();
    // It may reset the connection.
    drop(connection.read_to_end(&mut answer));
    let answer = String::from_utf8_lossy(&answer).into_owned();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or_default();
    (head.to_ascii_lowercase(), body.to_owned())
}

/// Asks for the status as a page of an origin does.
fn ask_from_page(server: &Server, origin: &str) -> (String, String) {
    let line = format!("POST {GET_STATUS} HTTP/1.1");
    let origin = format!("Origin: {origin}");
    let headers = [&origin, "Content-Type: application/grpc-web+proto", "X-Grpc-Web: 1"];
    http1(server, &line, &headers, &[0; 5])
}

/// Asks whether a page of an origin may ask.
fn preflight(server: &Server, origin: &str) -> String {
    let line = format!("OPTIONS {GET_STATUS} HTTP/1.1");
    let origin = format!("Origin: {origin}");
    let asked = [
        &origin,
        "Access-Control-Request-Method: POST",
        "Access-Control-Request-Headers: content-type,x-grpc-web",
    ];
    http1(server, &line, &asked, b"").0
}

#[test]
fn pages_of_an_origin_ask_in_grpc_web() {
    let page = "https://example.org";
    let (_place, server) = served(&["--grpc-web", "--cors-origin", page]);

    let may = preflight(&server, page);
    assert!(may.starts_with("http/1.1 200"), "{may}");
    assert!(may.contains("access-control-allow-origin: https://example.org"), "{may}");
    assert!(may.contains("access-control-allow-headers: "), "{may}");
    let (head, body) = ask_from_page(&server, page);
    assert!(head.starts_with("http/1.1 200") && head.contains("application/grpc-web+proto"), "{head}");
    assert!(head.contains("access-control-allow-origin: https://example.org"), "{head}");
    assert!(head.contains("access-control-expose-headers: ") && head.contains("grpc-status"), "{head}");
    // Its status stands behind the message, in a frame of its own.
    assert!(body.contains("grpc-status:0"), "{body:?}");
    assert!(body.contains("refs/heads/"), "{body:?}");

    let stranger = "https://example.com";
    assert!(!preflight(&server, stranger).contains("access-control-allow-origin"));
    assert!(!ask_from_page(&server, stranger).0.contains("access-control-allow-origin"));
}

#[test]
fn grpc_web_needs_its_flag_and_pages_theirs() {
    let (place, without) = served(&[]);
    let (head, _) = ask_from_page(&without, "https://example.org");
    assert!(!head.contains("200"), "{head}");

    let server = Server::start_with(&place, "index", &["--grpc-web"], "web.log");
    assert!(ask_from_page(&server, "https://example.org").1.contains("grpc-status:0"));
    assert!(!preflight(&server, "https://example.org").contains("access-control-allow-origin"));
    // gRPC is spoken as ever.
    place.run(&["status", "--server", server.url()]).succeeded();

    let all = Server::start_with(&place, "index", &["--grpc-web", "--cors-origin", "*"], "all.log");
    assert!(preflight(&all, "https://example.org").contains("access-control-allow-origin: *"));
    let wrong = ["serve", "--index", "index", "--check", "--grpc-web", "--cors-origin", "example.org"];
    assert!(place.run(&wrong).failed(2).contains("'example.org' is no origin"));
}

async fn client(server: &Server) -> HunktraceClient<Channel> {
    HunktraceClient::connect(server.url().to_owned()).await.expect("a connection")
}

/// A request whose answer, and text, are long and repeat themselves.
fn long_request() -> LookupRequest {
    let hunk = |line: usize| format!("@@ -{line} +{line} @@\n-\told(count);\n+\tnew_{line}(count);\n");
    let hunks: String = (1..=2_000).map(hunk).collect();
    let text = format!("--- a/lib/count.c\n+++ b/lib/count.c\n{hunks}").into_bytes();
    LookupRequest { text, explain: true, ..LookupRequest::default() }
}

#[tokio::test]
async fn compressed_messages_say_the_same() {
    let (_place, server) = served(&[]);
    let plain = client(&server).await.lookup(long_request()).await.expect("an answer");
    assert!(plain.metadata().get("grpc-encoding").is_none());
    let plain = plain.into_inner();
    for (encoding, name) in [(CompressionEncoding::Gzip, "gzip"), (CompressionEncoding::Zstd, "zstd")] {
        let mut client = client(&server).await.send_compressed(encoding).accept_compressed(encoding);
        let answer = client.lookup(long_request()).await.expect("an answer");
        assert_eq!(answer.metadata().get("grpc-encoding").and_then(|name| name.to_str().ok()), Some(name));
        assert!(answer.into_inner() == plain, "{name}");
        let texts = [long_request(), LookupRequest::default(), long_request()];
        let mut answers =
            client.lookup_stream(tokio_stream::iter(texts)).await.expect("a stream").into_inner();
        let [first, words, last] = [
            answers.message().await.expect("an answer").expect("the first"),
            answers.message().await.expect("an answer").expect("the second"),
            answers.message().await.expect("an answer").expect("the last"),
        ];
        assert!(first == plain && last == plain && words.error.is_some(), "{name}");
    }
    let log = server.log();
    let bytes_in = log.lines().filter(|line| line.contains("method=Lookup ")).map(|line| {
        let (_, rest) = line.split_once("bytes_in=").expect("bytes");
        rest.split(' ').next().and_then(|bytes| bytes.parse::<usize>().ok()).expect("a number")
    });
    let bytes_in: Vec<usize> = bytes_in.collect();
    assert!(bytes_in[1] < bytes_in[0] / 2, "what comes over the network is counted: {bytes_in:?}");
}

#[tokio::test]
async fn what_unpacks_to_too_much_is_refused() {
    let (_place, server) = served(&["--held-bytes", "16MiB"]);
    for encoding in [CompressionEncoding::Gzip, CompressionEncoding::Zstd] {
        let mut client = client(&server).await.send_compressed(encoding);
        let bomb = LookupRequest { text: vec![b'\n'; 60 << 20], ..LookupRequest::default() };
        let refusal = client.lookup(bomb).await.expect_err("there is no room");
        assert_eq!(refusal.code(), Code::ResourceExhausted, "{refusal}");
        assert!(refusal.message().contains("held_bytes"), "{refusal}");
        client.lookup(long_request()).await.expect("an answer");
    }
}

#[tokio::test]
async fn message_of_empty_fields_is_refused_before_it_takes_memory() {
    let (_place, server) = served(&[]);
    let endpoint = Channel::from_shared(server.url().to_owned()).expect("a URL");
    let mut channel = endpoint.connect().await.expect("a connection");
    assert_eq!(HeavyRequest::empty_fields().send(&mut channel).await, Code::ResourceExhausted);
    client(&server).await.lookup(long_request()).await.expect("an answer");
}
