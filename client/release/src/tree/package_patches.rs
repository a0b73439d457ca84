//! The patches of a package: which of them are applied to the kernel's tarball, and applying them.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::io::Read;

use bstr::{BStr, BString, ByteSlice};
use hunktrace_indexer::patch_folder::series_conf::{Choice, listed_patches};

use super::compression::decompress;
use super::entry::Entry;
use super::error::Error;
use super::options::Options;
use super::package_contents::Contents;
use super::package_patch::PackagePatch;
use super::recipe::{Recipe, Step, Unclear, What};
use super::spec_file::{OPTIONAL_LINES, recipe};
use super::spool::SpoolWriter;
use super::tarball;
use super::tree_patch::{Manner, PatchedTree};

const SERIES: &str = "series.conf";

/// Files of a package by name.
pub(super) type PackageFiles = HashMap<BString, Vec<u8>>;

/// Patches that are in archives, by the names that `series.conf` has for them.
type SeriesPatches = HashMap<String, Vec<u8>>;

/// What is applied to the tarball.
pub(super) struct Plan {
    spec: BString,
    recipe: Recipe,
}

impl Plan {
    /// Reads the spec file of a package; `None` if there is nothing to apply.
    ///
    /// # Errors
    /// Where there are patches, and it is not certain what is done with them.
    pub fn of(archive: &str, contents: &Contents) -> Result<Option<Plan>, Error> {
        let mut patches =
            contents.members.iter().filter(|(name, size)| *size > 0 && is_patch(name.as_bstr()));
        let unclear = |spec: &str, text: &str, problem: &str| Error::UnclearSpec {
            archive: archive.to_owned(),
            place: spec.to_owned(),
            problem: format!("{text:?}: {problem}"),
        };
        let first = patches.next();
        let (spec, text) = match (&contents.specs[..], first) {
            ([spec], _) => spec,
            (_, None) => return Ok(None),
            ([], Some((patch, _))) => {
                let problem = "the package has this patch and no spec file that says what to do with it";
                return Err(unclear("no spec file", &patch.to_string(), problem));
            }
            (specs, Some(_)) => {
                let names: Vec<String> = specs.iter().map(|(name, _)| name.to_string()).collect();
                let problem = "the package has patches and several spec files";
                return Err(unclear(&names.join(", "), "", problem));
            }
        };
        let release = contents.header.identity.as_deref().and_then(|identity| identity.rsplit('-').next());
        let fuzz = default_fuzz(contents.header.rpm_version.as_deref());
        let recipe = match recipe(text, release, fuzz) {
            Ok(recipe) => recipe,
            // What a spec does with patches that are not there does not matter.
            Err(_) if first.is_none() => return Ok(None),
            Err(Unclear { line, text, problem }) => {
                let (archive, place) = (archive.to_owned(), format!("{spec}, line {line}"));
                return Err(Error::UnclearSpec { archive, place, problem: format!("{text:?}: {problem}") });
            }
        };
        match (recipe.steps.is_empty(), first) {
            (true, None) => Ok(None),
            (true, Some((patch, _))) => {
                let problem =
                    "the package has this patch, and no line of the spec is understood to apply any";
                Err(unclear(&spec.to_string(), &patch.to_string(), problem))
            }
            (false, _) => Ok(Some(Plan { spec: spec.clone(), recipe })),
        }
    }

    /// Whether a file of the package is needed.
    pub fn needs(&self, name: &BStr) -> bool {
        self.recipe.steps.iter().any(|step| match &step.what {
            What::Patch(patch) | What::OptionalPatch(patch) => name == patch.as_str(),
            What::Series(_) => name == SERIES || is_series_archive(name),
        })
    }
}

/// The fuzz that `%patch` allows unless the spec says otherwise: rpm allows none since 4.6, and patch's own two lines before.
fn default_fuzz(rpm_version: Option<&str>) -> usize {
    let numbers = rpm_version.map(|version| {
        let mut numbers = version.split('.').map(|number| number.parse::<u32>().unwrap_or(0));
        (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0))
    });
    match numbers {
        Some(version) if version < (4, 6) => 2,
        _ => 0,
    }
}

fn is_patch(name: &BStr) -> bool {
    let stem = [".gz", ".bz2", ".xz", ".zst"].iter().find_map(|ending| name.strip_suffix(ending.as_bytes()));
    let stem = stem.map_or(name, ByteSlice::as_bstr);
    let is_list = name == SERIES || name == "series" || is_series_archive(name);
    is_list || name.starts_with_str("patch-") || stem.ends_with_str(".patch") || stem.ends_with_str(".diff")
}

fn is_series_archive(name: &BStr) -> bool {
    name.starts_with_str("patches.") && name.contains_str(".tar")
}

/// Applies what a plan says.
pub(super) struct Patching<'a> {
    pub archive: &'a str,
    pub options: &'a Options,
    pub plan: &'a Plan,
    pub files: &'a PackageFiles,
}

/// A tree with the patches of its package.
pub(super) struct Patched {
    pub entries: BTreeMap<BString, Entry>,
    /// The patches that changed something, in order.
    pub patches: Vec<PackagePatch>,
    /// What was done, for people.
    pub notes: Vec<String>,
}

