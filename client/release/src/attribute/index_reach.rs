//! How far the index reaches, and whether the release goes beyond it.
//!
//! Commits that are not indexed cannot be found. Whether a release has such commits shows in those that it has: a vendor who
//! stopped taking commits before the index ends has hardly any of its newest release, and one who went on has a good part of
//! what it has of other releases.

use std::collections::HashMap;

use serde_json::{Value, json};

use super::index_used::IndexedRelease;
use crate::answer::ReleaseCommit;

/// The release goes beyond the index if the share that it has of the newest indexed release is at least this part of the share
/// that it has of the release of which it has most. Tuned: see `docs/constants.md`.
const DENSE_SHARE: f64 = 0.25;

/// Releases with less than this part of the newest one's commits are not compared: of few commits any share may be there.
const COMPARED_SIZE: f64 = 0.1;

/// An upstream release with its candidates, and how many of the commits that came with it the vendor's release has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TakenOfRelease {
    /// Its name, without that of a candidate: `v3.1`.
    pub name: String,
    /// The date of its newest tag, in seconds since 1970, UTC.
    pub date: i64,
    /// Commits of the index that came with it.
    pub commits: u64,
    /// Those of them that the vendor's release has.
    pub taken: u64,
}

impl TakenOfRelease {
    /// Share of its commits that the vendor's release has, from 0 to 1.
    pub fn share(&self) -> f64 {
        if self.commits == 0 { 0.0 } else { self.taken as f64 / self.commits as f64 }
    }
}

/// How far the index reaches beside a vendor's release.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct IndexReach {
    /// The upstream releases of the index, oldest first.
    pub releases: Vec<TakenOfRelease>,
    /// When the vendor's newest file was changed, in seconds since 1970, UTC, where that is known.
    pub vendor_date: Option<i64>,
    /// Changed lines that no commit of the index explains.
    pub unexplained_lines: u64,
}

impl IndexReach {
    /// Compares an index with what a release has of it.
    pub fn new(
        indexed: &[IndexedRelease],
        taken: &[ReleaseCommit],
        vendor_date: Option<i64>,
        unexplained_lines: u64,
    ) -> IndexReach {
        let mut counts: HashMap<&str, u64> = HashMap::new();
        for release in taken.iter().filter_map(|commit| commit.first_release.as_deref()) {
            *counts.entry(release).or_default() += 1;
        }
        let mut releases: Vec<TakenOfRelease> = Vec::new();
        for IndexedRelease { name, date, commits } in indexed {
            let taken = counts.get(name.as_str()).copied().unwrap_or_default();
            let cycle = name.split_once("-rc").map_or(name.as_str(), |(cycle, _)| cycle);
            match releases.iter_mut().find(|known| known.name == cycle) {
                Some(known) => {
                    known.date = (*date).max(known.date);
                    known.commits += commits;
                    known.taken += taken;
                }
                None => {
                    let name = cycle.to_owned();
                    releases.push(TakenOfRelease { name, date: *date, commits: *commits, taken });
                }
            }
        }
        releases.sort_by(|a, b| a.date.cmp(&b.date).then_with(|| a.name.cmp(&b.name)));
        IndexReach { releases, vendor_date, unexplained_lines }
    }

    /// The newest release of the index that brought commits.
    pub fn newest(&self) -> Option<&TakenOfRelease> {
        self.releases.iter().rfind(|release| release.commits > 0)
    }

    /// The release before the newest one of which the vendor's release has the greatest share; none where it has nothing.
    fn densest(&self) -> Option<&TakenOfRelease> {
        let newest = self.newest()?;
        let is_compared = |release: &&TakenOfRelease| {
            release.name != newest.name
                && release.taken > 0
                && release.commits as f64 >= COMPARED_SIZE * newest.commits as f64
        };
        let before = self.releases.iter().filter(is_compared);
        before.max_by(|a, b| a.share().total_cmp(&b.share()))
    }

    /// Whether the release most likely has commits that are newer than the index; none where nothing tells.
    pub fn is_beyond(&self) -> Option<bool> {
        let newest = self.newest()?;
        if self.vendor_date.is_some_and(|date| date < newest.date) {
            return Some(false);
        }
        Some(newest.share() >= DENSE_SHARE * self.densest()?.share())
    }

