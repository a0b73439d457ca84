//! The catalogue's file.

use std::path::{Path, PathBuf};
use std::time::Duration;

use hunktrace_indexer::cancellation::Cancellation;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, OpenFlags, OptionalExtension, TransactionBehavior};

use super::contents::check_contents;
use super::error::CatalogueError;
use super::schema::{APPLICATION_ID, FORMAT, format_of, migrate};

/// How long a reader or writer waits for another process's write.
pub(super) const BUSY_TIMEOUT: Duration = Duration::from_secs(10);

/// The memory in which a connection that writes may keep pages that it has not changed, in KiB. A large release changes more pages
/// than SQLite's own 2 MiB hold, and then every page that is looked at would be read anew.
const WRITER_CACHE_KIB: i64 = 64 << 10;

/// How much of a file is mapped into memory, in bytes: SQLite's own limit, 2 GiB. What lies behind is read.
const MAPPED_BYTES: i64 = 0x7fff_0000;

/// Prepared statements that are kept; there are fewer.
const STATEMENTS: usize = 64;

/// Steps of SQLite's machine between two looks at whether an answer is still wanted: they take some microseconds.
const STEPS_BETWEEN_CHECKS: i32 = 1000;

/// Releases that a message names where many would do.
const RELEASES_IN_MESSAGE: usize = 5;

/// How a file is read for questions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FileAccess {
    /// Page by page: whatever becomes of the file meanwhile, a question ends with an answer or an error.
    #[default]
    Read,
    /// From memory that the file is mapped into: half as long for questions about many rows. Where somebody shortens the file
    /// meanwhile, the system ends the process.
    Mapped,
}

/// An open catalogue.
#[derive(Debug)]
pub struct Catalogue {
    pub(super) connection: Connection,
    path: PathBuf,
    cancellation: Option<Cancellation>,
    access: FileAccess,
}

/// A release as the catalogue has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CataloguedRelease {
    /// Its row.
    pub(super) id: i64,
    /// The vendor's row.
    pub(super) vendor_id: i64,
    /// The vendor.
    pub vendor: String,
    /// What it is called.
    pub name: String,
    /// Its place in the vendor's order, from 1.
    pub place: u32,
    /// Version and release of its package.
    pub version_release: Option<String>,
    /// When it was released, YYYY-MM-DD.
    pub released_on: Option<String>,
    /// What its base is called.
    pub base_name: String,
    /// The base as a revision of the index.
    pub base_revision: String,
    /// What it was read from.
    pub source: String,
    /// The checksum of that.
    pub checksum: String,
    /// The index that it was taken apart with: the digest of its history.
    pub index_digest: String,
    /// Changed lines.
    pub lines: u64,
    /// Those of them with a known origin.
    pub explained_lines: u64,
}

impl Catalogue {
    /// Opens a catalogue for questions. Nothing is written, so the file and its folder need not be writable.
    ///
    /// # Errors
    /// Where there is none, it is something else, or a newer program wrote it.
    pub fn open(path: &Path) -> Result<Catalogue, CatalogueError> {
        Catalogue::open_with(path, FileAccess::Read)
    }

    /// The same; the file is read as it is said.
    ///
    /// # Errors
    /// As for [`Catalogue::open`].
    pub fn open_with(path: &Path, access: FileAccess) -> Result<Catalogue, CatalogueError> {
        if !path.exists() {
            return Err(CatalogueError::Absent(path.to_owned()));
        }
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let open = || Catalogue::of(Connection::open_with_flags(path, flags)?, path);
        let mut catalogue = open()?;
        if catalogue.was_left_in_the_middle() {
            finish_what_was_begun(path)?;
            catalogue = open()?;
        }
        match catalogue.checked_format()? {
            FORMAT => {
                catalogue.access = access;
                prepare_access(&catalogue.connection, access)?;
                Ok(catalogue)
            }
            found => Err(CatalogueError::Older { path: path.to_owned(), found, known: FORMAT }),
        }
    }

