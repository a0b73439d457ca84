//! The ten things that a kernel developer types first, without having read anything: each gives the answer or the remedy.

use std::fs;
use std::process::Stdio;

use hunktrace_tests::git_repository::GitRepository;
use hunktrace_tests::source_text::{c_file, edit};
use hunktrace_tests::terminal::Screen;
use hunktrace_tests::workplace::{Run, Workplace};

const PROGRAM: &str = env!("CARGO_BIN_EXE_hunktrace_under_test");

const FILE: &str = "drivers/ember.c";
const SUBJECT: &str = "ember: set the fourth";

/// A kernel that nobody has indexed yet, with a release v1.0 and two commits behind it.
struct Kernel {
    place: Workplace,
    repository: GitRepository,
    fix: String,
}

impl Kernel {
    fn new() -> Kernel {
        let place = Workplace::new(PROGRAM);
        let repository = place.repository("linux");
        let base = c_file("ember", 8);
        repository.commit_file(FILE, &base, "drivers: add ember");
        repository.tag("v1.0");
        let first = edit(&base, "\tdev->ember_state4 = level;\n", "\tember_set(dev, level, EMBER_FOUR);\n");
        let second = edit(&first, "\tdev->ember_state1 = level;\n", "\tember_set(dev, level, EMBER_ONE);\n");
        let fix = repository.commit_file(FILE, &first, SUBJECT);
        repository.commit_file(FILE, &second, "ember: set the first");
        Kernel { place, repository, fix }
    }

    /// What a line of bash does in the kernel's folder, where `hunktrace` is the program.
    fn types(&self, line: &str) -> Run {
        Run::of(self.place.shell(&format!("hunktrace() {{ $PROGRAM \"$@\"; }}; cd linux && {line}")))
    }

    /// Checks that a line is answered with the commit that it is about.
    #[track_caller]
    fn answers(&self, line: &str) -> String {
        let shown = self.types(line).succeeded().stdout;
        assert!(shown.contains(&self.fix[..12]) && shown.contains(SUBJECT), "{shown}");
        shown
    }

    /// What is said of a line that cannot be answered.
    #[track_caller]
    fn refuses(&self, line: &str) -> String {
        let run = self.types(line);
        assert!(matches!(run.code, Some(1 | 2)), "{run:?}");
        assert!(!run.stderr.contains("panicked"), "{run:?}");
        run.stderr
    }
}

#[test]
fn commit_is_answered_from_the_repository_around() {
    let kernel = Kernel::new();
    kernel.answers(&format!("hunktrace lookup {}", &kernel.fix[..8]));
}

#[test]
fn range_is_answered_commit_by_commit_with_a_summary() {
    let shown = Kernel::new().answers("hunktrace lookup v1.0..HEAD");
    assert!(shown.ends_with("\n2 patches: 2 with a likely origin\n"), "{shown}");
}

#[test]
fn piped_commit_is_answered() {
    Kernel::new().answers("git show --color=always HEAD~1 | hunktrace lookup");
}

#[test]
fn pasted_snippet_is_answered() {
    let kernel = Kernel::new();
    kernel.place.write("snippet", "        ember_set(dev, level, EMBER_FOUR);\n");
    kernel.answers("hunktrace lookup < ../snippet");
}

#[test]
fn wrong_tag_is_told_with_the_one_that_was_meant() {
    let kernel = Kernel::new();
    for line in ["hunktrace lookup --base 1.0 HEAD~1", "hunktrace lookup 1.0..HEAD", "hunktrace show 1.0"] {
        let said = kernel.refuses(line);
        assert!(said.contains("did you mean 'v1.0"), "{line}: {said}");
    }
}

#[test]
fn compressed_mailbox_is_answered() {
    let kernel = Kernel::new();
    let mailbox = kernel.repository.git(&["format-patch", "--stdout", "v1.0..HEAD"]) + "\n";
    kernel.place.write("linux/series.mbox", mailbox);
    let shown = kernel.answers("gzip series.mbox && hunktrace lookup series.mbox.gz");
    assert!(shown.contains("series.mbox.gz#2"), "{shown}");
}

#[test]
fn url_is_told_to_be_piped_in() {
    let said = Kernel::new().refuses("hunktrace lookup https://lore.kernel.org/all/1@example.org/raw");
    assert!(
        said.contains("curl -sL 'https://lore.kernel.org/all/1@example.org/raw' | hunktrace lookup"),
        "{said}"
    );
}

#[test]
fn folder_of_patches_is_answered() {
    let kernel = Kernel::new();
    kernel.repository.git(&["format-patch", "--quiet", "-o", "../patches", "v1.0..HEAD"]);
    let shown = kernel.answers("hunktrace lookup ../patches");
    assert!(shown.contains("../patches/0001-ember-set-the-fourth.patch"), "{shown}");
}

#[test]
fn nothing_at_all_shows_what_there_is() {
    let kernel = Kernel::new();
    let said = kernel.refuses("hunktrace");
    assert!(said.contains("Usage: hunktrace") && said.contains("lookup "), "{said}");

    let mut command = kernel.place.command(&["lookup"]);
    let terminal = fs::OpenOptions::new().read(true).open("/dev/ptmx").expect("a terminal");
    command.current_dir(kernel.repository.path()).stdin(Stdio::from(terminal));
    let screen = Screen::of(command, 80);
    assert_eq!(screen.code, Some(2), "{}", screen.stderr);
    assert!(
        screen.stderr.contains("nothing to look up; give files, folders, a revision or a range"),
        "{}",
        screen.stderr
    );
}

#[test]
fn typo_is_told_with_what_was_meant() {
    let kernel = Kernel::new();
    kernel.place.write("linux/fix.patch", kernel.repository.format_patch(&kernel.fix));
    for (line, meant) in [
        ("hunktrace lokup HEAD", "lookup"),
        ("hunktrace lookup --expain HEAD", "--explain"),
        ("hunktrace lookup --format jsn HEAD", "jsonl"),
        ("hunktrace lookup fix.ptach", "did you mean 'fix.patch'?"),
        ("hunktrace lookup HAED", "did you mean 'HEAD'?"),
        ("hunktrace show mastre", "did you mean 'master'?"),
    ] {
        let said = kernel.refuses(line);
        assert!(said.contains(meant), "{line}: {said}");
    }
}
