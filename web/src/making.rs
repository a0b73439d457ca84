//! From the place of a page to the page.

use std::collections::HashMap;

use hunktrace_proto::v1;
use hunktrace_release::series::{CommitMail, diff_of_hunks};

use crate::failure::Failure;
use crate::feed::{Feed, FeedEntry};
use crate::page::{ErasedPage, Setting};
use crate::place::{Form, Part, Place, ReleaseName};
use crate::query::Query;
use crate::source::Source;
use crate::view::changes::{ChangesQuestion, ChangesView, CompareView};
use crate::view::commit::{AllHunks, CommitView};
use crate::view::file::FileView;
use crate::view::history::HistoryView;
use crate::view::missing::{Audit, MissingView};
use crate::view::named::NamedCommit;
use crate::view::release::{ChangelogView, CommitsView, FolderView, OwnView, ReleaseView};
use crate::view::releases::{ReleaseRow, ReleasesView};
use crate::view::search::SearchView;
use crate::view::start::StartView;
use crate::view::vendor_commit::VendorCommitView;
use crate::words::Words;

/// Makes pages.
pub struct Maker {
    /// The services.
    pub source: Source,
    /// Where the pages are shown.
    pub setting: Setting,
    /// Audits of releases, by `VENDOR/NAME`.
    pub audits: HashMap<String, Audit>,
}

/// What a place has.
pub enum Made {
    /// A page.
    Page(Box<dyn ErasedPage>),
    /// Another place that has it.
    Elsewhere(Place),
}

impl From<CommitView> for Made {
    fn from(page: CommitView) -> Made {
        Made::Page(Box::new(page))
    }
}

impl Maker {
    /// Makes the page of a place.
    ///
    /// # Errors
    /// Where there is none, or the services do not answer.
    pub async fn page(&self, place: &Place, query: &Query) -> Result<Made, Failure> {
        Ok(Made::Page(match place {
            Place::Start => Box::new(self.start().await?),
            Place::Releases => Box::new(self.releases().await?),
            Place::History => Box::new(self.history(query).await?),
            Place::Compare => Box::new(self.compare(query).await?),
            Place::Search => Box::new(self.search(query).await?),
            Place::Commit(id) => {
                let commit = self.commit(id).await?;
                if commit.commit != *id {
                    // Each commit has one page.
                    return Ok(Made::Elsewhere(Place::Commit(commit.commit)));
                }
                return Ok(commit.into());
            }
            Place::Release(name, part) => return self.release_part(name, part).await.map(Made::Page),
            Place::Answer | Place::Nowhere => return Err(Failure::not_found("there is no such page")),
        }))
    }

    async fn start(&self) -> Result<StartView, Failure> {
        let source = &self.source;
        let status = if source.has_index() { Some(source.status().await?) } else { None };
        let releases = if source.has_catalogue() { source.releases().await? } else { Vec::new() };
        Ok(StartView::of(status.as_ref(), &releases))
    }

    async fn releases(&self) -> Result<ReleasesView, Failure> {
        Ok(ReleasesView { releases: self.source.releases().await?.iter().map(ReleaseRow::of).collect() })
    }

    async fn commit(&self, id: &str) -> Result<CommitView, Failure> {
        let indexed = self.indexed(id).await?;
        let whole = indexed.as_ref().map_or(id, |commit| commit.commit.as_str());
        let catalogued = match self.source.has_catalogue() {
            true => absent_is_none(self.source.history(whole).await)?,
            false => None,
        };
        // What is no id may be a path; its history is no commit's.
        let catalogued = catalogued.filter(|history| history.kind == "commit");
        let history = catalogued.as_ref().and_then(|history| history.commits.first());
        if indexed.is_none() && history.is_none() {
            return Err(Failure::not_found(format!("neither index nor catalogue has a commit {id}")));
        }
        Ok(CommitView::of(indexed.as_ref(), history, &self.setting.upstream))
    }

    /// What the index knows of a commit; none where there is no index, or it does not know it.
    async fn indexed(&self, id: &str) -> Result<Option<v1::GetCommitResponse>, Failure> {
        match self.source.has_index() {
            true => absent_is_none(self.source.commit(id).await),
            false => Ok(None),
        }
    }