    /// Opens a catalogue for adding to it; makes it where there is none, and brings an older one to this format.
    ///
    /// # Errors
    /// Where it is something else, a newer program wrote it, or it cannot be written.
    pub fn open_or_create(path: &Path) -> Result<Catalogue, CatalogueError> {
        let mut catalogue = Catalogue::of(Connection::open(path)?, path)?;
        // Else the file would be locked for readers from the moment on that a release no longer fits the cache.
        catalogue.connection.pragma_update(None, "cache_spill", false)?;
        catalogue.connection.pragma_update(None, "cache_size", -WRITER_CACHE_KIB)?;
        let transaction = catalogue.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let format = format_of(&transaction)?;
        let tables: i64 =
            transaction.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
        let application: i64 = transaction.pragma_query_value(None, "application_id", |row| row.get(0))?;
        let is_empty = tables == 0 && application == 0;
        if !is_empty && application != APPLICATION_ID {
            return Err(CatalogueError::Foreign(path.to_owned()));
        }
        if format > FORMAT {
            return Err(CatalogueError::Newer { path: path.to_owned(), found: format, known: FORMAT });
        }
        if format < FORMAT {
            migrate(&transaction, format)?;
        }
        transaction.commit()?;
        Ok(catalogue)
    }

    /// Has questions stop with an error when nobody wants their answers any more.
    ///
    /// # Errors
    /// Where SQLite refuses.
    pub fn stop_on(&mut self, cancellation: Cancellation) -> Result<(), CatalogueError> {
        self.cancellation = Some(cancellation.clone());
        stop_connection_on(&mut self.connection, cancellation)
    }

    /// Who stops its questions.
    pub(super) fn cancellation(&self) -> Option<&Cancellation> {
        self.cancellation.as_ref()
    }

    /// How its file is read.
    pub(super) fn access(&self) -> FileAccess {
        self.access
    }

