//! Which patch every change goes into, and the order of the patches.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::Range;

use bstr::{BStr, ByteSlice};
use hunktrace_indexer::maintainers::{MAINTAINERS_PATH, Maintainers, Unusable};

use super::error::Error;
use super::new_drivers::{self, NewDrivers, NewLines};
use super::ownership::{OwnedFile, Rank, RankedRun, top_folder};
use super::patch_key::PatchKey;
use super::release::Release;
use super::version::is_file;
use crate::answer::{CommitIndex, LineRun, Side};

/// The most subsystems whose own changes get patches of their own, those with the most lines first; what the vendor has
/// of its own in others goes by top folder.
const MOST_SUBSYSTEMS: usize = 200;

/// The patches of a series, and what each file gives to them.
pub(super) struct Plan {
    /// The patches in order; those that get nothing are not written.
    pub keys: Vec<PatchKey>,
    origins: Vec<Rank>,
    moves: Rank,
    make_way: Rank,
    own: Vec<OwnPart>,
    /// The first file that each patch has lines of, by its place.
    homes: Vec<Option<usize>>,
}

/// Where the vendor's own part of a file goes.
struct OwnPart {
    rank: Rank,
    /// Where it goes if only git can apply it.
    git_only: Rank,
    /// Lines of the vendor tree that go elsewhere, in order.
    lines: Vec<(NewLines, Rank)>,
}

/// What one file gives to the patches.
#[derive(Clone, Copy)]
pub(super) struct FilePlan<'a> {
    plan: &'a Plan,
    own: &'a OwnPart,
    place: usize,
}

impl Plan {
    /// Plans the series of a release with this many commits.
    ///
    /// # Errors
    ///
    /// If a file cannot be read that says how the vendor's own changes are to be divided.
    pub fn new(commits: usize, files: &[OwnedFile], release: &impl Release) -> Result<Plan, Error> {
        let drivers = new_drivers::find(files, release)?;
        let maintainers = read_maintainers(release)?.unwrap_or_default();
        let areas = areas(files, &drivers, &maintainers);
        let git_only = |file: &OwnedFile| PatchKey::GitOnly(top_folder(file.path.as_bstr()).into());
        let driver = |driver: &usize| PatchKey::NewDriver(drivers.paths[*driver].clone());

        let mut keys = BTreeSet::from([PatchKey::Moves, PatchKey::MakeWay]);
        keys.extend((0..commits).map(|commit| PatchKey::Origin(CommitIndex(commit as u32))));
        keys.extend(areas.iter().cloned());
        keys.extend(files.iter().map(git_only));
        keys.extend((0..drivers.paths.len()).map(|place| driver(&place)));
        let keys: Vec<PatchKey> = keys.into_iter().collect();

        let ranks: HashMap<&PatchKey, Rank> = keys.iter().zip((0..).map(Rank)).collect();
        let origins =
            (0..commits).map(|commit| ranks[&PatchKey::Origin(CommitIndex(commit as u32))]).collect();
        let (moves, make_way) = (ranks[&PatchKey::Moves], ranks[&PatchKey::MakeWay]);
        let own = files.iter().zip(&areas).enumerate().map(|(place, (file, area))| OwnPart {
            rank: ranks[area],
            git_only: ranks[&git_only(file)],
            lines: drivers.lines.get(&place).map_or_else(Vec::new, |lines| {
                lines.iter().map(|(lines, of)| (lines.clone(), ranks[&driver(of)])).collect()
            }),
        });
        let own = own.collect();
        let mut plan = Plan { homes: vec![None; keys.len()], keys, origins, moves, make_way, own };
        plan.find_homes(files);
        Ok(plan)
    }

    fn find_homes(&mut self, files: &[OwnedFile]) {
        for (place, file) in files.iter().enumerate() {
            for run in &file.runs {
                let rank = self.file(place).whole(run.commit(), false);
                self.homes[rank.0 as usize].get_or_insert(place);
            }
        }
    }

    /// What the file at a place gives to the patches.
    pub fn file(&self, place: usize) -> FilePlan<'_> {
        FilePlan { plan: self, own: &self.own[place], place }
    }
}

