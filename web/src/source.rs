//! Where pages get their answers: the services that programs ask, in this process.
//!
//! A release never changes, so what it consists of is asked once and kept for a while.

mod kept_answers;

use std::sync::Arc;

use hunktrace_proto::v1;
use hunktrace_proto::v1::catalogue_client::CatalogueClient;
use hunktrace_proto::v1::hunktrace_client::HunktraceClient;
use hunktrace_server::wire::client_channel::ClientChannel;

use self::kept_answers::{KeptAnswers, ReleaseKey};
use crate::failure::Failure;
use crate::place::ReleaseName;

/// Candidates that are asked for.
const CANDIDATES: u32 = 5;

/// The services.
#[derive(Clone)]
pub struct Source {
    index: Option<HunktraceClient<ClientChannel>>,
    catalogue: Option<CatalogueClient<ClientChannel>>,
    files: KeptAnswers<ReleaseKey, v1::ListFilesResponse>,
    commits: KeptAnswers<ReleaseKey, v1::ListCommitsResponse>,
    comparisons: KeptAnswers<(ReleaseKey, ReleaseKey), v1::CompareResponse>,
}

impl Source {
    /// These services; pages of what is not there say so.
    pub fn new(
        index: Option<HunktraceClient<ClientChannel>>,
        catalogue: Option<CatalogueClient<ClientChannel>>,
    ) -> Source {
        Source {
            index,
            catalogue,
            files: KeptAnswers::new(),
            commits: KeptAnswers::new(),
            comparisons: KeptAnswers::new(),
        }
    }

    /// Whether an index is asked.
    pub fn has_index(&self) -> bool {
        self.index.is_some()
    }

    /// Whether a catalogue is asked.
    pub fn has_catalogue(&self) -> bool {
        self.catalogue.is_some()
    }

    fn index(&self) -> Result<HunktraceClient<ClientChannel>, Failure> {
        self.index.clone().ok_or_else(|| Failure::not_found("these pages have no index to ask"))
    }

    fn catalogue(&self) -> Result<CatalogueClient<ClientChannel>, Failure> {
        self.catalogue.clone().ok_or_else(|| Failure::not_found("these pages have no catalogue of releases"))
    }

    /// What is indexed.
    ///
    /// # Errors
    /// Where there is no index, or it does not answer.
    pub async fn status(&self) -> Result<v1::GetStatusResponse, Failure> {
        Ok(self.index()?.get_status(v1::GetStatusRequest { max_unindexed: 0 }).await?.into_inner())
    }

    /// The origins of a text.
    ///
    /// # Errors
    /// Where it has no code, or more than is answered.
    pub async fn lookup(&self, text: Vec<u8>) -> Result<v1::LookupResponse, Failure> {
        let request = v1::LookupRequest {
            text,
            max_candidates: CANDIDATES,
            explain: true,
            ..v1::LookupRequest::default()
        };
        Ok(self.index()?.lookup(request).await?.into_inner())
    }

    /// What the index knows of a commit.
    ///
    /// # Errors
    /// Where it does not know it.
    pub async fn commit(&self, commit: &str) -> Result<v1::GetCommitResponse, Failure> {
        let request =
            v1::GetCommitRequest { commit: commit.to_owned(), with_hunks: true, ..Default::default() };
        Ok(self.index()?.get_commit(request).await?.into_inner())
    }

    /// All releases of the catalogue.
    ///
    /// # Errors
    /// Where there is no catalogue, or it cannot be read.
    pub async fn releases(&self) -> Result<Vec<v1::CataloguedRelease>, Failure> {
        Ok(self.catalogue()?.list_releases(v1::ListReleasesRequest {}).await?.into_inner().releases)
    }

    /// The history of a commit, file, function or CVE.
    ///
    /// # Errors
    /// Where no release has it.
    pub async fn history(&self, name: &str) -> Result<v1::HistoryResponse, Failure> {
        Ok(self.catalogue()?.history(v1::HistoryRequest { name: name.to_owned() }).await?.into_inner())
    }

