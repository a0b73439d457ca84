//! Writes the patches and the `series` file.

use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};

use rayon::prelude::*;

use super::error::Error;
use super::file_pieces::{check, divide};
use super::kept_pieces::{Division, KeptPieces};
use super::obstacles::Obstacles;
use super::ownership::OwnedFile;
use super::patch_body::PatchBody;
use super::patch_header::PatchHeader;
use super::patch_key::PatchKey;
use super::patch_mail::{PatchMail, signature, statistics};
use super::piece_store::{PieceStore, SortedPieces, StoredPiece};
use super::plan::Plan;
use super::release::Release;
use super::series_file::{SERIES_FILE, series_text};
use super::series_patch::SeriesPatch;
use super::version::Version;
use crate::answer::{ReleaseCommit, Side};

/// How many patches are written at a time, with the messages of their origins in memory.
pub const PATCHES_AT_ONCE: usize = 1000;

/// How a series is to be written.
#[derive(Clone, Copy, Debug, Default)]
pub struct SeriesSettings {
    /// The form of what stands above the diffs.
    pub header: PatchHeader,
    /// The date of the vendor's own changes, in seconds since 1970; none for that of the latest commit that has lines of
    /// the release.
    pub vendor_date: Option<i64>,
}

/// Writes a series that leads from the base to the vendor tree.
///
/// ```no_run
/// # use hunktrace_release::answer::ReleaseCommit;
/// # use hunktrace_release::series::{
/// #     Error, KeptPieces, OwnedFile, Release, SeriesPatch, SeriesSettings, SeriesWriter,
/// # };
/// # use std::path::Path;
/// # fn message_of(commit: &str) -> Option<String> { None }
/// # fn example(
/// #     commits: &[ReleaseCommit], files: &[OwnedFile], release: &impl Release,
/// # ) -> Result<Vec<SeriesPatch>, Error> {
/// let settings = SeriesSettings::default();
/// let mut kept = KeptPieces::default();
/// let mut writer = SeriesWriter::divide(Path::new("patches"), commits, settings, files, release, &mut kept)?;
/// while let Some(origins) = writer.next_origins() {
///     let messages = origins.iter().map(|commit| message_of(commit)).collect();
///     writer.write_next(messages)?;
/// }
/// writer.finish()
/// # }
/// ```
pub struct SeriesWriter<'a> {
    folder: PathBuf,
    commits: &'a [ReleaseCommit],
    settings: SeriesSettings,
    /// What the patches hold, by rank.
    keys: Vec<PatchKey>,
    texts: SortedPieces,
    /// What the patches consist of, patch by patch.
    pieces: Vec<StoredPiece>,
    /// For each patch the end of its pieces.
    ends: Vec<usize>,
    /// The patches that are written.
    patches: Vec<SeriesPatch>,
}

impl<'a> SeriesWriter<'a> {
    /// Divides all files between the patches.
    ///
    /// `commits` are in upstream order, and so are their patches; one without any change gets none. `files` are
    /// all files that differ, and the parts of a patch are in their order. `folder` is created, or empty. `kept` has what
    /// can be taken from the release before, and afterwards what the next one can use.
    ///
    /// # Errors
    ///
    /// If a file cannot be read, if its runs do not say how it differs, if the folder is not empty, or if writing
    /// fails.
    pub fn divide(
        folder: &Path,
        commits: &'a [ReleaseCommit],
        settings: SeriesSettings,
        files: &[OwnedFile],
        release: &impl Release,
        kept: &mut KeptPieces,
    ) -> Result<SeriesWriter<'a>, Error> {
        check(files, commits.len())?;
        create_empty(folder)?;
        let failed = |source| Error::Io { path: folder.into(), source };
        let store = PieceStore::new(kept.texts(folder).map_err(failed)?);
        let obstacles = Obstacles::find(files, release);
        let plan = Plan::new(commits.len(), files, release)?;
        let earlier = &*kept;
        let divided = files.par_iter().enumerate().map(|(index, file)| {
            let division = Division::of(file, &obstacles, plan.file(index));
            let pieces = match division.as_ref().and_then(|division| earlier.get(division, index)) {
                Some(pieces) => {
                    store.add_stored(&pieces);
                    pieces
                }
                None => {
                    let old = Version::read(release, Side::Old, file.old_path())?;
                    let new = Version::read(release, Side::New, file.path.as_ref())?;
                    let pieces = divide(file, old.as_ref(), new.as_ref(), &obstacles, plan.file(index))?;
                    store.add(index, pieces).map_err(failed)?
                }
            };
            Ok(division.map(|division| (division, pieces)))
        });
        let divided = divided.collect::<Result<Vec<_>, Error>>()?;
        kept.keep(divided.into_iter().flatten().collect());

