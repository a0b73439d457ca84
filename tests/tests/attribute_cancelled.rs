//! Attributions whose client goes away in the middle.

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
    let options = RequestPart::Options(v1::AttributeOptions { base: "v4.0".to_owned() });
    let parts = std::iter::once(options).chain(files.into_iter().map(RequestPart::File));
    let requests = parts.map(|part| v1::AttributeRequest { part: Some(part) });
    client.attribute(tokio_stream::iter(requests)).await.expect("the call is taken").into_inner()
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
    let base = c_file("ember", 8);
    let fixed = with_lock(&base);
    let at = base.lines().zip(fixed.lines()).take_while(|(old, new)| old == new).count() + 1;
    let lines: Vec<&str> = fixed.lines().skip(at - 1).take(3).collect();
    let [lock, state, unlock] = lines[..] else { panic!("the fix has three lines: {lines:?}") };
    let hunks = format!("@@ -{at} +{at},3 @@\n+{lock}\n {state}\n+{unlock}\n");
    let file = v1::FileDiff { path: FILE.into(), old_path: FILE.into(), hunks: hunks.into() };
    let mut responses = attribute(client, vec![file]).await;
    let mut commits = Vec::new();
    while let Some(response) = responses.next().await {
        if let Some(Part::Commit(commit)) = response.expect("a good response").part {
            commits.push(commit.commit);
        }
    }
    commits
}
