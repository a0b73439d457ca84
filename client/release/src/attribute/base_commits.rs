//! Which of the other releases' commits the base of each release contains.

use std::collections::{BTreeSet, HashSet};

use tokio::task::JoinSet;

use super::releases::VendorRelease;
use super::service::Service;

/// Questions that may be under way to the service.
const QUESTIONS_UNDER_WAY: usize = 64;

/// Finds out which commits of the other releases each release's base contains: it lacks them in its attribution, and
/// has them all the same. Releases of one base need not be asked about.
///
/// # Errors
/// Where the service does not answer.
pub async fn find_base_commits(service: &Service, releases: &mut [VendorRelease]) -> anyhow::Result<()> {
    for place in 0..releases.len() {
        let release = &releases[place];
        let own: HashSet<&str> = release.commits.iter().map(|commit| commit.id.as_str()).collect();
        let others = releases.iter().filter(|other| other.base_revision != release.base_revision);
        let wanted: BTreeSet<&str> = others
            .flat_map(|other| &other.commits)
            .map(|commit| commit.id.as_str())
            .filter(|commit| !own.contains(commit))
            .collect();
        releases[place].in_base = contained(service, &release.base_revision, &wanted).await?;
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
