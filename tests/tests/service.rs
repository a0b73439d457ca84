//! The service over a real socket.

use std::time::{Duration, Instant};

use hunktrace_proto::v1::hunktrace_client::HunktraceClient;
use hunktrace_proto::v1::{
    GetCommitRequest, GetMessagesRequest, GetStatusRequest, Limits, LookupManyRequest, LookupManyResponse,
    LookupRequest, LookupResponse,
};
use hunktrace_tests::git_repository::GitRepository;
use hunktrace_tests::records::{best, patch_records};
use hunktrace_tests::server::Server;
use hunktrace_tests::source_text::{c_file, edit};
use hunktrace_tests::workplace::Workplace;
use tokio_stream::StreamExt;
use tonic::Code;
use tonic::transport::Channel;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;
use tonic_reflection::pb::v1::ServerReflectionRequest;
use tonic_reflection::pb::v1::server_reflection_client::ServerReflectionClient;
use tonic_reflection::pb::v1::server_reflection_request::MessageRequest;
use tonic_reflection::pb::v1::server_reflection_response::MessageResponse;

const PROGRAM: &str = env!("CARGO_BIN_EXE_hunktrace_under_test");

/// How long new content may take to go live; far longer than it does.
const PATIENCE: Duration = Duration::from_secs(60);

/// A served index of a base, a fix, and some more history.
struct Served {
    server: Server,
    repository: GitRepository,
    text: String,
    fix: String,
    place: Workplace,
}

impl Served {
    fn new() -> Served {
        let place = Workplace::new(PROGRAM);
        let repository = place.repository("upstream");
        let before = c_file("ember", 8);
        repository.commit_file("ember.c", &before, "drivers: add ember");
        repository.tag("v1.0");
        let text = edit(&before, "\tdev->ember_state4 = level;\n", "\tember_set(dev, level);\n");
        let fix = repository.commit_file("ember.c", &text, "ember: set the state");
        repository.tag("v1.1");
        repository.import_history(20);
        place.index("index", "upstream");
        let server = Server::start(&place, "index");
        Served { server, repository, text, fix, place }
    }

    async fn client(&self) -> HunktraceClient<Channel> {
        HunktraceClient::connect(self.server.url().to_owned()).await.expect("a connection")
    }

    async fn channel(&self) -> Channel {
        let endpoint = Channel::from_shared(self.server.url().to_owned()).expect("a URL");
        endpoint.connect().await.expect("a connection")
    }

    fn request(&self, name: &str) -> LookupRequest {
        let text = self.repository.format_patch(&self.fix).into_bytes();
        LookupRequest { name: name.to_owned(), text, ..LookupRequest::default() }
    }

    /// Looks the whole history up, embedded and through the server, and returns both outputs.
    fn look_up_both_ways(&self, flags: &[&str]) -> [String; 2] {
        let log = self.repository.git(&["log", "-p", "--all"]) + "\n";
        self.place.write("log", log);
        [["--index", "index"], ["--server", self.server.url()]].map(|source| {
            let args = [&["lookup"], &source[..], flags, &["log"]].concat();
            self.place.run(&args).succeeded().stdout
        })
    }
}

#[test]
fn server_gives_the_same_records_as_the_embedded_service() {
    let [embedded, served] = Served::new().look_up_both_ways(&["--format", "jsonl"]);

    assert_eq!(patch_records(&embedded).len(), 22);
    assert!(embedded == served, "{embedded}\n--- is not ---\n{served}");
}

#[test]
fn server_gives_the_same_explanations_as_the_embedded_service() {
    let [embedded, served] = Served::new().look_up_both_ways(&["--format", "jsonl", "--explain"]);

    assert!(embedded.contains("\"evidence\":[{"), "{embedded}");
    assert!(embedded == served, "{embedded}\n--- is not ---\n{served}");
}

#[test]
fn lookup_shows_the_message_where_it_is_asked_for() {
    let served = Served::new();
    for printed in served.look_up_both_ways(&["--format", "jsonl", "--message"]) {
        for record in patch_records(&printed) {
            let best = &record["candidates"][0];
            let (message, subject) = (best["message"].as_str(), best["subject"].as_str());
            assert_eq!(message.map(str::trim_end), subject, "{printed}");
        }
    }
    for printed in served.look_up_both_ways(&["--format", "jsonl"]) {
        assert!(!printed.contains("\"message\""), "{printed}");
    }
}

#[test]
fn server_gives_the_same_text_and_base_as_the_embedded_service() {
    let [embedded, served] = Served::new().look_up_both_ways(&["--base", "v1.0"]);

    assert!(embedded == served, "{embedded}\n--- is not ---\n{served}");
}

