//! The lines that differ between two releases, by their owners, files and functions.

use bstr::BString;
use rayon::prelude::*;
use rusqlite::Connection;
use rustc_hash::FxHashMap;

use super::changed_files::ChangedFile;
use super::error::CatalogueError;
use super::form_changes::form_change;
use super::function_names::FunctionNames;
use super::functions::Functions;
use super::line_owners::Owner;
use super::owner_lines::{OwnerLines, lines_of, summed};
use super::readers::Readers;
use super::release_text::{ReleaseFile, change_between, release_file};

/// Files that a thread takes at a time: enough that names are read together, and few enough that no thread waits for the others.
const FILES_AT_ONCE: usize = 64;

/// Lines that changed in a function, or outside of functions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangedPlace {
    /// The file.
    pub path: BString,
    /// The function.
    pub function: Option<String>,
    /// Added lines.
    pub added: u64,
    /// Removed lines.
    pub removed: u64,
}

/// The lines that changed of each owner, by path and function.
pub(super) type Places = FxHashMap<Owner, Vec<ChangedPlace>>;

/// The lines of a file that differ, with the functions as rows where they are stored so, or by their names.
enum FileLines {
    Stored(Vec<OwnerLines<Option<i64>>>),
    Read(Vec<OwnerLines<Option<String>>>),
}

/// The lines of each owner that differ in some files between two releases, in one function or in all. `from` is the row of the
/// earlier release; the files come by path.
pub(super) fn changed_places(
    readers: &Readers,
    from: i64,
    files: &[ChangedFile],
    only: Option<&str>,
) -> Result<Places, CatalogueError> {
    let of_each: Vec<Result<Vec<(Owner, ChangedPlace)>, CatalogueError>> = files
        .par_chunks(FILES_AT_ONCE)
        .map(|files| readers.with(|connection| places_in(connection, from, files, only)))
        .collect();
    let mut places = Places::default();
    for of_some in of_each {
        for (owner, place) in of_some? {
            places.entry(owner).or_default().push(place);
        }
    }
    Ok(places)
}

/// The lines of each owner that differ in some files between two releases, in one function or in all.
fn places_in(
    connection: &Connection,
    from: i64,
    files: &[ChangedFile],
    only: Option<&str>,
) -> Result<Vec<(Owner, ChangedPlace)>, CatalogueError> {
    let lines = files.iter().map(|file| file_lines(connection, from, file));
    let lines: Vec<FileLines> = lines.collect::<Result<_, _>>()?;
    let stored = lines.iter().flat_map(|lines| match lines {
        FileLines::Stored(lines) => lines.as_slice(),
        FileLines::Read(_) => &[],
    });
    let names = FunctionNames::read(connection, stored.filter_map(|lines| lines.function).collect())?;
    let mut places = Vec::new();
    for (file, lines) in files.iter().zip(lines) {
        let first = places.len();
        let mut add = |owner, function: Option<&str>, added, removed| {
            if only.is_none_or(|only| function == Some(only)) {
                let (path, function) = (file.path.as_slice().into(), function.map(str::to_owned));
                places.push((owner, ChangedPlace { path, function, added, removed }));
            }
        };
        match lines {
            FileLines::Stored(lines) => lines.iter().for_each(|lines| {
                let function = lines.function.and_then(|row| names.get(row));
                add(lines.owner, function, lines.added, lines.removed);
            }),
            FileLines::Read(lines) => lines.iter().for_each(|lines| {
                add(lines.owner, lines.function.as_deref(), lines.added, lines.removed);
            }),
        }
        places[first..].sort_by(|(_, a), (_, b)| a.function.cmp(&b.function));
    }
    Ok(places)
}

/// The lines of a file that differ between two releases: as they are stored, or worked out of the texts.
fn file_lines(connection: &Connection, from: i64, file: &ChangedFile) -> Result<FileLines, CatalogueError> {
    let stored = match (&file.old, &file.new) {
        (Some(old), Some(new)) => form_change(connection, old.difference(), new.difference())?,
        (None, Some(new)) => {
            // A file that was moved may have been changed at its place before.
            let was_changed = match &new.moved_from {
                Some(path) => release_file(connection, from, path)?.is_some(),
                None => false,
            };
            (!was_changed).then(|| stored_lines(connection, new.difference())).transpose()?
        }
        // The later release has it as the base has it: what the earlier one has changed is undone.
        (Some(old), None) => {
            let mut lines = stored_lines(connection, old.difference())?;
            lines.iter_mut().for_each(|lines| std::mem::swap(&mut lines.added, &mut lines.removed));
            Some(lines)
        }
        (None, None) => None,
    };
    // Nothing is said of the lines of some files, such as links.
    let is_moved_alone = file.old.is_none() && file.new.as_ref().is_some_and(ReleaseFile::has_text_of_base);
    let is_told =
        |lines: &Vec<_>| !lines.is_empty() || is_moved_alone || (file.old.is_some() && file.new.is_some());
    if let Some(stored) = stored.filter(is_told) {
        return Ok(FileLines::Stored(stored));
    }
    let change = change_between(connection, Some(from), file.old.clone(), file.new.clone())?;
    let old = Functions::of(change.before.as_deref().unwrap_or_default());
    let new = Functions::of(change.after.as_deref().unwrap_or_default());
    let lines = lines_of(&change.hunks, &change.owners, &old, &new).into_iter();
    let named = |OwnerLines { owner, function, added, removed }: OwnerLines<Option<&str>>| {
        let function = function.map(str::to_owned);
        OwnerLines { owner, function, added, removed }
    };
    Ok(FileLines::Read(lines.map(named).collect()))
}

