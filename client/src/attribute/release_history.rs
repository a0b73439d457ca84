//! In which of several releases each commit is.

use std::collections::HashMap;

use hunktrace_proto::v1;

/// A commit and the releases of a vendor, which are named by their places, from 0.
#[derive(Debug)]
pub(super) struct CommitHistory<'a> {
    /// The commit, as the first release that has it says.
    pub commit: &'a v1::CommitAttribution,
    /// The first release that has it.
    pub first_appeared: usize,
    /// The first release that does not have it any more, nor any later one; none where the last one has it.
    pub disappeared: Option<usize>,
    /// What each release has of it; none where that is nothing.
    pub statuses: Vec<Option<v1::CommitStatus>>,
}

/// The commits of all releases: by the release that has them first, and then in its order.
pub(super) fn commit_histories<'a>(releases: &[&'a [v1::CommitAttribution]]) -> Vec<CommitHistory<'a>> {
    let mut histories: Vec<CommitHistory<'a>> = Vec::new();
    let mut places: HashMap<&str, usize> = HashMap::new();
    for (release, commits) in releases.iter().enumerate() {
        for commit in *commits {
            let place = *places.entry(&commit.commit).or_insert_with(|| {
                histories.push(CommitHistory {
                    commit,
                    first_appeared: release,
                    disappeared: None,
                    statuses: vec![None; releases.len()],
                });
                histories.len() - 1
            });
            histories[place].statuses[release] = Some(commit.status());
        }
    }
    for history in &mut histories {
        let last = history.statuses.iter().rposition(Option::is_some);
        history.disappeared = last.map(|last| last + 1).filter(|next| *next < releases.len());
    }
    histories
}

#[cfg(test)]
mod tests {
    use super::*;

    fn commits(ids: &[&str]) -> Vec<v1::CommitAttribution> {
        let commit = |id: &&str| v1::CommitAttribution {
            commit: (*id).to_owned(),
            status: v1::CommitStatus::Complete.into(),
            ..Default::default()
        };
        ids.iter().map(commit).collect()
    }

    #[test]
    fn commits_come_and_go() {
        let releases = [commits(&["a", "b"]), commits(&["b", "c"]), commits(&["a", "b"])];
        let releases: Vec<&[v1::CommitAttribution]> = releases.iter().map(Vec::as_slice).collect();
        let histories = commit_histories(&releases);
        let seen: Vec<_> = histories
            .iter()
            .map(|history| (history.commit.commit.as_str(), history.first_appeared, history.disappeared))
            .collect();
        assert_eq!(seen, [("a", 0, None), ("b", 0, None), ("c", 1, Some(2))]);
        let is_there: Vec<bool> = histories[0].statuses.iter().map(Option::is_some).collect();
        assert_eq!(is_there, [true, false, true]);
    }
}
