//! What becomes of an index whose files are damaged, cut off or taken away, and of processes that are killed.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Child;
use std::time::{Duration, Instant};

use hunktrace_proto::v1::hunktrace_client::HunktraceClient;
use hunktrace_proto::v1::{GetMessagesRequest, LookupRequest};
use hunktrace_tests::git_repository::GitRepository;
use hunktrace_tests::server::Server;
use hunktrace_tests::workplace::{Run, Workplace};
use tonic::Code;
use tonic::transport::Channel;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;

const PROGRAM: &str = env!("CARGO_BIN_EXE_hunktrace_under_test");

/// How long a server may take to notice something; far longer than it does.
const PATIENCE: Duration = Duration::from_secs(60);

/// Faults that each file of an index gets of each kind.
const FAULTS: usize = 4;

/// An index of a small history, and a patch from it.
struct Indexed {
    place: Workplace,
    repository: GitRepository,
}

impl Indexed {
    fn new(commits: usize) -> Indexed {
        let place = Workplace::new(PROGRAM);
        let repository = place.repository("upstream");
        repository.import_history(commits);
        repository.tag("v1.0");
        place.index("index", "upstream");
        place.write("patch", repository.format_patch("v1.0~3"));
        Indexed { place, repository }
    }
}

/// What is asked of an index, one command line each.
fn questions(place: &Workplace, index: &str) -> [Run; 4] {
    let ask = |args: &[&str]| place.run(args);
    [
        ask(&["lookup", "--index", index, "--format", "jsonl", "--explain", "--message", "patch"]),
        ask(&["show", "--index", index, "--format", "jsonl", "--hunks", "v1.0"]),
        ask(&["status", "--index", index, "--format", "jsonl"]),
        ask(&["verify", "--index", index]),
    ]
}

fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder");
    for entry in fs::read_dir(from).expect("the folder") {
        let entry = entry.expect("an entry");
        let target = to.join(entry.file_name());
        if entry.file_type().expect("a kind").is_dir() {
            copy_folder(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).expect("a copy");
        }
    }
}

/// The files of a folder and those below, without empty ones, sorted.
fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("the folder") {
        let entry = entry.expect("an entry");
        if entry.file_type().expect("a kind").is_dir() {
            found.extend(files_below(&entry.path()));
        } else if entry.metadata().expect("a size").len() > 0 {
            found.push(entry.path());
        }
    }
    found.sort();
    found
}

/// Damage to a file.
#[derive(Debug)]
enum Fault {
    /// Only so many bytes are left.
    Truncated(usize),
    /// A bit of the byte at this place is another one.
    Flipped(usize, u8),
    /// The file is not there.
    Removed,
}

impl Fault {
    fn apply(&self, file: &Path) {
        let mut bytes = fs::read(file).expect("the file");
        match self {
            Fault::Truncated(len) => bytes.truncate(*len),
            Fault::Flipped(at, bit) => bytes[*at] ^= 1 << bit,
            Fault::Removed => return fs::remove_file(file).expect("the file"),
        }
        fs::write(file, bytes).expect("the file");
    }
}

#[test]
fn no_damaged_file_leads_to_a_wrong_answer_with_exit_code_0() {
    let indexed = Indexed::new(40);
    copy_folder(&indexed.place.path("index"), &indexed.place.path("pristine-copy"));
    let expected = questions(&indexed.place, "pristine-copy").map(Run::succeeded);
    let expected = expected.map(|run| answer(&run.stdout, "pristine-copy"));
    let files = files_below(&indexed.place.path("index"));
    assert!(files.len() > 12, "{files:?}");

    // Always the same faults, different ones for each file.
    let mut random = fastrand::Rng::with_seed(15);
    let mut faults = Vec::new();
    for file in &files {
        let name = file.strip_prefix(indexed.place.path("index")).expect("a file of the index").to_owned();
        let len = fs::metadata(file).expect("the file").len() as usize;
        let ends = [len - 1, len - 5.min(len)];
        for _ in 0..FAULTS {
            faults.push((name.clone(), Fault::Truncated(random.usize(..len))));
            faults.push((name.clone(), Fault::Flipped(random.usize(..len), random.u8(..8))));
        }
        faults.extend(ends.map(|at| (name.clone(), Fault::Flipped(at, random.u8(..8)))));
        faults.push((name, Fault::Removed));
    }
    let threads = 4;
    std::thread::scope(|scope| {
        for (number, faults) in faults.chunks(faults.len().div_ceil(threads)).enumerate() {
            let (place, expected) = (&indexed.place, &expected);
            scope.spawn(move || {
                let name = format!("damaged{number}");
                for (file, fault) in faults {
                    let copy = place.path(&name);
                    copy_folder(&place.path("index"), &copy);
                    fault.apply(&copy.join(file));
                    for (run, expected) in questions(place, &name).into_iter().zip(expected) {
                        assert_is_right_or_failed(&run, expected, &name, &format!("{file:?}: {fault:?}"));
                    }
                    fs::remove_dir_all(copy).expect("the copy");
                }
            });
        }
    });
}

