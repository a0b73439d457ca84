//! What real histories have in them besides plain changes of plain files.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};

use hunktrace_tests::git_repository::GitRepository;
use hunktrace_tests::records::{best, patch_records};
use hunktrace_tests::source_text::{c_file, edit};
use hunktrace_tests::workplace::Workplace;
use serde_json::Value;

const PROGRAM: &str = env!("CARGO_BIN_EXE_hunktrace_under_test");

/// A folder with a repository that has one commit.
fn upstream() -> (Workplace, GitRepository) {
    let place = Workplace::new(PROGRAM);
    let repository = place.repository("upstream");
    repository.commit_file("ember.c", c_file("ember", 6), "ember: add the driver");
    (place, repository)
}

/// The paths, before and after, and the text of the hunks that the index has of a commit.
fn hunks(place: &Workplace, commit: &str) -> Vec<[String; 3]> {
    let shown = place.show("index", commit);
    let hunks = shown["hunks"].as_array().expect("hunks");
    let text = |hunk: &Value, key: &str| hunk[key].as_str().expect("a text").to_owned();
    hunks.iter().map(|hunk| ["old_path", "new_path", "body"].map(|key| text(hunk, key))).collect()
}

/// The reasons that `status` lists for what could not be indexed of a commit.
fn reasons(place: &Workplace, commit: &str) -> Vec<String> {
    let status = place.status("index");
    let items = status["unindexed"].as_array().expect("a list");
    assert_eq!(status["unindexed_count"], items.len(), "everything counted is listed");
    let of_commit = items.iter().filter(|item| item["commit"] == commit);
    of_commit.map(|item| item["reason"].as_str().expect("a reason").to_owned()).collect()
}

/// Asserts that the commit is found by its own patch.
fn assert_finds_itself(place: &Workplace, repository: &GitRepository, commit: &str) {
    let patch = repository.git_with_input(&["format-patch", "--stdout", "-1", commit], b"");
    let args = ["lookup", "--index", "index", "--format", "jsonl", "-"];
    let run = place.run_with_input(&args, patch).succeeded();
    assert_eq!(best(&patch_records(&run.stdout)[0]), commit, "{}", run.stdout);
}

#[test]
fn latin_1_message_is_read_as_its_encoding_says() {
    let (place, repository) = upstream();
    let (tree, parent) = (repository.rev_parse("HEAD^{tree}"), repository.head());
    let mut raw = format!(
        "tree {tree}\nparent {parent}\nauthor J\u{0}rg <joerg@example.org> 1000003600 +0200\n\
         committer J\u{0}rg <joerg@example.org> 1000003600 +0200\nencoding ISO-8859-1\n\n\
         ember: gr\u{1}ner\n"
    )
    .into_bytes();
    for byte in &mut raw {
        *byte = match *byte {
            0 => 0xf6,
            1 => 0xfc,
            other => other,
        };
    }
    let commit = repository.commit_raw(&raw);
    place.index("index", "upstream");

    let shown = place.show("index", &commit);

    assert_eq!(shown["subject"], "ember: gr\u{fc}ner");
    assert_eq!(shown["author"], "J\u{f6}rg <joerg@example.org>");
    assert_eq!(shown["message"], "ember: gr\u{fc}ner\n");
    assert_eq!(shown["encoding"], "ISO-8859-1");
}

#[test]
fn message_in_no_encoding_that_is_named_still_has_a_subject() {
    let (place, repository) = upstream();
    let tree = repository.rev_parse("HEAD^{tree}");
    let mut raw = format!(
        "tree {tree}\nauthor A <a@example.org> 1000003600 +0000\n\
         committer A <a@example.org> 1000003600 +0000\n\nember: caf"
    )
    .into_bytes();
    raw.extend_from_slice(b"\xe9\n");
    let commit = repository.commit_raw(&raw);
    place.index("index", "upstream");

    let subject = place.show("index", &commit)["subject"].to_string();

    assert!(subject.starts_with("\"ember: caf"), "{subject}");
}

#[test]
fn latin_1_file_is_found() {
    let (place, repository) = upstream();
    repository.commit_file(
        "umlaut.c",
        b"int a;\n/* F\xfcr J\xf6rg und alle anderen */\nint b;\n",
        "umlaut: add",
    );
    let changed = b"int a;\n/* F\xfcr J\xf6rg und niemanden sonst */\nint b;\n";
    let commit = repository.commit_file("umlaut.c", changed, "umlaut: change");
    place.index("index", "upstream");

    assert_finds_itself(&place, &repository, &commit);
}

