//! Writes down how the files of a release differ from the base, and whose each changed line is.

use std::collections::{BTreeSet, HashMap, HashSet};

use bstr::{BStr, BString, ByteSlice};
use rayon::prelude::*;
use rusqlite::{Connection, OptionalExtension, params};
use xxhash_rust::xxh3::Xxh3;

use super::build_place::Makefiles;
use super::contents::{BlobId, StoredText, find_content, insert_content};
use super::error::AddError;
use super::new_release::{FileTexts, NewFile, NewRun};
use super::ready_file::{Addition, PackedOn, PlannedFile, PlannedText, ReadyFile, ReadyText};
use super::release_place::{MatchKinds, ReleasePlace, path_row, path_value, permille};

/// Files that are made ready at the same time, at most.
const FILES_AT_ONCE: usize = 128;

/// A difference of the release before.
#[derive(Clone, Copy)]
struct Earlier {
    difference: i64,
    base: Option<i64>,
    vendor: Option<i64>,
    /// Whether the release has it as well.
    stays: bool,
}

/// Adds the files of a release.
pub(super) struct FileWriter<'a> {
    connection: &'a Connection,
    place: &'a ReleasePlace,
    kinds: &'a MatchKinds,
    texts: &'a dyn FileTexts,
    /// The rows of the release's commits.
    commits: &'a [i64],
    /// The differences of the release before, by path.
    earlier: HashMap<i64, Earlier>,
    /// Files that no release has like this, and that are to be stored next.
    planned: Vec<PlannedFile<'a>>,
    /// The texts that these bring.
    planned_texts: HashSet<BlobId>,
    functions: HashMap<String, i64>,
    paths: HashMap<BString, i64>,
    makefiles: Makefiles,
}

