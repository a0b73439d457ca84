//! `Check` and `Audit` calls that are not as they have to be: each is refused with what is wrong, and the next is answered.

use hunktrace_proto::v1;
use hunktrace_proto::v1::audit_request::Part as AuditPart;
use hunktrace_proto::v1::check_request::Part as CheckPart;
use hunktrace_proto::v1::hunktrace_client::HunktraceClient;
use hunktrace_tests::patched_release::{FILE, PatchedRelease};
use hunktrace_tests::server::Server;
use tokio_stream::StreamExt;
use tonic::transport::Channel;
use tonic::{Code, Status};

const PROGRAM: &str = env!("CARGO_BIN_EXE_hunktrace_under_test");

type Client = HunktraceClient<Channel>;

async fn client(server: &Server) -> Client {
    HunktraceClient::connect(server.url().to_owned()).await.expect("a connection")
}

/// The end of a `Check` call with these parts: its states, or why it was refused.
async fn check(client: &mut Client, parts: Vec<CheckPart>) -> Result<Vec<i32>, Status> {
    let requests = parts.into_iter().map(|part| v1::CheckRequest { part: Some(part) });
    let mut responses = client.check(tokio_stream::iter(requests)).await?.into_inner();
    let mut states = Vec::new();
    while let Some(response) = responses.next().await {
        if let Some(v1::check_response::Part::Commit(commit)) = response?.part {
            states.push(commit.state);
        }
    }
    Ok(states)
}

/// The end of an `Audit` call with these parts: how many fixes it tells, or why it was refused.
async fn audit(client: &mut Client, parts: Vec<AuditPart>) -> Result<u64, Status> {
    let requests = parts.into_iter().map(|part| v1::AuditRequest { part: Some(part) });
    let mut responses = client.audit(tokio_stream::iter(requests)).await?.into_inner();
    while let Some(response) = responses.next().await {
        if let Some(v1::audit_response::Part::End(end)) = response?.part {
            return Ok(end.fixes);
        }
    }
    Err(Status::unknown("no end"))
}

fn asked(commits: &[&str]) -> CheckPart {
    CheckPart::Options(v1::CheckOptions {
        base: "v4.0".to_owned(),
        commits: commits.iter().map(|commit| (*commit).to_owned()).collect(),
        ..v1::CheckOptions::default()
    })
}

fn file(path: &str, vendor: Option<&[u8]>) -> v1::TreeFile {
    v1::TreeFile { path: path.into(), vendor: vendor.map(<[u8]>::to_vec), ..v1::TreeFile::default() }
}

fn files(files: Vec<v1::TreeFile>) -> v1::TreeFiles {
    v1::TreeFiles { files, is_continued: false }
}

fn assert_refused<T: std::fmt::Debug>(answer: Result<T, Status>, code: Code, words: &str) {
    let status = answer.expect_err("a refusal");
    assert_eq!(status.code(), code, "{status:?}");
    assert!(status.message().contains(words), "{words:?} is not in {status:?}");
}

#[tokio::test]
async fn checks_that_are_not_as_they_have_to_be_are_refused() {
    let release = PatchedRelease::new(PROGRAM);
    let server = Server::start(&release.place, "index");
    let client = &mut client(&server).await;
    let complete = release.complete.as_str();

    let answer = check(client, vec![]).await;
    assert_refused(answer, Code::InvalidArgument, "the first message has to be the options");
    let answer = check(client, vec![CheckPart::Files(files(vec![]))]).await;
    assert_refused(answer, Code::InvalidArgument, "the first message has to be the options");
    let unknown_base = v1::CheckOptions { base: "v9.9".to_owned(), ..v1::CheckOptions::default() };
    let answer = check(client, vec![CheckPart::Options(unknown_base)]).await;
    assert_refused(answer, Code::InvalidArgument, "base");
    let answer = check(client, vec![asked(&[complete]), asked(&[complete])]).await;
    assert_refused(answer, Code::InvalidArgument, "files were asked for, and something else was sent");
    let answer = check(client, vec![asked(&[complete])]).await;
    assert_refused(answer, Code::InvalidArgument, "files were asked for, and something else was sent");
    let other = files(vec![file("drivers/other.c", Some(b""))]);
    let answer = check(client, vec![asked(&[complete]), CheckPart::Files(other)]).await;
    assert_refused(answer, Code::InvalidArgument, "drivers/other.c: this file was not asked for here");
    let answer = check(client, vec![asked(&[complete]), CheckPart::Files(files(vec![]))]).await;
    assert_refused(answer, Code::InvalidArgument, "1 files were asked for, and 0 were sent");
    let twice = files(vec![file(FILE, Some(b"")), file(FILE, Some(b""))]);
    let answer = check(client, vec![asked(&[complete]), CheckPart::Files(twice)]).await;
    assert_refused(answer, Code::InvalidArgument, "was not asked for here");
}