#[test]
fn binary_file_is_found_without_being_read_as_text() {
    let (place, repository) = upstream();
    let commit = repository.commit_file("firmware.bin", b"secret sauce\0more of it\n", "firmware: add");
    place.index("index", "upstream");

    let hunks = place.show("index", &commit)["hunks"].clone();

    assert_eq!(hunks.as_array().map(Vec::len), Some(1), "{hunks}");
    assert_eq!((&hunks[0]["new_path"], &hunks[0]["new_lines"]), (&"firmware.bin".into(), &0.into()));
    assert!(!hunks[0]["body"].to_string().contains("sauce"), "{hunks}");
    assert_finds_itself(&place, &repository, &commit);
}

#[test]
fn zero_byte_behind_what_git_looks_at_leaves_a_text() {
    let (place, repository) = upstream();
    // git takes a file for binary where its first 8000 bytes have a zero among them.
    let mut text = c_file("late", 60).into_bytes();
    assert!(text.len() > 8000);
    text.extend_from_slice(b"char zero = '\0';\n");
    let commit = repository.commit_file("late.c", text, "late: add");
    place.index("index", "upstream");

    let hunks = hunks(&place, &commit);

    assert!(hunks[0][2].ends_with("+char zero = '\0';\n"), "{:?}", hunks[0][1]);
}

#[test]
fn carriage_returns_are_kept() {
    let (place, repository) = upstream();
    repository.commit_file("dos.c", "first dos line\r\nsecond dos line\r\n", "dos: add");
    let commit = repository.commit_file("dos.c", "first dos line\r\nother dos line\r\n", "dos: change");
    place.index("index", "upstream");

    assert_eq!(hunks(&place, &commit)[0][2], " first dos line\r\n-second dos line\r\n+other dos line\r\n");
    assert_finds_itself(&place, &repository, &commit);
}

#[test]
fn missing_newline_at_the_end_is_kept() {
    let (place, repository) = upstream();
    repository.commit_file("open.c", "closed\nopen end", "open: add");
    let commit = repository.commit_file("open.c", "closed\nopen end\n", "open: close");
    place.index("index", "upstream");

    assert_eq!(hunks(&place, &commit)[0][2], " closed\n-open end\n\\ No newline at end of file\n+open end\n");
}

#[test]
fn symbolic_link_is_indexed_as_its_target() {
    let (place, repository) = upstream();
    symlink("ember.c", repository.path().join("link.c")).expect("a link");
    let commit = repository.commit("link: add");
    place.index("index", "upstream");

    let [[_, path, body]] = &hunks(&place, &commit)[..] else { panic!("one hunk") };

    assert_eq!((path.as_str(), body.as_str()), ("link.c", "+ember.c\n\\ No newline at end of file\n"));
}

#[test]
fn submodule_does_not_stop_the_run() {
    let (place, repository) = upstream();
    let entry = format!("160000,{},sub", "1234567890".repeat(4));
    repository.git(&["update-index", "--add", "--cacheinfo", &entry]);
    repository.git(&["commit", "--quiet", "--message", "sub: add"]);
    let commit = repository.head();
    repository.git(&["rm", "--quiet", "--cached", "sub"]);
    repository.commit_file("after.c", "a line behind it\n", "after: add");

    place.index("index", "upstream");

    assert_eq!(place.status("index")["commits"], 3);
    assert_eq!(reasons(&place, &commit), [""; 0], "git shows a submodule without its objects");
}

#[test]
fn change_of_mode_is_found() {
    let (place, repository) = upstream();
    let script = repository.path().join("ember.c");
    fs::set_permissions(&script, fs::Permissions::from_mode(0o755)).expect("a mode");
    let commit = repository.commit("ember: make it executable");
    place.index("index", "upstream");

    let hunks = place.show("index", &commit)["hunks"].clone();
    assert_eq!(hunks.as_array().map(Vec::len), Some(1), "{hunks}");
    assert_eq!((&hunks[0]["new_path"], &hunks[0]["new_lines"]), (&"ember.c".into(), &0.into()));
    assert_finds_itself(&place, &repository, &commit);
}

#[test]
fn renamed_file_is_followed() {
    let (place, repository) = upstream();
    let text = edit(&c_file("ember", 6), "\tdev->ember_state4 = level;\n", "\tember_set(dev, level);\n");
    repository.git(&["mv", "ember.c", "spark.c"]);
    let commit = repository.commit_file("spark.c", text, "ember: call it spark");
    place.index("index", "upstream");

    let [[old_path, new_path, body]] = &hunks(&place, &commit)[..] else { panic!("one hunk") };

    assert_eq!((old_path.as_str(), new_path.as_str()), ("ember.c", "spark.c"));
    assert_eq!(body.lines().filter(|line| line.starts_with(['+', '-'])).count(), 2, "{body}");
}