    async fn release_part(&self, name: &ReleaseName, part: &Part) -> Result<Box<dyn ErasedPage>, Failure> {
        let (release, all) = self.source.release(name).await?;
        let no_page = || Failure::not_found("this list has no such page");
        Ok(match part {
            Part::Overview => {
                let (files, commits) =
                    (self.source.files(&release).await?, self.source.commits(&release).await?);
                let has_audit = self.audits.contains_key(&name.full());
                Box::new(ReleaseView::of(&release, &all, &files.files, &commits.commits, has_audit))
            }
            Part::Folder(path, page) => {
                let files = self.source.files(&release).await?;
                Box::new(FolderView::of(&release, &files.files, path, *page).ok_or_else(|| {
                    let path = String::from_utf8_lossy(path);
                    Failure::not_found(format!("{} changes nothing in a folder {path}", release.name))
                })?)
            }
            Part::File(path, page) => {
                let file = self.source.file(name, path).await?;
                Box::new(FileView::of(path, &file, *page, self.setting.context).ok_or_else(no_page)?)
            }
            Part::Commits(page) => {
                let commits = self.source.commits(&release).await?;
                Box::new(CommitsView::of(&release, &commits.commits, *page).ok_or_else(no_page)?)
            }
            Part::Own(page) => {
                let files = self.source.files(&release).await?;
                Box::new(OwnView::of(&release, &files.files, *page).ok_or_else(no_page)?)
            }
            Part::Changes(page) => {
                let changes = self.changes_since_before(&release, &all, *page).await?;
                Box::new(changes.ok_or_else(no_page)?)
            }
            Part::Changelog => Box::new(ChangelogView::of(&self.source.changelog(name).await?)),
            Part::Missing(page) => {
                let audit = self.audit(name)?;
                Box::new(MissingView::of(ReleaseRow::of(&release), audit, *page).ok_or_else(no_page)?)
            }
            Part::Commit(id) => {
                let extracted = self.source.extract(id, &name.full()).await?;
                let commit =
                    extracted.commit.as_ref().map(|commit| commit.commit.clone()).unwrap_or_default();
                let hunks = self.indexed(&commit).await?.map(|commit| commit.hunks).unwrap_or_default();
                Box::new(VendorCommitView::of(&extracted, &hunks))
            }
        })
    }

    async fn changes_since_before(
        &self,
        release: &v1::CataloguedRelease,
        all: &[v1::CataloguedRelease],
        page: usize,
    ) -> Result<Option<ChangesView>, Failure> {
        let before = all
            .iter()
            .find(|other| other.vendor == release.vendor && other.place + 1 == release.place)
            .ok_or_else(|| {
                Failure::not_found(format!("{} is the first release; there is none before it", release.name))
            })?;
        let answer = self.source.changes(before, release).await?;
        Ok(ChangesView::of(&answer, ChangesQuestion::default(), page))
    }

    fn audit(&self, name: &ReleaseName) -> Result<&Audit, Failure> {
        self.audits.get(&name.full()).ok_or_else(|| {
            Failure::not_found(format!(
                "no audit of {} is at hand; make one with 'hunktrace audit --format jsonl', and give it with --audit",
                name.name
            ))
        })
    }

    async fn history(&self, query: &Query) -> Result<HistoryView, Failure> {
        let name = query.value("name");
        if name.is_empty() {
            return Err(Failure::invalid("name a path, PATH:FUNCTION, :FUNCTION or a CVE id"));
        }
        let answer = self.source.history(name).await?;
        let own_query = crate::query::query_of(&[("name", name)]);
        HistoryView::of(name, &answer, query.page(), own_query)
            .ok_or_else(|| Failure::not_found("this list has no such page"))
    }

    async fn compare(&self, query: &Query) -> Result<CompareView, Failure> {
        let releases = self.source.releases().await?;
        let (from, to) = (query.value("from"), query.value("to"));
        let question = ChangesQuestion {
            path: query.value("path").to_owned(),
            function: query.value("function").to_owned(),
            trace: query.value("trace").to_owned(),
        };
        let own_query = crate::query::query_of(&[
            ("from", from),
            ("to", to),
            ("path", &question.path),
            ("function", &question.function),
            ("trace", &question.trace),
        ]);
        let changes = match from.is_empty() || to.is_empty() {
            true => None,
            false => {
                let answer = self.compared(&releases, from, to, &question).await?;
                let changes = ChangesView::of(&answer, question.clone(), query.page());
                Some(changes.ok_or_else(|| Failure::not_found("this list has no such page"))?)
            }
        };
        let releases = releases.iter().map(ReleaseRow::of).collect();
        Ok(CompareView { releases, question, query: own_query, changes })
    }

    async fn compared(
        &self,
        releases: &[v1::CataloguedRelease],
        from: &str,
        to: &str,
        question: &ChangesQuestion,
    ) -> Result<v1::CompareResponse, Failure> {
        let named = |name: &str| {
            releases.iter().find(|release| format!("{}/{}", release.vendor, release.name) == name)
        };
        if let (Some(from), Some(to), true) =
            (named(from), named(to), *question == ChangesQuestion::default())
        {
            return self.source.changes(from, to).await.map(|answer| (*answer).clone());
        }
        let request = v1::CompareRequest {
            from: from.to_owned(),
            to: to.to_owned(),
            path: question.path.clone(),
            function: question.function.clone(),
            trace: question.trace.clone(),
        };
        self.source.compare(request).await
    }

    async fn search(&self, query: &Query) -> Result<SearchView, Failure> {
        let text = query.value("words");
        let own_query = crate::query::query_of(&[("words", text)]);
        let words = Words::read(text);
        let empty = SearchView { words: text.to_owned(), query: own_query.clone(), ..SearchView::default() };
        if let Some(patch) = words.patch() {
            return self.search_code(&words, &patch, empty).await;
        }
        if words.has_no_words() {
            return Ok(empty);
        }
        if !self.source.has_catalogue() {
            let note = "words are searched for in a catalogue of releases, and there is none; lines of code (dfpre:, \
                        dfpost:) are searched for in the index";
            return Ok(SearchView { notes: vec![note.to_owned()], ..empty });
        }
        let answer = self.source.search(words.request).await?;
        let releases = self.source.releases().await?;
        Ok(SearchView::of(text, &answer, releases.last(), own_query))
    }

