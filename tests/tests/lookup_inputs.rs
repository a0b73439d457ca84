//! What can be looked up, and how it is named in the answers.

use hunktrace_proto::v1::LookupRequest;
use hunktrace_proto::v1::hunktrace_client::HunktraceClient;
use hunktrace_tests::git_repository::GitRepository;
use hunktrace_tests::records::{best, patch_records};
use hunktrace_tests::server::Server;
use hunktrace_tests::source_text::{c_file, edit};
use hunktrace_tests::workplace::{Run, Workplace};

const PROGRAM: &str = env!("CARGO_BIN_EXE_hunktrace_under_test");

const FILE: &str = "drivers/ember.c";

/// An indexed repository with a base, tagged v1.0, and two commits behind it.
struct Upstream {
    place: Workplace,
    repository: GitRepository,
    commits: [String; 2],
}

impl Upstream {
    fn new() -> Upstream {
        let place = Workplace::new(PROGRAM);
        let repository = place.repository("upstream");
        let base = c_file("ember", 8);
        repository.commit_file(FILE, &base, "drivers: add ember");
        repository.tag("v1.0");
        let first = edit(&base, "\tdev->ember_state4 = level;\n", "\tember_set(dev, level, EMBER_FOUR);\n");
        let second = edit(&first, "\tdev->ember_state1 = level;\n", "\tember_set(dev, level, EMBER_ONE);\n");
        let commits = [
            repository.commit_file(FILE, &first, "ember: set the fourth"),
            repository.commit_file(FILE, &second, "ember: set the first"),
        ];
        place.index("index", "upstream");
        Upstream { place, repository, commits }
    }

    /// A run of `lookup` in the repository's folder.
    fn run_inside(&self, args: &str) -> Run {
        Run::of(self.place.shell(&format!("cd upstream && $PROGRAM lookup --index ../index {args}")))
    }

    /// The names, ids and origins that a run answers.
    fn answers(run: &Run) -> Vec<(String, String, String)> {
        let text = |value: &serde_json::Value| value.as_str().unwrap_or("-").to_owned();
        let records = patch_records(&run.stdout);
        records
            .iter()
            .map(|record| (text(&record["patch"]), text(&record["id"]), text(best(record))))
            .collect()
    }
}

#[test]
fn commit_is_looked_up_by_its_revision() {
    let upstream = Upstream::new();

    let run = upstream.run_inside("--format jsonl HEAD").succeeded();

    let second = upstream.commits[1].clone();
    assert_eq!(Upstream::answers(&run), [("HEAD".to_owned(), second.clone(), second)]);
}

#[test]
fn range_is_looked_up_from_its_oldest_commit_on() {
    let upstream = Upstream::new();

    let run = upstream.run_inside("--format jsonl v1.0..HEAD").succeeded();

    let [first, second] = upstream.commits.clone();
    let expected = [
        ("v1.0..HEAD#1".to_owned(), first.clone(), first),
        ("v1.0..HEAD#2".to_owned(), second.clone(), second),
    ];
    assert_eq!(Upstream::answers(&run), expected);
}

#[test]
fn answer_says_which_commit_was_asked_for() {
    let upstream = Upstream::new();

    let run = upstream.run_inside("HEAD").succeeded();

    let asked =
        format!("HEAD: 1 hunk in 1 file\n  asked: {} ember: set the first\n", &upstream.commits[1][..12]);
    assert!(run.stdout.starts_with(&asked), "{}", run.stdout);
}

#[test]
fn name_of_a_file_is_the_file_even_where_it_is_a_revision() {
    let upstream = Upstream::new();
    let first = upstream.repository.format_patch(&upstream.commits[0]);
    upstream.place.write("upstream/v1.0", first);

    let run = upstream.run_inside("--format jsonl v1.0").succeeded();

    assert_eq!(Upstream::answers(&run)[0].2, upstream.commits[0]);
}

#[test]
fn head_of_a_bare_repository_is_the_commit_and_not_the_file() {
    let upstream = Upstream::new();
    upstream.repository.git(&["clone", "-q", "--bare", ".", "../bare.git"]);

    let run =
        Run::of(upstream.place.shell("cd bare.git && $PROGRAM lookup --index ../index --format jsonl HEAD"));

    assert_eq!(Upstream::answers(&run.succeeded())[0].2, upstream.commits[1]);
}

#[test]
fn what_is_piped_in_is_looked_up_where_nothing_is_named() {
    let upstream = Upstream::new();

    let run = Run::of(
        upstream
            .place
            .shell("git -C upstream show --color HEAD | $PROGRAM lookup --index index --format jsonl"),
    );

    assert_eq!(Upstream::answers(&run.succeeded())[0].2, upstream.commits[1]);
}

#[test]
fn patches_of_a_folder_are_looked_up() {
    let upstream = Upstream::new();
    upstream.repository.git(&["format-patch", "-q", "-o", "../patches", "v1.0..HEAD"]);

    let run = upstream.place.run(&["lookup", "--index", "index", "--format", "jsonl", "patches"]).succeeded();

    let origins: Vec<String> = Upstream::answers(&run).into_iter().map(|(_, _, origin)| origin).collect();
    assert_eq!(origins, upstream.commits);
}