#[test]
fn deleted_file_is_indexed() {
    let (place, repository) = upstream();
    repository.git(&["rm", "--quiet", "ember.c"]);
    let commit = repository.commit("ember: remove");
    place.index("index", "upstream");

    assert_eq!(place.show("index", &commit)["hunk_count"], 1);
    assert_finds_itself(&place, &repository, &commit);
}

#[test]
fn root_commit_is_indexed() {
    let (place, repository) = upstream();
    place.index("index", "upstream");

    assert_finds_itself(&place, &repository, &repository.head());
}

#[test]
fn merge_has_no_hunks_of_its_own() {
    let (place, repository) = upstream();
    repository.branch("side", "master");
    let side = repository.commit_file("side.c", c_file("side", 2), "side: add");
    repository.checkout("master");
    repository.commit_file("main.c", c_file("main", 2), "main: add");
    let merge = repository.merge("side");
    place.index("index", "upstream");

    let shown = place.show("index", &merge);
    assert_eq!((&shown["hunk_count"], shown["parents"].as_array().map(Vec::len)), (&0.into(), Some(2)));
    assert_eq!(place.show("index", &side)["hunk_count"], 1);
}

#[test]
fn empty_commit_is_known_without_hunks() {
    let (place, repository) = upstream();
    let commit = repository.commit("nothing: changed");
    place.index("index", "upstream");

    let shown = place.show("index", &commit);
    assert_eq!((&shown["subject"], &shown["hunk_count"]), (&"nothing: changed".into(), &0.into()));
    assert_eq!(reasons(&place, &commit), [""; 0]);
}

#[test]
fn file_of_100_000_lines_is_indexed() {
    let (place, repository) = upstream();
    let mut lines: Vec<String> =
        (0..100_000).map(|number| format!("#define REGISTER_{number} {number}\n")).collect();
    let added = repository.commit_file("registers.h", lines.concat(), "registers: add");
    lines[70_000] = "#define REGISTER_70000 7\n".to_owned();
    let changed = repository.commit_file("registers.h", lines.concat(), "registers: correct");
    place.index("index", "upstream");

    assert_eq!(reasons(&place, &added), [""; 0]);
    assert_eq!(place.show("index", &added)["hunk_count"], 1);
    assert_finds_itself(&place, &repository, &changed);
}

#[test]
fn missing_blob_is_counted_and_listed_and_does_not_stop_the_run() {
    let (place, repository) = upstream();
    repository.write("kept.c", c_file("kept", 2));
    let commit = repository.commit_file("lost.c", c_file("lost", 2), "lost: add");
    let after = repository.commit_file("after.c", c_file("after", 2), "after: add");
    let blob = repository.rev_parse(&format!("{commit}:lost.c"));
    let object = repository.path().join(".git/objects").join(&blob[..2]).join(&blob[2..]);
    fs::remove_file(object).expect("a loose object");

    let run = place.run(&["index", "--index", "index", "--repo", "upstream"]);

    assert_eq!(run.code, Some(1), "{run:?}");
    let printed = run.stdout;
    assert!(
        printed.contains("1 item could not be indexed; 'hunktrace status --index index' lists"),
        "{printed}"
    );
    let [reason] = &reasons(&place, &commit)[..] else { panic!("one reason") };
    assert!(reason.contains(&blob), "{reason}");
    let text = place.run(&["status", "--index", "index"]).succeeded().stdout;
    assert!(text.contains("lost.c") && text.contains(&commit[..12]), "{text}");
    assert_eq!(hunks(&place, &commit)[0][1], "kept.c");
    assert_finds_itself(&place, &repository, &after);
}

#[test]
fn missing_commit_is_listed_and_its_child_claims_no_changes() {
    let (place, repository) = upstream();
    let lost = repository.commit_file("ember.c", c_file("ember", 7), "ember: one function more");
    let child = repository.commit_file("ember.c", c_file("ember", 8), "ember: and another");
    let last = repository.commit_file("last.c", c_file("last", 2), "last: add");
    let object = repository.path().join(".git/objects").join(&lost[..2]).join(&lost[2..]);
    fs::remove_file(object).expect("a loose object");

    place.run(&["index", "--index", "index", "--repo", "upstream"]).failed(1);

    let all = place.status("index")["unindexed"].to_string();
    assert!(all.contains(&lost), "{all}");
    assert_eq!(place.show("index", &child)["hunk_count"], 0);
    assert_finds_itself(&place, &repository, &last);
}