    async fn search_code(
        &self,
        words: &Words,
        patch: &str,
        mut view: SearchView,
    ) -> Result<SearchView, Failure> {
        let found = self.source.lookup(patch.as_bytes().to_vec()).await?;
        let candidates =
            found.patches.iter().flat_map(|patch| &patch.hunks).flat_map(|hunk| &hunk.candidates);
        for candidate in candidates.filter(|candidate| words.fit(&candidate.subject, &candidate.file)) {
            view.commits.push(NamedCommit {
                subject: candidate.subject.clone(),
                first_release: crate::view::named::non_empty(&candidate.first_release),
                ..NamedCommit::of(&candidate.commit, &[])
            });
        }
        view.notes.push("Lines of code are found whole, in any file of upstream's history: the likeliest commits come first.".to_owned());
        if !words.request.author.is_empty() || !words.request.function.is_empty() {
            view.notes.push("Beside lines of code, a: and dfhh: are passed over.".to_owned());
        }
        Ok(view)
    }

    /// The patches of a place, as a mailbox.
    ///
    /// # Errors
    /// Where the place has no patches, or the index has not all of the commit.
    pub async fn mailbox(&self, place: &Place) -> Result<Vec<u8>, Failure> {
        match place {
            Place::Commit(id) => {
                let commit = self.source.commit(id).await?;
                if !commit.has_all_hunks() {
                    return Err(Failure::not_found(
                        "the index has not all of this commit; take the patch from upstream",
                    ));
                }
                let mail = CommitMail {
                    commit: &commit.commit,
                    subject: &commit.subject,
                    author: &commit.author,
                    author_date: &commit.author_date,
                    message: commit.message.as_ref().map_or("", |message| &message.text),
                    is_adapted: false,
                    note: Vec::new(),
                    diff: &diff_of_hunks(&commit.hunks),
                };
                Ok(mail.text())
            }
            Place::Release(release, Part::Commit(id)) => {
                let extracted = self.source.extract(id, &release.full()).await?;
                let commit = extracted.commit.clone().unwrap_or_default();
                let message = self.indexed(&commit.commit).await?.and_then(|commit| commit.message);
                let mut note = vec![
                    format!("Origin: {}", commit.commit),
                    format!("In: {}", release.name),
                    format!("Applies-to: {}", extracted.applies_to),
                ];
                note.extend(extracted.differences.iter().map(|difference| format!("Differs: {difference}")));
                let mail = CommitMail {
                    commit: &commit.commit,
                    subject: &commit.subject,
                    author: &commit.author,
                    author_date: &commit.author_date,
                    message: message.as_ref().map_or("", |message| &message.text),
                    is_adapted: !extracted.differences.is_empty(),
                    note,
                    diff: &extracted.patch,
                };
                Ok(mail.text())
            }
            _ => Err(Failure::not_found("this page has no patches")),
        }
    }

    /// The feed of a place.
    ///
    /// # Errors
    /// Where the place has none.
    pub async fn feed(&self, place: &Place) -> Result<Feed, Failure> {
        match place {
            Place::Releases => {
                let releases = self.source.releases().await?;
                let entries = releases.iter().rev().map(|release| {
                    let row = ReleaseRow::of(release);
                    FeedEntry {
                        title: format!("{} {}", row.vendor, row.name),
                        page: row.page.clone(),
                        date: row.released_on.clone(),
                        summary: format!(
                            "{} of {} changed lines explained, on {}",
                            row.explained, row.lines, row.base
                        ),
                    }
                });
                Ok(Feed {
                    title: "Vendor releases".to_owned(),
                    place: place.path(Form::Atom),
                    entries: entries.collect(),
                })
            }
            Place::Release(name, Part::Missing(1)) => {
                let (release, _) = self.source.release(name).await?;
                let audit = self.audit(name)?;
                let entries = audit.fixes.iter().map(|fix| FeedEntry {
                    title: format!("{}: {}", fix.state, fix.commit.subject),
                    page: fix.commit.page.clone(),
                    date: None,
                    summary: format!("{} {}", fix.commit.commit, fix.cves.join(" ")),
                });
                Ok(Feed {
                    title: format!("What {} lacks", release.name),
                    place: place.path(Form::Atom),
                    entries: entries.collect(),
                })
            }
            _ => Err(Failure::not_found("this page has no feed")),
        }
    }
}

/// What is not there, as nothing.
fn absent_is_none<T>(answer: Result<T, Failure>) -> Result<Option<T>, Failure> {
    match answer {
        Ok(answer) => Ok(Some(answer)),
        Err(failure) if failure.is_not_found() => Ok(None),
        Err(failure) => Err(failure),
    }
}