#[test]
fn compressed_mailbox_is_looked_up() {
    let upstream = Upstream::new();

    let run =
        upstream.run_inside("--format jsonl <(git format-patch --stdout v1.0..HEAD | gzip)").succeeded();

    assert_eq!(Upstream::answers(&run).len(), 2);
}

#[test]
fn wrong_names_get_a_remedy() {
    let upstream = Upstream::new();
    upstream.place.write("upstream/fix.patch", "");

    for (name, remedy) in [
        ("1.0", "did you mean 'v1.0'?"),
        ("1.0..HEAD", "did you mean 'v1.0..HEAD'?"),
        ("fix.pacth", "did you mean 'fix.patch'?"),
        ("something", "there is no such file, and no such revision"),
        ("HEAD..v1.0", "give the older revision first"),
    ] {
        let message = upstream.run_inside(name).failed(1);
        assert!(message.contains(remedy), "{name}: {message}");
    }
}

#[test]
fn code_is_looked_up_as_added_lines() {
    let upstream = Upstream::new();

    let run =
        Run::of(upstream.place.shell(
            "echo 'ember_set(dev, level, EMBER_ONE);' | $PROGRAM lookup --index index --format jsonl",
        ));

    let run = run.succeeded();
    assert_eq!(Upstream::answers(&run)[0].2, upstream.commits[1]);
    assert!(run.stderr.contains("<stdin>:1: no diff found, but code"), "{}", run.stderr);
}

#[test]
fn folders_that_the_index_does_not_know_are_no_part_of_a_name() {
    let upstream = Upstream::new();
    let patch =
        upstream.repository.git(&["show", "--src-prefix=src/kernel/", "--dst-prefix=src/kernel/", "HEAD"]);
    upstream.place.write("inside.patch", patch + "\n");

    let run =
        upstream.place.run(&["lookup", "--index", "index", "--format", "jsonl", "inside.patch"]).succeeded();

    let records = patch_records(&run.stdout);
    assert_eq!(records[0]["candidates"][0]["match"], "exact");
}

#[test]
fn harmless_faults_are_told_and_leave_the_exit_code_alone() {
    let upstream = Upstream::new();
    let patch = upstream.repository.git(&["diff", "HEAD~1"]) + "\n";
    let header = patch.lines().find(|line| line.starts_with("@@")).expect("a hunk");
    upstream.place.write("elided.patch", patch.replace(header, "@@ ... @@"));

    let run =
        upstream.place.run(&["lookup", "--index", "index", "--format", "jsonl", "elided.patch"]).succeeded();

    assert_eq!(Upstream::answers(&run)[0].2, upstream.commits[1]);
    assert!(
        run.stderr.contains("elided.patch:5: drivers/ember.c: hunk header has no line numbers"),
        "{}",
        run.stderr
    );
}

#[test]
fn merge_in_a_log_names_the_way_out() {
    let upstream = Upstream::new();
    let combined =
        "diff --cc x.c\nindex 1,2..3\n--- a/x.c\n+++ b/x.c\n@@@ -1,2 -1,2 +1,2 @@@\n  a\n--b\n++c\n";
    upstream.place.write("merge", combined);

    let message = upstream.place.run(&["lookup", "--index", "index", "merge"]).failed(1);

    assert!(message.contains("merge:1: x.c: combined diff of a merge"), "{message}");
    assert!(message.contains("git show -m --first-parent"), "{message}");
}

#[tokio::test]
async fn patches_are_numbered_alike_in_every_way_to_ask() {
    let upstream = Upstream::new();
    let cover = "From a@b Thu Jan  1 00:00:00 1970\nFrom: A <a@b>\nSubject: [PATCH 0/2] all\n\nwords\n\n";
    let series = upstream.repository.git(&["format-patch", "--stdout", "v1.0..HEAD"]) + "\n";
    let text = format!("{cover}{series}");
    upstream.place.write("series", &text);
    let server = Server::start(&upstream.place, "index");
    let names = |source: [&str; 2]| -> Vec<String> {
        let args = [&["lookup"], &source[..], &["--format", "jsonl", "series"]].concat();
        let run = upstream.place.run(&args).succeeded();
        Upstream::answers(&run).into_iter().map(|(name, ..)| name).collect()
    };

    let embedded = names(["--index", "index"]);
    let served = names(["--server", server.url()]);
    let mut client = HunktraceClient::connect(server.url().to_owned()).await.expect("a connection");
    let request =
        LookupRequest { name: "series".to_owned(), text: text.into_bytes(), ..LookupRequest::default() };
    let answer = client.lookup(request).await.expect("an answer").into_inner();
    let asked: Vec<String> = answer.patches.into_iter().map(|patch| patch.name).collect();

    assert_eq!(embedded, ["series#1", "series#2"]);
    assert_eq!(served, embedded);
    assert_eq!(asked, ["series", "series#1", "series#2"], "the cover letter has the text's name");
}
