//! Adds a release to a catalogue: whole, or not at all.

use std::collections::{BTreeSet, HashMap, HashSet};

use bstr::{BString, ByteSlice};
use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior, params};
use xxhash_rust::xxh3::Xxh3;

use super::changelog_match::match_entries;
use super::contents::{BlobId, add_content, find_content};
use super::error::CatalogueError;
use super::functions::Functions;
use super::new_release::{CommitFacts, FileTexts, NewCommit, NewFile, NewRelease, NewRun};
use super::purpose::{MaintainedBy, Purpose};
use super::store::{Catalogue, CataloguedRelease};
use crate::hunks::comparison::MatchKind;

/// Why a release was not added.
#[derive(Debug, thiserror::Error)]
pub enum AddError {
    /// The catalogue cannot be written, or has another release of that name.
    #[error(transparent)]
    Catalogue(#[from] CatalogueError),
    /// A text or message cannot be read.
    #[error("{0}")]
    Unreadable(String),
}

impl From<rusqlite::Error> for AddError {
    fn from(error: rusqlite::Error) -> Self {
        AddError::Catalogue(error.into())
    }
}

/// What adding a release has stored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Added {
    /// Files that differ from the base.
    pub files: usize,
    /// Those that no other release has with the same difference and origins.
    pub new_files: usize,
    /// Commits that it has.
    pub commits: usize,
    /// Entries of the changelog.
    pub entries: usize,
    /// Those whose commit was found.
    pub matched_entries: usize,
}

impl Catalogue {
    /// The release of a vendor and name, if it was added before from the same source and with the same index.
    ///
    /// # Errors
    /// Where it was added from something else.
    pub fn added_before(
        &self,
        vendor: &str,
        name: &str,
        checksum: &str,
    ) -> Result<Option<CataloguedRelease>, CatalogueError> {
        let found =
            self.releases()?.into_iter().find(|release| release.vendor == vendor && release.name == name);
        match found {
            Some(known) if known.checksum != checksum => Err(CatalogueError::Different {
                name: name.to_owned(),
                known: format!("{} ({})", known.source, known.checksum),
            }),
            found => Ok(found),
        }
    }

    /// Those of some commits, by id, that no release has yet.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn unknown_commits(&self, commits: &[&str]) -> Result<HashSet<String>, CatalogueError> {
        let mut unknown = HashSet::new();
        for commit in commits {
            let mut statement =
                self.connection.prepare_cached("SELECT count(*) FROM upstream_commit WHERE sha = ?1")?;
            let known: i64 = statement.query_row([commit], |row| row.get(0))?;
            if known == 0 {
                unknown.insert((*commit).to_owned());
            }
        }
        Ok(unknown)
    }

    /// The changelog entries that the releases of a vendor have brought: version and release of each, and its text.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn known_entries(&self, vendor: &str) -> Result<HashSet<(Option<String>, String)>, CatalogueError> {
        let mut statement = self.connection.prepare_cached(
            "SELECT changelog_entry.version_release, changelog_entry.text FROM changelog_entry \
             JOIN release ON release.id = changelog_entry.release JOIN vendor ON vendor.id = release.vendor WHERE vendor.name = ?1",
        )?;
        let rows = statement.query_map([vendor], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Adds a release after the vendor's last one, in one step: when this returns, it is stored for good, and if it does
    /// not, nothing is.
    ///
    /// # Errors
    /// Where the catalogue cannot be written, has a release of that name, or a text cannot be read.
    pub fn add_release(
        &mut self,
        release: &NewRelease,
        files: &[NewFile],
        texts: &dyn FileTexts,
        facts: &mut dyn CommitFacts,
    ) -> Result<Added, AddError> {
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let mut writer = Writer::begin(&transaction, release, texts)?;
        let commits = writer.add_commits(&release.commits, files, facts)?;
        let mut added = Added { files: files.len(), commits: commits.len(), ..Added::default() };
        for file in files {
            added.new_files += usize::from(writer.add_file(file, &commits)?);
        }
        writer.count_lines(files)?;
        let entries = writer.add_changelog(release)?;
        added.entries = entries.len();
        added.matched_entries = match_entries(&transaction, writer.release, &entries)?;
        transaction.commit()?;
        Ok(added)
    }
}

/// A difference of the release before, by the path of its file.
struct Earlier {
    base: Option<i64>,
    vendor: Option<i64>,
}

struct Writer<'a> {
    connection: &'a Connection,
    release: i64,
    texts: &'a dyn FileTexts,
    earlier: HashMap<i64, Earlier>,
    match_kinds: HashMap<&'static str, i64>,
    functions: HashMap<String, i64>,
    paths: HashMap<BString, i64>,
}