    /// What differs between two releases.
    ///
    /// # Errors
    /// Where there are no such releases, or the question cannot be understood.
    pub async fn compare(&self, request: v1::CompareRequest) -> Result<v1::CompareResponse, Failure> {
        Ok(self.catalogue()?.compare(request).await?.into_inner())
    }

    /// The vendor's form of a commit.
    ///
    /// # Errors
    /// Where the release does not bring it.
    pub async fn extract(&self, commit: &str, release: &str) -> Result<v1::ExtractResponse, Failure> {
        let request = v1::ExtractRequest {
            commit: commit.to_owned(),
            release: release.to_owned(),
            onto: String::new(),
        };
        Ok(self.catalogue()?.extract(request).await?.into_inner())
    }

    /// A release, and all of them.
    ///
    /// # Errors
    /// Where the catalogue has no such release.
    pub async fn release(
        &self,
        name: &ReleaseName,
    ) -> Result<(v1::CataloguedRelease, Vec<v1::CataloguedRelease>), Failure> {
        let all = self.releases().await?;
        let found = all.iter().find(|release| release.vendor == name.vendor && release.name == name.name);
        match found.cloned() {
            Some(release) => Ok((release, all)),
            None => Err(Failure::not_found(format!("the catalogue has no release {}", name.full()))),
        }
    }

    /// The files of a release.
    ///
    /// # Errors
    /// Where the catalogue cannot be read.
    pub async fn files(
        &self,
        release: &v1::CataloguedRelease,
    ) -> Result<Arc<v1::ListFilesResponse>, Failure> {
        let mut client = self.catalogue()?;
        let asked = async move {
            let request = v1::ListFilesRequest { release: full_name(release) };
            Ok(client.list_files(request).await?.into_inner())
        };
        self.files.get(ReleaseKey::of(release), asked).await
    }

    /// The commits of a release.
    ///
    /// # Errors
    /// Where the catalogue cannot be read.
    pub async fn commits(
        &self,
        release: &v1::CataloguedRelease,
    ) -> Result<Arc<v1::ListCommitsResponse>, Failure> {
        let mut client = self.catalogue()?;
        let asked = async move {
            let request = v1::ListCommitsRequest { release: full_name(release) };
            Ok(client.list_commits(request).await?.into_inner())
        };
        self.commits.get(ReleaseKey::of(release), asked).await
    }

    /// What differs between two releases, in everything.
    ///
    /// # Errors
    /// Where they cannot be compared.
    pub async fn changes(
        &self,
        from: &v1::CataloguedRelease,
        to: &v1::CataloguedRelease,
    ) -> Result<Arc<v1::CompareResponse>, Failure> {
        let request =
            v1::CompareRequest { from: full_name(from), to: full_name(to), ..v1::CompareRequest::default() };
        let key = (ReleaseKey::of(from), ReleaseKey::of(to));
        self.comparisons.get(key, self.compare(request)).await
    }

    /// A file of a release.
    ///
    /// # Errors
    /// Where the release has it as its base has it, or not at all.
    pub async fn file(&self, release: &ReleaseName, path: &[u8]) -> Result<v1::GetFileResponse, Failure> {
        let request = v1::GetFileRequest { release: release.full(), path: path.to_vec() };
        Ok(self.catalogue()?.get_file(request).await?.into_inner())
    }

    /// Where the changelog of a release and its code disagree.
    ///
    /// # Errors
    /// Where the release has no changelog.
    pub async fn changelog(&self, release: &ReleaseName) -> Result<v1::GetChangelogResponse, Failure> {
        let request = v1::GetChangelogRequest { release: release.full() };
        Ok(self.catalogue()?.get_changelog(request).await?.into_inner())
    }

    /// Commits, files and functions by words.
    ///
    /// # Errors
    /// Where nothing is searched for.
    pub async fn search(&self, request: v1::SearchRequest) -> Result<v1::SearchResponse, Failure> {
        Ok(self.catalogue()?.search(request).await?.into_inner())
    }
}

fn full_name(release: &v1::CataloguedRelease) -> String {
    format!("{}/{}", release.vendor, release.name)
}
