//! Which of the other releases' commits the base of each release contains.

use std::collections::{BTreeSet, HashSet};

use anyhow::anyhow;
use hunktrace_proto::v1;
use hunktrace_proto::v1::hunktrace_client::HunktraceClient;
use tokio::task::JoinSet;
use tonic::transport::Channel;

use super::Release;

/// Questions that may be under way to the service.
const QUESTIONS_UNDER_WAY: usize = 64;

/// Finds out which commits of the other releases each release's base contains: it lacks them in its attribution, and
/// has them all the same. Releases of one base need not be asked about.
///
/// # Errors
/// Where the service does not answer.
pub async fn find_base_commits(
    client: &HunktraceClient<Channel>,
    releases: &mut [Release],
) -> anyhow::Result<()> {
    for place in 0..releases.len() {
        let release = &releases[place];
        let own: HashSet<&str> = release.commits.iter().map(|commit| commit.commit.as_str()).collect();
        let others = releases.iter().filter(|other| other.base_revision != release.base_revision);
        let wanted: BTreeSet<&str> = others
            .flat_map(|other| &other.commits)
            .map(|commit| commit.commit.as_str())
            .filter(|commit| !own.contains(commit))
            .collect();
        releases[place].in_base = contained(client, &release.base_revision, &wanted).await?;
    }
    Ok(())
}

/// Those of the commits that a base contains.
async fn contained(
    client: &HunktraceClient<Channel>,
    base: &str,
    commits: &BTreeSet<&str>,
) -> anyhow::Result<HashSet<String>> {
    let mut contained = HashSet::new();
    let mut commits = commits.iter();
    let mut under_way = JoinSet::new();
    loop {
        for commit in commits.by_ref().take(QUESTIONS_UNDER_WAY - under_way.len()) {
            let request = v1::GetCommitRequest {
                commit: (*commit).to_owned(),
                base: base.to_owned(),
                ..Default::default()
            };
            let mut client = client.clone();
            under_way.spawn(async move { client.get_commit(request).await });
        }
        let Some(answer) = under_way.join_next().await else { return Ok(contained) };
        let view = answer?.map_err(|status| anyhow!("{}", status.message()))?.into_inner();
        if view.in_base {
            contained.insert(view.commit);
        }
    }
}