/// The lines that a release has changed of the base's file, as they are stored, with the rows of functions.
fn stored_lines(
    connection: &Connection,
    difference: i64,
) -> Result<Vec<OwnerLines<Option<i64>>>, CatalogueError> {
    let mut statement = connection
        .prepare_cached("SELECT side, lines, \"commit\", function FROM run WHERE difference = ?1")?;
    let mut rows = statement.query([difference])?;
    let mut all: Vec<OwnerLines<Option<i64>>> = Vec::new();
    while let Some(row) = rows.next()? {
        let (is_added, lines): (bool, i64) = (row.get(0)?, row.get(1)?);
        let owner = row.get::<_, Option<i64>>(2)?.map_or(Owner::Vendor, Owner::Commit);
        let lines = lines.unsigned_abs();
        let (added, removed) = if is_added { (lines, 0) } else { (0, lines) };
        let function = row.get(3)?;
        match all.last_mut().filter(|last| last.owner == owner && last.function == function) {
            Some(last) => (last.added, last.removed) = (last.added + added, last.removed + removed),
            None => all.push(OwnerLines { owner, function, added, removed }),
        }
    }
    Ok(summed(all))
}

#[cfg(test)]
mod tests {
    use super::super::compare::Question;
    use super::super::test_catalogue::{TestRelease, catalogue};
    use super::ChangedPlace;

    #[test]
    fn file_of_the_vendors_own_that_goes_again_is_gone_line_by_line() {
        let text = "int a(void)\n{\n\treturn 1;\n}\n";
        let (_folder, catalogue) = catalogue(
            &[("x.c", "int x;\n")],
            &[
                TestRelease::new("r-1", &[("x.c", "int z;\n", &[])]),
                TestRelease::new("r-2", &[("x.c", "int z;\n", &[]), ("y.c", text, &[(3, "a1")])]),
                TestRelease::new("r-3", &[("x.c", "int z;\n", &[])]),
            ],
        );
        let told = |from: &str, to: &str| {
            let answer = catalogue.compare(from, to, &Question::default()).expect("an answer");
            let commits = answer.commits.iter().map(|change| {
                let place = &change.places[0];
                (change.change.name(), place.function.clone(), place.added, place.removed)
            });
            let own = answer.own.iter().map(|own| {
                let place = &own.place;
                ("own", place.function.clone(), place.added, place.removed)
            });
            commits.chain(own).collect::<Vec<_>>()
        };
        let a = || Some("a".to_owned());
        assert_eq!(told("r-1", "r-2"), [("new", a(), 1, 0), ("own", a(), 3, 0)]);
        assert_eq!(told("r-2", "r-3"), [("gone", a(), 0, 1), ("own", a(), 0, 3)]);
    }

    #[test]
    fn lines_of_a_file_that_is_moved_are_neither_gone_nor_new() {
        let base = "int a(void)\n{\n\treturn 1;\n}\n\nint b(void)\n{\n\treturn 1;\n}\n";
        let one = base.replacen("return 1", "return 2", 1);
        let two = one.replacen("return 1", "return 3", 1);
        let (_folder, catalogue) = catalogue(
            &[("x.c", base)],
            &[
                TestRelease::new("r-1", &[("x.c", &one, &[(3, "a1")])]),
                TestRelease::new("r-2", &[("x.c -> y.c", &one, &[(3, "a1")])]),
                TestRelease::new("r-3", &[("x.c -> z.c", &two, &[(3, "a1"), (8, "b2")])]),
            ],
        );
        let told = |from: &str, to: &str, question: &Question| {
            let answer = catalogue.compare(from, to, question).expect("an answer");
            let of_commits = answer.commits.into_iter().flat_map(|change| {
                let name = (change.commit.subject, change.change.name());
                change.places.into_iter().map(move |place| (name.clone(), place))
            });
            let own = answer.own.into_iter().map(|own| ((String::new(), "own"), own.place));
            let line = |((commit, change), place): ((String, &str), ChangedPlace)| {
                let ChangedPlace { path, function, added, removed } = place;
                format!("{change} {commit} {path} {} +{added} -{removed}", function.unwrap_or_default())
            };
            of_commits.chain(own).map(line).collect::<Vec<String>>()
        };
        let all = Question::default();
        let at = |path: &str| Question { path: Some(path.to_owned()), ..Question::default() };
        let none: [&str; 0] = [];
        let forth = ["new b2 z.c b +1 -1"];
        for with_table in [true, false] {
            if !with_table {
                catalogue.connection.execute("DELETE FROM form_change", []).expect("removed");
            }
            assert_eq!(told("r-1", "r-2", &all), none);
            assert_eq!(told("r-2", "r-1", &all), none);
            for (from, back) in [("r-1", "x.c"), ("r-2", "y.c")] {
                assert_eq!(told(from, "r-3", &all), forth);
                assert_eq!(told(from, "r-3", &at("z.c")), forth);
                assert_eq!(told(from, "r-3", &at(back)), forth, "it was there before");
                assert_eq!(told("r-3", from, &all), [format!("gone b2 {back} b +1 -1")]);
            }
        }
    }
}