#[test]
fn boundary_of_a_shallow_clone_claims_no_changes_and_is_listed() {
    let (place, repository) = upstream();
    let boundary = repository.commit_file("ember.c", c_file("ember", 7), "ember: one function more");
    let last = repository.commit_file("ember.c", c_file("ember", 8), "ember: and another");
    let url = format!("file://{}", repository.path().display());
    repository.git(&["clone", "--quiet", "--depth", "2", &url, "../shallow"]);

    place.index("index", "shallow");

    assert_eq!(place.status("index")["commits"], 2);
    assert_eq!(place.show("index", &boundary)["hunk_count"], 0);
    assert_eq!(place.show("index", &last)["hunk_count"], 1);
    let [reason] = &reasons(&place, &boundary)[..] else { panic!("one reason") };
    assert!(reason.contains("shallow"), "{reason}");
}

#[test]
fn graft_file_is_obeyed() {
    let (place, repository) = upstream();
    let first = repository.head();
    repository.git(&["checkout", "--quiet", "--orphan", "imported"]);
    let imported = repository.commit_file("ember.c", c_file("ember", 7), "ember: one function more");
    repository.write(".git/info/grafts", format!("{imported} {first}\n"));
    place.index("index", "upstream");

    let shown = place.show("index", &imported);

    assert_eq!(shown["parents"], serde_json::json!([first]));
    let body = shown["hunks"][0]["body"].as_str().expect("a text");
    assert!(body.contains("+static int ember_step6"), "{body}");
    assert!(!body.contains("+static int ember_step0"), "what the graft joins is no change: {body}");
}

#[test]
fn objects_of_an_alternate_are_read() {
    let (place, repository) = upstream();
    repository.git(&["clone", "--quiet", "--shared", ".", "../borrowing"]);
    let borrowing = GitRepository::open(place.path("borrowing"));
    let own = borrowing.commit_file("own.c", c_file("own", 2), "own: add");

    place.index("index", "borrowing");

    assert_eq!(place.status("index")["unindexed_count"], 0);
    assert_finds_itself(&place, &repository, &repository.head());
    assert_finds_itself(&place, &borrowing, &own);
}

#[test]
fn linked_worktree_leads_to_all_history() {
    let (place, repository) = upstream();
    repository.git(&["worktree", "add", "--quiet", "-b", "linked", "../linked"]);
    let linked = GitRepository::open(place.path("linked"));
    linked.set_date(1_100_000_000);
    let commit = linked.commit_file("linked.c", c_file("linked", 2), "linked: add");

    place.index("index", "linked");

    assert_eq!(place.status("index")["commits"], 2);
    assert_finds_itself(&place, &linked, &commit);
}

#[test]
fn bare_repository_gives_the_same_index() {
    let (place, repository) = upstream();
    repository.import_history(10);
    repository.tag("v1.0");
    repository.git(&["clone", "--quiet", "--bare", ".", "../bare.git"]);

    place.index("bare", "bare.git");
    place.index("index", "upstream");

    let count = |index| {
        let status = place.status(index);
        [status["commits"].clone(), status["hunks"].clone()]
    };
    assert_eq!(count("bare"), count("index"));
}

#[test]
fn packed_objects_and_references_are_read() {
    let (place, repository) = upstream();
    repository.import_history(10);
    repository.tag("v1.0");
    place.index("loose", "upstream");
    repository.git(&["repack", "-a", "-d", "--quiet"]);
    repository.git(&["prune-packed", "--quiet"]);
    repository.git(&["pack-refs", "--all"]);

    place.index("packed", "upstream");

    assert_eq!(place.digest("packed"), place.digest("loose"));
}

#[test]
fn repository_without_commits_is_an_empty_history() {
    let place = Workplace::new(PROGRAM);
    place.repository("upstream");

    place.index("index", "upstream");

    assert_eq!(place.status("index")["commits"], 0);
}

#[test]
fn tag_of_a_tree_is_listed_and_passed_over() {
    let (place, repository) = upstream();
    repository.git(&["tag", "v0.99-tree", "HEAD^{tree}"]);

    place.index("index", "upstream");

    let status = place.status("index");
    assert_eq!((&status["commits"], &status["unindexed_count"]), (&1.into(), &1.into()), "{status}");
    assert!(status["unindexed"][0]["commit"].as_str().is_some_and(|name| name.contains("v0.99-tree")));
}
