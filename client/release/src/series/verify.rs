//! Proves that a written series is lossless: reads the patches back, applies them to the base, and compares. What the
//! patches say about themselves is compared as well.
//!
//! It goes file by file: a first pass finds where in the patches each file is, a second one applies a file's pieces in
//! the order of the series. So it holds a few files at a time.

use std::collections::{HashMap, HashSet};
use std::path::Path;

use bstr::{BStr, ByteSlice};
use rayon::prelude::*;

use self::lifetimes::{FileInTheWay, Lifetimes};
use super::error::{Error, SeriesPosition};
use super::kept_proofs::{KeptProofs, Presence, proof};
use super::ownership::OwnedFile;
use super::patch_header::PatchHead;
use super::release::Release;
use super::replay::file_state::FileState;
use super::replay::patch_index::PatchIndex;
use super::replay::problem::Problem;
use super::series_patch::SeriesPatch;
use super::version::Version;
use crate::answer::Side;

mod lifetimes;

/// What has been verified.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verified {
    /// How many patches were applied.
    pub patches: usize,
    /// How many files they turned from the base's into the vendor's.
    pub files: usize,
}

/// Applies the series in `folder` to the base and compares the outcome with the vendor tree.
///
/// `patches` are those that were written, and `files` all files that differ, as they were then. `kept` has what was
/// verified of the release before and need not be verified again, and afterwards what need not be for the next one.
///
/// # Errors
///
/// One of the problems found, with the patch and the line to blame; or if a file cannot be read.
pub fn verify(
    folder: &Path,
    patches: &[SeriesPatch],
    files: &[OwnedFile],
    release: &impl Release,
    kept: &mut KeptProofs,
) -> Result<Verified, Error> {
    let index = PatchIndex::read_after(folder, &mut kept.patches)?;
    verify_heads(patches, &index)?;
    let expected: HashSet<&BStr> = files.iter().map(|file| file.path.as_bstr()).collect();
    let unexpected = index.files.iter().find(|(path, _)| !expected.contains(path.as_bstr()));
    if let Some((path, piece)) = unexpected.and_then(|(path, pieces)| Some((path, pieces.first()?))) {
        let problem = Problem::new("a file is changed that does not differ");
        return Err(index.not_lossless(piece, path.as_ref(), problem));
    }
    let earlier = &*kept;
    let verified = files
        .par_iter()
        .map(|file| verify_file(file, &index, release, earlier))
        .collect::<Result<Vec<VerifiedFile<'_>>, Error>>()?;
    let (mut proofs, mut lifetimes) = (HashMap::new(), Vec::with_capacity(verified.len()));
    for file in verified {
        proofs.extend(file.proof.map(|proof| (proof, file.presence)));
        lifetimes.extend(file.lifetimes);
    }
    kept.keep(proofs);
    let lifetimes: Lifetimes<'_> = lifetimes.into_par_iter().collect();
    lifetimes.check().map_err(|FileInTheWay { patch, path }| {
        let position =
            SeriesPosition { patch: index.patches.get(patch).cloned(), patch_line: None, path: Some(path) };
        Error::NotLossless { position, problem: "is there while one of its folders is a file".into() }
    })?;
    Ok(Verified { patches: index.patches.len(), files: files.len() })
}

/// Compares what the patches say about themselves with what was meant.
fn verify_heads(patches: &[SeriesPatch], index: &PatchIndex) -> Result<(), Error> {
    let meant: HashMap<&str, &PatchHead> =
        patches.iter().map(|patch| (patch.name.as_str(), &patch.head)).collect();
    for (name, found) in index.patches.iter().zip(index.heads()) {
        let Some(meant) = meant.get(name.as_str()) else {
            let position = SeriesPosition { patch: Some(name.clone()), patch_line: None, path: None };
            return Err(Error::NotLossless { position, problem: "the series has no such patch".into() });
        };
        verify_head(name, found, meant)?;
    }
    Ok(())
}

fn verify_head(patch: &str, found: &PatchHead, meant: &PatchHead) -> Result<(), Error> {
    let names = |head: &PatchHead| head.fields.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ");
    if names(found) != names(meant) {
        let (found, meant) = (names(found), names(meant));
        return Err(Error::Head { patch: patch.into(), field: "list of fields", found, meant });
    }
    for ((field, found), (_, meant)) in found.fields.iter().zip(&meant.fields) {
        if found != meant {
            let (found, meant) = (found.clone(), meant.clone());
            return Err(Error::Head { patch: patch.into(), field, found, meant });
        }
    }
    if found.body != meant.body {
        return Err(Error::Message { patch: patch.into() });
    }
    Ok(())
}

/// A path, and between which patches there is a file.
type Lifetime<'a> = (&'a BStr, Vec<std::ops::Range<usize>>);

/// What has come out for a file.
struct VerifiedFile<'a> {
    /// What stands for all that it depends on.
    proof: Option<u128>,
    presence: Presence,
    /// When the file is there, under each of its names.
    lifetimes: Vec<Lifetime<'a>>,
}

/// Applies all patches to one file and compares the outcome, unless that was done for the release before.
fn verify_file<'a>(
    file: &'a OwnedFile,
    index: &PatchIndex,
    release: &impl Release,
    earlier: &KeptProofs,
) -> Result<VerifiedFile<'a>, Error> {
    let path = file.path.as_bstr();
    let pieces = index.files.get(path).map_or(&[][..], Vec::as_slice);
    let proof = proof(file, pieces);
    let presence = match proof.and_then(|proof| earlier.get(proof)) {
        Some(presence) => presence.clone(),
        None => apply_to_file(file, index, release)?,
    };
    if let Some(from) = &file.moved_from
        && release.mode(Side::New, from.as_bstr()).is_some()
    {
        let problem = "the file is moved away, but is in the vendor tree".to_owned();
        return Err(file_not_lossless(from.as_bstr(), problem));
    }
    let mut lifetime = lifetimes::Recorder::new(presence.in_base);
    let mut lifetime_before = lifetimes::Recorder::new(file.moved_from.is_some());
    for (piece, is_there) in pieces.iter().zip(&presence.after) {
        lifetime.record(piece.patch, *is_there);
        lifetime_before.record(piece.patch, !is_there);
    }
    let mut lifetimes = vec![(path, lifetime.finish())];
    if let Some(from) = &file.moved_from {
        lifetimes.push((from.as_bstr(), lifetime_before.finish()));
    }
    Ok(VerifiedFile { proof, presence, lifetimes })
}

/// Applies all patches to one file and compares the outcome. Returns when the file is there.
fn apply_to_file(file: &OwnedFile, index: &PatchIndex, release: &impl Release) -> Result<Presence, Error> {
    let path = file.path.as_bstr();
    let old = Version::read(release, Side::Old, file.old_path())?;
    let pieces = index.file_patches(path)?;
    let mut state = FileState::new(file, old.as_ref());
    let mut presence = Presence { in_base: state.is_there(), after: Vec::with_capacity(pieces.len()) };
    for (piece, patch) in &pieces {
        state.apply(path, patch).map_err(|problem| index.not_lossless(piece, path, problem))?;
        presence.after.push(state.is_there());
    }
    let new = Version::read(release, Side::New, path)?;
    state.compare(new.as_ref()).map_err(|problem| file_not_lossless(path, problem.text))?;
    Ok(presence)
}

fn file_not_lossless(path: &BStr, problem: String) -> Error {
    let position = SeriesPosition { patch: None, patch_line: None, path: Some(path.into()) };
    Error::NotLossless { position, problem }
}

#[cfg(test)]
mod tests;