    /// Whether a writer was killed while it stored a release, so that what it had begun has to be taken back first.
    fn was_left_in_the_middle(&self) -> bool {
        let read =
            self.connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get::<_, i64>(0));
        read.is_err_and(|error| error.sqlite_error_code() == Some(ErrorCode::ReadOnly))
    }

    fn of(connection: Connection, path: &Path) -> Result<Catalogue, CatalogueError> {
        prepare_connection(&connection, BUSY_TIMEOUT)?;
        Ok(Catalogue { connection, path: path.to_owned(), cancellation: None, access: FileAccess::Read })
    }

    fn checked_format(&self) -> Result<i64, CatalogueError> {
        let foreign = |error: rusqlite::Error| match error.sqlite_error_code() {
            Some(ErrorCode::NotADatabase) => CatalogueError::Foreign(self.path.clone()),
            _ => error.into(),
        };
        let application: i64 =
            self.connection.pragma_query_value(None, "application_id", |row| row.get(0)).map_err(foreign)?;
        if application != APPLICATION_ID {
            return Err(CatalogueError::Foreign(self.path.clone()));
        }
        let format = format_of(&self.connection)?;
        if format > FORMAT {
            return Err(CatalogueError::Newer { path: self.path.clone(), found: format, known: FORMAT });
        }
        Ok(format)
    }

    /// Its file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// All releases, by vendor and in their order.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn releases(&self) -> Result<Vec<CataloguedRelease>, CatalogueError> {
        let mut statement = self
            .connection
            .prepare_cached(&format!("{RELEASE_COLUMNS} ORDER BY vendor.name, release.place"))?;
        let rows = statement.query_map([], release_row)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// The release of a name: `NAME`, `VENDOR/NAME`, or a part at the end of the name that only one release has, such as
    /// its version and release.
    ///
    /// # Errors
    /// Where there is none or more than one.
    pub fn release(&self, name: &str) -> Result<CataloguedRelease, CatalogueError> {
        let all = self.releases()?;
        let full = |release: &CataloguedRelease| format!("{}/{}", release.vendor, release.name);
        let exact: Vec<&CataloguedRelease> =
            all.iter().filter(|release| release.name == name || full(release) == name).collect();
        let is_part = |release: &&CataloguedRelease| {
            release.name.ends_with(&format!("-{name}"))
                || release.version_release.as_deref().is_some_and(|version| version == name)
                || release.name.contains(&format!("-{name}."))
        };
        let found: Vec<&CataloguedRelease> =
            if exact.is_empty() { all.iter().filter(is_part).collect() } else { exact };
        match found[..] {
            [one] => Ok(one.clone()),
            [] => Err(CatalogueError::NoRelease { name: name.to_owned(), known: known_releases(&all, name) }),
            _ => {
                let mut vendors: Vec<&str> = found.iter().map(|release| release.vendor.as_str()).collect();
                vendors.dedup();
                if vendors.len() == 1 {
                    let known =
                        found.iter().map(|release| release.name.as_str()).collect::<Vec<_>>().join(", ");
                    return Err(CatalogueError::NoRelease { name: name.to_owned(), known });
                }
                Err(CatalogueError::ManyReleases { name: name.to_owned(), vendors: vendors.join(", ") })
            }
        }
    }

    /// The release before another one of its vendor.
    pub(super) fn release_before(
        &self,
        release: &CataloguedRelease,
    ) -> Result<Option<CataloguedRelease>, CatalogueError> {
        let mut statement = self
            .connection
            .prepare_cached(&format!("{RELEASE_COLUMNS} WHERE release.vendor = ?1 AND release.place = ?2"))?;
        Ok(statement.query_row((release.vendor_id, release.place - 1), release_row).optional()?)
    }

    /// Checks the file: SQLite's own check, references between rows, and that every text is what its name says.
    ///
    /// # Errors
    /// Where something is damaged, with what it is.
    pub fn check(&self) -> Result<(), CatalogueError> {
        let verdict: String = self.connection.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))?;
        if verdict != "ok" {
            return Err(CatalogueError::Nothing(format!(
                "{}: is damaged: {verdict}; restore a copy, or build it anew",
                self.path.display()
            )));
        }
        let broken = self
            .connection
            .query_row("PRAGMA foreign_key_check", [], |row| row.get::<_, String>(0))
            .optional()?;
        if let Some(table) = broken {
            return Err(CatalogueError::Nothing(format!(
                "{}: is damaged: table {table} refers to rows that are not there; build it anew",
                self.path.display()
            )));
        }
        check_contents(&self.connection)
    }
}

/// Takes back what a writer that was killed had begun to store: SQLite does so when the file is opened for writing.
fn finish_what_was_begun(path: &Path) -> Result<(), CatalogueError> {
    let connection = Connection::open(path)?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get::<_, i64>(0))?;
    Ok(())
}

const RELEASE_COLUMNS: &str = "SELECT release.id, vendor.id, vendor.name, release.name, release.place, \
    release.version_release, release.released_on, release.base_name, release.base_revision, release.source, \
    release.checksum, release.index_digest, release.lines, release.explained_lines \
    FROM release JOIN vendor ON vendor.id = release.vendor";

fn release_row(row: &rusqlite::Row<'_>) -> rusqlite::Result<CataloguedRelease> {
    Ok(CataloguedRelease {
        id: row.get(0)?,
        vendor_id: row.get(1)?,
        vendor: row.get(2)?,
        name: row.get(3)?,
        place: row.get(4)?,
        version_release: row.get(5)?,
        released_on: row.get(6)?,
        base_name: row.get(7)?,
        base_revision: row.get(8)?,
        source: row.get(9)?,
        checksum: row.get(10)?,
        index_digest: row.get(11)?,
        lines: row.get::<_, i64>(12)?.unsigned_abs(),
        explained_lines: row.get::<_, i64>(13)?.unsigned_abs(),
    })
}

/// Makes a connection ready for questions; it waits so long for a writer.
pub(super) fn prepare_connection(connection: &Connection, patience: Duration) -> Result<(), CatalogueError> {
    connection.busy_timeout(patience)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    // Else SQLite plans many a question anew for each value that it is asked with.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    Ok(())
}

