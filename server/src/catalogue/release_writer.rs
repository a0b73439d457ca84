//! Adds a release to a catalogue: whole, or not at all.

use rusqlite::{Connection, TransactionBehavior};

use super::changelog::ChangelogEntry;
use super::changelog_match::match_entries;
use super::commit_writer::CommitWriter;
use super::error::AddError;
use super::file_writer::FileWriter;
use super::form_changes::add_form_changes;
use super::new_release::{CommitFacts, FileTexts, NewFile, NewRelease};
use super::release_place::{MatchKinds, ReleasePlace};
use super::store::Catalogue;

/// What adding a release has stored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Added {
    /// The row of the release, by which the next one says that a file is as in this one.
    pub release: i64,
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
        let place = ReleasePlace::after_last(&transaction, release)?;
        let kinds = MatchKinds::of(&transaction)?;
        let is_right_after = place.before.is_some() && place.before == release.files_are_as_in;
        let commits =
            CommitWriter::begin(&transaction, &place, &kinds)?.add(&release.commits, files, facts)?;
        let mut added = Added { files: files.len(), commits: commits.len(), ..Added::default() };
        let mut writer = FileWriter::begin(&transaction, &place, &kinds, texts, &commits)?;
        for file in files {
            let is_known = file.is_as_before && is_right_after && writer.keep(file)?;
            added.new_files += usize::from(!is_known && writer.add(file)?);
        }
        writer.end()?;
        add_form_changes(&transaction, place.vendor, place.place)?;
        count_lines(&transaction, place.release, files)?;
        let entries = add_changelog(&transaction, place.release, release)?;
        added.entries = entries.len();
        added.matched_entries = match_entries(&transaction, place.release, &entries)?;
        added.release = place.release;
        transaction.commit()?;
        Ok(added)
    }
}

fn count_lines(connection: &Connection, release: i64, files: &[NewFile]) -> Result<(), AddError> {
    let runs = || files.iter().flat_map(|file| &file.runs);
    let lines: i64 = runs().map(|run| i64::from(run.lines)).sum();
    let explained: i64 = runs().filter(|run| run.origin.is_some()).map(|run| i64::from(run.lines)).sum();
    connection.execute(
        "UPDATE release SET lines = ?2, explained_lines = ?3 WHERE id = ?1",
        (release, lines, explained),
    )?;
    Ok(())
}

/// Adds the entries of the changelog that no release of the vendor has before; returns their rows with what they say.
fn add_changelog(
    connection: &Connection,
    row: i64,
    release: &NewRelease,
) -> Result<Vec<(i64, ChangelogEntry)>, AddError> {
    let mut rows = Vec::new();
    for (number, entry) in (1i64..).zip(&release.changelog) {
        let mut insert = connection.prepare_cached(
            "INSERT INTO changelog_entry (release, number, version_release, text, subject) VALUES (?1, ?2, ?3, ?4, ?5)",
        )?;
        insert.execute((row, number, &entry.version_release, &entry.text, &entry.subject))?;
        let entry_row = connection.last_insert_rowid();
        for cve in &entry.cves {
            let mut insert = connection
                .prepare_cached("INSERT OR IGNORE INTO changelog_cve (entry, cve) VALUES (?1, ?2)")?;
            insert.execute((entry_row, cve))?;
        }
        rows.push((entry_row, entry.clone()));
    }
    Ok(rows)
}