impl<'a> Writer<'a> {
    fn begin(
        transaction: &'a Transaction<'_>,
        release: &NewRelease,
        texts: &'a dyn FileTexts,
    ) -> Result<Writer<'a>, AddError> {
        let connection: &Connection = transaction;
        connection.execute("INSERT OR IGNORE INTO vendor (name) VALUES (?1)", [&release.vendor])?;
        let vendor: i64 =
            connection
                .query_row("SELECT id FROM vendor WHERE name = ?1", [&release.vendor], |row| row.get(0))?;
        let last: Option<(i64, i64)> = connection
            .query_row(
                "SELECT id, place FROM release WHERE vendor = ?1 ORDER BY place DESC LIMIT 1",
                [vendor],
                |row| Ok((row.get(0)?, row.get(1)?)),
            )
            .optional()?;
        connection.execute(
            "INSERT INTO release (vendor, name, place, version_release, released_on, base_name, base_revision, source, \
             checksum, index_digest, index_generation, program, notes) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)",
            params![
                vendor,
                release.name,
                last.map_or(1, |(_, place)| place + 1),
                release.version_release,
                release.released_on,
                release.base_name,
                release.base_revision,
                release.source,
                release.checksum,
                release.index_digest,
                release.index_generation as i64,
                release.program,
                release.notes.join("\n")
            ],
        )?;
        let mut writer = Writer {
            connection,
            release: connection.last_insert_rowid(),
            texts,
            earlier: HashMap::new(),
            match_kinds: HashMap::new(),
            functions: HashMap::new(),
            paths: HashMap::new(),
        };
        if let Some((last, _)) = last {
            writer.earlier = earlier_files(connection, last)?;
        }
        Ok(writer)
    }

    /// Adds commits and how much of each the release has; returns their rows.
    fn add_commits(
        &mut self,
        commits: &[NewCommit],
        files: &[NewFile],
        facts: &mut dyn CommitFacts,
    ) -> Result<Vec<i64>, AddError> {
        let mut rows = Vec::with_capacity(commits.len());
        let mut unknown = Vec::new();
        for (place, commit) in commits.iter().enumerate() {
            let mut statement =
                self.connection.prepare_cached("SELECT id FROM upstream_commit WHERE sha = ?1")?;
            let known: Option<i64> = statement.query_row([&commit.sha], |row| row.get(0)).optional()?;
            if known.is_none() {
                unknown.push(place);
            }
            rows.push(known.unwrap_or_default());
        }
        let shas: Vec<&str> = unknown.iter().map(|place| commits[*place].sha.as_str()).collect();
        let messages = facts.messages(&shas).map_err(AddError::Unreadable)?;
        let paths = main_paths(commits.len(), files);
        for (place, message) in unknown.into_iter().zip(messages) {
            let purpose = message.as_deref().map(Purpose::of).unwrap_or_default();
            let maintained = facts.maintained_by();
            let subsystem = subsystem_of(maintained, paths[place]);
            rows[place] = self.add_commit(&commits[place], &purpose, subsystem)?;
        }
        for (place, (commit, row)) in commits.iter().zip(&rows).enumerate() {
            let state = self.commit_state(commit, *row)?;
            let mut statement = self
                .connection
                .prepare_cached("INSERT INTO release_commit (release, state, place) VALUES (?1, ?2, ?3)")?;
            statement.execute((self.release, state, place as i64))?;
        }
        Ok(rows)
    }

    fn add_commit(
        &self,
        commit: &NewCommit,
        purpose: &Purpose,
        subsystem: Option<String>,
    ) -> Result<i64, AddError> {
        let mut statement = self.connection.prepare_cached(
            "INSERT INTO upstream_commit (sha, subject, author, author_date, first_release, subsystem, purpose, cc_stable, \
             syzbot) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        )?;
        statement.execute(params![
            commit.sha,
            commit.subject,
            commit.author,
            commit.author_date,
            commit.first_release,
            subsystem,
            purpose.kind.name(),
            purpose.cc_stable,
            purpose.syzbot
        ])?;
        let row = self.connection.last_insert_rowid();
        for carrier in &commit.carriers {
            let mut statement = self
                .connection
                .prepare_cached("INSERT OR IGNORE INTO carrier (sha, \"commit\") VALUES (?1, ?2)")?;
            statement.execute((carrier, row))?;
        }
        let names = [("fixes", &purpose.fixes), ("reverts", &purpose.reverts), ("cve", &purpose.cves)];
        for (relation, named) in names {
            for named in named {
                let mut statement = self.connection.prepare_cached(
                    "INSERT OR IGNORE INTO commit_names (\"commit\", relation, named) VALUES (?1, ?2, ?3)",
                )?;
                statement.execute((row, relation, named))?;
            }
        }
        for link in &purpose.links {
            let mut statement = self
                .connection
                .prepare_cached("INSERT OR IGNORE INTO commit_link (\"commit\", url) VALUES (?1, ?2)")?;
            statement.execute((row, link))?;
        }
        Ok(row)
    }

    fn commit_state(&mut self, commit: &NewCommit, row: i64) -> Result<i64, AddError> {
        let match_kind = self.match_kind(commit.match_kind)?;
        let values = params![
            row,
            commit.status.name(),
            permille(commit.confidence),
            commit.lines as i64,
            commit.hunks,
            commit.missing.join("\n"),
            match_kind,
            commit.superseded_by
        ];
        let mut find = self.connection.prepare_cached(
            "SELECT id FROM commit_state WHERE \"commit\" = ?1 AND status = ?2 AND permille = ?3 AND lines = ?4 AND hunks = ?5 \
             AND missing = ?6 AND match_kind = ?7 AND superseded_by IS ?8",
        )?;
        if let Some(known) = find.query_row(values, |row| row.get(0)).optional()? {
            return Ok(known);
        }
        let mut insert = self.connection.prepare_cached(
            "INSERT INTO commit_state (\"commit\", status, permille, lines, hunks, missing, match_kind, superseded_by) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        )?;
        insert.execute(values)?;
        Ok(self.connection.last_insert_rowid())
    }

    /// Adds a file; says whether no other release has it like this.
    fn add_file(&mut self, file: &NewFile, commits: &[i64]) -> Result<bool, AddError> {
        let digest = difference_digest(file, commits);
        let mut find = self.connection.prepare_cached("SELECT id FROM difference WHERE digest = ?1")?;
        let known: Option<i64> = find.query_row([digest.as_slice()], |row| row.get(0)).optional()?;
        let difference = match known {
            Some(known) => known,
            None => self.add_difference(file, &digest, commits)?,
        };
        let mut insert = self
            .connection
            .prepare_cached("INSERT OR IGNORE INTO release_file (release, difference) VALUES (?1, ?2)")?;
        insert.execute((self.release, difference))?;
        Ok(known.is_none())
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
        let base = match &file.base {
            Some(blob) => {
                let text = || self.texts.base_text(file);
                Some(self.content(blob, &text, earlier_base)?)
            }
            None => None,
        };
        let vendor = match &file.vendor {
            Some(blob) => {
                let text = || self.texts.vendor_text(file);
                Some(self.content(blob, &text, earlier_vendor.or(base))?)
            }
            None => None,
        };
        let mut insert = self.connection.prepare_cached(
            "INSERT INTO difference (path, moved_from, base_content, vendor_content, notes, digest) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )?;
        insert.execute((path, moved_from, base, vendor, file.notes.join("\n"), digest.as_slice()))?;
        let difference = self.connection.last_insert_rowid();
        if !file.runs.is_empty() {
            self.add_runs(file, difference, commits)?;
        }
        Ok(difference)
    }

    fn add_runs(&mut self, file: &NewFile, difference: i64, commits: &[i64]) -> Result<(), AddError> {
        let functions_of = |is_there: bool, text: &dyn Fn() -> Result<Vec<u8>, String>| {
            let text = if is_there { text().map_err(AddError::Unreadable)? } else { Vec::new() };
            Ok::<Functions, AddError>(Functions::of(&text))
        };
        let is_needed = |added: bool| file.runs.iter().any(|run| run.is_added == added);
        let old = functions_of(file.base.is_some() && is_needed(false), &|| self.texts.base_text(file))?;
        let new = functions_of(file.vendor.is_some() && is_needed(true), &|| self.texts.vendor_text(file))?;
        let mut number = 0;
        let (mut with_commits, mut with_functions) = (BTreeSet::new(), BTreeSet::new());
        for run in &file.runs {
            let functions = if run.is_added { &new } else { &old };
            for lines in functions.cut(run.start, run.lines) {
                let function = lines.name.map(|name| self.function(name)).transpose()?;
                let origin = match run.origin {
                    Some((commit, confidence, kind)) => {
                        Some((commits[commit], permille(confidence), self.match_kind(kind)?))
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
    fn content(
        &self,
        blob: &BlobId,
        text: &dyn Fn() -> Result<Vec<u8>, String>,
        previous: Option<i64>,
    ) -> Result<i64, AddError> {
        if let Some(known) = find_content(self.connection, blob)? {
            return Ok(known);
        }
        let text = text().map_err(AddError::Unreadable)?;
        Ok(add_content(self.connection, blob, &text, previous)?)
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

    fn match_kind(&mut self, kind: MatchKind) -> Result<i64, AddError> {
        let name = kind.name();
        if let Some(known) = self.match_kinds.get(name) {
            return Ok(*known);
        }
        self.connection.execute("INSERT OR IGNORE INTO match_kind (name) VALUES (?1)", [name])?;
        let row = self
            .connection
            .query_row("SELECT id FROM match_kind WHERE name = ?1", [name], |row| row.get(0))?;
        self.match_kinds.insert(name, row);
        Ok(row)
    }

    fn count_lines(&self, files: &[NewFile]) -> Result<(), AddError> {
        let runs = || files.iter().flat_map(|file| &file.runs);
        let lines: i64 = runs().map(|run| i64::from(run.lines)).sum();
        let explained: i64 = runs().filter(|run| run.origin.is_some()).map(|run| i64::from(run.lines)).sum();
        self.connection.execute(
            "UPDATE release SET lines = ?2, explained_lines = ?3 WHERE id = ?1",
            (self.release, lines, explained),
        )?;
        Ok(())
    }

    /// Adds the entries of the changelog that no release of the vendor has before; returns their rows with what they say.
    fn add_changelog(
        &self,
        release: &NewRelease,
    ) -> Result<Vec<(i64, super::changelog::ChangelogEntry)>, AddError> {
        let mut rows = Vec::new();
        for (number, entry) in (1i64..).zip(&release.changelog) {
            let mut insert = self.connection.prepare_cached(
                "INSERT INTO changelog_entry (release, number, version_release, text, subject) VALUES (?1, ?2, ?3, ?4, ?5)",
            )?;
            insert.execute((self.release, number, &entry.version_release, &entry.text, &entry.subject))?;
            let row = self.connection.last_insert_rowid();
            for cve in &entry.cves {
                let mut insert = self
                    .connection
                    .prepare_cached("INSERT OR IGNORE INTO changelog_cve (entry, cve) VALUES (?1, ?2)")?;
                insert.execute((row, cve))?;
            }
            rows.push((row, entry.clone()));
        }
        Ok(rows)
    }
}

fn earlier_files(connection: &Connection, release: i64) -> Result<HashMap<i64, Earlier>, AddError> {
    let mut statement = connection.prepare(
        "SELECT difference.path, difference.base_content, difference.vendor_content FROM release_file \
         JOIN difference ON difference.id = release_file.difference WHERE release_file.release = ?1",
    )?;
    let rows = statement
        .query_map([release], |row| Ok((row.get(0)?, Earlier { base: row.get(1)?, vendor: row.get(2)? })))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The path that has most of each commit's lines.
fn main_paths(commits: usize, files: &[NewFile]) -> Vec<Option<&BString>> {
    let mut most: Vec<(u32, Option<&BString>)> = vec![(0, None); commits];
    for file in files {
        let mut lines: HashMap<usize, u32> = HashMap::new();
        for run in &file.runs {
            if let Some((commit, ..)) = run.origin {
                *lines.entry(commit).or_default() += run.lines;
            }
        }
        for (commit, lines) in lines {
            if lines > most[commit].0 {
                most[commit] = (lines, Some(&file.path));
            }
        }
    }
    most.into_iter().map(|(_, path)| path).collect()
}

fn subsystem_of(maintained: Option<&dyn MaintainedBy>, path: Option<&BString>) -> Option<String> {
    maintained?.subsystem(path?.as_bstr())
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

/// A probability in thousandths.
fn permille(probability: f64) -> i64 {
    (probability * 1000.0).round() as i64
}

/// A path as it is stored: text, or bytes where it is no UTF-8.
pub(super) fn path_value(path: &[u8]) -> Value {
    match std::str::from_utf8(path) {
        Ok(text) => Value::Text(text.to_owned()),
        Err(_) => Value::Blob(path.to_vec()),
    }
}

/// The row of a path, if some release has it.
pub(super) fn path_row(connection: &Connection, path: &[u8]) -> Result<Option<i64>, CatalogueError> {
    let mut statement = connection.prepare_cached("SELECT id FROM path WHERE path = ?1")?;
    Ok(statement.query_row([path_value(path)], |row| row.get(0)).optional()?)
}
