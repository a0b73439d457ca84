//! Which commits are to be indexed, and in which order.
//!
//! The order is parents first, and among commits that are free to go the oldest first, by commit date and then
//! by id. So it depends on the history alone, a prefix of it is always closed under ancestry, and commits that
//! touch the same files are neighbours, which is what object caches want.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};

use gix::ObjectId;
use gix::objs::CommitRefIter;

use crate::git::repository::{ObjectReader, Repository, RepositoryError};

/// A commit of the plan.
#[derive(Clone, Debug)]
pub struct PlannedCommit {
    /// The commit's id.
    pub id: ObjectId,
    /// Which of the repositories holds it.
    pub repository: usize,
    /// The parents, grafts applied. Those that cannot be read are left out.
    pub parents: Vec<ObjectId>,
    /// Commit date in seconds since 1970, UTC.
    pub committed_at: i64,
    /// Whether history was cut here: the recorded parents cannot be read, so what the commit changed is unknown.
    pub is_boundary: bool,
}

/// The commits to index, parents first.
#[derive(Debug, Default)]
pub struct HistoryPlan {
    /// In the order of indexing.
    pub commits: Vec<PlannedCommit>,
    /// Commits that are referred to but cannot be read, with the reason, in no particular order.
    pub unreadable: Vec<(ObjectId, String)>,
}

/// Where a walk starts: a commit in one of the repositories.
#[derive(Clone, Copy, Debug)]
pub struct WalkTip {
    /// Which of the repositories holds it.
    pub repository: usize,
    /// The commit.
    pub commit: ObjectId,
}

/// Plans the indexing of everything that the tips reach and that `is_known` does not know yet.
///
/// What lies behind a known commit is known as well: an index holds whole histories.
pub fn plan_history(
    repositories: &[Repository],
    tips: &[WalkTip],
    is_known: impl Fn(&ObjectId) -> bool,
) -> HistoryPlan {
    let readers: Vec<ObjectReader> = repositories.iter().map(Repository::reader).collect();
    let mut found: HashMap<ObjectId, PlannedCommit> = HashMap::new();
    let mut unreadable = HashMap::new();
    let mut queue: Vec<(WalkTip, Option<ObjectId>)> = tips.iter().map(|tip| (*tip, None)).collect();
    let mut buffer = Vec::new();
    while let Some((tip, child)) = queue.pop() {
        if found.contains_key(&tip.commit) || is_known(&tip.commit) {
            continue;
        }
        let repository = &repositories[tip.repository];
        if unreadable.contains_key(&tip.commit) {
            mark_boundary(&mut found, child, &tip.commit);
            continue;
        }
        match read_commit(&readers[tip.repository], &tip.commit, &mut buffer) {
            Ok(header) => {
                let shallow = repository.is_shallow_boundary(&tip.commit);
                let parents = if shallow {
                    Vec::new()
                } else {
                    repository.parents(&tip.commit, &header.parents).to_vec()
                };
                for parent in &parents {
                    let next = WalkTip { repository: tip.repository, commit: *parent };
                    queue.push((next, Some(tip.commit)));
                }
                let commit = PlannedCommit {
                    id: tip.commit,
                    repository: tip.repository,
                    parents,
                    committed_at: header.committed_at,
                    is_boundary: shallow && !header.parents.is_empty(),
                };
                found.insert(tip.commit, commit);
            }
            Err(error) => {
                unreadable.insert(tip.commit, error.to_string());
                mark_boundary(&mut found, child, &tip.commit);
            }
        }
    }
    let (commits, in_cycles) = parents_first(found);
    unreadable
        .extend(in_cycles.into_iter().map(|id| (id, "is its own ancestor: check the graft file".to_owned())));
    HistoryPlan { commits, unreadable: unreadable.into_iter().collect() }
}

/// Notes on the child that one of its parents cannot be read.
fn mark_boundary(found: &mut HashMap<ObjectId, PlannedCommit>, child: Option<ObjectId>, parent: &ObjectId) {
    if let Some(commit) = child.and_then(|child| found.get_mut(&child)) {
        commit.parents.retain(|id| id != parent);
        commit.is_boundary = true;
    }
}

struct CommitHeader {
    parents: Vec<ObjectId>,
    committed_at: i64,
}

fn read_commit(
    reader: &ObjectReader,
    id: &ObjectId,
    buffer: &mut Vec<u8>,
) -> Result<CommitHeader, RepositoryError> {
    let damaged = |message: String| RepositoryError::Object { id: *id, message };
    let kind = reader.read(id, buffer)?;
    if kind != gix::object::Kind::Commit {
        return Err(damaged(format!("is a {kind}, not a commit")));
    }
    let commit = CommitRefIter::from_bytes(buffer, id.kind());
    let parents = commit.parent_ids().collect();
    // Dates that git itself cannot read are taken as 1970 by git as well.
    let committed_at = commit.committer().ok().map_or(0, |committer| committer.seconds());
    Ok(CommitHeader { parents, committed_at })
}

/// Orders commits parents first, older first; what grafts have tied into cycles is returned apart.
fn parents_first(mut found: HashMap<ObjectId, PlannedCommit>) -> (Vec<PlannedCommit>, Vec<ObjectId>) {
    let mut children: HashMap<ObjectId, Vec<ObjectId>> = HashMap::new();
    let mut waiting: HashMap<ObjectId, usize> = HashMap::new();
    let mut free = BinaryHeap::new();
    for commit in found.values() {
        let mut open_parents = 0;
        for parent in commit.parents.iter().filter(|parent| found.contains_key(*parent)) {
            children.entry(*parent).or_default().push(commit.id);
            open_parents += 1;
        }
        if open_parents == 0 {
            free.push(Reverse((commit.committed_at, commit.id)));
        } else {
            waiting.insert(commit.id, open_parents);
        }
    }
    let mut ordered = Vec::with_capacity(found.len());
    while let Some(Reverse((_, id))) = free.pop() {
        let Some(commit) = found.remove(&id) else { continue };
        ordered.push(commit);
        for child in children.remove(&id).unwrap_or_default() {
            let Some(open_parents) = waiting.get_mut(&child) else { continue };
            *open_parents -= 1;
            if *open_parents == 0 {
                let committed_at = found.get(&child).map_or(0, |commit| commit.committed_at);
                free.push(Reverse((committed_at, child)));
            }
        }
    }
    (ordered, found.into_keys().collect())
}
