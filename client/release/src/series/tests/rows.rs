//! Series of several releases of a vendor, of which each is as it would be alone.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use bstr::BString;
use proptest::prelude::*;

use super::{MemoryRelease, origins, write, write_after};
use crate::answer::{CommitIndex, ReleaseCommit};
use crate::series::ownership::OwnedFile;
use crate::series::{SeriesRow, SeriesSettings, verify};

const FILE: u32 = 0o100644;

/// A release in which each file has one of a few texts, and whose lines belong to few commits.
fn any_release() -> impl Strategy<Value = (MemoryRelease, Vec<OwnedFile>, Vec<ReleaseCommit>)> {
    let texts = ["", "a\n", "a\nb {\nc\n}\nd\n", "b {\nx\n}\n", "\0", "c\nd\ne\nf\ng\nh\ni\n"];
    let text = move || prop::option::of(prop::sample::select(texts.to_vec()));
    let paths = ["a", "a/x.c", "b.c", "net/c.c", "net/d", "z.h"];
    let owner = prop::option::of(0..4u32);
    (prop::collection::vec(text(), paths.len()), prop::collection::vec(owner, 1..6), 4..7usize, any::<bool>())
        .prop_map(move |(news, owners, commits, is_moved)| {
            let mut release = MemoryRelease::default();
            for ((path, new), old) in paths.iter().zip(news).zip([1, 0, 2, 5, 4, 3]) {
                let version = |text: &'static str| (FILE, text.as_bytes());
                // A path is a file or a folder.
                let old = Some(texts[old]).filter(|_| *path != "a/x.c").map(version);
                let new = new.filter(|_| *path != "a").map(version);
                match (is_moved && *path == "net/d", old, new) {
                    (true, Some(old), Some(new)) => release.add_moved(path, "moved/d", old, new),
                    _ => release.add(*path, old, new),
                }
            }
            let mut asked = owners.iter().cycle();
            let files = release.owned_files(|_, _| asked.next().copied().flatten());
            // Commits in front change the numbers of all patches.
            let shift = commits as u32 - 4;
            let shifted = |commit: CommitIndex| CommitIndex(commit.0 + shift);
            let files = files.into_iter().map(|mut file| {
                file.owner = file.owner.map(shifted);
                for origin in file.runs.iter_mut().filter_map(|run| run.origin.as_mut()) {
                    origin.commit = shifted(origin.commit);
                }
                file
            });
            (release, files.collect(), origins(commits))
        })
}

fn folder_content(folder: &Path) -> BTreeMap<BString, Vec<u8>> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let content = |path: std::path::PathBuf| {
        (path.file_name().unwrap().as_encoded_bytes().into(), fs::read(&path).unwrap())
    };
    entries.map(content).collect()
}

proptest! {
    #[test]
    fn series_of_a_row_are_those_of_each_release_alone(
        releases in prop::collection::vec(any_release(), 2..4),
    ) {
        let mut row = SeriesRow::default();
        for (place, (release, files, commits)) in releases.iter().enumerate() {
            row.set_followed(place + 1 < releases.len());
            let (alone, in_row) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
            write(alone.path(), commits, None, files, release).unwrap();
            let settings = SeriesSettings::default();
            let patches =
                write_after(in_row.path(), commits, settings, files, release, &mut row.pieces, |_| None).unwrap();
            prop_assert_eq!(folder_content(alone.path()), folder_content(in_row.path()));
            let verified = verify(in_row.path(), &patches, files, release, &mut row.proofs).unwrap();
            prop_assert_eq!((verified.patches, verified.files), (patches.len(), files.len()));
        }
    }
}

/// A release whose only file has this text, all of it from one commit.
fn release_of(text: &str) -> (MemoryRelease, Vec<OwnedFile>) {
    let mut release = MemoryRelease::default();
    release.add("gate.c", Some((FILE, b"closed\n")), Some((FILE, text.as_bytes())));
    let files = release.owned_files(|_, _| Some(0));
    (release, files)
}

/// The row after the release with a text, and how the release with the next text is verified when `damage` has changed its
/// first patch.
fn verdict_of_second(
    first: &str,
    second: &str,
    damage: impl Fn(String) -> String,
) -> (SeriesRow, Result<(), String>) {
    let mut row = SeriesRow::default();
    let mut verdict = Ok(());
    row.set_followed(true);
    for (text, is_damaged) in [(first, false), (second, true)] {
        let (release, files) = release_of(text);
        let folder = tempfile::tempdir().unwrap();
        let (commits, settings) = (origins(1), SeriesSettings::default());
        let patches =
            write_after(folder.path(), &commits, settings, &files, &release, &mut row.pieces, |_| None)
                .unwrap();
        if is_damaged {
            let path = folder.path().join(&patches[0].name);
            fs::write(&path, damage(fs::read_to_string(&path).unwrap())).unwrap();
        }
        let verified = verify(folder.path(), &patches, &files, &release, &mut row.proofs);
        verdict = verified.map(|_| ()).map_err(|error| error.to_string());
    }
    (row, verdict)
}

#[test]
fn damage_is_noticed_after_a_release_that_had_the_same_file() {
    let open = "open\n";
    assert_eq!(verdict_of_second(open, open, |text| text).1, Ok(()));
    let error = verdict_of_second(open, open, |text| text.replace("+open", "+shut")).1.unwrap_err();
    assert!(error.contains("line 1 of the file differs from the vendor tree"), "{error}");
}

#[test]
fn patch_of_the_release_before_is_noticed_in_one_with_another_file() {
    let error = verdict_of_second("open\n", "ajar\n", |text| text.replace("+ajar", "+open")).1.unwrap_err();
    assert!(error.contains("line 1 of the file differs from the vendor tree"), "{error}");
}

#[test]
fn pieces_of_a_file_that_does_not_change_are_taken_from_the_release_before() {
    let mut row = SeriesRow::default();
    row.set_followed(true);
    let (release, files) = release_of("open\n");
    let write = |row: &mut SeriesRow| {
        let folder = tempfile::tempdir().unwrap();
        let settings = SeriesSettings::default();
        write_after(folder.path(), &origins(1), settings, &files, &release, &mut row.pieces, |_| None)
            .unwrap();
        row.pieces.written_bytes()
    };
    let first = write(&mut row);
    assert!(first > 0);
    assert_eq!(write(&mut row), first);
}
