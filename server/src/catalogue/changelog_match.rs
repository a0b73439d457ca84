//! Finds the commits that the entries of a changelog are about: by their subject, and by what arrived with the release.

use std::collections::{HashMap, HashSet};

use rusqlite::Connection;

use super::changelog::ChangelogEntry;
use super::error::CatalogueError;

/// The least share of words that an entry and a subject have in common where neither is the other. Set by reading: of
/// entries of RHEL 6 that share fewer, more than one in ten is about something else.
const LIKE_WORDS: f64 = 0.8;

/// The fewest words that can be compared.
const FEWEST_WORDS: usize = 3;

/// A commit that an entry may be about.
struct Candidate {
    row: i64,
    subject: String,
    is_new: bool,
}

/// Writes down the commits of entries, given with their rows; returns how many entries have one.
pub(super) fn match_entries(
    connection: &Connection,
    release: i64,
    entries: &[(i64, ChangelogEntry)],
) -> Result<usize, CatalogueError> {
    if entries.is_empty() {
        return Ok(0);
    }
    let candidates = candidates(connection, release)?;
    let subjects = Subjects::of(&candidates);
    let mut matched = 0;
    for (entry, said) in entries {
        let found = subjects.find(&said.subject);
        matched += usize::from(!found.is_empty());
        for (place, how) in found {
            let mut insert = connection.prepare_cached(
                "INSERT OR IGNORE INTO changelog_commit (entry, \"commit\", how) VALUES (?1, ?2, ?3)",
            )?;
            insert.execute((entry, candidates[place].row, how))?;
        }
    }
    Ok(matched)
}

