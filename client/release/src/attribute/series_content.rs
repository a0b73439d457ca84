//! What the patch series of a release is made from.

use std::path::{Path, PathBuf};

use anyhow::Context;

use super::comparison::ChangedFile;
use super::release_request::ReleaseRequest;
use super::service::Service;
use crate::answer::{Answer, AnsweredFile, ReleaseCommit};
use crate::series::{
    self, NewBranch, OwnedFile, PreparedBranch, SeriesPatch, SeriesRow, SeriesSettings, SeriesWriter,
    TreePair,
};

/// The commits of a release, and what they own of its files.
pub(super) struct SeriesContent<'a> {
    commits: &'a [ReleaseCommit],
    files: Vec<OwnedFile>,
}

/// A series that is written and verified.
pub(super) struct WrittenSeries<'a> {
    content: &'a SeriesContent<'a>,
    folder: PathBuf,
    release: TreePair<'a>,
    /// The patches in order.
    pub patches: Vec<SeriesPatch>,
}

impl<'a> SeriesContent<'a> {
    /// Takes what concerns the series out of an answer.
    pub fn new(files: &[ChangedFile], answer: &'a Answer) -> SeriesContent<'a> {
        let owned = |(file, answered): (&ChangedFile, &AnsweredFile)| OwnedFile {
            path: file.path.clone(),
            moved_from: file.moved_from.clone(),
            owner: None,
            runs: answered.hunks.iter().flat_map(|hunk| &hunk.runs).copied().collect(),
            versions: file.compared.map(|compared| compared.digest()),
        };
        let files = files.iter().zip(&answer.files).map(owned).collect();
        SeriesContent { commits: &answer.commits, files }
    }

    /// Writes the series and proves that it leads from the base to the vendor's tree. `row` has what the release before has
    /// left for this one.
    ///
    /// # Errors
    /// Where it cannot be written, the service does not give the messages of commits, or the series is not lossless.
    pub async fn write(
        &'a self,
        folder: &Path,
        request: &ReleaseRequest<'a>,
        service: &Service,
        row: &mut SeriesRow,
    ) -> anyhow::Result<WrittenSeries<'a>> {
        let release = TreePair { base: request.base, vendor: request.vendor };
        let settings = SeriesSettings {
            header: request.patch_header,
            vendor_date: request.source_date.or(request.vendor.newest_date),
        };
        let failure = "cannot write the patch series";
        let mut writer =
            SeriesWriter::divide(folder, self.commits, settings, &self.files, &release, &mut row.pieces)
                .context(failure)?;
        while let Some(origins) = writer.next_origins() {
            let messages = service.messages(&origins).await.context(failure)?;
            writer.write_next(messages).context(failure)?;
        }
        let patches = writer.finish().context(failure)?;
        series::verify(folder, &patches, &self.files, &release, &mut row.proofs)
            .context("the patch series is not lossless")?;
        Ok(WrittenSeries { content: self, folder: folder.to_owned(), release, patches })
    }
}

impl WrittenSeries<'_> {
    /// Stores the series as commits.
    ///
    /// # Errors
    /// Where the branch cannot be made or git fails.
    pub fn store(&self, branch: &NewBranch<'_>) -> Result<PreparedBranch, series::Error> {
        series::prepare_branch(branch, &self.folder, &self.patches, &self.content.files, &self.release)
    }
}