/// What was printed of an index, without its name and its size on disk, which a fault may well change.
fn answer(printed: &str, index: &str) -> String {
    let without_size = |line: &str| {
        let Ok(mut record) = serde_json::from_str::<serde_json::Value>(line) else { return line.to_owned() };
        record.as_object_mut().map(|record| record.remove("bytes_on_disk"));
        record.to_string()
    };
    let lines = printed.lines().filter(|line| !line.contains("checked")).map(without_size);
    lines.collect::<Vec<_>>().join("\n").replace(index, "")
}

/// The run was not ended by a signal or a panic, and if it says that it went well, it printed what is right.
fn assert_is_right_or_failed(run: &Run, expected: &str, index: &str, fault: &str) {
    let code = run.code.unwrap_or_else(|| panic!("{fault}: a signal ended it: {run:?}"));
    assert!(!run.stderr.contains("panicked"), "{fault}: {run:?}");
    match code {
        0 => assert_eq!(answer(&run.stdout, index), expected, "{fault}"),
        1 | 2 => assert!(run.stderr.contains(index), "{fault}: it does not say which index: {run:?}"),
        _ => panic!("{fault}: {run:?}"),
    }
}

/// A client of a server, and of its health.
async fn clients(server: &Server) -> (HunktraceClient<Channel>, HealthClient<Channel>) {
    let channel = Channel::from_shared(server.url().to_owned()).expect("a URL").connect().await;
    let channel = channel.expect("a connection");
    (HunktraceClient::new(channel.clone()), HealthClient::new(channel))
}