impl FilePlan<'_> {
    /// The patch that moves files.
    pub fn moves(self) -> Rank {
        self.plan.moves
    }

    /// The patch that makes way.
    pub fn make_way(self) -> Rank {
        self.plan.make_way
    }

    /// The patch for what an owner does to the file as a whole; `is_git_only` says that only git can apply it.
    pub fn whole(self, owner: Option<CommitIndex>, is_git_only: bool) -> Rank {
        match owner {
            Some(commit) => self.plan.origins[commit.0 as usize],
            None if is_git_only => self.own.git_only,
            None => self.own.rank,
        }
    }

    /// Whether a patch has to keep something in this file, because nothing else says that it has something anywhere.
    pub fn has_to_stay(self, rank: Rank) -> bool {
        self.plan.homes[rank.0 as usize] == Some(self.place)
    }

    /// The runs of the file with their patches; a run whose lines go into several is divided.
    pub fn runs(self, runs: &[LineRun]) -> Vec<RankedRun> {
        let mut ranked = Vec::with_capacity(runs.len());
        for run in runs {
            let lines = run.start..run.start.saturating_add(run.lines);
            match run.commit() {
                None if run.side == Side::New => self.divide(lines, &mut ranked),
                owner => ranked.push(RankedRun::new(run.side, lines, self.whole(owner, false))),
            }
        }
        ranked
    }

    /// Divides added lines of the vendor's own.
    fn divide(self, lines: Range<u32>, ranked: &mut Vec<RankedRun>) {
        let mut at = lines.start;
        for (elsewhere, rank) in &self.own.lines {
            let (start, end) = (elsewhere.start.max(at), elsewhere.end.min(lines.end));
            if start < end {
                ranked.push(RankedRun::new(Side::New, at..start, self.own.rank));
                ranked.push(RankedRun::new(Side::New, start..end, *rank));
                at = end;
            }
        }
        ranked.push(RankedRun::new(Side::New, at..lines.end, self.own.rank));
        ranked.retain(|run| run.lines > 0);
    }
}

/// Why the vendor's own changes of a release cannot be divided by subsystem, where there is a list of them.
///
/// # Errors
///
/// If the list cannot be read.
pub fn unusable_maintainers(release: &impl Release) -> Result<Option<String>, Error> {
    let unusable = |unusable| {
        format!("{MAINTAINERS_PATH}: {unusable}; the vendor's own changes are divided by top folder")
    };
    Ok(read_maintainers(release)?.err().map(unusable))
}

/// The vendor's list of subsystems, or the base's; an empty one where neither has one.
fn read_maintainers(release: &impl Release) -> Result<Result<Maintainers, Unusable>, Error> {
    let path = BStr::new(MAINTAINERS_PATH);
    let has_file = |side: &Side| release.mode(*side, path).is_some_and(is_file);
    let Some(side) = [Side::New, Side::Old].into_iter().find(has_file) else {
        return Ok(Ok(Maintainers::default()));
    };
    let text = release.read(side, path).map_err(|source| Error::Read { path: path.into(), side, source })?;
    Ok(Maintainers::parse(&text))
}

/// The patch for the vendor's own part of each file, but for lines that belong to new drivers.
fn areas(files: &[OwnedFile], drivers: &NewDrivers, maintainers: &Maintainers) -> Vec<PatchKey> {
    let key = |(place, file): (usize, &OwnedFile)| {
        let driver = drivers.files.get(&place);
        let path = file.path.as_bstr();
        let folder = || PatchKey::Folder(top_folder(path).into());
        let subsystem = || maintainers.subsystem(path).map(|title| PatchKey::Subsystem(title.into()));
        driver.map_or_else(
            || subsystem().unwrap_or_else(folder),
            |driver| PatchKey::NewDriver(drivers.paths[*driver].clone()),
        )
    };
    let mut keys: Vec<PatchKey> = files.iter().enumerate().map(key).collect();
    let mut sizes: BTreeMap<&PatchKey, u64> = BTreeMap::new();
    for (file, key) in files.iter().zip(&keys).filter(|(_, key)| matches!(key, PatchKey::Subsystem(_))) {
        let own = file.runs.iter().filter(|run| run.commit().is_none());
        *sizes.entry(key).or_default() += own.map(|run| u64::from(run.lines)).sum::<u64>();
    }
    let mut by_size: Vec<(&PatchKey, u64)> = sizes.into_iter().collect();
    by_size.sort_by_key(|(key, size)| (std::cmp::Reverse(*size), *key));
    let small: BTreeSet<PatchKey> =
        by_size.into_iter().skip(MOST_SUBSYSTEMS).map(|(key, _)| key.clone()).collect();
    for (file, key) in files.iter().zip(&mut keys) {
        if small.contains(key) {
            *key = PatchKey::Folder(top_folder(file.path.as_bstr()).into());
        }
    }
    keys
}
