//! Clients that flood a server with frames of HTTP/2, which cost them little: it goes on, takes no more memory, and forgets them.

use std::io::Write;
use std::net::TcpStream;
use std::time::{Duration, Instant};

use hunktrace_tests::server::Server;
use hunktrace_tests::workplace::Workplace;
use tonic::transport::Endpoint;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;

const PROGRAM: &str = env!("CARGO_BIN_EXE_hunktrace_under_test");

/// How long the server may take to notice; far longer than it does.
const PATIENCE: Duration = Duration::from_secs(60);

/// How long the server may take nothing of a flood before the client goes on.
const WRITE_PATIENCE: Duration = Duration::from_secs(1);

/// How much more memory a server may take when a flood is over, in MiB: far less than the flood would take if it were kept.
const MOST_GROWN: f64 = 64.0;

/// Kinds of frames, and their flags.
const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const PING: u8 = 6;
const CONTINUATION: u8 = 9;
const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).expect("a short frame").to_be_bytes();
    [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

/// Headers of a call, as HPACK writes them without tables and without Huffman's code.
fn call_headers(method: &str) -> Vec<u8> {
    let text =
        |text: &str| [&[u8::try_from(text.len()).expect("a short text")][..], text.as_bytes()].concat();
    // `:method: POST` and `:scheme: http` stand in the static table, and the names of the two that follow.
    let mut block = vec![0x83, 0x86, 0x04];
    block.extend(text(&format!("/hunktrace.v1.Hunktrace/{method}")));
    block.push(0x01);
    block.extend(text("localhost"));
    for (name, value) in [("content-type", "application/grpc"), ("te", "trailers")] {
        block.push(0);
        block.extend(text(name));
        block.extend(text(value));
    }
    block
}

/// The streams that a client opens.
fn streams() -> impl Iterator<Item = u32> {
    (1..).step_by(2)
}

/// A connection that has sent frames, as far as the server takes them.
fn flood(server: &Server, settings: &[u8], frames: impl Iterator<Item = Vec<u8>>) -> TcpStream {
    let address = server.url().trim_start_matches("http://");
    let mut connection = TcpStream::connect(address).expect("a connection");
    connection.set_write_timeout(Some(WRITE_PATIENCE)).expect("a timeout");
    connection.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").expect("the preface is taken");
    let mut buffer = frame(SETTINGS, 0, 0, settings);
    for frame in frames {
        buffer.extend(frame);
        // A server that closes the connection, or takes nothing more, has noticed.
        if buffer.len() > 1 << 16 && connection.write_all(&std::mem::take(&mut buffer)).is_err() {
            return connection;
        }
    }
    drop(connection.write_all(&buffer));
    connection
}

fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let started = Instant::now();
    while !is_so() {
        assert!(started.elapsed() < PATIENCE, "{what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn metric(server: &Server, name: &str) -> f64 {
    let page = server.metrics();
    let line = page.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    line.unwrap_or_else(|| panic!("no {name}: {page}")).parse().expect("a number")
}

/// The memory that a server has for itself, in MiB.
fn memory(server: &Server) -> f64 {
    let path = format!("/proc/{}/status", server.process_id());
    let status = std::fs::read_to_string(path).expect("its state");
    let kib = status.lines().find_map(|line| line.strip_prefix("RssAnon:")).expect("its memory");
    kib.trim().trim_end_matches("kB").trim().parse::<f64>().expect("a number") / 1024.0
}

fn check_health(server: &Server) {
    let runtime = tokio::runtime::Runtime::new().expect("threads");
    let answer = runtime.block_on(async {
        let endpoint = Endpoint::from_shared(server.url().to_owned()).expect("a URL");
        let mut client = HealthClient::new(endpoint.connect().await.expect("a connection"));
        tokio::time::timeout(PATIENCE, client.check(HealthCheckRequest::default())).await
    });
    answer.expect("in time").expect("an answer");
}

/// Floods a new server with frames, which has to answer others then and to be as before.
fn withstands(settings: &[u8], frames: impl Iterator<Item = Vec<u8>>) {
    let place = Workplace::new(PROGRAM);
    place.repository("upstream").import_history(5);
    place.index("index", "upstream");
    let flags = ["--metrics", "127.0.0.1:0", "--call-idle", "1s"];
    let mut server = Server::start_with(&place, "index", &flags, "server.log");
    check_health(&server);
    let before = memory(&server);

    let connection = flood(&server, settings, frames);

    check_health(&server);
    wait_until("nothing is worked on", || metric(&server, "hunktrace_requests_in_progress") == 0.0);
    wait_until("nothing is held", || metric(&server, "hunktrace_held_bytes") == 0.0);
    let grown = memory(&server) - before;
    assert!(grown < MOST_GROWN, "it takes {grown:.0} MiB more than {before:.0}");
    drop(connection);
    check_health(&server);
    server.signal(libc::SIGTERM);
    assert_eq!(server.wait().code(), Some(0), "{}", server.log());
}

#[test]
fn call_of_such_frames_is_answered() {
    let place = Workplace::new(PROGRAM);
    place.repository("upstream").import_history(5);
    place.index("index", "upstream");
    let server = Server::start_with(&place, "index", &["--metrics", "127.0.0.1:0"], "server.log");
    let begun = frame(HEADERS, END_HEADERS, 1, &call_headers("GetStatus"));
    let call = [begun, frame(DATA, END_STREAM, 1, &[0; 5])];

    let _connection = flood(&server, &[], call.into_iter());

    wait_until("it is answered", || {
        server.log().contains("method=GetStatus") && server.log().contains("status=OK")
    });
}

#[test]
fn calls_that_are_reset_at_once() {
    let block = call_headers("GetStatus");
    withstands(
        &[],
        streams().take(100_000).flat_map(|stream| {
            let begun = frame(HEADERS, END_HEADERS, stream, &block);
            [begun, frame(RST_STREAM, 0, stream, &8u32.to_be_bytes())]
        }),
    );
}

#[test]
fn settings_and_pings_without_end() {
    let most_streams = [&3u16.to_be_bytes()[..], &100u32.to_be_bytes()].concat();
    let both = move |_| [frame(SETTINGS, 0, 0, &most_streams), frame(PING, 0, 0, b"01234567")];
    withstands(&[], (0..500_000).flat_map(both));
}

#[test]
fn headers_that_do_not_end() {
    // A name of one letter, and a value of a gigabyte.
    let begun = [&call_headers("GetStatus")[..], &[0, 1, b'a', 0x7f, 0xff, 0xff, 0xff, 0xff, 0x03]].concat();
    let first = std::iter::once(frame(HEADERS, END_STREAM, 1, &begun));
    let more = frame(CONTINUATION, 0, 1, &[b'a'; 1 << 14]);
    withstands(&[], first.chain(std::iter::repeat_n(more, 20_000)));
}

#[test]
fn headers_in_many_empty_pieces() {
    let first = std::iter::once(frame(HEADERS, END_STREAM, 1, &call_headers("GetStatus")));
    let more = frame(CONTINUATION, 0, 1, &[]);
    withstands(&[], first.chain(std::iter::repeat_n(more, 1_000_000)));
}

#[test]
fn long_headers_of_many_calls() {
    let mut block = call_headers("GetStatus");
    for number in 0..100u8 {
        block.extend([&[0, 4][..], format!("x-{number:02}").as_bytes(), &[126], &[b'a'; 126]].concat());
    }
    withstands(&[], streams().take(20_000).map(|stream| frame(HEADERS, END_HEADERS, stream, &block)));
}

#[test]
fn answers_that_nobody_takes() {
    // No stream has room for a byte.
    let no_window = [&4u16.to_be_bytes()[..], &0u32.to_be_bytes()].concat();
    let block = call_headers("GetStatus");
    withstands(
        &no_window,
        streams().take(20_000).flat_map(|stream| {
            let begun = frame(HEADERS, END_HEADERS, stream, &block);
            [begun, frame(DATA, END_STREAM, stream, &[0; 5])]
        }),
    );
}
