//! Writes down how the files of a release differ from the base, and whose each changed line is.

use std::cell::OnceCell;
use std::collections::{BTreeSet, HashMap};

use bstr::{BStr, BString, ByteSlice};
use rusqlite::{Connection, OptionalExtension, params};
use xxhash_rust::xxh3::Xxh3;

use super::build_place::Makefiles;
use super::contents::{BlobId, add_content, find_content};
use super::error::AddError;
use super::functions::Functions;
use super::new_release::{FileTexts, NewFile, NewRun};
use super::release_place::{MatchKinds, ReleasePlace, path_row, path_value, permille};

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
    /// The differences of the release before, by path.
    earlier: HashMap<i64, Earlier>,
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
    ) -> Result<FileWriter<'a>, AddError> {
        let earlier = earlier_files(connection, place.vendor)?;
        Ok(FileWriter {
            connection,
            place,
            kinds,
            texts,
            earlier,
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
    pub fn add(&mut self, file: &NewFile, commits: &[i64]) -> Result<bool, AddError> {
        let digest = difference_digest(file, commits);
        let mut find = self.connection.prepare_cached("SELECT id FROM difference WHERE digest = ?1")?;
        let known: Option<i64> = find.query_row([digest.as_slice()], |row| row.get(0)).optional()?;
        let difference = match known {
            Some(known) => known,
            None => self.add_difference(file, &digest, commits)?,
        };
        let path = self.path(&file.path)?;
        match self.earlier.get_mut(&path).filter(|earlier| earlier.difference == difference) {
            Some(earlier) => earlier.stays = true,
            None => {
                let mut insert = self.connection.prepare_cached(
                    "INSERT OR IGNORE INTO file_span (difference, vendor, first) VALUES (?1, ?2, ?3)",
                )?;
                insert.execute((difference, self.place.vendor, self.place.place))?;
            }
        }
        Ok(known.is_none())
    }

    /// Ends the differences of the release before that this one does not have.
    pub fn end(self) -> Result<(), AddError> {
        let mut update = self.connection.prepare_cached(
            "UPDATE file_span SET until = ?3 WHERE difference = ?1 AND vendor = ?2 AND until IS NULL AND first < ?3",
        )?;
        for gone in self.earlier.values().filter(|earlier| !earlier.stays) {
            update.execute((gone.difference, self.place.vendor, self.place.place))?;
        }
        Ok(())
    }

    fn add_difference(
        &mut self,
        file: &NewFile,
        digest: &[u8; 16],
        commits: &[i64],
    ) -> Result<i64, AddError> {
        let path = self.path(&file.path)?;
        let moved_from = file.moved_from.as_ref().map(|path| self.path(path)).transpose()?;
        let earlier = self.earlier.get(&path).map(|earlier| (earlier.base, earlier.vendor));
        let (earlier_base, earlier_vendor) = earlier.unwrap_or_default();
        let texts = ReadTexts::of(self.texts, file);
        let base = match &file.base {
            Some(blob) => Some(self.content(blob, &|| texts.base(), earlier_base)?),
            None => None,
        };
        let vendor = match &file.vendor {
            Some(blob) => Some(self.content(blob, &|| texts.vendor(), earlier_vendor.or(base))?),
            None => None,
        };
        let mut insert = self.connection.prepare_cached(
            "INSERT INTO difference (path, moved_from, base_content, vendor_content, notes, digest) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )?;
        insert.execute((path, moved_from, base, vendor, file.notes.join("\n"), digest.as_slice()))?;
        let difference = self.connection.last_insert_rowid();
        if !file.runs.is_empty() {
            self.add_runs(file, &texts, difference, commits)?;
        }
        self.add_build_place(file, difference)?;
        Ok(difference)
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

    fn add_runs(
        &mut self,
        file: &NewFile,
        texts: &ReadTexts<'_>,
        difference: i64,
        commits: &[i64],
    ) -> Result<(), AddError> {
        let is_needed = |added: bool| file.runs.iter().any(|run| run.is_added == added);
        let (mut old, mut new) = (Functions::default(), Functions::default());
        if file.base.is_some() && is_needed(false) {
            old = Functions::of(texts.base()?);
        }
        if file.vendor.is_some() && is_needed(true) {
            new = Functions::of(texts.vendor()?);
        }
        let mut number = 0;
        let (mut with_commits, mut with_functions) = (BTreeSet::new(), BTreeSet::new());
        for run in &file.runs {
            let functions = if run.is_added { &new } else { &old };
            for lines in functions.cut(run.start, run.lines) {
                let function = lines.name.map(|name| self.function(name)).transpose()?;
                let origin = match run.origin {
                    Some((commit, confidence, kind)) => {
                        Some((commits[commit], permille(confidence), self.kinds.row(kind)))
                    }
                    None => None,
                };
                with_commits.extend(origin.map(|origin| origin.0));
                with_functions.extend(function);
                let mut insert = self.connection.prepare_cached(
                    "INSERT INTO run (difference, number, side, start, lines, \"commit\", permille, match_kind, function, \
                     defines) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
                )?;
                insert.execute(params![
                    difference,
                    number,
                    run.is_added,
                    lines.start,
                    lines.lines,
                    origin.map(|origin| origin.0),
                    origin.map(|origin| origin.1),
                    origin.map(|origin| origin.2),
                    function,
                    lines.defines
                ])?;
                number += 1;
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

    /// The row of a text, which is read and stored where it is not known.
    fn content<'t>(
        &self,
        blob: &BlobId,
        text: &dyn Fn() -> Result<&'t [u8], AddError>,
        previous: Option<i64>,
    ) -> Result<i64, AddError> {
        if let Some(known) = find_content(self.connection, blob)? {
            return Ok(known);
        }
        Ok(add_content(self.connection, blob, text()?, previous)?)
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

/// The texts of a file, each read once.
struct ReadTexts<'a> {
    texts: &'a dyn FileTexts,
    file: &'a NewFile,
    base: OnceCell<Vec<u8>>,
    vendor: OnceCell<Vec<u8>>,
}

impl<'a> ReadTexts<'a> {
    fn of(texts: &'a dyn FileTexts, file: &'a NewFile) -> ReadTexts<'a> {
        ReadTexts { texts, file, base: OnceCell::new(), vendor: OnceCell::new() }
    }

    fn base(&self) -> Result<&[u8], AddError> {
        read_once(&self.base, || self.texts.base_text(self.file))
    }

    fn vendor(&self) -> Result<&[u8], AddError> {
        read_once(&self.vendor, || self.texts.vendor_text(self.file))
    }
}

fn read_once(
    cell: &OnceCell<Vec<u8>>,
    read: impl FnOnce() -> Result<Vec<u8>, String>,
) -> Result<&[u8], AddError> {
    match cell.get() {
        Some(text) => Ok(text),
        None => {
            let text = read().map_err(AddError::Unreadable)?;
            Ok(cell.get_or_init(|| text))
        }
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
