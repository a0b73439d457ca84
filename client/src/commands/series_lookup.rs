//! Looks up the patches of a neighbour's series, for `index`, which keeps what is said of them, and for `show`.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, anyhow, bail};
use hunktrace_indexer::index::folder::IndexFolder;
use hunktrace_proto::v1::{LookupRequest, LookupResponse, Patch};
use hunktrace_release::lookup_record::{match_kind_name, rounded};
use hunktrace_server::neighbours::kind::WANTED;
use hunktrace_server::neighbours::looked_up_series::{
    IndexState, LookedUpFile, LookedUpPatch, LookedUpSeries,
};
use hunktrace_server::neighbours::series_files::{SeriesFile, SeriesFiles};
use indicatif::HumanCount;

use crate::commands::lookup::asking::{BrokenOff, CANDIDATES_IN_JSON, Listener, Question, ask};
use crate::commands::lookup::input::InputOptions;
use crate::commands::lookup::input_faults::{no_file_of_series, without_patches};
use crate::commands::lookup::patch_names::Told;
use crate::commands::lookup::read_section::SectionOutcome;
use crate::commands::lookup::refusals::{Refusals, too_long};
use crate::source::server::Client;
use crate::terminal::message::say;
use crate::terminal::screen_text::counted;
use crate::terminal::step_bar::StepBar;

/// Bytes that a file of a series may have, as it is and decompressed.
const MOST_BYTES: u64 = 256 << 20;

/// After so long a user wants to see how far it is.
const PATIENCE: Duration = Duration::from_secs(1);

/// A series whose patches were looked up.
#[derive(Debug)]
pub struct SeriesAnswer {
    /// What was said of them.
    pub series: LookedUpSeries,
    /// How many of them were looked up now, and not before.
    pub new_patches: u64,
    /// Whether something of it could not be read or looked up; the user was told.
    pub has_problems: bool,
}

impl SeriesAnswer {
    /// What was done, in a line.
    pub fn text(&self) -> String {
        let files = &self.series.files;
        let patches: u64 = files.iter().map(|file| file.patch_count).sum();
        let likely: usize = files.iter().map(|file| file.patches.len()).sum();
        let before = match patches - self.new_patches {
            0 => String::new(),
            before => format!(", {} as before", HumanCount(before)),
        };
        let new = patch_count(self.new_patches);
        format!("{new} looked up{before}; {} with a likely origin", HumanCount(likely as u64))
    }
}

fn patch_count(count: u64) -> String {
    counted(count, "patch").replace("patchs", "patches")
}

/// How a series is looked up.
#[derive(Clone, Debug)]
pub struct SeriesQuestion {
    /// Its whole path.
    pub path: PathBuf,
    /// What was said of it before: what has not changed since is not looked up again where the index is the same.
    pub before: Option<LookedUpSeries>,
    /// The state of the index that is asked.
    pub index: IndexState,
    /// Whether progress is shown where it takes long.
    pub is_quiet: bool,
}

/// Looks up the patches of a series, as `lookup` does, and tells what is wrong with it.
///
/// # Errors
/// Where it cannot be read, or has no patches, or the service ends its answers.
pub async fn look_up_series(client: &mut Client, asked: SeriesQuestion) -> anyhow::Result<SeriesAnswer> {
    let SeriesQuestion { path, before, index, is_quiet } = asked;
    let found = SeriesFiles::of(&path).with_context(|| format!("{}: cannot be read", path.display()))?;
    let mut listener = SeriesListener::new(&path, is_quiet);
    for left_out in &found.left_out {
        say(left_out);
        listener.has_problems |= !left_out.is_meant();
    }
    if found.files.is_empty() {
        bail!("{}, or {WANTED}", without_patches(&path));
    }
    let known = before.filter(|before| before.index == index).map(|before| before.files);
    let mut known: HashMap<PathBuf, LookedUpFile> =
        known.into_iter().flatten().map(|file| (file.name.clone(), file)).collect();
    let root = path.canonicalize().with_context(|| format!("{}: cannot be read", path.display()))?;
    let mut inputs = Vec::new();
    for file in found.files {
        let unchanged = known.remove(&file.name).filter(|known| known.stamp == file.stamp);
        if let Some(unchanged) = unchanged.filter(|known| !known.has_problems) {
            listener.files.push(unchanged);
            continue;
        }
        listener.places.insert(file.path.clone(), listener.files.len());
        listener.files.push(unread(&file));
        match fault(&root, &file) {
            Some(fault) => {
                listener.current = listener.files.len() - 1;
                listener.hear_failure(&fault);
            }
            None => inputs.push(file.path),
        }
    }
    listener.progress.total = inputs.len() as u64;
    if !inputs.is_empty() {
        let request = LookupRequest { max_candidates: CANDIDATES_IN_JSON, ..LookupRequest::default() };
        let options = InputOptions { repository: None, max_unpacked: MOST_BYTES };
        let broken_off = ask(client, Question { inputs, options, request }, &mut listener).await?;
        if let Some(BrokenOff { mut names, error }) = broken_off {
            bail!("{}: not answered: {error}", names.broken_off().1);
        }
    }
    listener.refusals.tell_repetitions();
    let SeriesListener { files, new_patches, has_problems, .. } = listener;
    if files.iter().all(|file| file.patch_count == 0) {
        return Err(no_patches(&path, files.len()));
    }
    Ok(SeriesAnswer { series: LookedUpSeries { path, index, files }, new_patches, has_problems })
}

