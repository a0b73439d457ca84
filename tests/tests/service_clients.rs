//! Clients that go away, stand still, send nonsense or ask for too much, and the end of a server.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use hunktrace_proto::v1::check_request::Part;
use hunktrace_proto::v1::hunktrace_client::HunktraceClient;
use hunktrace_proto::v1::{CheckOptions, CheckRequest, GetStatusRequest, LookupRequest, check_response};
use hunktrace_tests::server::Server;
use hunktrace_tests::workplace::Workplace;
use tokio_stream::StreamExt;
use tokio_stream::wrappers::ReceiverStream;
use tonic::Code;
use tonic::transport::Channel;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;

const PROGRAM: &str = env!("CARGO_BIN_EXE_hunktrace_under_test");

/// How long the server may take to notice; far longer than it does.
const PATIENCE: Duration = Duration::from_secs(60);

const LOG: &str = "server.log";

fn place() -> Workplace {
    let place = Workplace::new(PROGRAM);
    place.repository("upstream").import_history(20);
    place.index("index", "upstream");
    place
}

async fn client(server: &Server) -> HunktraceClient<Channel> {
    HunktraceClient::connect(server.url().to_owned()).await.expect("a connection")
}

/// A patch of so many hunks that the work on them takes a while.
fn long_patch(hunks: usize) -> Vec<u8> {
    let mut text = "--- a/lib/count.c\n+++ b/lib/count.c\n".to_owned();
    for line in 1..=hunks {
        text += &format!("@@ -{line} +{line} @@\n-\told_{line}(count);\n+\tnew_{line}(count, {line});\n");
    }
    text.into_bytes()
}

fn request(name: &str, text: Vec<u8>) -> LookupRequest {
    LookupRequest { name: name.to_owned(), text, ..LookupRequest::default() }
}