impl<'a> FileWriter<'a> {
    /// Begins with what the release before has.
    pub fn begin(
        connection: &'a Connection,
        place: &'a ReleasePlace,
        kinds: &'a MatchKinds,
        texts: &'a dyn FileTexts,
        commits: &'a [i64],
    ) -> Result<FileWriter<'a>, AddError> {
        let earlier = earlier_files(connection, place.vendor)?;
        Ok(FileWriter {
            connection,
            place,
            kinds,
            texts,
            commits,
            earlier,
            planned: Vec::new(),
            planned_texts: HashSet::new(),
            functions: HashMap::new(),
            paths: HashMap::new(),
            makefiles: Makefiles::default(),
        })
    }

    /// Says that a file is as in the release before; whether that one has it.
    pub fn keep(&mut self, file: &NewFile) -> Result<bool, AddError> {
        let path = self.path(&file.path)?;
        let Some(earlier) = self.earlier.get_mut(&path) else { return Ok(false) };
        earlier.stays = true;
        Ok(true)
    }

    /// Adds a file; says whether no other release has it like this.
    pub fn add(&mut self, file: &'a NewFile) -> Result<bool, AddError> {
        let digest = difference_digest(file, self.commits);
        let mut find = self.connection.prepare_cached("SELECT id FROM difference WHERE digest = ?1")?;
        let known: Option<i64> = find.query_row([digest.as_slice()], |row| row.get(0)).optional()?;
        match known {
            Some(difference) => self.set_has(&file.path, difference)?,
            None => self.plan(file, digest)?,
        }
        Ok(known.is_none())
    }

    /// Says that the release has a difference.
    fn set_has(&mut self, path: &BString, difference: i64) -> Result<(), AddError> {
        let path = self.path(path)?;
        match self.earlier.get_mut(&path).filter(|earlier| earlier.difference == difference) {
            Some(earlier) => earlier.stays = true,
            None => {
                let mut insert = self.connection.prepare_cached(
                    "INSERT OR IGNORE INTO file_span (difference, vendor, first) VALUES (?1, ?2, ?3)",
                )?;
                insert.execute((difference, self.place.vendor, self.place.place))?;
            }
        }
        Ok(())
    }

    /// Stores what is planned, and ends the differences of the release before that this one does not have.
    pub fn end(mut self) -> Result<(), AddError> {
        self.store_planned()?;
        let mut update = self.connection.prepare_cached(
            "UPDATE file_span SET until = ?3 WHERE difference = ?1 AND vendor = ?2 AND until IS NULL AND first < ?3",
        )?;
        for gone in self.earlier.values().filter(|earlier| !earlier.stays) {
            update.execute((gone.difference, self.place.vendor, self.place.place))?;
        }
        Ok(())
    }

    fn plan(&mut self, file: &'a NewFile, digest: [u8; 16]) -> Result<(), AddError> {
        let texts = [file.base, file.vendor];
        // A text is stored once: a file that shares one with a file that waits comes after that.
        let is_shared = texts.iter().flatten().any(|blob| self.planned_texts.contains(blob));
        if is_shared || self.planned.len() == FILES_AT_ONCE {
            self.store_planned()?;
        }
        let path = self.path(&file.path)?;
        let earlier = self.earlier.get(&path).map(|earlier| (earlier.base, earlier.vendor));
        let (earlier_base, earlier_vendor) = earlier.unwrap_or_default();
        let base = file.base.map(|blob| self.planned_text(blob, earlier_base)).transpose()?;
        let vendor = match (file.vendor, earlier_vendor, &base) {
            // That of a file that was moved and is otherwise as in the base is the base's.
            (vendor, ..) if vendor == file.base => None,
            (None, ..) => None,
            (Some(blob), Some(earlier), _) => Some(self.planned_text(blob, Some(earlier))?),
            (Some(blob), None, Some(PlannedText::Known(base))) => Some(self.planned_text(blob, Some(*base))?),
            (Some(blob), None, None) => Some(self.planned_text(blob, None)?),
            (Some(blob), None, Some(PlannedText::New(..))) => {
                Some(match find_content(self.connection, &blob)? {
                    Some(known) => PlannedText::Known(known),
                    None => PlannedText::New(blob, Addition::Base),
                })
            }
        };
        let planned = PlannedFile { file, digest, base, vendor };
        self.planned_texts.extend(planned.new_blobs());
        self.planned.push(planned);
        Ok(())
    }

    fn planned_text(&self, blob: BlobId, previous: Option<i64>) -> Result<PlannedText, AddError> {
        if let Some(known) = find_content(self.connection, &blob)? {
            return Ok(PlannedText::Known(known));
        }
        Ok(PlannedText::New(
            blob,
            match previous {
                Some(previous) => Addition::Stored(StoredText::read(self.connection, previous)?),
                None => Addition::Nothing,
            },
        ))
    }

    fn store_planned(&mut self) -> Result<(), AddError> {
        let planned = std::mem::take(&mut self.planned);
        self.planned_texts.clear();
        let texts = self.texts;
        let ready: Vec<Result<ReadyFile<'_>, AddError>> =
            planned.into_par_iter().map(|file| file.ready(texts)).collect();
        for file in ready {
            let file = file?;
            let difference = self.store(&file)?;
            self.set_has(&file.file.path, difference)?;
        }
        Ok(())
    }

    fn store(&mut self, ready: &ReadyFile<'_>) -> Result<i64, AddError> {
        let file = ready.file;
        let path = self.path(&file.path)?;
        let moved_from = file.moved_from.as_ref().map(|path| self.path(path)).transpose()?;
        let base = ready.base.as_ref().map(|text| self.store_text(text, None)).transpose()?;
        let vendor = match file.vendor == file.base {
            true => base,
            false => ready.vendor.as_ref().map(|text| self.store_text(text, base)).transpose()?,
        };
        let mut insert = self.connection.prepare_cached(
            "INSERT INTO difference (path, moved_from, base_content, vendor_content, notes, digest) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )?;
        insert.execute((path, moved_from, base, vendor, file.notes.join("\n"), ready.digest.as_slice()))?;
        let difference = self.connection.last_insert_rowid();
        self.add_runs(ready, difference)?;
        self.add_build_place(file, difference)?;
        Ok(difference)
    }

    /// Stores a text; `base` is the row of the base's.
    fn store_text(&self, text: &ReadyText, base: Option<i64>) -> Result<i64, AddError> {
        let (blob, packed, on) = match text {
            ReadyText::Known(row) => return Ok(*row),
            ReadyText::Packed(blob, packed, on) => (blob, packed, on),
        };
        let previous = match (on, base) {
            (PackedOn::Stored(row, depth), _) => Some((*row, *depth)),
            // The base's text was new, and nothing else may add to it yet.
            (PackedOn::Base, Some(base)) => {
                let mut depth = self.connection.prepare_cached("SELECT depth FROM content WHERE id = ?1")?;
                Some((base, depth.query_row([base], |row| row.get(0))?))
            }
            (PackedOn::Base | PackedOn::Nothing, _) => None,
        };
        Ok(insert_content(self.connection, blob, packed, previous)?)
    }

    fn add_build_place(&mut self, file: &NewFile, difference: i64) -> Result<(), AddError> {
        let read = |path: &BStr| self.texts.release_text(path);
        let Some(place) = self.makefiles.place_of(file.path.as_bstr(), &read) else { return Ok(()) };
        let mut insert = self
            .connection
            .prepare_cached("INSERT INTO build_place (difference, object, options) VALUES (?1, ?2, ?3)")?;
        insert.execute((difference, place.object, place.options.join(" ")))?;
        Ok(())
    }

    fn add_runs(&mut self, ready: &ReadyFile<'_>, difference: i64) -> Result<(), AddError> {
        let (mut with_commits, mut with_functions) = (BTreeSet::new(), BTreeSet::new());
        // In the order of the table, which fills its pages then.
        for (is_added, functions) in [(false, &ready.old_functions), (true, &ready.new_functions)] {
            let mut runs: Vec<&NewRun> =
                ready.file.runs.iter().filter(|run| run.is_added == is_added).collect();
            runs.sort_by_key(|run| run.start);
            for run in runs {
                let origin = run.origin.map(|(commit, confidence, kind)| {
                    (self.commits[commit], permille(confidence), self.kinds.row(kind))
                });
                with_commits.extend(origin.map(|origin| origin.0));
                for lines in functions.cut(run.start, run.lines) {
                    let function = lines.name.map(|name| self.function(name)).transpose()?;
                    with_functions.extend(function);
                    let mut insert = self.connection.prepare_cached(
                        "INSERT INTO run (difference, side, start, lines, \"commit\", permille, match_kind, function, defines) \
                         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
                    )?;
                    insert.execute(params![
                        difference,
                        run.is_added,
                        lines.start,
                        lines.lines,
                        origin.map(|origin| origin.0),
                        origin.map(|origin| origin.1),
                        origin.map(|origin| origin.2),
                        function,
                        lines.defines
                    ])?;
                }
            }
        }
        for (rows, sql) in [
            (with_commits, "INSERT INTO commit_difference (\"commit\", difference) VALUES (?1, ?2)"),
            (with_functions, "INSERT INTO function_difference (function, difference) VALUES (?1, ?2)"),
        ] {
            for row in rows {
                self.connection.prepare_cached(sql)?.execute((row, difference))?;
            }
        }
        Ok(())
    }

    fn path(&mut self, path: &BString) -> Result<i64, AddError> {
        if let Some(known) = self.paths.get(path) {
            return Ok(*known);
        }
        let row = path_row(self.connection, path)?;
        let row = match row {
            Some(row) => row,
            None => {
                let mut insert = self.connection.prepare_cached("INSERT INTO path (path) VALUES (?1)")?;
                insert.execute([path_value(path)])?;
                self.connection.last_insert_rowid()
            }
        };
        self.paths.insert(path.clone(), row);
        Ok(row)
    }

    fn function(&mut self, name: &str) -> Result<i64, AddError> {
        if let Some(known) = self.functions.get(name) {
            return Ok(*known);
        }
        let mut insert =
            self.connection.prepare_cached("INSERT OR IGNORE INTO function (name) VALUES (?1)")?;
        insert.execute([name])?;
        let mut find = self.connection.prepare_cached("SELECT id FROM function WHERE name = ?1")?;
        let row = find.query_row([name], |row| row.get(0))?;
        self.functions.insert(name.to_owned(), row);
        Ok(row)
    }
}

