//! How much of each commit is in a release, by commit.
//!
//! Every candidate hunk of a release asks for its commit again and again, so the commits' places are in an array by ordinal:
//! a table of hashes took a large part of the time that a further release of a row takes.

use hunktrace_indexer::graph::CommitOrdinal;

/// How much of a commit is in the release.
#[derive(Clone, Copy, Debug)]
pub struct Presence {
    /// The commit that is named for it: itself, or what it carries.
    pub origin: CommitOrdinal,
    /// The first commit of the index that makes the same change as the origin: the same for all that do.
    pub change: CommitOrdinal,
    /// Weight of its lines that are in the release.
    pub matched: f32,
    /// Weight of its lines that are in the release or explained by other commits.
    pub explained: f32,
    /// Weight of all its lines in files that the release changes.
    pub seen: f32,
    /// Its hunks in files that the release changes.
    pub seen_hunks: u32,
    /// The likeness of its lines that are in the release, times their weight.
    pub likeness: f32,
    /// Weight of all its lines; for hunks in other files an estimate.
    pub total: f32,
}

impl Presence {
    /// How like what the release has of it is to the release's, from 0 to 1.
    pub fn mean_likeness(&self) -> f32 {
        if self.matched > 0.0 { self.likeness / self.matched } else { 0.0 }
    }

    /// Share of the commit that is in the release or explained, from 0 to 1.
    pub fn explained_share(&self) -> f32 {
        if self.total > 0.0 { (self.explained / self.total).min(1.0) } else { 0.0 }
    }
}

/// The presence of every commit that is a candidate somewhere.
#[derive(Clone, Debug, Default)]
pub struct Presences {
    /// For each commit its place in `all`, from 1; 0 for none.
    places: Vec<u32>,
    all: Vec<(CommitOrdinal, Presence)>,
}

impl Presences {
    /// That of a commit, if it is a candidate.
    pub fn get(&self, commit: CommitOrdinal) -> Option<&Presence> {
        let place = self.place_of(commit)?;
        Some(&self.all[place].1)
    }

    /// The same, to be changed.
    pub fn get_mut(&mut self, commit: CommitOrdinal) -> Option<&mut Presence> {
        let place = self.place_of(commit)?;
        Some(&mut self.all[place].1)
    }

    /// That of a commit; where there is none it is made.
    pub fn get_or_insert_with(
        &mut self,
        commit: CommitOrdinal,
        make: impl FnOnce() -> Presence,
    ) -> &mut Presence {
        let place = match self.place_of(commit) {
            Some(place) => place,
            None => {
                let at = commit.0 as usize;
                if self.places.len() <= at {
                    self.places.resize(at + 1, 0);
                }
                self.all.push((commit, make()));
                self.places[at] = self.all.len() as u32;
                self.all.len() - 1
            }
        };
        &mut self.all[place].1
    }

    /// All of them, with their commits.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = (CommitOrdinal, &mut Presence)> {
        self.all.iter_mut().map(|(commit, presence)| (*commit, presence))
    }

    fn place_of(&self, commit: CommitOrdinal) -> Option<usize> {
        (*self.places.get(commit.0 as usize)? as usize).checked_sub(1)
    }
}

/// The commit that is named for a commit: itself, or what it carries.
pub fn named_commit(presences: &Presences, commit: CommitOrdinal) -> CommitOrdinal {
    presences.get(commit).map_or(commit, |presence| presence.origin)
}

#[cfg(test)]
impl std::ops::Index<CommitOrdinal> for Presences {
    type Output = Presence;

    fn index(&self, commit: CommitOrdinal) -> &Presence {
        self.get(commit).expect("a candidate")
    }
}
