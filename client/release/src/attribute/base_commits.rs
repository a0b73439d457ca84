//! Which of the other releases' commits the base of each release contains.

use std::collections::{BTreeSet, HashMap, HashSet};

use tokio::task::JoinSet;

use super::release_history::{Presence, ReleaseHistory};
use super::service::Service;

/// Questions that may be under way to the service.
const QUESTIONS_UNDER_WAY: usize = 64;

/// Finds out which commits of the other releases each release's base contains: it lacks them in its attribution, and
/// has them all the same. Releases of one base need not be asked about. `bases` are those of the releases, as revisions.
///
/// # Errors
/// Where the service does not answer.
pub async fn find_base_commits(
    service: &Service,
    bases: &[&str],
    history: &mut ReleaseHistory,
) -> anyhow::Result<()> {
    let mut wanted: HashMap<&str, BTreeSet<&str>> = HashMap::new();
    for commit in history.commits() {
        let has = |base: &str| {
            let with_base = bases.iter().zip(&commit.presences).filter(|(other, _)| **other == base);
            with_base.into_iter().any(|(_, presence)| matches!(presence, Some(Presence::Backported(_))))
        };
        // A base whose releases have it as a backport does not contain it.
        for base in bases.iter().filter(|base| !has(base)) {
            wanted.entry(base).or_default().insert(&commit.id);
        }
    }
    let mut in_base: HashMap<&str, HashSet<String>> = HashMap::new();
    for (base, commits) in &wanted {
        in_base.insert(base, contained(service, base, commits).await?);
    }
    for (release, base) in bases.iter().enumerate() {
        if let Some(contained) = in_base.get(base) {
            history.add_base(release, |commit| contained.contains(commit));
        }
    }
    Ok(())
}

/// Those of the commits that a base contains.
async fn contained(
    service: &Service,
    base: &str,
    commits: &BTreeSet<&str>,
) -> anyhow::Result<HashSet<String>> {
    let mut contained = HashSet::new();
    let mut commits = commits.iter();
    let mut under_way = JoinSet::new();
    loop {
        for commit in commits.by_ref().take(QUESTIONS_UNDER_WAY - under_way.len()) {
            let (service, base, commit) = (service.clone(), base.to_owned(), (*commit).to_owned());
            under_way.spawn(async move {
                let is_contained = service.contains(&base, &commit).await?;
                anyhow::Ok(is_contained.then_some(commit))
            });
        }
        let Some(answer) = under_way.join_next().await else { return Ok(contained) };
        contained.extend(answer??);
    }
}
