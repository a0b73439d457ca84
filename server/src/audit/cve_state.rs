//! The state of a vulnerability in a tree, by the code of the tree.

use hunktrace_indexer::graph::{CommitGraph, CommitOrdinal, FoundCommit};

use super::evidence::Evidence;
use super::seen_files::SeenFiles;
use super::vulnerability::{Account, FixSet, Introduced, Vulnerability};
use crate::check::commit_state::{CheckedCommit, CheckedCommits, CommitState};
use crate::check::hunk_state::HunkState;
use crate::index::origin::{answering_for, origin_of};

/// What is said of a commit that a source names.
#[derive(Clone, Debug)]
pub struct NamedCommit {
    /// As the source names it.
    pub name: String,
    /// The commit of the index, as its origin; none where it is not indexed.
    pub commit: Option<CommitOrdinal>,
}

/// What is said of a vulnerability.
#[derive(Clone, Debug)]
pub struct CveFinding {
    /// Its name.
    pub id: String,
    /// What decides its state.
    pub evidence: Evidence,
    /// The commits that mend it, each once.
    pub fixes: Vec<NamedCommit>,
    /// The commits that brought it in, each once.
    pub introduced_by: Vec<NamedCommit>,
    /// The commits that its fixes are said to depend on, each once.
    pub depends_on: Vec<NamedCommit>,
}

/// The commit of the index that a source means: the one of that id, or the oldest carrier of one that is not indexed.
pub fn named_commit(graph: &CommitGraph, name: &str) -> Option<CommitOrdinal> {
    match graph.find_abbreviated(name) {
        FoundCommit::One(commit) => Some(commit),
        FoundCommit::None => answering_for(graph, name).ok(),
        FoundCommit::Several(_) => None,
    }
}

/// All commits that a vulnerability names and that are indexed.
pub fn commits_of(graph: &CommitGraph, vulnerability: &Vulnerability) -> Vec<CommitOrdinal> {
    let names = vulnerability.accounts.iter().flat_map(|account| {
        let introducing = match &account.introduced {
            Introduced::By(names) => &names[..],
            _ => &[],
        };
        account.fixes.iter().flat_map(|set| &set.commits).chain(introducing).chain(&account.depends_on)
    });
    names.filter_map(|name| named_commit(graph, name)).collect()
}

/// Judges vulnerabilities by what was found of their commits.
pub struct CveJudge<'a> {
    /// The commits of the index.
    pub graph: &'a CommitGraph,
    /// What was found.
    pub checked: &'a CheckedCommits,
    /// Whether a commit says to mend something and does not.
    pub is_broken: &'a dyn Fn(CommitOrdinal) -> bool,
    /// What is known of the files that vulnerabilities are in, where no commit tells their state.
    pub files: &'a SeenFiles,
}

