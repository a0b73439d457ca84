//! What only a terminal gets: links, a pager, and colours.

use hunktrace_tests::git_repository::GitRepository;
use hunktrace_tests::source_text::{c_file, edit};
use hunktrace_tests::terminal::Screen;
use hunktrace_tests::workplace::{Run, Workplace};

const PROGRAM: &str = env!("CARGO_BIN_EXE_hunktrace_under_test");

const FILE: &str = "drivers/ember.c";

/// An indexed repository with more commits than a screen has rows, and the patch of the last one.
struct Upstream {
    place: Workplace,
    repository: GitRepository,
}

impl Upstream {
    fn new() -> Upstream {
        let place = Workplace::new(PROGRAM);
        let repository = place.repository("upstream");
        let base = c_file("ember", 8);
        repository.commit_file(FILE, &base, "drivers: add ember");
        repository.tag("v1.0");
        let fixed = edit(&base, "\tdev->ember_state4 = level;\n", "\tember_set(dev, level, EMBER_FOUR);\n");
        repository.commit_file(FILE, &fixed, "ember: set the fourth");
        repository.import_history(30);
        place.index("index", "upstream");
        place.write("fix.patch", repository.format_patch("master~30"));
        place.write("series.mbox", repository.git(&["format-patch", "--stdout", "v1.0..master"]) + "\n");
        Upstream { place, repository }
    }

    /// What a run shows with these variables set.
    fn shows(&self, args: &[&str], variables: &[(&str, &str)]) -> Screen {
        let mut command = self.place.command(args);
        command.envs(variables.iter().copied());
        let screen = Screen::of(command, 100);
        assert_eq!(screen.code, Some(0), "{}", screen.stderr);
        screen
    }
}

const LOOKUP: [&str; 4] = ["lookup", "--index", "index", "fix.patch"];
const SERIES: [&str; 4] = ["lookup", "--index", "index", "series.mbox"];

/// A pager that shows what it gets.
const MARKING_PAGER: (&str, &str) = ("HUNKTRACE_PAGER", "sed 's/^/paged: /'");

const LINKS: (&str, &str) = ("FORCE_HYPERLINK", "1");

#[test]
fn ids_are_links_where_the_terminal_has_links() {
    let upstream = Upstream::new();
    let id = upstream.repository.rev_parse("master~30");
    let target = |screen: &Screen| {
        screen.shown.contains(&format!("\u{1b}]8;;https://git.kernel.org/stable/c/{id}\u{1b}\\"))
    };
    assert!(target(&upstream.shows(&LOOKUP, &[LINKS])));
    assert!(target(&upstream.shows(&["show", "--index", "index", &id], &[LINKS])));
    assert!(!upstream.shows(&LOOKUP, &[]).shown.contains("\u{1b}]8"), "this terminal has none");
    let piped = upstream
        .place
        .shell("FORCE_HYPERLINK=1 $PROGRAM --color always lookup --index index fix.patch")
        .output();
    assert!(
        !String::from_utf8_lossy(&piped.expect("a run").stdout).contains("\u{1b}]8"),
        "nobody can click there"
    );
}

#[test]
fn links_lead_where_the_template_says() {
    let upstream = Upstream::new();
    let id = upstream.repository.rev_parse("master~30");
    let own = "https://git.example.org/{commit}/view";
    let expected = format!("\u{1b}]8;;https://git.example.org/{id}/view\u{1b}\\");
    let by_flag = upstream.shows(&[&LOOKUP[..], &["--link-template", own]].concat(), &[LINKS]);
    assert!(by_flag.shown.contains(&expected), "{:?}", by_flag.shown);
    let by_variable = upstream.shows(&LOOKUP, &[LINKS, ("HUNKTRACE_LINK_TEMPLATE", own)]);
    assert!(by_variable.shown.contains(&expected), "{:?}", by_variable.shown);
    let off = upstream.shows(&[&LOOKUP[..], &["--link-template", ""]].concat(), &[LINKS]);
    assert!(!off.shown.contains("\u{1b}]8"), "{:?}", off.shown);
    let said = upstream.place.run(&[&LOOKUP[..], &["--link-template", "https://x"]].concat()).failed(2);
    assert!(said.contains("write {commit} where the id goes"), "{said}");
}

#[test]
fn output_longer_than_the_screen_goes_through_the_pager() {
    let upstream = Upstream::new();
    let screen = upstream.shows(&SERIES, &[MARKING_PAGER]);
    let plain = screen.plain();
    assert!(plain.starts_with("paged: series.mbox#1: "), "{plain}");
    assert!(plain.lines().all(|line| line.starts_with("paged: ")), "{plain}");
    assert!(plain.ends_with("paged: 31 patches: 31 with a likely origin\n"), "{plain}");
    assert!(screen.shown.contains('\u{1b}'), "a pager gets colours");
}

#[test]
fn output_that_fits_the_screen_is_shown_at_once() {
    let upstream = Upstream::new();
    let plain = upstream.shows(&LOOKUP, &[MARKING_PAGER]).plain();
    assert!(plain.starts_with("fix.patch: "), "{plain}");
}

#[test]
fn no_pager_is_started_where_none_is_wanted() {
    let upstream = Upstream::new();
    let by_flag = upstream.shows(&[&["--no-pager"], &SERIES[..]].concat(), &[MARKING_PAGER]).plain();
    assert!(!by_flag.contains("paged"), "{by_flag}");
    let absent = upstream.shows(&SERIES, &[("HUNKTRACE_PAGER", "no-such-pager")]).plain();
    assert!(absent.starts_with("series.mbox#1: "), "{absent}");
    let mut command = upstream.place.command(&SERIES);
    command.env(MARKING_PAGER.0, MARKING_PAGER.1);
    let piped = Run::of(command).succeeded().stdout;
    assert!(piped.starts_with("series.mbox#1: "), "{piped}");
}

#[test]
fn pager_that_is_left_early_ends_the_program_quietly() {
    let upstream = Upstream::new();
    let screen = upstream.shows(&SERIES, &[("HUNKTRACE_PAGER", "head -n 2")]);
    assert_eq!(screen.plain().lines().count(), 2, "{}", screen.plain());
    assert_eq!(screen.stderr, "");
}

#[test]
fn messages_wait_until_the_pager_has_ended() {
    let upstream = Upstream::new();
    let args = [&["lookup", "--index", "index", "no-such.patch"], &SERIES[3..]].concat();
    let mut command = upstream.place.shell(&format!("$PROGRAM {} 2>&1", args.join(" ")));
    command.env(MARKING_PAGER.0, MARKING_PAGER.1);
    let screen = Screen::of(command, 100);
    let plain = screen.plain();
    let last = plain.lines().last().unwrap_or_default();
    assert!(last.starts_with("hunktrace: no-such.patch: there is no such file"), "{plain}");
}

#[test]
fn log_has_no_colours_where_it_is_piped() {
    let upstream = Upstream::new();
    let said = upstream.place.run(&[&["-v"], &LOOKUP[..]].concat()).succeeded().stderr;
    assert!(!said.contains('\u{1b}'), "{said:?}");
    assert!(said.contains("index"), "it says what is done: {said}");
}
