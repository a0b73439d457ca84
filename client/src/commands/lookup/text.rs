//! The answers of `lookup` for people.

mod hunk_groups;
mod later_commits;

use std::collections::BTreeSet;

use hunktrace_proto::v1::{Candidate, InBase, Patch};

use crate::cli::Explanation;
use crate::commands::lookup::confidence_text::{LIKELY, confidence_style, percent};
use crate::commands::lookup::explain::difference_text;
use crate::commands::lookup::second_look::{claim_text, seen_text};
use crate::terminal::color::{FAINT, POSSIBLE, TITLE};
use crate::terminal::commit_link::CommitLinks;
use crate::terminal::screen_text::{add_line, columns_of, counted, cut, indented, printable, short_id};
use hunktrace_release::lookup_record::match_kind_name;

/// Below, a candidate is only shown on request.
const WORTH_SHOWING: f64 = 0.01;

/// A terminal of fewer columns shows neither the kind of match nor blanks behind the release, so that subjects can be read.
const COLUMNS_FOR_ALL: usize = 80;

/// The columns in front of what is told of a candidate.
const INDENT: usize = 9;

/// How the text is to look.
#[derive(Clone, Debug)]
pub struct TextLayout {
    /// Columns of the terminal; `None` if nothing is to be cut.
    pub columns: Option<usize>,
    /// Whether all candidates are shown, however unlikely they are.
    pub shows_unlikely: bool,
    /// The confidence below which candidates have been left out, on request.
    pub least: Option<f64>,
    /// Whether each hunk is shown beside its best candidate, and how that is explained.
    pub explanation: Option<Explanation>,
    /// How commit ids are shown.
    pub links: CommitLinks,
}

/// The answer for a patch that the user knows as `name`.
pub fn patch_text(name: &str, patch: &Patch, layout: &TextLayout) -> String {
    let mut text = Text { out: String::new(), layout, told: BTreeSet::new() };
    text.add_heading(name, patch);
    let best = patch.candidates.first();
    let origins = likely_origins(patch);
    let is_doubted = patch.candidates.iter().all(|candidate| candidate.confidence < LIKELY);
    if is_doubted && patch.hunks.len() > 1 && !origins.is_empty() {
        text.add_scattered(patch, &origins);
        text.add_claims(patch);
        return text.out;
    }
    match best {
        _ if patch.in_base.is_some() || patch.reverts.is_some() => {
            text.add_seen(patch.in_base.as_deref(), patch.reverts.as_deref())
        }
        None if layout.least.is_some() => {
            let least = percent(layout.least.unwrap_or_default());
            text.add(format_args!("  no origin found with a confidence of {least} or more"));
        }
        None if patch.hunks.iter().all(|hunk| hunk.candidates.is_empty()) => {
            text.add(format_args!("  no origin found: nothing in the index resembles it"));
        }
        None => text.add(format_args!("  no origin found for the patch as a whole")),
        Some(_) if is_doubted => {
            text.add(format_args!("  no likely origin found; the most similar commits:"));
        }
        Some(_) => {}
    }
    if (patch.in_base.is_none() && patch.reverts.is_none()) || layout.shows_unlikely {
        text.add_candidates(patch);
    }
    text.add_claims(patch);
    text.add_hunks(patch, &origins);
    text.out
}

/// The likely origins of the hunks, each as the candidate of the hunk for which it is surest; the surest first.
pub fn likely_origins(patch: &Patch) -> Vec<&Candidate> {
    let mut likely: Vec<&Candidate> = patch
        .hunks
        .iter()
        .filter_map(|hunk| hunk.candidates.first())
        .filter(|candidate| candidate.confidence >= LIKELY)
        .collect();
    likely.sort_by(|a, b| b.confidence.total_cmp(&a.confidence));
    let mut known = BTreeSet::new();
    likely.retain(|candidate| known.insert(candidate.commit.as_str()));
    likely
}

struct Text<'a> {
    out: String,
    layout: &'a TextLayout,
    /// The commits whose messages are in the text already.
    told: BTreeSet<String>,
}

