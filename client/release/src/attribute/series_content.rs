//! What the patch series is made from, from the service's answer.

use std::path::{Path, PathBuf};

use anyhow::Context;
use hunktrace_proto::v1;

use super::changed_files::ChangedFile;
use super::{Answer, places};
use crate::match_name::match_name;
use crate::series::{
    self, NewBranch, Origin, OriginIndex, OwnedFile, OwnedRun, PreparedBranch, SeriesPatch, Side, TreePair,
};
use crate::tree::Tree;

/// The origins of a release, and what they own of its files.
pub(super) struct SeriesContent {
    origins: Vec<Origin>,
    files: Vec<OwnedFile>,
}

/// A series that is written and verified.
pub(super) struct WrittenSeries<'a> {
    content: &'a SeriesContent,
    folder: PathBuf,
    release: TreePair<'a>,
    /// The patches in order.
    pub patches: Vec<SeriesPatch>,
}

impl SeriesContent {
    /// Takes what concerns the series out of an answer.
    ///
    /// # Errors
    /// Where the answer contradicts itself.
    pub fn new(files: &[ChangedFile], answer: &Answer) -> anyhow::Result<SeriesContent> {
        let present = answer.commits.iter().filter(|commit| commit.status() != v1::CommitStatus::Implied);
        let places = places(present.clone());
        let place_of = |commit: &str| -> anyhow::Result<Option<OriginIndex>> {
            if commit.is_empty() {
                return Ok(None);
            }
            let place = places.get(commit).context("the service names a commit that it does not list")?;
            Ok(Some(OriginIndex(*place)))
        };
        let mut owned = Vec::with_capacity(files.len());
        for (file, attribution) in files.iter().zip(&answer.files) {
            let mut runs = Vec::new();
            for run in attribution.hunks.iter().flat_map(|hunk| &hunk.runs) {
                let side = if run.side() == v1::Side::Old { Side::Old } else { Side::New };
                runs.push(OwnedRun {
                    side,
                    start: run.start,
                    lines: run.lines,
                    owner: place_of(&run.commit)?,
                });
            }
            owned.push(OwnedFile {
                path: file.path.clone(),
                moved_from: file.moved_from.clone(),
                owner: None,
                runs,
            });
        }
        Ok(SeriesContent { origins: present.map(origin).collect(), files: owned })
    }

    /// Writes the series and proves that it leads from the base to the vendor's tree.
    ///
    /// # Errors
    /// Where it cannot be written, or is not lossless.
    pub fn write<'a>(
        &'a self,
        folder: &Path,
        base: &'a Tree,
        vendor: &'a Tree,
    ) -> anyhow::Result<WrittenSeries<'a>> {
        let release = TreePair { base, vendor };
        let patches = series::write(folder, &self.origins, &self.files, &release)
            .context("cannot write the patch series")?;
        series::verify(folder, &self.files, &release).context("the patch series is not lossless")?;
        Ok(WrittenSeries { content: self, folder: folder.to_owned(), release, patches })
    }
}

impl WrittenSeries<'_> {
    /// Stores the series as commits.
    ///
    /// # Errors
    /// Where the branch cannot be made or git fails.
    pub fn store(&self, branch: &NewBranch<'_>) -> Result<PreparedBranch, series::Error> {
        let SeriesContent { origins, files } = self.content;
        series::prepare_branch(branch, &self.folder, &self.patches, origins, files, &self.release)
    }
}

fn origin(commit: &v1::CommitAttribution) -> Origin {
    Origin {
        commit: commit.commit.clone(),
        author: commit.author.clone(),
        author_date: commit.author_date.clone(),
        subject: commit.subject.clone(),
        first_release: Some(commit.first_release.clone()).filter(|release| !release.is_empty()),
        confidence: commit.confidence,
        match_kind: match_name(commit.r#match).to_owned(),
    }
}
