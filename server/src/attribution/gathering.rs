//! The candidates of one file while they are gathered: its history, and hunks of other files with the same lines.

use bstr::BString;
use hunktrace_indexer::cancellation::Cancelled;
use hunktrace_indexer::fingerprint::{IndexTerm, LineHash, LineHasher, path_term};
use hunktrace_indexer::index::folder::IndexError;
use hunktrace_indexer::index::retrieval::{FoundHunk, HunkId, RetrievalQuery, WeightedTerm};
use rustc_hash::FxHashSet;

use super::aligned_hunk::AlignedHunk;
use super::alignment::{LinePlaces, TakenLines};
use super::candidate_source::CandidateSource;
use super::known_history::{HunkOfCommit, KnownHistory};
use super::laid_hunk::{FoundBy, HistoryHunk, LaidHunk};
use super::release::ReleaseFile;
use super::side::BySide;
use super::side_lines::{SideLine, side_lines_of};
use super::uncovered_lines::{cover_lines, covering_hunks};
use super::unknown_lines::unknown_lines;

/// A file is looked for under at most this many names, its own and those that upstream renames lead to. Tuned: see
/// `docs/constants.md`.
const MAX_FOLLOWED_PATHS: usize = 4;

/// Hunks loaded at a time: neighbours lie in the same compressed blocks, and more at a time only take more memory.
/// It changes no answer. Tuned: see `docs/constants.md`.
const LOADED_HUNKS_BATCH: usize = 512;

/// How many hunks of other files are taken for a hunk of the release. Tuned: see `docs/constants.md`.
const MAX_FOREIGN_HUNKS: usize = 6;

/// Where candidates are looked for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// In the file's own history.
    OwnHistory,
    /// In that of all files.
    AllFiles,
}

/// What was gathered for one file.
pub struct Gathered {
    /// The candidates, by commit and number.
    pub hunks: Vec<AlignedHunk>,
    /// The names under which the file was looked for, its own first, and further ones that upstream's renames lead to.
    pub names: Vec<BString>,
}

/// The candidates of one file while they are gathered.
pub struct Gathering<'a> {
    source: CandidateSource<'a>,
    /// What is known of the file's history from another form of it.
    known: Option<KnownHistory<'a>>,
    places: BySide<LinePlaces<'a>>,
    /// The file's lines that the hunks of the commit in hand have taken.
    taken: BySide<TakenLines>,
    hasher: LineHasher,
    /// The hunks of which the file has a line.
    hunks: Vec<LaidHunk>,
    /// Those of which it has none, as most of a file's history.
    absent: Vec<AlignedHunk>,
    seen: FxHashSet<HunkOfCommit>,
}