#[test]
fn show_gives_the_same_through_a_server() {
    let served = Served::new();

    let args = |source: [&'static str; 1], place: &str| {
        let [flag] = source;
        served.place.run(&["show", flag, place, "--hunks", &served.fix]).succeeded().stdout
    };

    assert_eq!(args(["--index"], "index"), args(["--server"], served.server.url()));
}

#[test]
fn server_that_is_not_there_is_named() {
    let place = Workplace::new(PROGRAM);
    place.write("fix.patch", "--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\n");
    // Nothing listens on the discard port of a test machine's loopback device.
    let message = place.run(&["lookup", "--server", "http://127.0.0.1:9", "fix.patch"]).failed(2);

    assert!(message.contains("http://127.0.0.1:9: no server answers"), "{message}");
}

#[test]
fn serving_no_index_is_refused() {
    let place = Workplace::new(PROGRAM);

    let message = place.run(&["serve", "--index", "missing", "--listen", "127.0.0.1:0"]).failed(2);

    assert!(message.contains("there is no index here"), "{message}");
}

/// The limits that a server states.
async fn limits(client: &mut HunktraceClient<Channel>) -> Limits {
    let status = client.get_status(GetStatusRequest { max_unindexed: 0 }).await.expect("a status");
    status.into_inner().limits.expect("limits")
}

#[tokio::test]
async fn lookup_answers_with_the_origin() {
    let served = Served::new();

    let answer = served.client().await.lookup(served.request("fix")).await.expect("an answer").into_inner();

    assert_eq!(answer.name, "fix");
    assert_eq!(answer.patches[0].candidates[0].commit, served.fix);
    assert_eq!(answer.patches[0].hunks[0].file, "ember.c");
}

#[tokio::test]
async fn more_candidates_than_the_limit_are_refused() {
    let served = Served::new();
    let mut client = served.client().await;
    let limit = limits(&mut client).await.candidates;

    let request = LookupRequest { max_candidates: limit + 1, ..served.request("fix") };
    let refusal = client.lookup(request).await.expect_err("over the limit");

    assert_eq!(refusal.code(), Code::InvalidArgument, "{refusal}");
    assert!(refusal.message().contains(&limit.to_string()), "{refusal}");
}

#[tokio::test]
async fn more_hunks_than_the_limit_are_refused() {
    let served = Served::new();
    let mut client = served.client().await;
    let limit = limits(&mut client).await.hunks;
    let mut text = "--- a/x\n+++ b/x\n".to_owned();
    for line in 1..=limit + 1 {
        text += &format!("@@ -{line} +{line} @@\n-a\n+b\n");
    }

    let request = LookupRequest { text: text.into_bytes(), ..LookupRequest::default() };
    let refusal = client.lookup(request).await.expect_err("over the limit");

    assert_eq!(refusal.code(), Code::ResourceExhausted, "{refusal}");
    assert!(refusal.message().contains(&limit.to_string()), "{refusal}");
}

#[tokio::test]
async fn more_files_without_hunks_than_the_limit_of_hunks_are_refused() {
    let served = Served::new();
    let mut client = served.client().await;
    let limit = limits(&mut client).await.hunks;
    let mut text = String::new();
    for file in 0..=limit {
        text += &format!("diff --git a/x{file} b/x{file}\nold mode 100644\nnew mode 100755\n");
    }

    let request = LookupRequest { text: text.into_bytes(), ..LookupRequest::default() };
    let refusal = client.lookup(request).await.expect_err("over the limit");

    assert_eq!(refusal.code(), Code::ResourceExhausted, "{refusal}");
    assert!(refusal.message().contains(&limit.to_string()), "{refusal}");
}

#[tokio::test]
async fn unknown_base_is_refused() {
    let served = Served::new();

    let request = LookupRequest { base: "v9.9".to_owned(), ..served.request("fix") };
    let refusal = served.client().await.lookup(request).await.expect_err("an unknown base");

    assert_eq!(refusal.code(), Code::InvalidArgument, "{refusal}");
    assert!(refusal.message().contains("v9.9"), "{refusal}");
}

#[tokio::test]
async fn text_without_a_diff_is_refused() {
    let served = Served::new();

    let request = LookupRequest { text: b"nothing but words\n".to_vec(), ..LookupRequest::default() };
    let refusal = served.client().await.lookup(request).await.expect_err("no diff");

    assert_eq!(refusal.code(), Code::InvalidArgument, "{refusal}");
    assert!(refusal.message().contains("no diff"), "{refusal}");
}

