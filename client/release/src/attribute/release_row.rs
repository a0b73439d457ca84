//! Releases of one vendor in their order, and what is kept of one for the next.

use std::path::Path;

use anyhow::Context;

use super::changed_files::{Wanted, changed_files};
use super::comparison::{ChangedFile, Comparison};
use super::gone_commits::EarlierRelease;
use super::hunk_spool::HunkSpool;
use super::kept_differences::KeptDifferences;
use super::moved_files::added_files;
use super::release_stream::{Question, ReleaseStream};
use super::service::Service;
use super::watcher::{Phase, Watcher};
use crate::answer::Answer;
use crate::series::SeriesRow;
use crate::tree::{Tree, changed_paths};

/// Releases of one vendor, which are taken apart one after the other. What they have in common is worked out once; each
/// result is the same as if the release were the only one. Of one release is kept what the next one can use, and no more.
#[derive(Debug)]
pub struct ReleaseRow {
    service: Service,
    /// Releases that come after the one that is worked on.
    to_come: usize,
    /// Whether second copies of the tree are read as well.
    reads_copies: bool,
    stream: ReleaseStream,
    kept: KeptDifferences,
    series: SeriesRow,
    earlier: Option<EarlierRelease>,
}

impl ReleaseRow {
    /// A row of so many releases that has not begun.
    pub fn new(service: &Service, releases: usize) -> ReleaseRow {
        ReleaseRow {
            service: service.clone(),
            to_come: releases,
            reads_copies: true,
            stream: service.release_stream(),
            kept: KeptDifferences::default(),
            series: SeriesRow::default(),
            earlier: None,
        }
    }

    /// The same of releases of which second copies of the tree do not matter: these are found, and not read.
    pub fn without_copies(service: &Service, releases: usize) -> ReleaseRow {
        ReleaseRow { reads_copies: false, ..ReleaseRow::new(service, releases) }
    }

    /// Passes over the next release: it is not worked on.
    pub fn pass_over(&mut self) {
        self.to_come = self.to_come.saturating_sub(1);
    }

    /// Begins with the next release: compares it with its base, which the index knows as `base_revision`. A file
    /// without a name on the disk of the folder `scratch` takes the hunks.
    ///
    /// # Errors
    /// Where a tree cannot be read, the file cannot be written, or the service does not answer.
    pub async fn compare(
        &mut self,
        base_revision: &str,
        base: &Tree,
        vendor: &Tree,
        scratch: &Path,
        watcher: &dyn Watcher,
    ) -> anyhow::Result<Comparison> {
        self.to_come = self.to_come.saturating_sub(1);
        watcher.advanced(Phase::ComparingTrees, 0, 0);
        let changes = changed_paths(base, vendor)?;
        let unknown = self.kept.unknown_names(base_revision, added_files(&changes));
        let names = self.service.former_names(base_revision, &unknown, watcher).await?;
        self.kept.add_names(names);
        watcher.advanced(Phase::ComparingTrees, 0, 0);
        let spool = HunkSpool::create(scratch).with_context(|| scratch.display().to_string())?;
        let wanted = Wanted { is_followed: self.to_come > 0, copies: self.reads_copies };
        Ok(changed_files(changes, &mut self.kept, wanted, base, vendor, &spool)?)
    }

    /// Asks where every changed line of the release comes from.
    ///
    /// # Errors
    /// Where the service refuses the release, does not answer to the end, or contradicts itself.
    pub async fn answer(
        &mut self,
        question: &Question<'_>,
        files: &[ChangedFile],
        watcher: &dyn Watcher,
    ) -> anyhow::Result<Answer> {
        self.stream.answer(question, self.to_come > 0, files, watcher).await
    }

    /// The service that answers.
    pub(super) fn service(&self) -> &Service {
        &self.service
    }

    /// What the series of the release before has left for the one that is worked on.
    pub(super) fn series(&mut self) -> &mut SeriesRow {
        self.series.set_followed(self.to_come > 0);
        &mut self.series
    }

    /// What is remembered of the release before.
    pub(super) fn take_earlier(&mut self) -> Option<EarlierRelease> {
        self.earlier.take()
    }

    /// Whether another release follows.
    pub(super) fn is_followed(&self) -> bool {
        self.to_come > 0
    }

    /// Keeps the differences of a release of which nothing else is kept.
    pub(super) fn keep_differences(&mut self, files: Vec<ChangedFile>) {
        self.kept.keep(files);
    }

    /// Keeps what the next release can use of this one.
    pub(super) fn keep(&mut self, files: Vec<ChangedFile>, release: EarlierRelease) {
        self.kept.keep(files);
        self.earlier = Some(release);
    }
}
