//! What is told of a candidate below its line: who has undone it, who has mended it, and who carries it.

use anstyle::Style;
use hunktrace_proto::v1::{Candidate, RelatedCommit};

use super::{INDENT, Text};
use crate::commands::lookup::confidence_text::LIKELY;
use crate::terminal::color::{FAINT, WARNING};
use crate::terminal::screen_text::{columns_of, columns_of_styled, counted, printable, short_id};
use hunktrace_release::lookup_record::purpose_words;

/// How many commits of a kind are named before the rest is counted.
const COMMITS_SHOWN: usize = 4;

impl Text<'_> {
    /// Everything that is known of a candidate beside its own line, where it is likely or nothing is to be left out.
    pub(super) fn add_relatives(&mut self, candidate: &Candidate) {
        if candidate.confidence < LIKELY && !self.layout.shows_unlikely {
            return;
        }
        self.add_purpose(candidate);
        self.add_cves(candidate);
        self.add_reverts(candidate);
        self.add_fixes(candidate);
        self.add_carriers(candidate);
        // A carrier that was not adapted makes the same change, which says nothing new.
        let is_new = |id: &&String| !candidate.carriers.contains(id);
        let equal = candidate.equivalents.iter().filter(is_new).map(|id| self.layout.links.short(id));
        self.add_list("same change in", equal.collect(), &candidate.commit);
        let undone = candidate.reverts.iter().map(|id| self.layout.links.short(id)).collect();
        self.add_list("is a revert of", undone, &candidate.commit);
    }

    /// What the commit belongs to and is for.
    fn add_purpose(&mut self, candidate: &Candidate) {
        if let Some(words) = purpose_words(&candidate.subsystem, candidate.purpose.as_deref()) {
            let words = self.fit(&printable(&words), INDENT);
            self.add(format_args!("{:INDENT$}{FAINT}{words}{FAINT:#}", ""));
        }
    }

    /// The known vulnerabilities that it mends.
    fn add_cves(&mut self, candidate: &Candidate) {
        if !candidate.cves.is_empty() {
            let cves = printable(&candidate.cves.join(", "));
            self.add(format_args!("{:INDENT$}mends {cves}", ""));
        }
    }

    /// Who has undone the commit: whoever takes it has to know.
    fn add_reverts(&mut self, candidate: &Candidate) {
        for id in candidate.reverted_by.iter().take(COMMITS_SHOWN) {
            match undone_by(related(candidate, id)) {
                None => self.add_later(WARNING, "reverted by", candidate, id, ""),
                Some(again) => {
                    let note = format!(", and restored by {}", short_id(again));
                    self.add_later(FAINT, "reverted by", candidate, id, &note);
                }
            }
        }
        self.add_rest(candidate.reverted_by.len(), "revert", candidate);
    }

    /// Who has mended its faults.
    fn add_fixes(&mut self, candidate: &Candidate) {
        for id in candidate.fixed_by.iter().take(COMMITS_SHOWN) {
            let note = match undone_by(related(candidate, id)) {
                Some(revert) => format!(" (reverted by {})", short_id(revert)),
                None => String::new(),
            };
            self.add_later(Style::new(), "later fix", candidate, id, &note);
        }
        self.add_rest(candidate.fixed_by.len(), "later commit", candidate);
    }

    /// A line for a later commit that the answer names: what it does, its id, release and subject.
    fn add_later(&mut self, style: Style, what: &str, candidate: &Candidate, id: &str, note: &str) {
        let later = related(candidate, id);
        let release = match later.map(|later| later.first_release.as_str()) {
            None | Some("") => String::new(),
            Some(release) => format!(" in {}", printable(release)),
        };
        let after = release + note;
        let subject = match later.map(|later| later.subject.as_str()) {
            None | Some("") => String::new(),
            Some(subject) => {
                let column = INDENT + columns_of(what) + 1 + short_id(id).len() + columns_of(&after) + 2;
                format!(": {}", self.fit(&printable(subject), column))
            }
        };
        let id = self.layout.links.short(id);
        self.add(format_args!("{:INDENT$}{style}{what}{style:#} {id}{style}{after}{subject}{style:#}", ""));
    }

    /// How many later commits are not named.
    fn add_rest(&mut self, all: usize, noun: &str, candidate: &Candidate) {
        let rest = all.saturating_sub(COMMITS_SHOWN);
        if rest > 0 {
            let (rest, commit) = (counted(rest as u64, noun), short_id(&candidate.commit));
            self.add(format_args!(
                "{:INDENT$}{FAINT}and {rest} more (all: hunktrace show {commit}){FAINT:#}",
                ""
            ));
        }
    }

    /// Who carries the commit, and since which release.
    fn add_carriers(&mut self, candidate: &Candidate) {
        let releases = candidate.carrier_releases.iter().map(String::as_str).chain(std::iter::repeat(""));
        let carrier = |(id, release): (&String, &str)| {
            let mut item = self.layout.links.short(id);
            if !release.is_empty() {
                item += &format!(" {}", printable(release));
            }
            if let Some(revert) = undone_by(related(candidate, id)) {
                item += &format!(" {WARNING}(reverted by {}){WARNING:#}", short_id(revert));
            }
            item
        };
        let carriers = candidate.carriers.iter().zip(releases).map(carrier).collect();
        self.add_list("carried by", carriers, &candidate.commit);
    }

    /// A list of commits, on as many lines as it takes.
    fn add_list(&mut self, what: &str, items: Vec<String>, commit: &str) {
        if items.is_empty() {
            return;
        }
        let room = self.layout.columns.map_or(usize::MAX, |columns| columns.saturating_sub(INDENT));
        let count = counted(items.len() as u64, "commit");
        let mut line = format!("{FAINT}{what} {count}:{FAINT:#}");
        let is_cut = items.len() > COMMITS_SHOWN;
        let last = items.len().min(COMMITS_SHOWN) - 1;
        let rest = format!("{FAINT}… (all: hunktrace show {}){FAINT:#}", short_id(commit));
        let shown = items.into_iter().take(last + 1).enumerate();
        let shown = shown.map(|(place, item)| if place < last { item + "," } else { item });
        for item in shown.chain(is_cut.then_some(rest)) {
            if columns_of_styled(&line) + 1 + columns_of_styled(&item) > room {
                self.add(format_args!("{:INDENT$}{line}", ""));
                line = format!("  {item}");
            } else {
                line += &format!(" {item}");
            }
        }
        self.add(format_args!("{:INDENT$}{line}", ""));
    }
}

/// What else the answer says of a commit that it names.
fn related<'a>(candidate: &'a Candidate, id: &str) -> Option<&'a RelatedCommit> {
    candidate.related.iter().find(|commit| commit.commit == id)
}

/// The commit that undoes one.
fn undone_by(commit: Option<&RelatedCommit>) -> Option<&str> {
    commit.and_then(|commit| commit.reverted_by.first()).map(String::as_str)
}
