//! `Attribute` calls: clients that go away in the middle, and several releases on one stream.

use std::fs;
use std::time::{Duration, Instant};

use hunktrace_proto::v1;
use hunktrace_proto::v1::attribute_request::Part as RequestPart;
use hunktrace_proto::v1::attribute_response::Part;
use hunktrace_proto::v1::hunktrace_client::HunktraceClient;
use hunktrace_tests::server::Server;
use hunktrace_tests::source_text::c_file;
use hunktrace_tests::vendor_release::{FILE, VendorRelease, with_lock};
use tokio_stream::StreamExt;
use tonic::Streaming;
use tonic::transport::Channel;

const PROGRAM: &str = env!("CARGO_BIN_EXE_hunktrace_under_test");

/// How long the server may take to notice; far longer than it does.
const PATIENCE: Duration = Duration::from_secs(60);

/// Enough files that the work on them is far from done when its first progress is reported.
const FILES: usize = 3000;

const LOG: &str = "server.log";

/// A file whose hunks change one line of each function.
fn file_diff(path: String) -> v1::FileDiff {
    let mut hunks = String::new();
    for (at, line) in (1u32..).zip(c_file("ember", 8).lines()).filter(|(_, line)| line.contains("_state")) {
        hunks += &format!("@@ -{at} +{at} @@\n-{line}\n+{line} /* {at} */\n");
    }
    v1::FileDiff { old_path: path.clone().into(), path: path.into(), hunks: hunks.into() }
}

/// Starts the call with these files.
async fn attribute(
    client: &mut HunktraceClient<Channel>,
    files: Vec<v1::FileDiff>,
) -> Streaming<v1::AttributeResponse> {
    let parts = std::iter::once(options()).chain(files.into_iter().map(RequestPart::File));
    let requests = parts.map(request);
    client.attribute(tokio_stream::iter(requests)).await.expect("the call is taken").into_inner()
}

fn options() -> RequestPart {
    let base = "v4.0".to_owned();
    RequestPart::Options(v1::AttributeOptions { base, is_followed: true, ..v1::AttributeOptions::default() })
}

fn request(part: RequestPart) -> v1::AttributeRequest {
    v1::AttributeRequest { part: Some(part) }
}

#[tokio::test]
async fn attribution_of_a_client_that_goes_away_is_stopped_and_later_requests_are_answered() {
    let release = VendorRelease::new(PROGRAM);
    let server = Server::start_logging(&release.place, "index", "hunktrace_server=info", LOG);
    let mut client = HunktraceClient::connect(server.url().to_owned()).await.expect("a connection");
    let files = (0..FILES).map(|number| file_diff(format!("drivers/ember{number}.c"))).collect();
    let mut responses = attribute(&mut client, files).await;
    let first = responses.next().await.expect("a response").expect("a good response").part;
    let Some(Part::Progress(progress)) = first else { panic!("no progress: {first:?}") };
    assert!(progress.done < progress.total, "the work was over at once: {progress:?}");

    drop(responses);

    let log = || fs::read_to_string(release.place.path(LOG)).expect("the log");
    let dropped = Instant::now();
    while !log().contains("attribution stopped: the client went away") {
        assert!(dropped.elapsed() < PATIENCE, "the server goes on; it says: {}", log());
        tokio::time::sleep(Duration::from_millis(5)).await;
    }

    let commits = commits_of_the_lock(&mut client).await;
    assert_eq!(commits, [release.backported]);
}

/// The commits that the service finds in a release with the backported fix.
async fn commits_of_the_lock(client: &mut HunktraceClient<Channel>) -> Vec<String> {
    let mut responses = attribute(client, vec![locked_file()]).await;
    let mut commits = Vec::new();
    while let Some(response) = responses.next().await {
        if let Some(Part::Commit(commit)) = response.expect("a good response").part {
            commits.push(commit.commit);
        }
    }
    commits
}

/// A release's file with the backported fix.
fn locked_file() -> v1::FileDiff {
    let base = c_file("ember", 8);
    let fixed = with_lock(&base);
    let at = base.lines().zip(fixed.lines()).take_while(|(old, new)| old == new).count() + 1;
    let lines: Vec<&str> = fixed.lines().skip(at - 1).take(3).collect();
    let [lock, state, unlock] = lines[..] else { panic!("the fix has three lines: {lines:?}") };
    let hunks = format!("@@ -{at} +{at},3 @@\n+{lock}\n {state}\n+{unlock}\n");
    v1::FileDiff { path: FILE.into(), old_path: FILE.into(), hunks: hunks.into() }
}

#[tokio::test]
async fn releases_of_one_stream_are_answered_one_after_the_other() {
    let release = VendorRelease::new(PROGRAM);
    let server = Server::start(&release.place, "index");
    let mut client = HunktraceClient::connect(server.url().to_owned()).await.expect("a connection");
    let (requests, sent) = tokio::sync::mpsc::channel(16);
    let end = || RequestPart::End(v1::EndOfRelease {});
    for part in [options(), RequestPart::File(locked_file()), end()] {
        requests.send(request(part)).await.expect("the call listens");
    }
    let sent = tokio_stream::wrappers::ReceiverStream::new(sent);
    let mut responses = client.attribute(sent).await.expect("the call is taken").into_inner();

    let mut answers = vec![next_answer(&mut responses).await];
    for file in [locked_file(), file_diff("drivers/coal.c".to_owned())] {
        for part in [options(), RequestPart::File(file), end()] {
            requests.send(request(part)).await.expect("the call listens");
        }
        answers.push(next_answer(&mut responses).await);
    }
    drop(requests);

    let expected = [vec![release.backported.clone()], vec![release.backported.clone()], vec![]];
    assert_eq!(answers, expected);
    assert!(responses.next().await.is_none(), "the call ends with the stream");
}

/// The commits of the next release of a stream.
async fn next_answer(responses: &mut Streaming<v1::AttributeResponse>) -> Vec<String> {
    let mut commits = Vec::new();
    loop {
        match responses.next().await.expect("a response").expect("a good response").part {
            Some(Part::Commit(commit)) => commits.push(commit.commit),
            Some(Part::Summary(_)) => return commits,
            _ => {}
        }
    }
}

#[tokio::test]
async fn commits_that_are_excluded_are_no_origins_and_unknown_ones_are_refused() {
    let release = VendorRelease::new(PROGRAM);
    let server = Server::start(&release.place, "index");
    let mut client = HunktraceClient::connect(server.url().to_owned()).await.expect("a connection");
    let mut excluding = async |commit: &str| {
        let options = v1::AttributeOptions {
            base: "v4.0".to_owned(),
            excluded: vec![commit.to_owned()],
            ..v1::AttributeOptions::default()
        };
        let requests = [RequestPart::Options(options), RequestPart::File(locked_file())].map(request);
        client.attribute(tokio_stream::iter(requests)).await.map(tonic::Response::into_inner)
    };

    let mut responses = excluding(&release.backported).await.expect("the call is taken");
    assert_eq!(next_answer(&mut responses).await, [""; 0]);

    for unknown in ["0123456789abcdef0123456789abcdef01234567", &release.backported[..12], "v4.1"] {
        let refusal = excluding(unknown).await.expect_err("it is no commit id");
        assert_eq!(refusal.code(), tonic::Code::InvalidArgument);
        assert!(refusal.message().contains(unknown), "{refusal}");
    }
}