async fn wait_for_health(health: &mut HealthClient<Channel>, wanted: ServingStatus) {
    let started = Instant::now();
    loop {
        let answer = health.check(HealthCheckRequest::default()).await.expect("the server answers");
        if answer.into_inner().status == i32::from(wanted) {
            return;
        }
        assert!(started.elapsed() < PATIENCE, "it never becomes {wanted:?}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

fn patch_request(indexed: &Indexed) -> LookupRequest {
    let text = indexed.repository.format_patch("v1.0~3").into_bytes();
    LookupRequest { name: "patch".to_owned(), text, ..LookupRequest::default() }
}

/// The one file of the index with this extension.
fn file_of(indexed: &Indexed, extension: &str) -> PathBuf {
    let files = files_below(&indexed.place.path("index"));
    let mut found = files.into_iter().filter(|file| file.extension().is_some_and(|own| own == extension));
    found.next().unwrap_or_else(|| panic!("no .{extension}"))
}

#[tokio::test]
async fn server_outlives_files_that_are_cut_off_and_gives_no_answer_from_them() {
    for extension in ["records", "lines", "fast", "bin", "counts"] {
        let indexed = Indexed::new(40);
        let server = Server::start(&indexed.place, "index");
        let (mut client, mut health) = clients(&server).await;
        client.lookup(patch_request(&indexed)).await.expect("an answer");
        wait_for_health(&mut health, ServingStatus::Serving).await;

        let file = file_of(&indexed, extension);
        let whole = fs::read(&file).expect("the file");
        fs::File::options().write(true).open(&file).expect("the file").set_len(0).expect("no length");
        let mut other = patch_request(&indexed);
        other.text = indexed.repository.format_patch("v1.0~7").into_bytes();
        let status = client.lookup(other).await.expect_err("the index is damaged");
        assert_eq!(status.code(), Code::DataLoss, "{extension}: {status:?}");
        let name = file.file_name().expect("a name").to_string_lossy().into_owned();
        assert!(status.message().contains(&name) && status.message().contains("anew"), "{status:?}");
        wait_for_health(&mut health, ServingStatus::NotServing).await;

        // Restored from a copy, it is served again.
        let copy = indexed.place.path("restored");
        fs::write(&copy, whole).expect("a copy");
        fs::rename(&copy, &file).expect("the file");
        wait_for_health(&mut health, ServingStatus::Serving).await;
        client.lookup(patch_request(&indexed)).await.expect("an answer");
    }
}

#[tokio::test]
async fn damage_from_before_the_start_is_found_without_being_asked_for() {
    let indexed = Indexed::new(40);
    let file = file_of(&indexed, "messages");
    Fault::Flipped(40, 3).apply(&file);
    let server = Server::start(&indexed.place, "index");
    let (mut client, mut health) = clients(&server).await;

    wait_for_health(&mut health, ServingStatus::NotServing).await;

    client.lookup(patch_request(&indexed)).await.expect("messages are not needed");
    let commits = vec![indexed.repository.git(&["rev-parse", "v1.0~3"])];
    let status = client.get_messages(GetMessagesRequest { commits }).await.expect_err("they are damaged");
    assert_eq!(status.code(), Code::DataLoss, "{status:?}");
    assert!(status.message().contains(".messages"), "{status:?}");
    let said = indexed.place.run(&["status", "--server", server.url()]).failed(1);
    assert!(said.contains("the index is damaged") && said.contains(".messages"), "{said}");
}

#[test]
fn readers_write_nothing_into_an_index() {
    let indexed = Indexed::new(20);
    let index = indexed.place.path("index");
    for lock in [".tantivy-meta.lock", ".tantivy-writer.lock"] {
        fs::remove_file(index.join("segments").join(lock)).expect("a lock's file");
    }
    let contents = || -> Vec<(PathBuf, Vec<u8>)> {
        let files = files_below(&index).into_iter();
        files.map(|file| (file.clone(), fs::read(file).expect("a file"))).collect()
    };
    let before = contents();
    let names = |folder: &str| fs::read_dir(index.join(folder)).expect("the folder").count();
    let counts = [names(""), names("segments")];

    for run in questions(&indexed.place, "index") {
        run.succeeded();
    }

    indexed.place.digest("index");
    let server = Server::start(&indexed.place, "index");
    indexed.place.run(&["lookup", "--server", server.url(), "patch"]).succeeded();
    drop(server);

    assert_eq!([names(""), names("segments")], counts);
    assert!(contents() == before, "a file has other contents");
}

#[test]
fn index_is_read_and_served_from_a_read_only_mount() {
    let indexed = Indexed::new(20);
    let digest = indexed.place.digest("index");
    let mounted = |line: &str| {
        let mount = "mount --bind index index && mount -o remount,bind,ro index && ! touch index/x 2>&1";
        Run::of(indexed.place.shell(&format!("unshare --map-root-user --mount bash -c '{mount} && {line}'")))
    };
    if mounted("true").code != Some(0) {
        // The system lets nobody mount; the modes of the files say the same in another test.
        return;
    }
    let verified = mounted("\"$PROGRAM\" verify --index index").succeeded();
    assert!(verified.stdout.contains(&digest), "{verified:?}");
    mounted("\"$PROGRAM\" lookup --index index patch").succeeded();
    mounted("\"$PROGRAM\" serve --check --index index").succeeded();
    let refused = mounted("\"$PROGRAM\" index --index index --repo upstream -q");
    assert_eq!(refused.code, Some(2), "{refused:?}");
    assert!(refused.stderr.contains("Read-only file system"), "{refused:?}");
    assert_eq!(indexed.place.digest("index"), digest);
}

#[test]
fn index_is_read_where_nothing_may_be_written() {
    let indexed = Indexed::new(20);
    let line = "chmod -R a-w index; id=; [ $(id -u) = 0 ] && chmod a+rx . && id='setpriv --reuid=65534 --clear-groups'; \
                $id \"$PROGRAM\" status --index index && $id \"$PROGRAM\" lookup --index index patch";
    fs::set_permissions(indexed.place.path(""), std::os::unix::fs::PermissionsExt::from_mode(0o755))
        .expect("our folder");
    let run = Run::of(indexed.place.shell(line));
    let unreadable = run.stderr.contains("setpriv") || run.stderr.contains("$PROGRAM");
    assert!(run.code == Some(0) || unreadable, "{run:?}");
    let line = "id=; [ $(id -u) = 0 ] && id='setpriv --reuid=65534 --clear-groups'; \
                $id \"$PROGRAM\" index --index index --repo upstream -q";
    let said = Run::of(indexed.place.shell(line)).stderr;
    assert!(said.contains("to write") || said.contains("dubious") || unreadable, "{said}");
    Run::of(indexed.place.shell("chmod -R u+w index")).succeeded();
}

#[test]
fn files_of_an_index_get_the_mode_that_the_umask_leaves() {
    use std::os::unix::fs::MetadataExt;
    let indexed = Indexed::new(5);
    let line = "umask 027; \"$PROGRAM\" index --index shared --repo upstream -q";
    Run::of(indexed.place.shell(line)).succeeded();
    for file in files_below(&indexed.place.path("shared")) {
        let mode = fs::metadata(&file).expect("the file").mode() & 0o777;
        assert_eq!(mode, 0o640, "{}", file.display());
    }
}

#[test]
fn first_use_by_several_processes_at_once_works() {
    let place = Workplace::new(PROGRAM);
    let repository = place.repository("upstream");
    repository.import_history(60);
    place.write("patch", repository.format_patch("HEAD~3"));
    let start = || place.command(&["lookup", "--repo", "upstream", "--format", "jsonl", "patch"]).spawn();
    let started: Vec<Child> = (0..4).map(|_| start().expect("the program starts")).collect();
    let runs = started.into_iter().map(|child| Run::from(child.wait_with_output().expect("it ends")));
    let printed: Vec<String> = runs.map(|run| run.succeeded().stdout).collect();
    assert!(!printed[0].is_empty() && printed.iter().all(|text| *text == printed[0]), "{printed:?}");
}

#[test]
fn killed_servers_and_runs_leave_an_index_that_goes_on() {
    let indexed = Indexed::new(60);
    let origin = indexed.repository.git(&["rev-parse", "v1.0~3"]);
    let mut random = fastrand::Rng::with_seed(9);
    for round in 0..8 {
        indexed.repository.commit_file(
            "round.c",
            format!("int round = {round};\n"),
            &format!("round {round}"),
        );
        let server = Server::start(&indexed.place, "index");
        let args =
            ["lookup", "--server", server.url(), "--format", "jsonl", "--explain", "--message", "patch"];
        let lookups: Vec<Child> =
            (0..3).map(|_| indexed.place.command(&args).spawn().expect("the program starts")).collect();
        let run = ["index", "--index", "index", "--repo", "upstream", "-q", "--commit-every", "1"];
        let mut run = indexed.place.command(&run).spawn().expect("the program starts");
        std::thread::sleep(Duration::from_millis(random.u64(..150)));
        drop(server);
        run.kill().expect("our process");
        run.wait().expect("our process");
        for lookup in lookups {
            let lookup = Run::from(lookup.wait_with_output().expect("it ends"));
            assert!(!lookup.stderr.contains("panicked"), "{lookup:?}");
            if lookup.code == Some(0) {
                assert!(lookup.stdout.contains(&origin), "round {round}: {lookup:?}");
            }
        }
        indexed.place.run(&["verify", "--index", "index"]).succeeded();
    }
    indexed.place.index("index", "upstream");
    indexed.place.index("fresh", "upstream");
    assert_eq!(indexed.place.digest("index"), indexed.place.digest("fresh"));
}

#[test]
fn commits_that_no_reference_leads_to_any_more_are_marked() {
    let place = Workplace::new(PROGRAM);
    let repository = place.repository("upstream");
    let root = repository.commit_file("a.c", "one\n", "a: one");
    let lost = repository.commit_file("a.c", "one\nlost_in_a_forced_push();\n", "a: lost");
    place.write("patch", repository.format_patch(&lost));
    place.index("index", "upstream");
    assert!(place.show("index", &lost)["unreferenced"].is_null());

    repository.git(&["reset", "--quiet", "--hard", &root]);
    let kept = repository.commit_file("a.c", "one\nkept();\n", "a: kept");
    place.index("index", "upstream");

    assert_eq!(place.show("index", &lost)["unreferenced"], true);
    assert!(place.show("index", &kept)["unreferenced"].is_null());
    let printed = place.run(&["lookup", "--index", "index", "--format", "jsonl", "patch"]).succeeded().stdout;
    assert!(printed.contains("\"unreferenced\":true"), "{printed}");
}

#[test]
fn broken_reference_is_named_and_the_rest_is_indexed() {
    let place = Workplace::new(PROGRAM);
    let repository = place.repository("upstream");
    repository.commit_file("a.c", "one\n", "a: one");
    fs::write(repository.path().join(".git/refs/heads/broken"), "no id\n").expect("a file");
    let printed = place.index("index", "upstream");
    assert!(printed.contains("indexed 1 commit") && printed.contains("refs/heads/broken"), "{printed}");
}

#[test]
fn history_that_cannot_be_read_is_exit_code_1_and_said_by_lookup() {
    let place = Workplace::new(PROGRAM);
    let repository = place.repository("upstream");
    repository.commit_file("a.c", "one\n", "a: one");
    repository.commit_file("b.c", "two\n", "b: two");
    place.write("patch", repository.format_patch("HEAD"));
    let blob = repository.git(&["rev-parse", "HEAD:b.c"]);
    fs::remove_file(repository.path().join(".git/objects").join(&blob[..2]).join(&blob[2..]))
        .expect("a blob");

    let said = place.run(&["index", "--index", "index", "--repo", "upstream"]).failed(1);
    assert!(said.contains("1 item of the history could not be read"), "{said}");
    let said = place.run(&["lookup", "--index", "index", "patch"]).succeeded().stderr;
    assert!(said.contains("1 item of the history could not be read"), "{said}");
}
