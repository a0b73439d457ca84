//! How many lines of a file each owner has, by function.

use hunktrace_indexer::hunk::{Hunk, Sign};

use super::functions::Functions;
use super::line_owners::Owner;

/// Lines of one owner in one function of a file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct OwnerLines<F> {
    /// Whose they are.
    pub owner: Owner,
    /// The function; none outside of functions.
    pub function: F,
    /// Added lines.
    pub added: u64,
    /// Removed lines.
    pub removed: u64,
}

/// The lines of each owner that differ in a file, with the functions of the side that has them.
pub(super) fn lines_of<'f>(
    hunks: &[Hunk],
    owners: &[Vec<Owner>],
    old: &'f Functions,
    new: &'f Functions,
) -> Vec<OwnerLines<Option<&'f str>>> {
    let mut all: Vec<OwnerLines<Option<&str>>> = Vec::new();
    for (hunk, owners) in hunks.iter().zip(owners) {
        let mut owners = owners.iter();
        let (mut old_line, mut new_line) = (hunk.old_start.max(1), hunk.new_start.max(1));
        for line in hunk.lines() {
            let is_added = line.sign == Sign::Added;
            let function = |functions: &'f Functions, number| functions.name_at(number);
            let (here_old, here_new) = (old_line, new_line);
            old_line += u32::from(!is_added);
            new_line += u32::from(line.sign != Sign::Removed);
            if !line.sign.is_change() {
                continue;
            }
            let Some(owner) = owners.next() else { break };
            let owner = match owner {
                Owner::TakenBack(commit) => Owner::Commit(*commit),
                owner => *owner,
            };
            let function = if is_added { function(new, here_new) } else { function(old, here_old) };
            let (added, removed) = (u64::from(is_added), u64::from(!is_added));
            match all.last_mut().filter(|last| (last.owner, last.function) == (owner, function)) {
                Some(last) => (last.added, last.removed) = (last.added + added, last.removed + removed),
                None => all.push(OwnerLines { owner, function, added, removed }),
            }
        }
    }
    summed(all)
}

/// One entry for each owner and function.
pub(super) fn summed<F: Ord>(mut all: Vec<OwnerLines<F>>) -> Vec<OwnerLines<F>> {
    all.sort_unstable();
    all.dedup_by(|next, kept| {
        let is_same = next.owner == kept.owner && next.function == kept.function;
        if is_same {
            kept.added += next.added;
            kept.removed += next.removed;
        }
        is_same
    });
    all
}