#[tokio::test]
async fn names_and_contents_of_any_kind_are_answered() {
    let release = PatchedRelease::new(PROGRAM);
    let server = Server::start(&release.place, "index");
    let client = &mut client(&server).await;
    let long_name = "a".repeat(100_000);
    for name in ["", "not-a-commit", "0123456789ab", "\u{0}\u{202e}", &long_name] {
        let states = check(client, vec![asked(&[name])]).await.expect("an answer");
        assert_eq!(states, [i32::from(v1::CheckState::NotIndexed)], "{name:.40}");
    }
    let long_line = [b'x'; 300_000];
    let contents: [Option<&[u8]>; 6] =
        [None, Some(b""), Some(b"\0\0"), Some(b"\xff\xfe\n"), Some(b"\r\r\n"), Some(&long_line)];
    for content in contents {
        // First it is asked whether the file is there: one that is sent with its content is.
        let sent = CheckPart::Files(files(vec![file(FILE, content)]));
        let states = check(client, vec![asked(&[&release.complete]), sent.clone(), sent]).await;
        assert_eq!(states.expect("an answer"), [i32::from(v1::CheckState::Absent)], "{content:.40?}");
    }
    assert!(check(client, vec![asked(&[])]).await.expect("an answer").is_empty());
}

#[tokio::test]
async fn audits_that_are_not_as_they_have_to_be_are_refused() {
    let release = PatchedRelease::new(PROGRAM);
    let server = Server::start(&release.place, "index");
    let client = &mut client(&server).await;
    let options = || v1::AuditOptions { base: "v4.0".to_owned(), wants_fixes: true, ..Default::default() };
    let end = || AuditPart::End(v1::EndOfQuestion {});

    assert_refused(audit(client, vec![end()]).await, Code::InvalidArgument, "the first message has to be");
    let answer = audit(client, vec![AuditPart::Options(options()), AuditPart::Options(options())]).await;
    assert_refused(answer, Code::InvalidArgument, "only vulnerabilities and the end of the question");
    let answer = audit(client, vec![AuditPart::Options(options())]).await;
    assert_refused(answer, Code::InvalidArgument, "only vulnerabilities and the end of the question");
    for (wrong, words) in [
        (v1::AuditOptions { base: "v9.9".to_owned(), ..options() }, "base"),
        (v1::AuditOptions { since: "v9.9".to_owned(), ..options() }, "since"),
        (v1::AuditOptions { taken: vec!["0123456789ab".to_owned()], ..options() }, "taken"),
    ] {
        let answer = audit(client, vec![AuditPart::Options(wrong), end()]).await;
        assert_refused(answer, Code::InvalidArgument, words);
    }
    let answer =
        audit(client, vec![AuditPart::Options(options()), end(), AuditPart::Files(files(vec![]))]).await;
    assert_refused(answer, Code::InvalidArgument, "1 files were asked for, and 0 were sent");
}

#[tokio::test]
async fn vulnerabilities_of_nonsense_are_answered() {
    let release = PatchedRelease::new(PROGRAM);
    let server = Server::start(&release.place, "index");
    let client = &mut client(&server).await;
    let nonsense = |text: &str| v1::Vulnerability {
        id: text.to_owned(),
        accounts: vec![v1::VulnerabilityAccount {
            introduction: 99,
            introduced_by: vec![text.to_owned()],
            fixes: vec![
                v1::FixSet::default(),
                v1::FixSet { commits: vec![text.to_owned()], mends: vec![text.to_owned()] },
            ],
            depends_on: vec![text.to_owned()],
        }],
        files: Vec::new(),
    };
    let known =
        v1::KnownVulnerabilities { vulnerabilities: ["", "x", "\u{0}", "zzzzzzz"].map(nonsense).to_vec() };
    let options = v1::AuditOptions {
        base: "v4.0".to_owned(),
        broken: vec!["nonsense".to_owned()],
        not_reverts: vec![String::new()],
        waivers: vec![v1::Waiver::default()],
        ..v1::AuditOptions::default()
    };
    let parts = [
        AuditPart::Options(options),
        AuditPart::Vulnerabilities(known),
        AuditPart::End(v1::EndOfQuestion {}),
    ];
    let requests = parts.into_iter().map(|part| v1::AuditRequest { part: Some(part) }).collect::<Vec<_>>();
    let mut responses = client.audit(tokio_stream::iter(requests)).await.expect("the call").into_inner();
    let mut states = Vec::new();
    while let Some(response) = responses.next().await {
        if let Some(v1::audit_response::Part::Vulnerability(known)) = response.expect("a response").part {
            states.push(known.state());
        }
    }
    assert_eq!(states, [v1::VulnerabilityState::UnderInvestigation; 4]);
}

#[tokio::test]
async fn files_over_the_limit_are_refused_with_the_limits_name() {
    let release = PatchedRelease::new(PROGRAM);
    for (flag, limit, name) in
        [("--release-files", "1", "release_files"), ("--release-bytes", "10", "release_bytes")]
    {
        let server = Server::start_with(&release.place, "index", &[flag, limit], "server.log");
        let client = &mut client(&server).await;
        let mut sent = vec![file(FILE, Some(b"a long enough text\n"))];
        let mut parts = vec![asked(&[&release.complete])];
        if name == "release_files" {
            // One commit changes one file, the other two.
            parts = vec![asked(&[&release.complete, &release.partial])];
            sent.clear();
        }
        parts.extend([CheckPart::Files(files(sent.clone())), CheckPart::Files(files(sent))]);
        assert_refused(check(client, parts).await, Code::ResourceExhausted, name);
    }
}