#[tokio::test]
async fn stream_answers_in_order_and_survives_a_text_that_cannot_be_answered() {
    let served = Served::new();
    let names: Vec<String> = (0..40).map(|number| format!("text {number}")).collect();
    let requests: Vec<LookupRequest> = names
        .iter()
        .enumerate()
        .map(|(number, name)| match number {
            7 => LookupRequest { name: name.clone(), text: b"words\n".to_vec(), ..LookupRequest::default() },
            _ => served.request(name),
        })
        .collect();

    let mut client = served.client().await;
    let mut answers = client.lookup_stream(tokio_stream::iter(requests)).await.expect("answers").into_inner();

    let mut answered = Vec::new();
    while let Some(answer) = answers.next().await {
        let answer = answer.expect("an answer");
        let is_bad = answer.name == names[7];
        assert_eq!(answer.error.is_some(), is_bad, "{answer:?}");
        assert!(is_bad || answer.patches[0].candidates[0].commit == served.fix, "{answer:?}");
        if let Some(error) = answer.error {
            assert_eq!(error.code, Code::InvalidArgument as u32, "{error:?}");
        }
        answered.push(answer.name);
    }
    assert_eq!(answered, names);
}

#[tokio::test]
async fn stream_says_what_was_read_of_texts_that_it_does_not_answer() {
    let served = Served::new();
    let cut = b"--- a/ember.c\n+++ b/ember.c\n@@ -1,9 +1,9 @@\n-a\n+b\n".to_vec();
    let requests = [
        LookupRequest { base: "v9.9".to_owned(), text: cut, ..LookupRequest::default() },
        LookupRequest { text: b"words\n".to_vec(), ..LookupRequest::default() },
    ];

    let mut client = served.client().await;
    let answers = client.lookup_stream(tokio_stream::iter(requests)).await.expect("answers").into_inner();
    let answers: Vec<LookupResponse> = answers.map(|answer| answer.expect("an answer")).collect().await;

    let [diff, words] = &answers[..] else { panic!("two answers: {answers:?}") };
    assert!(diff.error.as_ref().is_some_and(|error| error.message.contains("v9.9")), "{diff:?}");
    assert_eq!(diff.has_diff, Some(true));
    let problem = &diff.problems[0];
    assert_eq!((problem.line, problem.path.as_slice(), problem.patch), (3, b"ember.c".as_slice(), Some(0)));
    assert!(problem.fault.contains("ends inside a hunk") && problem.remedy == "get the whole patch");
    assert!(words.error.is_some(), "{words:?}");
    assert_eq!((words.has_diff, words.problems[0].patch), (Some(false), None));
}

#[tokio::test]
async fn texts_of_one_message_are_answered_in_one_each_as_alone() {
    let served = Served::new();
    let bad = LookupRequest { name: "bad".to_owned(), text: b"words\n".to_vec(), ..LookupRequest::default() };
    let many: Vec<LookupRequest> = (0..40).map(|number| served.request(&number.to_string())).collect();
    let messages = [vec![served.request("first"), bad], Vec::new(), many.clone()];
    let texts: Vec<LookupRequest> = messages.iter().flatten().cloned().collect();
    let messages = messages.map(|texts| LookupManyRequest { texts });

    let mut client = served.client().await;
    let answers = client.lookup_many(tokio_stream::iter(messages)).await.expect("answers").into_inner();
    let answers: Vec<LookupManyResponse> = answers.map(|answer| answer.expect("an answer")).collect().await;
    let alone = client.lookup_stream(tokio_stream::iter(texts)).await.expect("answers").into_inner();
    let alone: Vec<LookupResponse> = alone.map(|answer| answer.expect("an answer")).collect().await;

    let sizes: Vec<usize> = answers.iter().map(|message| message.answers.len()).collect();
    assert_eq!(sizes, [2, 40]);
    let answers: Vec<LookupResponse> = answers.into_iter().flat_map(|message| message.answers).collect();
    assert_eq!(answers, alone);
    assert_eq!(answers[0].patches[0].candidates[0].commit, served.fix);
    assert!(answers[1].name == "bad" && answers[1].error.is_some(), "{:?}", answers[1]);
}

#[tokio::test]
async fn commit_that_is_not_indexed_is_not_found() {
    let served = Served::new();

    let request = GetCommitRequest { commit: "0".repeat(40), ..Default::default() };
    let refusal = served.client().await.get_commit(request).await.expect_err("no such commit");

    assert_eq!(refusal.code(), Code::NotFound, "{refusal}");
}

