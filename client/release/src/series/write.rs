//! Writes the patches and the `series` file.

use std::fs;
use std::path::Path;

use rayon::prelude::*;

use super::error::Error;
use super::file_pieces::{check, divide};
use super::obstacles::Obstacles;
use super::ownership::OwnedFile;
use super::patch_key::PatchKey;
use super::patch_mail::{PatchMail, signature, statistics};
use super::piece_store::{PieceStore, SortedPieces, StoredPiece};
use super::plan::Plan;
use super::release::Release;
use super::series_file::{SERIES_FILE, series_text};
use super::series_patch::SeriesPatch;
use super::version::Version;
use crate::answer::{ReleaseCommit, Side};

/// Writes a series that leads from the base to the vendor tree, and returns its patches in order.
///
/// `commits` are in upstream order, and so are their patches; one without any change gets none. `files` are
/// all files that differ, and the parts of a patch are in their order. `vendor_date` is that of the vendor's own changes,
/// in seconds since 1970; none for that of the latest commit that has lines of the release. `folder` is created, or empty. The `series`
/// file is written last. [`super::verify()`] tells whether the series is lossless.
///
/// # Errors
///
/// If a file cannot be read, if its runs do not say how it differs, if the folder is not empty, or if writing
/// fails.
pub fn write(
    folder: &Path,
    commits: &[ReleaseCommit],
    vendor_date: Option<i64>,
    files: &[OwnedFile],
    release: &impl Release,
) -> Result<Vec<SeriesPatch>, Error> {
    check(files, commits.len())?;
    create_empty(folder)?;
    let failed = |source| Error::Io { path: folder.into(), source };
    let store = PieceStore::create(folder).map_err(failed)?;
    let obstacles = Obstacles::find(files, release);
    let plan = Plan::new(commits.len(), files, release)?;
    files.par_iter().enumerate().try_for_each(|(index, file)| {
        let old = Version::read(release, Side::Old, file.old_path())?;
        let new = Version::read(release, Side::New, file.path.as_ref())?;
        let pieces = divide(file, old.as_ref(), new.as_ref(), &obstacles, plan.file(index))?;
        store.add(index, pieces).map_err(failed)
    })?;

    let (texts, pieces) = store.sorted();
    let groups: Vec<&[StoredPiece]> = pieces.chunk_by(|piece, next| piece.rank == next.rank).collect();
    // With the same number of digits everywhere, the names sort in the order of the series.
    let digits = groups.len().to_string().len().max(4);
    let patches = groups
        .par_iter()
        .enumerate()
        .map(|(index, pieces)| {
            let key = &plan.keys[pieces[0].rank.0 as usize];
            let mail = PatchMail::new(key, commits, vendor_date);
            let name = format!("{:0digits$}-{}.patch", index + 1, mail.slug());
            write_patch(folder, name, (key, mail), pieces, &texts)
        })
        .collect::<Result<Vec<SeriesPatch>, Error>>()?;
    write_file(
        &folder.join(SERIES_FILE),
        series_text(patches.iter().map(|patch| (patch.name.as_str(), &patch.key))).as_bytes(),
    )?;
    Ok(patches)
}

fn create_empty(folder: &Path) -> Result<(), Error> {
    let failed = |source| Error::Io { path: folder.into(), source };
    fs::create_dir_all(folder).map_err(failed)?;
    match fs::read_dir(folder).map_err(failed)?.next() {
        Some(_) => Err(Error::NotEmpty { folder: folder.into() }),
        None => Ok(()),
    }
}

fn write_patch(
    folder: &Path,
    name: String,
    (key, mail): (&PatchKey, PatchMail),
    pieces: &[StoredPiece],
    texts: &SortedPieces,
) -> Result<SeriesPatch, Error> {
    let added = pieces.iter().map(|piece| piece.added).sum();
    let removed = pieces.iter().map(|piece| piece.removed).sum();
    let mut text = mail.head(&statistics(pieces.len(), added, removed)).into_bytes();
    for piece in pieces {
        texts.read(piece, &mut text).map_err(|source| Error::Io { path: folder.into(), source })?;
    }
    text.extend_from_slice(signature().as_bytes());
    write_file(&folder.join(&name), &text)?;
    Ok(SeriesPatch { name, key: key.clone(), files: pieces.len(), added, removed, mail })
}

fn write_file(path: &Path, content: &[u8]) -> Result<(), Error> {
    fs::write(path, content).map_err(|source| Error::Io { path: path.into(), source })
}