impl CveJudge<'_> {
    /// The state of a vulnerability: of what its sources tell, the worst.
    pub fn finding(&self, vulnerability: &Vulnerability) -> CveFinding {
        let evidence = vulnerability.accounts.iter().map(|account| self.evidence(account));
        let known = vulnerability.accounts.iter().zip(evidence);
        let evidence = known
            .min_by_key(|(_, evidence)| (evidence.says_nothing(), evidence.state()))
            .map_or(Evidence::NoFixKnown, |(_, evidence)| evidence);
        let evidence = match evidence.has_no_commit() {
            true => self.files.evidence(&vulnerability.files).unwrap_or(evidence),
            false => evidence,
        };
        let (mut fixes, mut introduced_by, mut depends_on) = (Vec::new(), Vec::new(), Vec::new());
        for account in &vulnerability.accounts {
            for name in account.fixes.iter().flat_map(|set| &set.commits) {
                self.add_name(&mut fixes, name);
            }
            if let Introduced::By(names) = &account.introduced {
                names.iter().for_each(|name| self.add_name(&mut introduced_by, name));
            }
            account.depends_on.iter().for_each(|name| self.add_name(&mut depends_on, name));
        }
        CveFinding { id: vulnerability.id.clone(), evidence, fixes, introduced_by, depends_on }
    }

    fn add_name(&self, names: &mut Vec<NamedCommit>, name: &str) {
        let commit = named_commit(self.graph, name).map(|commit| origin_of(self.graph, commit));
        let is_known = |known: &NamedCommit| match commit {
            Some(_) => known.commit == commit,
            None => known.name == name,
        };
        if !names.iter().any(is_known) {
            names.push(NamedCommit { name: name.to_owned(), commit });
        }
    }

    /// What one source's account speaks for.
    fn evidence(&self, account: &Account) -> Evidence {
        let introduced = match &account.introduced {
            Introduced::By(names) => self.introduced_by(names),
            Introduced::FromTheBeginning => Presence::There,
            Introduced::Never => return Evidence::NeverUpstream,
            Introduced::Unknown => Presence::Unknown,
        };
        let mended = self.mended(account);
        match mended {
            Some(Mended::There) => return Evidence::FixThere,
            _ if introduced == Presence::Absent => return Evidence::NotIntroduced,
            None if account.fixes.is_empty() => return Evidence::NoFixKnown,
            None => return Evidence::FixNotIndexed,
            Some(Mended::NotBuilt) => return Evidence::NotBuilt,
            Some(Mended::NoFiles) => return Evidence::NoFiles,
            Some(Mended::Partly) => return Evidence::FixPartlyThere,
            Some(Mended::Reverted) => return Evidence::FixReverted,
            Some(Mended::NothingToMend) => return Evidence::NothingToMend,
            Some(Mended::Missing) => {}
        }
        match introduced {
            Presence::There => Evidence::FixMissing,
            Presence::Unknown | Presence::Absent => Evidence::IntroductionUnknown,
        }
    }

    /// Whether any of these commits is in the tree.
    fn introduced_by(&self, names: &[String]) -> Presence {
        let mut presence = Presence::Absent;
        for name in names {
            match self.state(name) {
                None => presence = Presence::Unknown,
                Some(CommitState::Absent | CommitState::Reverted(_)) => {}
                Some(_) => return Presence::There,
            }
        }
        presence
    }

    fn checked(&self, name: &str) -> Option<&CheckedCommit> {
        let commit = origin_of(self.graph, named_commit(self.graph, name)?);
        self.checked.get(&commit)
    }

    fn state(&self, name: &str) -> Option<CommitState> {
        self.checked(name).map(|checked| checked.state)
    }

    /// What there is of the fixes: of several ways the best. None where no way is indexed as a whole.
    fn mended(&self, account: &Account) -> Option<Mended> {
        let applies = |set: &&FixSet| {
            // What mends another introduction than those of the tree is no fix here.
            let mends = set.mends.iter().map(|name| self.state(name));
            set.mends.is_empty() || mends.into_iter().any(|state| !matches!(state, Some(CommitState::Absent)))
        };
        let sets: Vec<&FixSet> = account.fixes.iter().filter(applies).collect();
        let sets = if sets.is_empty() { account.fixes.iter().collect() } else { sets };
        let wholes = self.without_parts(&sets);
        wholes.iter().filter_map(|set| self.mended_by(set)).min()
    }

    /// The sets that are not a part of another one: a branch that was mended with less was another branch.
    fn without_parts<'s>(&self, sets: &[&'s FixSet]) -> Vec<&'s FixSet> {
        let origins = |set: &FixSet| -> Vec<Option<CommitOrdinal>> {
            let named = set.commits.iter().map(|name| named_commit(self.graph, name));
            named.map(|commit| commit.map(|commit| origin_of(self.graph, commit))).collect()
        };
        let all: Vec<Vec<Option<CommitOrdinal>>> = sets.iter().map(|set| origins(set)).collect();
        let is_part = |own: &[Option<CommitOrdinal>]| {
            all.iter().any(|other| {
                other.len() > own.len()
                    && other.iter().all(Option::is_some)
                    && own.iter().all(|commit| commit.is_some() && other.contains(commit))
            })
        };
        sets.iter().zip(&all).filter(|(_, own)| !is_part(own)).map(|(set, _)| *set).collect()
    }

    /// What there is of commits that are all needed: the worst of them, or a part where some are there and some are not. None
    /// where one is not indexed.
    fn mended_by(&self, set: &FixSet) -> Option<Mended> {
        let mut mended = Vec::with_capacity(set.commits.len());
        for name in &set.commits {
            let commit = named_commit(self.graph, name)?;
            if (self.is_broken)(commit) {
                return None;
            }
            let checked = self.checked.get(&origin_of(self.graph, commit))?;
            // What changes no code that runs is not needed beside what does.
            if checked.hunks.is_empty() || checked.hunks.iter().any(|hunk| hunk.is_code) {
                mended.push(Mended::of(checked));
            }
        }
        let worst = mended.iter().copied().max().unwrap_or(Mended::NothingToMend);
        let is_partly = worst == Mended::Missing && mended.contains(&Mended::There);
        Some(if is_partly { Mended::Partly } else { worst })
    }
}

/// Whether what brought a vulnerability in is in the tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Presence {
    There,
    Absent,
    Unknown,
}

/// What there is of a fix; the better ones come first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Mended {
    There,
    NoFiles,
    NotBuilt,
    NothingToMend,
    Partly,
    Missing,
    Reverted,
}

impl Mended {
    fn of(checked: &CheckedCommit) -> Mended {
        if let CommitState::Reverted(_) = checked.state {
            return Mended::Reverted;
        }
        if checked.is_sure() {
            return Mended::There;
        }
        let hunks: Vec<_> = checked.mattering_hunks().collect();
        if hunks.is_empty() {
            return if checked.hunks.is_empty() { Mended::Missing } else { Mended::NothingToMend };
        }
        if hunks.iter().all(|hunk| hunk.state == HunkState::NoFile) {
            return Mended::NoFiles;
        }
        let built: Vec<bool> = hunks.iter().filter_map(|hunk| hunk.is_built).collect();
        if !built.is_empty() && !built.contains(&true) {
            return Mended::NotBuilt;
        }
        match checked.state {
            CommitState::Absent => Mended::Missing,
            _ => Mended::Partly,
        }
    }
}