impl<'a> Gathering<'a> {
    /// Begins with the lines of a file, and with what is known of its history.
    pub fn new(
        source: CandidateSource<'a>,
        lines: &'a BySide<Vec<SideLine>>,
        known: Option<KnownHistory<'a>>,
    ) -> Gathering<'a> {
        let places = BySide::from_fn(|side| LinePlaces::unless(&lines[side], source.cancellation));
        Gathering {
            source,
            known,
            taken: BySide::from_fn(|side| places[side].nothing_taken()),
            places,
            hasher: LineHasher::default(),
            hunks: Vec::new(),
            absent: Vec::new(),
            seen: FxHashSet::default(),
        }
    }

    /// Looks for the candidates.
    pub fn gather(mut self, file: &ReleaseFile, reach: Reach) -> Result<Gathered, IndexError> {
        let names = match self.known.take() {
            Some(known) => self.take_known(known)?,
            None => self.follow_names(file)?,
        };
        cover_lines(&mut self.hunks, &self.places, self.source.cancellation);
        self.source.cancellation.check()?;
        if reach == Reach::AllFiles {
            self.look_up_unknown(file.hunks.len() as u32)?;
        }
        let release = BySide::from_fn(|side| self.places[side].lines());
        let mut hunks = self.absent;
        for hunk in self.hunks {
            self.source.cancellation.check()?;
            hunks.push(AlignedHunk::new(hunk, release));
        }
        self.source.cancellation.check()?;
        hunks.sort_by_key(|hunk| (hunk.commit, hunk.number));
        Ok(Gathered { hunks, names })
    }

    /// Takes everything that history did to the file. Hunks that are known and have nothing of the file are not read again.
    fn take_known(&mut self, known: KnownHistory<'_>) -> Result<Vec<BString>, IndexError> {
        let release = BySide::from_fn(|side| self.places[side].lines());
        let absent = known.absent_from(release, self.source.cancellation);
        self.source.cancellation.check()?;
        for name in known.names.iter().take(MAX_FOLLOWED_PATHS) {
            let mut found = self.hunks_of(name)?;
            found.retain(|hunk| match absent.get(&HunkOfCommit::of(hunk)) {
                Some(known) => {
                    if self.seen.insert(HunkOfCommit::of(hunk)) {
                        self.absent.push(AlignedHunk::clone(known));
                    }
                    false
                }
                None => true,
            });
            self.take(&found, FoundBy::Path)?;
        }
        Ok(known.names.to_vec())
    }

    /// Takes everything that history did to the file, under all names that it had; returns these.
    fn follow_names(&mut self, file: &ReleaseFile) -> Result<Vec<BString>, IndexError> {
        let mut names: Vec<BString> = file.new_path.iter().chain(&file.old_path).cloned().collect();
        names.dedup();
        let mut next = 0;
        while next < names.len() && next < MAX_FOLLOWED_PATHS {
            let found = self.hunks_of(&names[next])?;
            let other_names = self.take(&found, FoundBy::Path)?;
            next += 1;
            for other in other_names {
                if !names.contains(&other) {
                    names.push(other);
                }
            }
        }
        Ok(names)
    }

    /// What history did to a file of that name.
    fn hunks_of(&self, name: &BString) -> Result<Vec<FoundHunk>, IndexError> {
        let CandidateSource { retrieval, excluded, .. } = self.source;
        retrieval.hunks_of_path(path_term(name), Some(excluded))
    }

    /// Aligns hunks; returns the other names of files that they rename.
    fn take(&mut self, found: &[FoundHunk], found_by: FoundBy) -> Result<Vec<BString>, IndexError> {
        let mut other_names = Vec::new();
        let mut read: Vec<HistoryHunk> = Vec::new();
        let Gathering { source, seen, hasher, .. } = self;
        for batch in found.chunks(LOADED_HUNKS_BATCH) {
            source.cancellation.check()?;
            let ids: Vec<HunkId> = batch.iter().map(|hunk| hunk.id).collect();
            source.retrieval.visit(&ids, &mut |place, stored| {
                if let (Some(old), Some(new)) = (&stored.old, &stored.new)
                    && old.path != new.path
                {
                    other_names.extend([old.path.to_owned(), new.path.to_owned()]);
                }
                let FoundHunk { commit, number, .. } = batch[place];
                if let Some(hunk) = &stored.lines
                    && seen.insert(HunkOfCommit::of(&batch[place]))
                {
                    let lines = side_lines_of([hunk.body], hasher);
                    read.push(HistoryHunk { commit, number, lines });
                }
            })?;
        }
        self.align(read, found_by)?;
        other_names.sort();
        other_names.dedup();
        Ok(other_names)
    }

    /// Aligns hunks, commit by commit: what one hunk of a commit has taken is not there for its next one.
    fn align(&mut self, mut read: Vec<HistoryHunk>, found_by: FoundBy) -> Result<(), Cancelled> {
        read.sort_by_key(|hunk| (hunk.commit, hunk.number));
        let release = BySide::from_fn(|side| self.places[side].lines());
        let mut last = None;
        for hunk in read {
            self.source.cancellation.check()?;
            if last.replace(hunk.commit) != Some(hunk.commit) {
                self.taken.both_mut().into_iter().for_each(TakenLines::clear);
            }
            let hunk = LaidHunk::new(hunk, found_by, &self.places, &mut self.taken);
            if hunk.is_absent() {
                self.absent.push(AlignedHunk::new(hunk, release));
            } else {
                self.hunks.push(hunk);
            }
        }
        Ok(())
    }

    /// Looks up by their lines those of the file's `hunks` hunks that the file's own history does not know: moved and
    /// copied code.
    fn look_up_unknown(&mut self, hunks: u32) -> Result<(), IndexError> {
        let known = covering_hunks(&self.hunks, &self.places);
        for number in 0..hunks {
            self.source.cancellation.check()?;
            if let Some(hashes) = unknown_lines(&self.places, number, &known, self.source.cancellation) {
                self.source.cancellation.check()?;
                let found = self.hunks_with_lines(&hashes)?;
                self.take(&found, FoundBy::Lines)?;
            }
        }
        Ok(())
    }

    /// The hunks of any file that share most of these lines, the rarer ones counting more.
    fn hunks_with_lines(&self, hashes: &[LineHash]) -> Result<Vec<FoundHunk>, IndexError> {
        let CandidateSource { retrieval, excluded, .. } = self.source;
        let terms: Vec<IndexTerm> = hashes.iter().map(|hash| IndexTerm::from(*hash)).collect();
        let frequencies = retrieval.frequencies(&terms)?;
        let hunks = retrieval.hunk_count() as f32;
        let weighted = terms.iter().zip(frequencies).filter(|(_, frequency)| *frequency > 0);
        let terms: Vec<WeightedTerm> = weighted
            .map(|(term, frequency)| WeightedTerm {
                term: *term,
                weight: (hunks / frequency as f32).ln(),
                frequency,
            })
            .collect();
        retrieval.search(&RetrievalQuery {
            terms,
            paths: Vec::new(),
            path_bonus: 0.0,
            excluded: Some(excluded),
            limit: MAX_FOREIGN_HUNKS,
            least_share: 0.0,
        })
    }
}