#[tokio::test]
async fn messages_come_in_the_order_of_the_request() {
    let served = Served::new();
    let mut client = served.client().await;
    let head = served.repository.head();
    let commits = vec![head, served.fix.clone()];
    let answer = client.get_messages(GetMessagesRequest { commits }).await.expect("an answer").into_inner();

    let texts: Vec<&str> = answer
        .messages
        .iter()
        .map(|entry| entry.message.as_ref().map_or("", |message| &message.text))
        .collect();
    assert_eq!(texts, ["lib: count 19", "ember: set the state\n"]);

    let mut refused = async |commits: Vec<String>| {
        client.get_messages(GetMessagesRequest { commits }).await.expect_err("a refusal").code()
    };
    assert_eq!(refused(vec!["1".repeat(40)]).await, Code::NotFound);
    assert_eq!(refused(vec![served.fix[..12].to_owned()]).await, Code::InvalidArgument);
    assert_eq!(refused(vec![served.fix.clone(); 1001]).await, Code::ResourceExhausted);
}

#[tokio::test]
async fn abbreviation_that_is_too_short_finds_nothing() {
    let served = Served::new();

    let request = GetCommitRequest { commit: served.fix[..3].to_owned(), ..Default::default() };
    let refusal = served.client().await.get_commit(request).await.expect_err("too short");

    assert_eq!(refusal.code(), Code::NotFound, "{refusal}");
}

#[tokio::test]
async fn ambiguous_abbreviation_is_refused() {
    let place = Workplace::new(PROGRAM);
    let repository = place.repository("upstream");
    // The chance that no two of these ids share their first four digits is one in 10^13.
    repository.import_history(2000);
    let ids = repository.git(&["rev-list", "--all"]);
    let mut starts: Vec<&str> = ids.lines().map(|id| &id[..4]).collect();
    starts.sort_unstable();
    let shared = starts.windows(2).find(|pair| pair[0] == pair[1]).expect("two ids that begin alike")[0];
    place.index("index", "upstream");
    let server = Server::start(&place, "index");

    let mut client = HunktraceClient::connect(server.url().to_owned()).await.expect("a connection");
    let request = GetCommitRequest { commit: shared.to_owned(), ..Default::default() };
    let refusal = client.get_commit(request).await.expect_err("an ambiguous abbreviation");

    assert_eq!(refusal.code(), Code::InvalidArgument, "{refusal}");
    assert!(refusal.message().contains("ambiguous"), "{refusal}");
}

#[tokio::test]
async fn health_is_reported() {
    let served = Served::new();
    let mut health = HealthClient::new(served.channel().await);

    for service in ["", "hunktrace.v1.Hunktrace"] {
        let request = HealthCheckRequest { service: service.to_owned() };
        let answer = health.check(request).await.expect("an answer").into_inner();
        assert_eq!(answer.status(), ServingStatus::Serving, "'{service}'");
    }
}

#[tokio::test]
async fn reflection_lists_the_services() {
    let served = Served::new();
    let mut reflection = ServerReflectionClient::new(served.channel().await);

    let message_request = Some(MessageRequest::ListServices(String::new()));
    let request = ServerReflectionRequest { host: String::new(), message_request };
    let answers = reflection.server_reflection_info(tokio_stream::once(request)).await.expect("answers");
    let answer = answers.into_inner().next().await.expect("an answer").expect("a good answer");

    let Some(MessageResponse::ListServicesResponse(list)) = answer.message_response else {
        panic!("no list of services: {answer:?}");
    };
    let names: Vec<&str> = list.service.iter().map(|service| service.name.as_str()).collect();
    for name in ["hunktrace.v1.Hunktrace", "grpc.health.v1.Health"] {
        assert!(names.contains(&name), "{names:?}");
    }
}

#[test]
fn new_content_goes_live_without_a_restart() {
    let served = Served::new();
    let repository = &served.repository;
    let text = edit(&served.text, "\tdev->ember_state1 = level;\n", "\tember_tell(dev, level);\n");
    repository.git(&["checkout", "--quiet", "-f", "v1.1"]);
    repository.branch("next", "v1.1");
    let new = repository.commit_file("ember.c", text, "ember: tell the state");
    let patch = repository.format_patch(&new);
    let args = ["lookup", "--server", served.server.url(), "--format", "jsonl", "-"];
    let answer = || patch_records(&served.place.run_with_input(&args, &patch).succeeded().stdout);
    assert_ne!(best(&answer()[0]), &new);

    served.place.index("index", "upstream");

    let started = Instant::now();
    while best(&answer()[0]) != &new {
        assert!(started.elapsed() < PATIENCE, "the new commit is still not found");
    }
}