impl Text<'_> {
    fn add(&mut self, line: std::fmt::Arguments<'_>) {
        add_line(&mut self.out, line);
    }

    fn add_heading(&mut self, name: &str, patch: &Patch) {
        let files: BTreeSet<&str> = patch.hunks.iter().map(|hunk| hunk.file.as_str()).collect();
        let (hunks, files) = (counted(patch.hunks.len() as u64, "hunk"), counted(files.len() as u64, "file"));
        let name = printable(name);
        self.add(format_args!("{TITLE}{name}{TITLE:#}: {hunks} in {files}"));
        let commit = short_id(&patch.commit);
        let begin = if commit.is_empty() { "  asked:".to_owned() } else { format!("  asked: {commit}") };
        let subject = self.fit(&printable(&patch.subject), columns_of(&begin) + 1);
        if !patch.commit.is_empty() || !patch.subject.is_empty() {
            let line = format!("{begin} {subject}");
            self.add(format_args!("{FAINT}{}{FAINT:#}", line.trim_end()));
        }
    }

    /// What is to be said where no commit is likely for the patch, and some are for its hunks.
    fn add_scattered(&mut self, patch: &Patch, origins: &[&Candidate]) {
        self.add(format_args!("  no likely origin of the patch as a whole, but of some hunks:"));
        origins.iter().for_each(|origin| self.add_commit(origin));
        if self.layout.shows_unlikely || self.layout.explanation.is_some() {
            self.add(format_args!("  the commits most similar to the whole:"));
            self.add_candidates(patch);
        }
        self.add(format_args!("  {FAINT}hunk by hunk:{FAINT:#}"));
        self.add_hunk_groups(&patch.hunks);
    }

    /// The patch's candidates that are to be shown; the first one always.
    fn add_candidates(&mut self, patch: &Patch) {
        for (place, candidate) in patch.candidates.iter().enumerate() {
            if place == 0 || self.layout.shows_unlikely || candidate.confidence >= WORTH_SHOWING {
                self.add_candidate(candidate);
            }
        }
    }

    /// The candidate's line in the table, and below it what else is known of it, and what speaks for it.
    fn add_candidate(&mut self, candidate: &Candidate) {
        self.add_commit(candidate);
        if let Some(how) = self.layout.explanation {
            self.out += &difference_text(candidate, how, self.layout.columns);
        }
    }

    fn add_commit(&mut self, candidate: &Candidate) {
        let (style, percent) = (confidence_style(candidate.confidence), percent(candidate.confidence));
        let commit = self.layout.links.short(&candidate.commit);
        let release = match candidate.first_release.as_str() {
            "" => "unreleased",
            tag => tag,
        };
        let details = if self.layout.columns.is_some_and(|columns| columns < COLUMNS_FOR_ALL) {
            release.to_owned()
        } else {
            format!("{release:<11}  {:<10}", match_kind_name(candidate))
        };
        let before_subject = 2 + 5 + 2 + 12 + 2 + columns_of(&details) + 2;
        let subject = self.fit(&printable(&candidate.subject), before_subject);
        self.add(format_args!("  {style}{percent:>5}{style:#}  {commit}  {details}  {subject}"));
        self.add_unindexed(candidate);
        self.add_relatives(candidate);
        self.add_message(candidate);
    }

    /// That the commit is not indexed, or names an origin that is not.
    fn add_unindexed(&mut self, candidate: &Candidate) {
        let origin = short_id(&candidate.unindexed_origin);
        match (origin.is_empty(), candidate.read_from.is_empty()) {
            (true, _) => {}
            (_, false) => {
                self.add(format_args!("         {POSSIBLE}not indexed; named by its carriers{POSSIBLE:#}"))
            }
            (_, true) => {
                self.add(format_args!("         {FAINT}carries {origin}, which is not indexed{FAINT:#}"));
            }
        }
    }

    /// What the base has already, or what the patch undoes.
    fn add_seen(&mut self, in_base: Option<&InBase>, reverts: Option<&Candidate>) {
        if let Some(line) = seen_text(in_base, reverts, &self.layout.links) {
            self.add(format_args!("  {line}"));
        }
    }

    /// What the patch says of its origin, where that is worth knowing.
    fn add_claims(&mut self, patch: &Patch) {
        for claim in &patch.claimed {
            if let Some(line) = claim_text(claim, &self.layout.links) {
                self.add(format_args!("  {line}"));
            }
        }
    }

    /// A commit's message, where it was asked for and the commit is named for the first time.
    fn add_message(&mut self, candidate: &Candidate) {
        if let Some(message) = &candidate.message
            && self.told.insert(candidate.commit.clone())
        {
            self.out += &indented(&message.text, INDENT);
        }
    }

    /// Cuts a text that begins in this column to what the terminal has room for.
    fn fit(&self, text: &str, column: usize) -> String {
        /// Less says nothing; the line may wrap then.
        const FEWEST: usize = 12;
        match self.layout.columns {
            Some(columns) => cut(text, columns.saturating_sub(column).max(FEWEST)),
            None => text.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use anstream::adapter::strip_str;
    use hunktrace_proto::v1::{CommitMessage, HunkAnswer, MatchKind, RelatedCommit};

    const PLAIN: TextLayout = TextLayout {
        columns: None,
        shows_unlikely: false,
        least: None,
        explanation: None,
        links: CommitLinks::NONE,
    };

    fn candidate(digit: &str, confidence: f64) -> Candidate {
        Candidate {
            commit: digit.repeat(40),
            confidence,
            r#match: MatchKind::Exact.into(),
            subject: format!(
                "net: ember: subject of {digit}, which is longer than a line of a terminal has room for"
            ),
            first_release: "v1.1-rc1".into(),
            ..Candidate::default()
        }
    }

    fn hunk(file: &str, candidates: Vec<Candidate>) -> HunkAnswer {
        HunkAnswer {
            file: file.into(),
            old_start: 9,
            new_start: 12,
            new_lines: 3,
            candidates,
            ..HunkAnswer::default()
        }
    }

    fn text(patch: &Patch, layout: &TextLayout) -> String {
        strip_str(&patch_text("fix.patch", patch, layout)).to_string()
    }

    #[test]
    fn hunks_of_several_commits_stand_below_theirs() {
        let best = Candidate {
            carriers: vec!["c".repeat(40), "d".repeat(40)],
            reverted_by: vec!["e".repeat(40)],
            ..candidate("a", 0.974)
        };
        let other = Candidate { first_release: String::new(), ..candidate("b", 0.02) };
        let patch = Patch {
            name: String::new(),
            hunks: vec![
                hunk("net/a.c", vec![candidate("a", 0.999)]),
                hunk("net/b.c", vec![candidate("b", 0.61)]),
                hunk("net/c.c", vec![]),
                hunk("net/d.c", vec![candidate("a", 0.7)]),
            ],
            candidates: vec![best, other, candidate("f", 0.001)],
            ..Patch::default()
        };
        let long = "which is longer than a line of a terminal has room for";
        let expected = format!(
            "fix.patch: 4 hunks in 4 files
   97 %  aaaaaaaaaaaa  v1.1-rc1     exact       net: ember: subject of a, {long}
         reverted by eeeeeeeeeeee
         carried by 2 commits: cccccccccccc, dddddddddddd
    2 %  bbbbbbbbbbbb  unreleased   exact       net: ember: subject of b, {long}
  the hunks come from 2 commits:
    aaaaaaaaaaaa  net: ember: subject of a, {long}
      >99 %  exact       net/a.c:12
       70 %  exact       net/d.c:12
    bbbbbbbbbbbb  net: ember: subject of b, {long}
       61 %  exact       net/b.c:12
    no origin found
                         net/c.c:12
"
        );
        assert_eq!(text(&patch, &PLAIN), expected);
    }

    #[test]
    fn patch_says_which_commit_it_is() {
        let patch = Patch { subject: "net: mend".into(), commit: "1234567".into(), ..Patch::default() };
        assert!(text(&patch, &PLAIN).contains("\n  asked: 1234567 net: mend\n"));
        let patch = Patch { subject: "net: mend".into(), ..Patch::default() };
        assert!(text(&patch, &PLAIN).contains("\n  asked: net: mend\n"));
        assert!(!text(&Patch::default(), &PLAIN).contains("asked"));
    }

    #[test]
    fn unlikely_candidates_are_shown_on_request() {
        let patch =
            Patch { candidates: vec![candidate("a", 0.9), candidate("b", 0.001)], ..Patch::default() };
        assert!(!text(&patch, &PLAIN).contains("bbbb"));
        assert!(text(&patch, &TextLayout { shows_unlikely: true, ..PLAIN }).contains("   <1 %  bbbb"));
    }

    #[test]
    fn nothing_found_is_said_plainly() {
        let patch = Patch { hunks: vec![hunk("x", vec![])], ..Patch::default() };
        assert!(text(&patch, &PLAIN).contains("no origin found: nothing in the index resembles it"));
        let patch = Patch { candidates: vec![candidate("a", 0.2)], ..Patch::default() };
        assert!(text(&patch, &PLAIN).contains("no likely origin found; the most similar commits:"));
        let patch = Patch { candidates: vec![candidate("a", 0.3), candidate("b", 0.95)], ..Patch::default() };
        assert!(!text(&patch, &PLAIN).contains("no likely origin"), "the second one is likely");
    }

    #[test]
    fn origins_of_hunks_are_told_where_no_commit_explains_the_patch() {
        let carried = Candidate { carriers: vec!["c".repeat(40)], ..candidate("a", 0.8) };
        let patch = Patch {
            hunks: vec![
                hunk("net/a.c", vec![carried]),
                hunk("net/b.c", vec![candidate("b", 0.92), candidate("a", 0.6)]),
                hunk("net/c.c", vec![candidate("d", 0.1)]),
                hunk("net/d.c", vec![candidate("a", 0.7)]),
            ],
            candidates: vec![candidate("a", 0.3)],
            ..Patch::default()
        };
        let long = "which is longer than a line of a terminal has room for";
        let expected = format!(
            "fix.patch: 4 hunks in 4 files
  no likely origin of the patch as a whole, but of some hunks:
   92 %  bbbbbbbbbbbb  v1.1-rc1     exact       net: ember: subject of b, {long}
   80 %  aaaaaaaaaaaa  v1.1-rc1     exact       net: ember: subject of a, {long}
         carried by 1 commit: cccccccccccc
  hunk by hunk:
    aaaaaaaaaaaa  net: ember: subject of a, {long}
       80 %  exact       net/a.c:12
       70 %  exact       net/d.c:12
    bbbbbbbbbbbb  net: ember: subject of b, {long}
       92 %  exact       net/b.c:12
    dddddddddddd  net: ember: subject of d, {long}
       10 %  exact       net/c.c:12
"
        );
        assert_eq!(text(&patch, &PLAIN), expected);
        let all = text(&patch, &TextLayout { shows_unlikely: true, ..PLAIN });
        assert!(all.contains("most similar to the whole:\n   30 %  aaaaaaaaaaaa"), "{all}");
    }

    #[test]
    fn message_stands_below_its_commit_once() {
        let told = |digit: &str| {
            let message = CommitMessage { text: format!("{digit}\n\nWhy.\n"), ..CommitMessage::default() };
            Candidate { subject: digit.into(), message: Some(message), ..candidate(digit, 0.9) }
        };
        let hunks =
            vec![hunk("a.c", vec![told("a")]), hunk("b.c", vec![told("b")]), hunk("c.c", vec![told("b")])];
        let patch = Patch { hunks, candidates: vec![told("a")], ..Patch::default() };
        let expected = "fix.patch: 3 hunks in 3 files
   90 %  aaaaaaaaaaaa  v1.1-rc1     exact       a
         a

         Why.
  the hunks come from 2 commits:
    aaaaaaaaaaaa  a
       90 %  exact       a.c:12
    bbbbbbbbbbbb  b
         b

         Why.
       90 %  exact       b.c:12
       90 %  exact       c.c:12
";
        assert_eq!(text(&patch, &PLAIN), expected);
    }

    #[test]
    fn what_the_base_has_and_what_is_undone_stand_in_place_of_candidates() {
        let held = |digit: &str| InBase {
            candidate: Some(Candidate { subject: "s".into(), ..candidate("a", 0.999) }),
            held_as: digit.repeat(40),
            base: "v2.1".into(),
        };
        let told = |patch: Patch| text(&Patch { candidates: vec![candidate("c", 0.1)], ..patch }, &PLAIN);
        let patch = |held_as: &str| Patch { in_base: Some(Box::new(held(held_as))), ..Patch::default() };
        assert_eq!(
            told(patch("b")),
            "fix.patch: 0 hunks in 0 files\n  already in v2.1: >99 %  aaaaaaaaaaaa (as bbbbbbbbbbbb)  s\n"
        );
        assert_eq!(
            told(patch("a")),
            "fix.patch: 0 hunks in 0 files\n  already in v2.1: >99 %  aaaaaaaaaaaa  s\n"
        );
        let undone = Candidate { subject: "s".into(), ..candidate("a", 0.97) };
        let undoing = HunkAnswer { reverts: Some(Box::new(undone.clone())), ..hunk("a.c", vec![]) };
        let patch = Patch { reverts: Some(Box::new(undone)), hunks: vec![undoing], ..Patch::default() };
        let line = "  reverts aaaaaaaaaaaa: 97 %  s\n";
        assert_eq!(told(patch.clone()), format!("fix.patch: 1 hunk in 1 file\n{line}"));
        let hunks = [patch.hunks.clone(), vec![hunk("b.c", vec![])]].concat();
        assert_eq!(
            told(Patch { hunks, ..patch }),
            format!(
                "fix.patch: 2 hunks in 2 files\n{line}  hunk by hunk:\n  {line}       97 %  exact       a.c:12\n    \
                 no origin found\n                         b.c:12\n"
            )
        );
    }

    #[test]
    fn origin_that_is_not_indexed_is_marked() {
        let (unindexed_origin, read_from) = ("a".repeat(40), "b".repeat(40));
        let best = Candidate { unindexed_origin, read_from, ..candidate("a", 0.9) };
        let shown = text(&Patch { candidates: vec![best], ..Patch::default() }, &PLAIN);
        assert!(shown.contains("\n         not indexed; named by its carriers\n"), "{shown}");
        let copy = Candidate { unindexed_origin: "c".repeat(40), ..candidate("a", 0.9) };
        let shown = text(&Patch { candidates: vec![copy], ..Patch::default() }, &PLAIN);
        assert!(shown.contains("\n         carries cccccccccccc, which is not indexed\n"), "{shown}");
    }

    #[test]
    fn patch_whose_hunks_agree_takes_one_line() {
        let hunks = vec![hunk("a.c", vec![candidate("a", 0.99)]), hunk("b.c", vec![candidate("a", 0.6)])];
        let candidates = vec![candidate("a", 0.93), candidate("b", 0.001)];
        let patch = Patch { hunks, candidates, ..Patch::default() };
        assert_eq!(text(&patch, &PLAIN).lines().count(), 2);
        let at_60 = text(&patch, &TextLayout { columns: Some(60), ..PLAIN });
        assert_eq!(
            at_60,
            "fix.patch: 2 hunks in 2 files\n   93 %  aaaaaaaaaaaa  v1.1-rc1  net: ember: subject of a, …\n"
        );
        // What a hunk alone does not make likely is shown.
        let doubted = [patch.hunks.clone(), vec![hunk("c.c", vec![candidate("a", 0.2)])]].concat();
        let shown = text(&Patch { hunks: doubted, ..patch.clone() }, &PLAIN);
        assert!(shown.contains("\n       20 %  exact       c.c:12\n"), "{shown}");
        let explained = text(&patch, &TextLayout { explanation: Some(Explanation::Words), ..PLAIN });
        assert!(explained.contains("\n       60 %  exact       b.c:12\n"), "{explained}");
    }

    #[test]
    fn hunks_name_their_commit_where_other_candidates_follow_the_best() {
        let hunks = vec![hunk("a.c", vec![candidate("a", 0.9)]), hunk("b.c", vec![candidate("b", 0.9)])];
        let patch =
            Patch { hunks, candidates: vec![candidate("a", 0.9), candidate("b", 0.8)], ..Patch::default() };
        let shown = text(&patch, &PLAIN);
        assert!(!shown.contains("the same"), "{shown}");
        assert!(shown.contains("\n    aaaaaaaaaaaa  net: ember"), "{shown}");
    }

    #[test]
    fn candidates_that_were_left_out_are_not_said_to_be_missing() {
        let patch = Patch { hunks: vec![hunk("x", vec![])], ..Patch::default() };
        let shown = text(&patch, &TextLayout { least: Some(0.9), ..PLAIN });
        assert_eq!(
            shown,
            "fix.patch: 1 hunk in 1 file\n  no origin found with a confidence of 90 % or more\n"
        );
    }

    #[test]
    fn subjects_are_cut_on_a_terminal_only() {
        let patch = Patch { candidates: vec![candidate("a", 0.9)], ..Patch::default() };
        let cut = text(&patch, &TextLayout { columns: Some(80), ..PLAIN });
        assert!(cut.lines().all(|line| columns_of(line) <= 80), "{cut}");
        assert!(cut.contains('…'));
        assert!(!text(&patch, &PLAIN).contains('…'));
    }

    #[test]
    fn long_lists_of_carriers_name_the_way_to_all_of_them() {
        let best = Candidate { carriers: vec!["c".repeat(40); 9], ..candidate("a", 0.9) };
        let text = text(&Patch { candidates: vec![best], ..Patch::default() }, &PLAIN);
        assert!(text.contains("carried by 9 commits: "), "{text}");
        assert!(text.contains("… (all: hunktrace show aaaaaaaaaaaa)"), "{text}");
    }

    #[test]
    fn later_commits_and_the_releases_of_carriers_are_told() {
        let related = |digit: &str, subject: &str, reverted_by: &str| RelatedCommit {
            commit: digit.repeat(40),
            subject: subject.into(),
            first_release: "v1.2".into(),
            reverted_by: Some(reverted_by.repeat(40)).filter(|id| !id.is_empty()).into_iter().collect(),
        };
        let best = Candidate {
            subject: "s".into(),
            reverted_by: vec!["b".repeat(40), "c".repeat(40)],
            fixed_by: vec!["d".repeat(40)],
            carriers: vec!["e".repeat(40), "f".repeat(40)],
            carrier_releases: vec!["v1.0.1".into(), String::new()],
            related: vec![
                related("b", "Revert \"s\"", ""),
                related("c", "Revert \"s\" again", "9"),
                related("d", "mend s", ""),
                related("f", "s", "8"),
            ],
            ..candidate("a", 0.9)
        };
        let patch = Patch { candidates: vec![best], ..Patch::default() };
        let told = |columns| {
            let shown = text(&patch, &TextLayout { columns, ..PLAIN });
            shown.lines().skip(2).map(|line| line.to_owned() + "\n").collect::<String>()
        };
        assert_eq!(
            told(None),
            "         reverted by bbbbbbbbbbbb in v1.2: Revert \"s\"
         reverted by cccccccccccc in v1.2, and restored by 999999999999: Revert \"s\" again
         later fix dddddddddddd in v1.2: mend s
         carried by 2 commits: eeeeeeeeeeee v1.0.1, ffffffffffff (reverted by 888888888888)
"
        );
        let at_60 = told(Some(60));
        assert!(at_60.ends_with(
            "         carried by 2 commits: eeeeeeeeeeee v1.0.1,\n           ffffffffffff (reverted by 888888888888)\n"
        ), "{at_60}");
    }

    #[test]
    fn of_what_is_not_likely_no_more_is_told_than_its_line() {
        let ids = vec!["d".repeat(40)];
        let best = Candidate { fixed_by: ids.clone(), carriers: ids, ..candidate("a", 0.4) };
        let patch = Patch { candidates: vec![best], ..Patch::default() };
        let shown = text(&patch, &PLAIN);
        assert!(!shown.contains("dddd"), "{shown}");
        assert!(text(&patch, &TextLayout { shows_unlikely: true, ..PLAIN }).contains("later fix dddd"));
    }

    #[test]
    fn carriers_are_not_listed_again_as_equal() {
        let ids = vec!["c".repeat(40)];
        let best = Candidate { carriers: ids.clone(), equivalents: ids, ..candidate("a", 0.9) };
        let text = text(&Patch { candidates: vec![best], ..Patch::default() }, &PLAIN);
        assert!(text.contains("carried by 1 commit") && !text.contains("same change"), "{text}");
    }
}