    /// The same in words, for people.
    pub fn text(&self) -> String {
        let Some(newest) = self.newest() else {
            return "The index has no release tags, so it cannot be said how far it reaches.".to_owned();
        };
        let TakenOfRelease { name, commits, .. } = newest;
        let end = format!("The index ends with {name} of {}.", day(newest.date));
        let share = |share: f64| format!("{:.1} %", 100.0 * share);
        match (self.is_beyond(), self.densest()) {
            (Some(false), _) if self.vendor_date.is_some_and(|date| date < newest.date) => {
                let date = self.vendor_date.map(day).unwrap_or_default();
                format!("{end} The release is of {date}, so that it can hardly go beyond it.")
            }
            (Some(true), Some(most)) => format!(
                "{end} The release has {} of the {commits} commits that came with it, and {} of those of {}, the most: it most \
                 likely goes beyond the index, and a part of its {} unexplained lines comes from commits that are newer.",
                share(newest.share()),
                share(most.share()),
                most.name,
                self.unexplained_lines
            ),
            (Some(false), Some(most)) => format!(
                "{end} The release has {} of the {commits} commits that came with it, and {} of those of {}, the most: what it \
                 took ends before the index does.",
                share(newest.share()),
                share(most.share()),
                most.name
            ),
            _ => format!(
                "{end} The release has nothing of the releases before it, so it cannot be said whether it goes beyond."
            ),
        }
    }

    /// The same as a record.
    pub(super) fn record(&self) -> Value {
        let newest = self.newest();
        let by_release: Vec<Value> = self
            .releases
            .iter()
            .map(|TakenOfRelease { name, date, commits, taken }| {
                json!({"release": name, "date": day(*date), "commits": commits, "taken": taken})
            })
            .collect();
        json!({
            "newest_release": newest.map(|release| &release.name),
            "newest_release_date": newest.map(|release| day(release.date)),
            "vendor_date": self.vendor_date.map(day),
            "unexplained_lines": self.unexplained_lines,
            "is_likely_beyond": self.is_beyond(),
            "text": self.text(),
            "by_release": by_release,
        })
    }
}

/// A day as `2011-10-24`, UTC.
fn day(seconds: i64) -> String {
    gix::date::Time::new(seconds, 0).format_or_unix(gix::date::time::format::SHORT)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::answer::made_up;

    const DAY: i64 = 86_400;

    fn indexed(releases: &[(&str, u64)]) -> Vec<IndexedRelease> {
        let release = |(place, (name, commits)): (usize, &(&str, u64))| IndexedRelease {
            name: (*name).to_owned(),
            date: place as i64 * DAY,
            commits: *commits,
        };
        releases.iter().enumerate().map(release).collect()
    }

    /// An index of four releases of 100 commits each, beside a release that has so many of them.
    fn reach(taken: [usize; 4], vendor_date: Option<i64>) -> IndexReach {
        let names = ["v3.0-rc1", "v3.0", "v3.1-rc1", "v3.2-rc7"];
        let commits: Vec<ReleaseCommit> = names
            .iter()
            .zip(taken)
            .flat_map(|(name, taken)| std::iter::repeat_n(*name, taken))
            .map(|name| ReleaseCommit { first_release: Some(name.to_owned()), ..made_up::commit("aa") })
            .collect();
        IndexReach::new(&indexed(&names.map(|name| (name, 100))), &commits, vendor_date, 7)
    }

    #[test]
    fn candidates_count_for_their_release() {
        let reach = reach([1, 2, 3, 4], None);
        let told: Vec<(&str, u64, u64)> =
            reach.releases.iter().map(|of| (of.name.as_str(), of.commits, of.taken)).collect();
        assert_eq!(told, [("v3.0", 200, 3), ("v3.1", 100, 3), ("v3.2", 100, 4)]);
        assert_eq!(reach.releases[0].date, DAY);
    }

    #[test]
    fn release_that_has_about_as_many_of_the_newest_commits_as_of_others_goes_beyond() {
        let beyond = reach([20, 20, 20, 19], None);
        assert_eq!(beyond.is_beyond(), Some(true));
        let text = beyond.text();
        assert!(
            text.starts_with("The index ends with v3.2 of 1970-01-04. The release has 19.0 % of the 100"),
            "{text}"
        );
        assert!(text.contains("a part of its 7 unexplained lines"), "{text}");
    }

    #[test]
    fn release_that_has_hardly_any_of_the_newest_commits_ends_before() {
        let within = reach([20, 20, 10, 1], None);
        assert_eq!(within.is_beyond(), Some(false));
        assert!(within.text().ends_with("what it took ends before the index does."), "{}", within.text());
    }

    #[test]
    fn release_that_is_older_than_the_newest_tag_does_not_go_beyond() {
        assert_eq!(reach([20, 20, 20, 19], Some(2 * DAY)).is_beyond(), Some(false));
        assert_eq!(reach([20, 20, 20, 19], Some(3 * DAY)).is_beyond(), Some(true));
    }

    #[test]
    fn nothing_is_said_where_nothing_tells() {
        assert_eq!(IndexReach::default().is_beyond(), None);
        assert!(IndexReach::default().text().contains("no release tags"));
        assert_eq!(reach([0, 0, 0, 5], None).is_beyond(), None);
        assert_eq!(reach([0, 0, 0, 5], None).record()["is_likely_beyond"], Value::Null);
    }
}
