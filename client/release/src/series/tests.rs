//! Series of whole releases: by properties, and read and applied by git and GNU patch.

mod heads;
mod memory_release;
mod messages;
mod properties;
mod real_tools;
mod rows;
mod rules;

use std::path::Path;

pub(in crate::series) use self::memory_release::{MemoryRelease, origins};
use super::{
    Error, KeptPieces, KeptProofs, OwnedFile, Release, SeriesPatch, SeriesSettings, SeriesWriter, Verified,
};
use crate::answer::ReleaseCommit;

/// Writes a series in the usual form, without upstream messages.
pub(in crate::series) fn write(
    folder: &Path,
    commits: &[ReleaseCommit],
    vendor_date: Option<i64>,
    files: &[OwnedFile],
    release: &impl Release,
) -> Result<Vec<SeriesPatch>, Error> {
    let settings = SeriesSettings { vendor_date, ..SeriesSettings::default() };
    write_with_messages(folder, commits, settings, files, release, |_| None)
}

/// Writes a series with the messages that `message` gives for the ids of commits.
pub(in crate::series) fn write_with_messages(
    folder: &Path,
    commits: &[ReleaseCommit],
    settings: SeriesSettings,
    files: &[OwnedFile],
    release: &impl Release,
    message: impl Fn(&str) -> Option<String>,
) -> Result<Vec<SeriesPatch>, Error> {
    write_after(folder, commits, settings, files, release, &mut KeptPieces::default(), message)
}

/// The same after the series of another release of a row.
fn write_after(
    folder: &Path,
    commits: &[ReleaseCommit],
    settings: SeriesSettings,
    files: &[OwnedFile],
    release: &impl Release,
    kept: &mut KeptPieces,
    message: impl Fn(&str) -> Option<String>,
) -> Result<Vec<SeriesPatch>, Error> {
    let mut writer = SeriesWriter::divide(folder, commits, settings, files, release, kept)?;
    while let Some(origins) = writer.next_origins() {
        writer.write_next(origins.iter().map(|commit| message(commit)).collect())?;
    }
    writer.finish()
}

/// Verifies a series by itself.
pub(in crate::series) fn verify(
    folder: &Path,
    patches: &[SeriesPatch],
    files: &[OwnedFile],
    release: &impl Release,
) -> Result<Verified, Error> {
    super::verify(folder, patches, files, release, &mut KeptProofs::default())
}