/// Has a connection read the file as it is said.
pub(super) fn prepare_access(connection: &Connection, access: FileAccess) -> Result<(), CatalogueError> {
    match access {
        FileAccess::Read => Ok(()),
        FileAccess::Mapped => Ok(connection.pragma_update(None, "mmap_size", MAPPED_BYTES)?),
    }
}

/// Has the questions of a connection stop with an error when nobody wants their answers any more.
pub(super) fn stop_connection_on(
    connection: &mut Connection,
    cancellation: Cancellation,
) -> Result<(), CatalogueError> {
    let is_cancelled = move || cancellation.is_cancelled();
    Ok(connection.progress_handler(STEPS_BETWEEN_CHECKS, Some(is_cancelled))?)
}

/// The releases that a message names: those that share most with what was asked for, and how many there are beside them.
fn known_releases(all: &[CataloguedRelease], asked: &str) -> String {
    if all.is_empty() {
        return "none yet".to_owned();
    }
    let mut near: Vec<&CataloguedRelease> = all.iter().collect();
    let common = |name: &str| name.bytes().rev().zip(asked.bytes().rev()).take_while(|(a, b)| a == b).count();
    near.sort_by_key(|release| {
        let contains = release.name.contains(asked) || asked.contains(&release.name);
        (!contains, usize::MAX - common(&release.name), release.place)
    });
    let shown: Vec<&str> =
        near.iter().take(RELEASES_IN_MESSAGE).map(|release| release.name.as_str()).collect();
    match all.len() - shown.len() {
        0 => shown.join(", "),
        rest => format!("{} and {rest} more", shown.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::super::test_catalogue::{TestRelease, catalogue};
    use super::*;

    #[test]
    fn releases_are_found_by_what_only_one_of_them_is_called() {
        let names = ["kernel-2.6.32-71.el6", "kernel-2.6.32-71.7.1.el6", "kernel-2.6.32-131.0.15.el6"];
        let releases: Vec<TestRelease> = names.iter().map(|name| TestRelease::new(name, &[])).collect();
        let (_folder, catalogue) = catalogue(&[], &releases);
        let found = |name: &str| {
            catalogue.release(name).map(|release| release.name).map_err(|error| error.to_string())
        };
        assert_eq!(found("71.el6").as_deref(), Ok(names[0]));
        assert_eq!(found("71.7.1.el6").as_deref(), Ok(names[1]));
        assert_eq!(found("131.0.15").as_deref(), Ok(names[2]));
        assert_eq!(found("v/kernel-2.6.32-71.el6").as_deref(), Ok(names[0]));
        assert!(
            found("71")
                .is_err_and(|error| error.contains("it has kernel-2.6.32-71.el6, kernel-2.6.32-71.7.1.el6"))
        );
        assert!(found("220.el6").is_err_and(|error| error.contains("has no release 220.el6")));
    }

    #[test]
    fn other_files_and_newer_catalogues_are_refused() {
        let (folder, catalogue) = catalogue(&[], &[]);
        let path = catalogue.path().to_owned();
        catalogue.connection.pragma_update(None, "user_version", FORMAT - 1).expect("set");
        let older = Catalogue::open(&path).unwrap_err().to_string();
        assert!(older.contains("repeat the 'hunktrace catalogue add'"), "{older}");
        catalogue.connection.pragma_update(None, "user_version", FORMAT + 1).expect("set");
        let newer = Catalogue::open(&path).unwrap_err().to_string();
        assert!(newer.contains("update hunktrace"), "{newer}");
        assert!(Catalogue::open_or_create(&path).is_err());
        let other = folder.path().join("other.sqlite");
        Connection::open(&other).expect("opens").execute_batch("CREATE TABLE t (x)").expect("made");
        for error in [Catalogue::open(&other).unwrap_err(), Catalogue::open_or_create(&other).unwrap_err()] {
            assert!(error.to_string().contains("is no catalogue of hunktrace"), "{error}");
        }
    }
}