impl Patching<'_> {
    /// Applies the patches to a tree.
    pub fn run(&self, entries: BTreeMap<BString, Entry>) -> Result<Patched, Error> {
        let spool = SpoolWriter::create(self.options.scratch.as_deref())?;
        let mut tree = PatchedTree::new(self.archive, &self.options.limits, entries, spool);
        let (mut patches, mut fuzzy) = (Vec::new(), Vec::new());
        for (patch, manner) in self.patches()? {
            let applied = tree.apply(&patch.name, &patch.text, manner)?;
            if applied.fuzzy_hunks > 0 {
                fuzzy.push(patch.name.clone());
            }
            if applied.files > 0 {
                patches.push(patch);
            }
        }
        let notes = self.notes(&patches, &fuzzy);
        Ok(Patched { entries: tree.finish()?, patches, notes })
    }

    /// The patches that are applied, in order, each with the manner.
    pub fn patches(&self) -> Result<Vec<(PackagePatch, Manner)>, Error> {
        let mut patches = Vec::new();
        for step in &self.plan.recipe.steps {
            match &step.what {
                What::Patch(name) => patches.extend(self.file(step, name, 1)?),
                What::OptionalPatch(name) => patches.extend(self.file(step, name, OPTIONAL_LINES)?),
                What::Series(symbols) => patches.extend(self.series(step, symbols.as_deref())?),
            }
        }
        Ok(patches)
    }

    /// The patch in a file, if it has lines enough.
    fn file(
        &self,
        step: &Step,
        name: &str,
        least_lines: usize,
    ) -> Result<Option<(PackagePatch, Manner)>, Error> {
        let Some(file) = self.files.get(BStr::new(name)) else {
            return Err(self.unclear(step, &format!("applies {name}, which the package does not hold")));
        };
        let text = self.unpacked(name, file)?;
        if text.find_iter("\n").count() < least_lines {
            return Ok(None);
        }
        if let Some(doubt) = step.doubt {
            return Err(self.unclear(step, doubt));
        }
        Ok(Some((PackagePatch { name: name.to_owned(), text }, step.manner)))
    }

    fn series(&self, step: &Step, symbols: Option<&str>) -> Result<Vec<(PackagePatch, Manner)>, Error> {
        let Some(list) = self.files.get(BStr::new(SERIES)) else {
            return Err(self.unclear(step, "reads series.conf, which the package does not hold"));
        };
        if let Some(doubt) = step.doubt {
            return Err(self.unclear(step, doubt));
        }
        let unclear = listed_patches(list, symbols).find(|patch| patch.choice == Choice::Unclear);
        if let Some(patch) = unclear {
            let text = patch.text.to_str_lossy();
            return Err(Error::UnclearSpec {
                archive: self.archive.to_owned(),
                place: format!("{SERIES}, line {}", patch.line),
                problem: format!("{text:?}: hangs on symbols that the spec does not name for certain"),
            });
        }
        let held = self.series_patches()?;
        let mut patches = Vec::new();
        for patch in listed_patches(list, symbols).filter(|patch| patch.choice == Choice::Applied) {
            let name = patch.name.to_str_lossy().into_owned();
            let Some(text) = held.get(&name).cloned() else {
                let problem = format!("series.conf lists {name}, which no archive of the package holds");
                return Err(self.unclear(step, &problem));
            };
            patches.push((PackagePatch { name, text }, step.manner));
        }
        Ok(patches)
    }

    /// The patches in the package's archives, by folder and name.
    fn series_patches(&self) -> Result<SeriesPatches, Error> {
        let mut patches = SeriesPatches::new();
        for (name, bytes) in self.files.iter().filter(|(name, _)| is_series_archive(name.as_bstr())) {
            let archive = format!("{}: {name}", self.archive);
            let tarball = tarball::read(&archive, &bytes[..], self.options)?;
            let end = name.find(".tar").unwrap_or(name.len());
            let folder = name[..end].as_bstr();
            for (path, entry) in &tarball.entries {
                let text = entry.content.read(path.as_bstr())?;
                // The archive's only folder was stripped; where there was none, the path has its folder.
                let key =
                    if path.starts_with(folder) { path.to_string() } else { format!("{folder}/{path}") };
                patches.insert(key, text);
            }
        }
        Ok(patches)
    }

    fn unpacked(&self, name: &str, file: &[u8]) -> Result<Vec<u8>, Error> {
        let limits = &self.options.limits;
        let place = || format!("member {name:?}");
        let damaged = |source| Error::damaged(self.archive, place(), source);
        let (_, input) = decompress(file).map_err(damaged)?;
        let mut text = Vec::new();
        let most = limits.max_file_bytes.saturating_add(1);
        input.take(most).read_to_end(&mut text).map_err(damaged)?;
        limits
            .check_file_bytes(text.len() as u64)
            .map_err(|exceeded| Error::over_limit(self.archive, place(), exceeded))?;
        Ok(text)
    }

    fn notes(&self, applied: &[PackagePatch], fuzzy: &[String]) -> Vec<String> {
        let spec = &self.plan.spec;
        let listed = |names: &[String]| format!("({}): {}", names.len(), names.join(", "));
        let applied: Vec<String> = applied.iter().map(|patch| patch.name.clone()).collect();
        let mut notes = Vec::new();
        if !applied.is_empty() {
            let patches = listed(&applied);
            notes.push(format!("patches of the package that were applied, as {spec} says {patches}"));
        }
        if !fuzzy.is_empty() {
            notes.push(format!("patches of which not all context agrees {}", listed(fuzzy)));
        }
        let applied: HashSet<&String> = applied.iter().collect();
        let declared = self.plan.recipe.declared.values();
        let others: Vec<String> = declared.filter(|name| !applied.contains(name)).cloned().collect();
        if !others.is_empty() {
            notes.push(format!("patches that {spec} declares and does not apply {}", listed(&others)));
        }
        notes
    }

    fn unclear(&self, step: &Step, problem: &str) -> Error {
        Error::UnclearSpec {
            archive: self.archive.to_owned(),
            place: format!("{}, line {}", self.plan.spec, step.line),
            problem: format!("{:?}: {problem}", step.text),
        }
    }
}