/// Waits until something is so.
fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let started = Instant::now();
    while !is_so() {
        assert!(started.elapsed() < PATIENCE, "{what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Of the server's metrics the one with this name.
fn metric(server: &Server, name: &str) -> f64 {
    let page = server.metrics();
    let line = page.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    line.unwrap_or_else(|| panic!("no {name}: {page}")).parse().expect("a number")
}

/// An address without its scheme.
fn address(server: &Server) -> &str {
    server.url().trim_start_matches("http://")
}

/// Reads a connection to its end.
fn read_to_end(mut connection: TcpStream) {
    connection.set_read_timeout(Some(PATIENCE)).expect("a timeout");
    let mut rest = Vec::new();
    match connection.read_to_end(&mut rest) {
        Ok(_) => {}
        Err(error) => assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset, "{error}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn work_of_clients_that_go_away_stops() {
    let place = place();
    let server = Server::start_with(&place, "index", &["--metrics", "127.0.0.1:0"], LOG);
    let text = long_patch(40_000);
    let asked: Vec<_> = (0..6)
        .map(|number| {
            let (url, text) = (server.url().to_owned(), text.clone());
            tokio::spawn(async move {
                let mut client = HunktraceClient::connect(url).await.expect("a connection");
                client.lookup(request(&number.to_string(), text)).await
            })
        })
        .collect();
    wait_until("all are asked", || metric(&server, "hunktrace_requests_in_progress") == 6.0);

    asked.iter().for_each(tokio::task::JoinHandle::abort);

    wait_until("nothing is worked on", || metric(&server, "hunktrace_requests_in_progress") == 0.0);
    let answer = client(&server).await.lookup(request("small", long_patch(1))).await.expect("an answer");
    assert_eq!(answer.into_inner().patches.len(), 1);
    // Had the work gone on, the small one would have waited for it.
    assert_eq!(metric(&server, "hunktrace_answered_hunks_total"), 1.0);
    wait_until("all is given back", || metric(&server, "hunktrace_held_bytes") == 0.0);
    assert_eq!(server.log().matches("status=CANCELLED").count(), 6, "{}", server.log());
}

#[tokio::test]
async fn request_that_takes_too_long_is_ended() {
    let place = place();
    let server = Server::start_with(&place, "index", &["--request-time", "100ms"], LOG);
    let mut client = client(&server).await;

    let refusal = client.lookup(request("long", long_patch(40_000))).await.expect_err("too long");
    assert_eq!(refusal.code(), Code::DeadlineExceeded, "{refusal}");
    assert!(refusal.message().contains("request_time"), "{refusal}");

    let texts = [request("long", long_patch(40_000)), request("words", b"words\n".to_vec())];
    let answers = client.lookup_stream(tokio_stream::iter(texts)).await.expect("answers").into_inner();
    let codes: Vec<_> =
        answers.map(|answer| answer.expect("an answer").error.map(|error| error.code)).collect().await;
    assert_eq!(codes, [Some(Code::DeadlineExceeded as u32), Some(Code::InvalidArgument as u32)]);
}

#[tokio::test]
async fn text_whose_answer_is_too_large_gets_an_error_and_the_stream_goes_on() {
    let place = place();
    let server = Server::start_with(&place, "index", &["--answer-bytes", "2KiB", "--problems", "5"], LOG);
    let mut client = client(&server).await;
    let headers = "@@ -1 +1 @@\n".repeat(2_000);
    let bad = format!("--- a/x\n+++ b/x\n{headers}\n").into_bytes();
    let texts = [request("long", long_patch(500)), request("bad", bad), request("good", long_patch(1))];

    let answers = client.lookup_stream(tokio_stream::iter(texts)).await.expect("answers").into_inner();
    let answers: Vec<_> = answers.map(|answer| answer.expect("an answer")).collect().await;

    let [long, bad, good] = &answers[..] else { panic!("three answers: {answers:?}") };
    let error = long.error.as_ref().expect("it is too large");
    assert_eq!(error.code, Code::ResourceExhausted as u32);
    assert!(error.message.contains("answer_bytes"), "{error:?}");
    assert_eq!(bad.problems.len(), 6, "{bad:?}");
    assert!(bad.problems[5].fault.ends_with("more problems are not listed"), "{bad:?}");
    assert_eq!((good.error.is_none(), good.patches.len()), (true, 1));
}

#[tokio::test]
async fn calls_over_the_limit_are_told_when_to_try_again_and_health_is_answered() {
    let place = place();
    let server = Server::start_with(&place, "index", &["--calls", "1"], LOG);
    let mut client = client(&server).await;
    let (requests, sent) = tokio::sync::mpsc::channel(1);
    let mut stream = client.lookup_stream(ReceiverStream::new(sent)).await.expect("a stream").into_inner();

    let refusal = client.get_status(GetStatusRequest::default()).await.expect_err("one call is open");
    assert_eq!(refusal.code(), Code::ResourceExhausted, "{refusal}");
    assert!(refusal.message().contains("(calls)") && !refusal.details().is_empty(), "{refusal}");
    let channel =
        Channel::from_shared(server.url().to_owned()).expect("a URL").connect().await.expect("a connection");
    HealthClient::new(channel).check(HealthCheckRequest::default()).await.expect("health is answered");

    // The program waits and asks again.
    let mut asking =
        place.command(&["status", "--server", server.url()]).spawn().expect("the program starts");
    wait_until("it was refused", || server.log().matches("status=RESOURCE_EXHAUSTED").count() >= 2);
    drop(requests);
    assert!(stream.next().await.is_none());
    drop(stream);
    assert!(asking.wait().expect("it ends").success());
}

#[tokio::test]
async fn requests_that_hold_too_many_bytes_are_refused() {
    let place = place();
    let server =
        Server::start_with(&place, "index", &["--held-bytes", "64KiB", "--metrics", "127.0.0.1:0"], LOG);
    let mut client = client(&server).await;

    let refusal = client.lookup(request("long", long_patch(5_000))).await.expect_err("too many bytes");
    assert_eq!(refusal.code(), Code::ResourceExhausted, "{refusal}");
    assert!(refusal.message().contains("held_bytes"), "{refusal}");

    client.lookup(request("small", long_patch(1))).await.expect("an answer");
    wait_until("all is given back", || metric(&server, "hunktrace_held_bytes") == 0.0);
}

#[tokio::test]
async fn stream_on_which_nothing_happens_ends() {
    let place = place();
    let server = Server::start_with(&place, "index", &["--call-idle", "200ms"], LOG);
    let mut client = client(&server).await;
    let (requests, sent) = tokio::sync::mpsc::channel(1);
    let mut answers = client.lookup_stream(ReceiverStream::new(sent)).await.expect("a stream").into_inner();
    requests.send(request("small", long_patch(1))).await.expect("the stream is open");
    answers.next().await.expect("an answer").expect("a good answer");

    let end = answers.next().await.expect("it ends with a status").expect_err("it is idle");

    assert_eq!(end.code(), Code::DeadlineExceeded, "{end}");
    assert!(end.message().contains("call_idle"), "{end}");
}

#[test]
fn connections_that_say_nothing_or_nonsense_end() {
    let place = place();
    let server = Server::start_with(&place, "index", &["--handshake-time", "50ms"], LOG);
    let silent = TcpStream::connect(address(&server)).expect("a connection");
    let mut garbage = TcpStream::connect(address(&server)).expect("a connection");
    garbage.write_all(&[0xff; 4096]).expect("it is taken");
    let mut http = TcpStream::connect(address(&server)).expect("a connection");
    http.write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").expect("it is taken");

    for connection in [silent, garbage, http] {
        read_to_end(connection);
    }
    place.run(&["status", "--server", server.url()]).succeeded();
}

#[test]
fn connections_without_a_call_end() {
    let place = place();
    let server = Server::start_with(&place, "index", &["--connection-idle", "50ms"], LOG);
    let mut idle = TcpStream::connect(address(&server)).expect("a connection");
    idle.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0").expect("it is taken");

    read_to_end(idle);

    place.run(&["status", "--server", server.url()]).succeeded();
}

#[test]
fn connections_over_the_limit_are_closed_and_later_ones_served() {
    let place = place();
    let server = Server::start_with(&place, "index", &["--connections", "2"], LOG);
    let open = [(); 2].map(|()| TcpStream::connect(address(&server)).expect("a connection"));
    let refused = TcpStream::connect(address(&server)).expect("a connection");
    read_to_end(refused);
    server.wait_for_log("too many connections");

    drop(open);
    wait_until("there is room again", || place.run(&["status", "--server", server.url()]).code == Some(0));
}

#[test]
fn server_without_descriptors_says_so_and_accepts_when_there_are_some_again() {
    let place = place();
    let serve = "ulimit -n 64; exec $PROGRAM serve --index index --listen 127.0.0.1:0 --connections 1000";
    let server = Server::spawn_logging(place.shell(serve), &place, LOG);
    let open: Vec<TcpStream> =
        (0..100).map(|_| TcpStream::connect(address(&server)).expect("a connection")).collect();
    server.wait_for_log("accepting pauses");
    assert!(server.log().contains("Too many open files"), "{}", server.log());

    drop(open);
    wait_until("it accepts again", || place.run(&["status", "--server", server.url()]).code == Some(0));
}

#[tokio::test]
async fn client_that_does_not_send_the_files_that_it_is_asked_for_gives_its_place_up() {
    let place = place();
    let flags = ["--call-idle", "300ms", "--releases", "1"];
    let server = Server::start_with(&place, "index", &flags, LOG);
    let commit = place.repository("upstream").head();
    let (requests, sent) = tokio::sync::mpsc::channel(1);
    let mut client = client(&server).await;
    let options = CheckOptions { commits: vec![commit], ..CheckOptions::default() };
    requests.send(CheckRequest { part: Some(Part::Options(options)) }).await.expect("there is room");
    let mut answers = client.check(ReceiverStream::new(sent)).await.expect("a stream").into_inner();
    let wanted = answers.message().await.expect("an answer").expect("files are wanted");
    assert!(matches!(wanted.part, Some(check_response::Part::Wanted(_))), "{wanted:?}");

    let end = answers.message().await.expect_err("it is idle");

    assert_eq!(end.code(), Code::DeadlineExceeded, "{end}");
    assert!(end.message().contains("call_idle"), "{end}");
}

#[test]
fn silent_connection_does_not_keep_a_server_alive() {
    let place = place();
    let mut server = Server::start_with(&place, "index", &[], LOG);
    let _silent = TcpStream::connect(address(&server)).expect("a connection");

    server.signal(libc::SIGTERM);

    assert_eq!(server.wait().code(), Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_under_way_are_given_before_a_server_ends() {
    let place = place();
    let mut server = Server::start_with(&place, "index", &["--metrics", "127.0.0.1:0"], LOG);
    let url = server.url().to_owned();
    let asking = tokio::spawn(async move {
        let mut client = HunktraceClient::connect(url).await.expect("a connection");
        client.lookup(request("long", long_patch(2_000))).await
    });
    wait_until("it is asked", || metric(&server, "hunktrace_requests_in_progress") == 1.0);

    server.signal(libc::SIGTERM);

    let answer = asking.await.expect("no panic").expect("an answer").into_inner();
    assert_eq!(answer.patches[0].hunks.len(), 2_000);
    assert_eq!(server.wait().code(), Some(0));
}

#[tokio::test]
async fn open_streams_are_cut_off_when_the_time_to_answer_is_over_and_at_once_by_a_second_signal() {
    let place = place();
    for (flags, signals, code) in [(&["--drain-time", "50ms"][..], 1, 0), (&["--drain-time", "1h"], 2, 130)] {
        let mut server = Server::start_with(&place, "index", flags, LOG);
        let mut client = client(&server).await;
        let (_requests, sent) = tokio::sync::mpsc::channel::<LookupRequest>(1);
        let _answers = client.lookup_stream(ReceiverStream::new(sent)).await.expect("a stream").into_inner();

        server.signal(libc::SIGTERM);
        server.wait_for_log("stopping");
        (1..signals).for_each(|_| server.signal(libc::SIGTERM));

        assert_eq!(server.wait().code(), Some(code), "{flags:?}");
    }
}