fn earlier_files(connection: &Connection, vendor: i64) -> Result<HashMap<i64, Earlier>, AddError> {
    let mut statement = connection.prepare(
        "SELECT difference.path, difference.id, difference.base_content, difference.vendor_content FROM file_span \
         JOIN difference ON difference.id = file_span.difference WHERE file_span.vendor = ?1 AND file_span.until IS NULL",
    )?;
    let rows = statement.query_map([vendor], |row| {
        let earlier =
            Earlier { difference: row.get(1)?, base: row.get(2)?, vendor: row.get(3)?, stays: false };
        Ok((row.get(0)?, earlier))
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// A number that stands for a difference and whose its lines are.
fn difference_digest(file: &NewFile, commits: &[i64]) -> [u8; 16] {
    let mut hasher = Xxh3::new();
    let mut text = |bytes: &[u8]| {
        hasher.update(&(bytes.len() as u64).to_le_bytes());
        hasher.update(bytes);
    };
    text(&file.path);
    text(file.moved_from.as_ref().map_or(b"", |path| path.as_slice()));
    text(file.base.as_ref().map_or(b"", |blob| blob.as_slice()));
    text(file.vendor.as_ref().map_or(b"", |blob| blob.as_slice()));
    text(file.notes.join("\n").as_bytes());
    for NewRun { is_added, start, lines, origin } in &file.runs {
        hasher.update(&[u8::from(*is_added)]);
        hasher.update(&start.to_le_bytes());
        hasher.update(&lines.to_le_bytes());
        match origin {
            Some((commit, confidence, kind)) => {
                hasher.update(&commits[*commit].to_le_bytes());
                hasher.update(&permille(*confidence).to_le_bytes());
                hasher.update(kind.name().as_bytes());
            }
            None => hasher.update(&[0; 8]),
        }
    }
    hasher.digest128().to_le_bytes()
}

#[cfg(test)]
mod tests {
    use super::super::test_catalogue::{TestRelease, catalogue};
    use super::FILES_AT_ONCE;

    #[test]
    fn texts_are_read_back_whoever_shares_them() {
        let (one, other) = ("a\nb\n".repeat(40), "c\nd\n".repeat(40));
        let changed = format!("{one}more\n");
        let base = [("old.c", one.as_str()), ("x.c", one.as_str()), ("y.c", other.as_str())];
        let files = [
            ("old.c -> new.c", one.as_str(), &[][..]),
            ("x.c", changed.as_str(), &[(81, "abc")][..]),
            ("y.c", changed.as_str(), &[][..]),
            ("z.c", changed.as_str(), &[][..]),
        ];
        let again = [("x.c", one.as_str(), &[][..]), ("z.c", other.as_str(), &[][..])];
        let releases = [TestRelease::new("k-1", &files), TestRelease::new("k-2", &again)];
        let (_folder, catalogue) = catalogue(&base, &releases);
        let text = |release: &str, path: &str| {
            let release = catalogue.release(release).expect("a release");
            let lines = catalogue.file_lines(&release, path.as_bytes()).expect("its lines");
            (
                lines.base.map(|text| text.len()),
                String::from_utf8(lines.text.expect("a text")).expect("UTF-8"),
            )
        };
        assert_eq!(text("k-1", "new.c"), (Some(one.len()), one.clone()));
        assert_eq!(text("k-1", "x.c"), (Some(one.len()), changed.clone()));
        assert_eq!(text("k-1", "y.c"), (Some(other.len()), changed.clone()));
        assert_eq!(text("k-1", "z.c"), (None, changed.clone()));
        assert_eq!(text("k-2", "z.c"), (None, other.clone()));
        catalogue.check().expect("every text is as its id says");
    }

    #[test]
    fn more_files_than_are_made_ready_at_once_are_stored_in_their_order() {
        let names: Vec<String> = (0..2 * FILES_AT_ONCE + 5).map(|number| format!("f{number:03}.c")).collect();
        let texts: Vec<String> = (0..names.len()).map(|number| format!("line {number}\n")).collect();
        let files: Vec<_> =
            names.iter().zip(&texts).map(|(name, text)| (name.as_str(), text.as_str(), &[][..])).collect();
        let (_folder, catalogue) = catalogue(&[], &[TestRelease::new("k-1", &files)]);
        let release = catalogue.release("k-1").expect("a release");
        for (name, text) in names.iter().zip(&texts) {
            let lines = catalogue.file_lines(&release, name.as_bytes()).expect("its lines");
            assert_eq!(lines.text.as_deref(), Some(text.as_bytes()));
        }
        let mut stored = catalogue.connection.prepare("SELECT path.path FROM difference JOIN path ON path.id = difference.path ORDER BY difference.id").expect("a question");
        let stored: Vec<String> =
            stored.query_map([], |row| row.get(0)).expect("rows").map(|row| row.expect("a row")).collect();
        assert_eq!(stored, names);
    }
}
