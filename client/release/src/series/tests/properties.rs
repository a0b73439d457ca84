//! The series is lossless for any texts and any owners of the lines.

use proptest::prelude::*;

use super::{MemoryRelease, origins};
use crate::answer::{LineRun, Side};
use crate::series::PatchKey;
use crate::series::tests::{verify, write};

const ORIGINS: usize = 5;

/// Text of few different lines, so that they repeat, with or without a newline at its end.
fn any_text() -> impl Strategy<Value = Vec<u8>> {
    let line = prop::sample::select(vec!["a\n", "b\n", "\n", "f()\n", "-- x\n", "d\r\n", "\t}\n"]);
    (prop::collection::vec(line, 0..60), any::<bool>()).prop_map(|(lines, is_open_ended)| {
        let mut text = lines.concat().into_bytes();
        if is_open_ended {
            text.pop();
        }
        text
    })
}

/// A text and a changed form of it, so that most lines stay.
fn text_pair() -> impl Strategy<Value = (Vec<u8>, Vec<u8>)> {
    let edits = prop::collection::vec(
        (0usize..60, 0usize..4, prop::sample::select(vec!["x\n", "a\n", "y\ny\n", ""])),
        0..8,
    );
    let edited = (any_text(), edits, any::<bool>()).prop_map(|(old, edits, is_open_ended)| {
        let mut lines: Vec<&[u8]> = old.split_inclusive(|byte| *byte == b'\n').collect();
        for (at, removed, added) in &edits {
            let at = (*at).min(lines.len());
            let end = (at + removed).min(lines.len());
            lines.splice(at..end, added.as_bytes().split_inclusive(|byte| *byte == b'\n'));
        }
        let mut new = Vec::new();
        for line in lines {
            if new.last().is_some_and(|last| *last != b'\n') {
                new.push(b'\n');
            }
            new.extend_from_slice(line);
        }
        if is_open_ended && new.last() == Some(&b'\n') {
            new.pop();
        }
        (old, new)
    });
    prop_oneof![edited, (any_text(), any_text())]
}

fn any_mode() -> impl Strategy<Value = u32> {
    prop::sample::select(vec![0o100644, 0o100755, 0o120000])
}

prop_compose! {
    fn any_release()(
        files in prop::collection::vec((text_pair(), any_mode(), any_mode(), 0..6u8), 1..5),
    ) -> MemoryRelease {
        let mut release = MemoryRelease::default();
        for (index, ((old, new), old_mode, new_mode, presence)) in files.iter().enumerate() {
            // A symlink has a target.
            let old = (*old_mode, if *old_mode == 0o120000 { b"target".as_slice() } else { old });
            let new = (*new_mode, if *new_mode == 0o120000 { b"elsewhere".as_slice() } else { new });
            let path = ["a/x.c", "a", "top", "b c/\u{e9}", "d"][index];
            let is_link = |version: (u32, &[u8])| version.0 == 0o120000;
            if index == 3 && *presence == 2 && !is_link(old) && !is_link(new) {
                release.add_moved(path, "a2/moved", old, new);
            } else if index != 1 {
                release.add(path, (*presence != 0).then_some(old), (*presence != 1).then_some(new));
            } else if !release.old.contains_key(&b"a/x.c"[..]) {
                release.add(path, Some(old), None);
            } else if !release.new.contains_key(&b"a/x.c"[..]) {
                release.add(path, None, Some(new));
            }
        }
        release
    }
}

proptest! {
    #[test]
    fn series_leads_from_base_to_vendor(
        release in any_release(),
        owners in prop::collection::vec(prop::option::of(0..ORIGINS as u32), 1..40),
    ) {
        let mut asked = owners.iter().cycle();
        let files = release.owned_files(|_, _| asked.next().copied().flatten());
        let folder = tempfile::tempdir().unwrap();
        let patches = write(folder.path(), &origins(ORIGINS), None, &files, &release).unwrap();
        let verified = verify(folder.path(), &patches, &files, &release).unwrap();
        prop_assert_eq!(verified.files, files.len());
        prop_assert!(patches.is_sorted_by(|a, b| a.key < b.key && a.name < b.name));
    }

    #[test]
    fn owners_get_their_lines_and_no_others(
        (old, new) in text_pair(),
        owners in prop::collection::vec(prop::option::of(0..ORIGINS as u32), 1..40),
    ) {
        let mut release = MemoryRelease::default();
        // Of a C file lines go together that make no sense without one another.
        release.add("x.txt", Some((0o100644, &old)), Some((0o100644, &new)));
        let mut asked = owners.iter().cycle();
        let files = release.owned_files(|_, _| asked.next().copied().flatten());
        let folder = tempfile::tempdir().unwrap();
        let patches = write(folder.path(), &origins(ORIGINS), None, &files, &release).unwrap();
        let owned = |key: &PatchKey, side| {
            let runs = files.iter().flat_map(|file| &file.runs);
            let key_of = |run: &LineRun| run.commit().map_or(PatchKey::Folder("".into()), PatchKey::Origin);
            runs.filter(|run| run.side == side && key_of(run) == *key).count()
        };
        for patch in &patches {
            prop_assert_eq!(patch.added, owned(&patch.key, Side::New));
            // An open last line may have to go earlier than its owner comes.
            let removed = owned(&patch.key, Side::Old);
            let slack = usize::from(old.last().is_some_and(|last| *last != b'\n'));
            prop_assert!(patch.removed.abs_diff(removed) <= slack, "{:?}", patch);
        }
    }
}