/// The commits of a release, with whether the release before has each.
fn candidates(connection: &Connection, release: i64) -> Result<Vec<Candidate>, CatalogueError> {
    let mut statement = connection.prepare(
        "SELECT upstream_commit.id, upstream_commit.subject, NOT EXISTS ( \
            SELECT 1 FROM release AS this JOIN release AS before ON before.vendor = this.vendor AND before.place = this.place - 1 \
            JOIN commit_state AS state ON state.\"commit\" = upstream_commit.id \
            JOIN release_commit AS has ON has.release = before.id AND has.state = state.id \
            WHERE this.id = ?1) \
         FROM release_commit JOIN commit_state ON commit_state.id = release_commit.state \
         JOIN upstream_commit ON upstream_commit.id = commit_state.\"commit\" \
         WHERE release_commit.release = ?1 ORDER BY release_commit.place",
    )?;
    let rows = statement.query_map([release], |row| {
        Ok(Candidate { row: row.get(0)?, subject: row.get(1)?, is_new: row.get(2)? })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The subjects of commits, in the forms in which a changelog may have them.
struct Subjects<'a> {
    candidates: &'a [Candidate],
    whole: HashMap<String, Vec<usize>>,
    without_prefix: HashMap<String, Vec<usize>>,
    by_word: HashMap<String, Vec<usize>>,
}

impl<'a> Subjects<'a> {
    fn of(candidates: &'a [Candidate]) -> Subjects<'a> {
        let mut subjects = Subjects {
            candidates,
            whole: HashMap::new(),
            without_prefix: HashMap::new(),
            by_word: HashMap::new(),
        };
        for (place, candidate) in candidates.iter().enumerate() {
            let whole = plain(&candidate.subject);
            for shorter in shorter_forms(&whole) {
                subjects.without_prefix.entry(shorter.to_owned()).or_default().push(place);
            }
            if candidate.is_new {
                for word in words(&whole) {
                    subjects.by_word.entry(word.to_owned()).or_default().push(place);
                }
            }
            subjects.whole.entry(whole).or_default().push(place);
        }
        subjects
    }

    /// The commits of an entry, and how each was found.
    fn find(&self, subject: &str) -> Vec<(usize, &'static str)> {
        let whole = plain(subject);
        if whole.is_empty() {
            return Vec::new();
        }
        let found = self.newest(self.whole.get(&whole));
        if !found.is_empty() {
            return found.into_iter().map(|place| (place, "subject")).collect();
        }
        // The vendor leaves a prefix out, or puts one in front.
        let forms = std::iter::once(whole.as_str()).chain(shorter_forms(&whole));
        for form in forms {
            for table in [&self.whole, &self.without_prefix] {
                let found = self.newest(table.get(form));
                if let [one] = found[..]
                    && words(form).len() >= FEWEST_WORDS
                {
                    return vec![(one, "subject without prefix")];
                }
            }
        }
        self.alike(&whole).into_iter().map(|place| (place, "like words")).collect()
    }

    /// Of commits with the same subject those that arrived with the release, else the last one.
    fn newest(&self, places: Option<&Vec<usize>>) -> Vec<usize> {
        let places = places.map_or(&[][..], Vec::as_slice);
        let new: Vec<usize> = places.iter().copied().filter(|place| self.candidates[*place].is_new).collect();
        if new.is_empty() { places.last().copied().into_iter().collect() } else { new }
    }

    /// The commit that arrived with the release and shares most words, if only one does.
    fn alike(&self, subject: &str) -> Option<usize> {
        let own = words(subject);
        if own.len() < FEWEST_WORDS {
            return None;
        }
        let mut shared: HashMap<usize, usize> = HashMap::new();
        for place in own.iter().filter_map(|word| self.by_word.get(*word)).flatten() {
            *shared.entry(*place).or_default() += 1;
        }
        let share = |place: usize, shared: usize| {
            let all = own.len() + words(&plain(&self.candidates[place].subject)).len() - shared;
            shared as f64 / all as f64
        };
        let mut like: Vec<(usize, f64)> = shared
            .into_iter()
            .map(|(place, shared)| (place, share(place, shared)))
            .filter(|(_, share)| *share >= LIKE_WORDS)
            .collect();
        like.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        match like[..] {
            [(place, _)] => Some(place),
            [(place, best), (_, next), ..] if best > next => Some(place),
            _ => None,
        }
    }
}

/// A subject as it is compared: small letters, single blanks, no full stop.
fn plain(subject: &str) -> String {
    let words: Vec<String> = subject.split_whitespace().map(str::to_lowercase).collect();
    words.join(" ").trim_end_matches(['.', ' ']).to_owned()
}

/// What is left of a subject behind each of its prefixes.
fn shorter_forms(subject: &str) -> impl Iterator<Item = &str> {
    let mut rest = Some(subject);
    std::iter::from_fn(move || {
        let (prefix, after) = rest?.split_once(": ")?;
        rest = (!prefix.contains('"')).then_some(after);
        rest
    })
}

fn words(subject: &str) -> HashSet<&str> {
    subject.split(|c: char| !(c.is_alphanumeric() || c == '_')).filter(|word| !word.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(commits: &[(&str, bool)], subject: &str) -> Vec<(usize, &'static str)> {
        let candidates: Vec<Candidate> = commits
            .iter()
            .map(|(subject, is_new)| Candidate { row: 0, subject: (*subject).to_owned(), is_new: *is_new })
            .collect();
        Subjects::of(&candidates).find(subject)
    }

    #[test]
    fn the_commit_that_arrived_with_the_release_is_meant() {
        let commits = [("net: fix a leak", false), ("net: fix a leak", true), ("net: fix a leak of x", true)];
        assert_eq!(found(&commits, "net: Fix a  leak."), [(1, "subject")]);
    }

    #[test]
    fn prefixes_may_differ() {
        let commits = [("net: tcp: fix a leak of sockets", true), ("mm: fix it", true)];
        assert_eq!(found(&commits, "fix a leak of sockets"), [(0, "subject without prefix")]);
        assert_eq!(found(&commits, "ipv4: tcp: fix a leak of sockets"), [(0, "subject without prefix")]);
        assert_eq!(found(&commits, "x86: fix it"), []);
    }

    #[test]
    fn words_have_to_be_nearly_the_same() {
        let commits = [
            ("net: fix a leak of queues in the driver", true),
            ("net: fix a leak of rings in the core", true),
        ];
        assert_eq!(found(&commits, "net: fix a leak of queues in driver"), [(0, "like words")]);
        assert_eq!(found(&commits, "net: fix a crash of the core"), []);
    }
}