/// The state of an index, as far as answers depend on it.
///
/// # Errors
/// Where there is none, or it is damaged.
pub fn current_state(index: &Path) -> anyhow::Result<IndexState> {
    let folder = IndexFolder::open(index)?;
    let generation = folder.generation(&folder.open_segments()?.index)?;
    Ok(generation.as_ref().map(IndexState::from).unwrap_or_default())
}

fn unread(file: &SeriesFile) -> LookedUpFile {
    LookedUpFile {
        name: file.name.clone(),
        stamp: file.stamp,
        has_problems: false,
        patch_count: 0,
        patches: Vec::new(),
    }
}

/// Why a file of a series is not looked up, if it is not.
fn fault(root: &Path, file: &SeriesFile) -> Option<String> {
    let name = file.path.display();
    let Some(stamp) = file.stamp else { return Some(no_file_of_series(&file.path)) };
    if stamp.bytes() > MOST_BYTES {
        return Some(format!(
            "{name}: has {} bytes, over the limit of {MOST_BYTES} for a file of a series; split it",
            stamp.bytes()
        ));
    }
    match file.path.canonicalize() {
        Ok(whole) if whole.starts_with(root) => None,
        Ok(whole) => Some(format!(
            "{name}: lies outside of the series' folder, in {}; put a copy in, or name it by itself",
            whole.display()
        )),
        Err(error) => Some(format!("{name}: cannot be read: {error}")),
    }
}

fn no_patches(path: &Path, files: usize) -> anyhow::Error {
    let name = path.display();
    match path.is_dir() {
        true => anyhow!(
            "{name}: none of its {} has a patch that could be looked up; name {WANTED}",
            counted(files as u64, "file")
        ),
        false => anyhow!("{name}: is neither a catalogue nor a patch; name {WANTED}"),
    }
}

/// Takes what is said of the patches of a series.
struct SeriesListener {
    /// What the names of its patches begin with, which are told without it.
    prefix: String,
    files: Vec<LookedUpFile>,
    /// Places in `files` by path.
    places: HashMap<PathBuf, usize>,
    /// The place in `files` of what is told.
    current: usize,
    refusals: Refusals,
    progress: Progress,
    new_patches: u64,
    has_problems: bool,
}

impl SeriesListener {
    fn new(series: &Path, is_quiet: bool) -> SeriesListener {
        let folder = if series.is_dir() { Some(series) } else { series.parent() };
        let folder = folder.unwrap_or(Path::new(""));
        SeriesListener {
            prefix: format!("{}/", folder.display().to_string().trim_end_matches('/')),
            files: Vec::new(),
            places: HashMap::new(),
            current: 0,
            refusals: Refusals::default(),
            progress: Progress { begun: Instant::now(), bar: None, is_quiet, total: 0, done: 0 },
            new_patches: 0,
            has_problems: false,
        }
    }

    fn note_problem(&mut self) {
        self.has_problems = true;
        if let Some(file) = self.files.get_mut(self.current) {
            file.has_problems = true;
        }
    }

    fn hear_answer(&mut self, name: &str, answer: &LookupResponse) {
        if let Some(error) = &answer.error {
            self.refusals.tell(name, &error.message);
            self.note_problem();
            return;
        }
        let name = name.strip_prefix(&self.prefix).unwrap_or(name);
        self.new_patches += answer.patches.len() as u64;
        if let Some(file) = self.files.get_mut(self.current) {
            file.patch_count += answer.patches.len() as u64;
            file.patches.extend(answer.patches.iter().filter_map(|patch| likely(name, patch)));
        }
    }
}

/// A patch with its likeliest candidate, where that is likely.
fn likely(name: &str, patch: &Patch) -> Option<LookedUpPatch> {
    let candidate = patch.candidates.first()?;
    let confidence = rounded(candidate.confidence);
    LookedUpPatch::of(name, &candidate.commit, confidence, match_kind_name(candidate))
}

impl Listener for SeriesListener {
    fn begin_input(&mut self, name: &Path) {
        self.current = self.places.get(name).copied().unwrap_or(usize::MAX);
        self.progress.advance();
    }

    fn hear(&mut self, told: Vec<Told>) -> anyhow::Result<()> {
        for item in told {
            match item {
                Told::Patch { name, outcome: SectionOutcome::Answered(answer) } => {
                    self.hear_answer(&name, &answer);
                }
                Told::Patch { name, outcome: SectionOutcome::TooLong { bytes, limit } } => {
                    self.hear_failure(&too_long(&name, bytes, limit));
                }
                Told::Problem(message) => self.hear_failure(&message),
                // A series may have a letter that introduces it.
                Told::NoDiff(message) | Told::Note(message) => say(message),
            }
        }
        Ok(())
    }

    fn hear_failure(&mut self, message: &str) {
        say(message);
        self.note_problem();
    }
}

/// How far it is, for who has waited a while.
struct Progress {
    begun: Instant,
    bar: Option<StepBar>,
    is_quiet: bool,
    total: u64,
    done: u64,
}

impl Progress {
    /// Another file begins.
    fn advance(&mut self) {
        if self.bar.is_none() && self.begun.elapsed() >= PATIENCE {
            self.bar = Some(StepBar::start(self.is_quiet));
        }
        if let Some(bar) = &self.bar {
            bar.advanced("looking up patches", self.done, self.total);
        }
        self.done += 1;
    }
}