        let (texts, pieces) = store.sorted();
        let lengths = pieces.chunk_by(|piece, next| piece.rank == next.rank).map(<[StoredPiece]>::len);
        let ends = lengths
            .scan(0, |end, len| {
                *end += len;
                Some(*end)
            })
            .collect();
        Ok(SeriesWriter {
            folder: folder.into(),
            commits,
            settings,
            keys: plan.keys,
            texts,
            pieces,
            ends,
            patches: Vec::new(),
        })
    }

    /// The commits that the next [`PATCHES_AT_ONCE`] patches come from; none if all patches are written.
    pub fn next_origins(&self) -> Option<Vec<&'a str>> {
        let next = self.next_patches();
        let origin = |patch: usize| Some(self.commits.get(self.origin(patch)?)?.id.as_str());
        (!next.is_empty()).then(|| next.filter_map(origin).collect())
    }

    /// Writes the next patches. `messages` are those of [`next_origins`](SeriesWriter::next_origins), in that order.
    ///
    /// # Errors
    ///
    /// If writing fails.
    pub fn write_next(&mut self, messages: Vec<Option<String>>) -> Result<(), Error> {
        let next = self.next_patches();
        let mut messages = messages.into_iter();
        let told: Vec<(usize, Option<String>)> =
            next.map(|patch| (patch, self.origin(patch).and_then(|_| messages.next().flatten()))).collect();
        let written = told
            .par_iter()
            .map(|(patch, message)| self.write_patch(*patch, message.as_deref()))
            .collect::<Result<Vec<SeriesPatch>, Error>>()?;
        self.patches.extend(written);
        Ok(())
    }

    /// Writes the `series` file and returns the patches in order. [`super::verify()`] tells whether the series is lossless.
    ///
    /// # Errors
    ///
    /// If writing fails.
    pub fn finish(self) -> Result<Vec<SeriesPatch>, Error> {
        let patches = self.patches;
        let text = series_text(patches.iter().map(|patch| (patch.name.as_str(), &patch.key)));
        write_file(&self.folder.join(SERIES_FILE), text.as_bytes())?;
        Ok(patches)
    }

    /// The places of the patches that are written next.
    fn next_patches(&self) -> Range<usize> {
        let done = self.patches.len();
        done..self.ends.len().min(done + PATCHES_AT_ONCE)
    }

    fn pieces_of(&self, patch: usize) -> &[StoredPiece] {
        let start = patch.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.pieces[start..self.ends[patch]]
    }

    fn key(&self, patch: usize) -> &PatchKey {
        &self.keys[self.pieces_of(patch)[0].rank.0 as usize]
    }

    /// The place of the commit that a patch comes from.
    fn origin(&self, patch: usize) -> Option<usize> {
        match self.key(patch) {
            PatchKey::Origin(place) => Some(place.0 as usize),
            _ => None,
        }
    }

    fn write_patch(&self, patch: usize, message: Option<&str>) -> Result<SeriesPatch, Error> {
        let SeriesSettings { header, vendor_date } = self.settings;
        let pieces = self.pieces_of(patch);
        let key = self.key(patch);
        let mail = PatchMail::new(key, self.commits, vendor_date);
        let body = PatchBody::new(key, self.commits, &mail, message);
        let added = pieces.iter().map(|piece| piece.added).sum();
        let removed = pieces.iter().map(|piece| piece.removed).sum();
        let mut text = header.text(&mail, &body, &statistics(pieces.len(), added, removed)).into_bytes();
        for piece in pieces {
            let failed = |source| Error::Io { path: self.folder.clone(), source };
            self.texts.read(piece, &mut text).map_err(failed)?;
        }
        text.extend_from_slice(signature().as_bytes());
        // With the same number of digits everywhere, the names sort in the order of the series.
        let digits = self.ends.len().to_string().len().max(4);
        let name = format!("{:0digits$}-{}.patch", patch + 1, mail.slug());
        write_file(&self.folder.join(&name), &text)?;
        let head = header.meant(&mail, &body);
        Ok(SeriesPatch { name, key: key.clone(), files: pieces.len(), added, removed, mail, head })
    }
}

fn create_empty(folder: &Path) -> Result<(), Error> {
    let failed = |source| Error::Io { path: folder.into(), source };
    fs::create_dir_all(folder).map_err(failed)?;
    match fs::read_dir(folder).map_err(failed)?.next() {
        Some(_) => Err(Error::NotEmpty { folder: folder.into() }),
        None => Ok(()),
    }
}

fn write_file(path: &Path, content: &[u8]) -> Result<(), Error> {
    fs::write(path, content).map_err(|source| Error::Io { path: path.into(), source })
}
