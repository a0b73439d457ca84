//! The same pages as files, for any web host: links are relative, sizes bounded, addresses stable, and built again it changes
//! only what has changed.
//!
//! A file's page has changed lines with a few around them, in place of the whole file, so a release stays a few times as
//! large as what it changes.

mod folder;
mod outcome;
mod sitemap;

use std::collections::{BTreeSet, HashMap, HashSet};
use std::path::PathBuf;
use std::sync::Arc;

use hunktrace_proto::v1;
use tokio::task::JoinSet;

use self::folder::SiteFolder;
pub use self::outcome::{SiteError, SiteReport};
use self::sitemap::sitemaps;
use crate::making::{Made, Maker};
use crate::page::{SCRIPT, Setting, Upstream, html_page, style_sheet};
use crate::place::{Form, Part, Place, ReleaseName};
use crate::query::Query;
use crate::source::Source;
use crate::view::missing::Audit;
use crate::view::releases::name_of;

/// Lines around changed ones on a file's page.
const CONTEXT: u32 = 3;

/// Bytes of a file's name on every host.
const NAME_BYTES: usize = 250;

/// What is written, and where.
#[derive(Clone, Debug, Default)]
pub struct SiteOptions {
    /// The folder; it is made where there is none.
    pub out: PathBuf,
    /// The releases that get pages, by `NAME` or `VENDOR/NAME`; the newest of each vendor where none is named.
    pub releases: Vec<String>,
    /// Where the site will be found; there is a sitemap only where that is known.
    pub url: Option<String>,
    /// Whether pages have JSON twins.
    pub has_json: bool,
    /// Whether the vendor's form of each commit that came with a release has a page and a patch.
    pub has_patches: bool,
}

/// Writes a site.
///
/// # Errors
/// Where the catalogue does not answer, or a file cannot be written. What was written before is kept.
pub async fn write_site(
    source: Source,
    upstream: Upstream,
    audits: HashMap<String, Audit>,
    options: &SiteOptions,
) -> Result<SiteReport, SiteError> {
    let all = source.releases().await?;
    let chosen = chosen_releases(&all, &options.releases)?;
    let plan = plan(&source, &chosen, &audits, options.has_patches).await?;
    let pages: HashSet<String> = plan.iter().map(|place| place.path(Form::Html)).collect();
    let setting = Setting {
        is_live: false,
        has_index: source.has_index(),
        has_catalogue: true,
        upstream,
        has_json: options.has_json,
        context: Some(CONTEXT),
        audited: audits.keys().cloned().collect(),
        pages: Some(pages),
    };
    let maker = Arc::new(Maker { source, setting, audits });
    let folder = Arc::new(SiteFolder::open(&options.out)?);
    folder.put("style.css", style_sheet().as_bytes())?;
    folder.put("pages.js", SCRIPT.as_bytes())?;
    folder.put("releases.atom", maker.feed(&Place::Releases).await?.text().as_bytes())?;

    let tasks = std::thread::available_parallelism().map_or(1, usize::from) * 2;
    let mut under_way: JoinSet<Result<(), SiteError>> = JoinSet::new();
    for place in plan {
        if under_way.len() >= tasks {
            finished(under_way.join_next().await)?;
        }
        let (maker, folder) = (Arc::clone(&maker), Arc::clone(&folder));
        under_way.spawn(async move { put_page(&maker, &folder, place).await });
    }
    while let Some(done) = under_way.join_next().await {
        finished(Some(done))?;
    }
    if let Some(url) = &options.url {
        for (name, text) in sitemaps(url, &folder.pages()) {
            folder.put(&name, text.as_bytes())?;
        }
    }
    folder.close()
}

fn finished(done: Option<Result<Result<(), SiteError>, tokio::task::JoinError>>) -> Result<(), SiteError> {
    match done {
        Some(Ok(result)) => result,
        Some(Err(error)) => Err(SiteError::Unanswered(format!("a page could not be made: {error}"))),
        None => Ok(()),
    }
}

/// The releases that get pages.
fn chosen_releases(
    all: &[v1::CataloguedRelease],
    names: &[String],
) -> Result<Vec<v1::CataloguedRelease>, SiteError> {
    if names.is_empty() {
        let is_newest = |release: &&v1::CataloguedRelease| {
            !all.iter().any(|other| other.vendor == release.vendor && other.place > release.place)
        };
        return Ok(all.iter().filter(is_newest).cloned().collect());
    }
    let found = |name: &String| {
        let is_named = |release: &&v1::CataloguedRelease| {
            release.name == *name || format!("{}/{}", release.vendor, release.name) == *name
        };
        all.iter().find(is_named).cloned().ok_or_else(|| SiteError::NoRelease(name.clone()))
    };
    names.iter().map(found).collect()
}

/// The first pages of everything; what has more pages names them itself.
async fn plan(
    source: &Source,
    chosen: &[v1::CataloguedRelease],
    audits: &HashMap<String, Audit>,
    has_patches: bool,
) -> Result<Vec<Place>, SiteError> {
    let mut places = vec![Place::Start, Place::Releases];
    let mut commits: BTreeSet<String> = BTreeSet::new();
    for release in chosen {
        let name = name_of(release);
        let mut add = |part: Part| places.push(Place::Release(name.clone(), part));
        [Part::Overview, Part::Commits(1), Part::Own(1)].into_iter().for_each(&mut add);
        if release.place > 1 {
            add(Part::Changes(1));
        }
        match source.changelog(&name).await {
            Ok(_) => add(Part::Changelog),
            Err(failure) if failure.is_not_found() => {}
            Err(failure) => return Err(failure.into()),
        }
        if audits.contains_key(&name.full()) {
            add(Part::Missing(1));
        }
        let files = source.files(release).await?;
        for folder in folders_of(&files.files) {
            add(Part::Folder(folder, 1));
        }
        for file in &files.files {
            add(Part::File(file.path.clone(), 1));
        }
        let known = source.commits(release).await?;
        for commit in &known.commits {
            let Some(id) = commit.commit.as_ref().map(|commit| &commit.commit) else { continue };
            commits.insert(id.clone());
            if has_patches && release.place > 1 && commit.is_new && commit.status != "implied" {
                add(Part::Commit(id.clone()));
            }
        }
    }
    places.extend(commits.into_iter().map(Place::Commit));
    Ok(places)
}

/// All folders above files.
fn folders_of(files: &[v1::FileShare]) -> BTreeSet<Vec<u8>> {
    let ends = |path: &[u8]| -> Vec<usize> {
        path.iter().enumerate().filter(|(_, byte)| **byte == b'/').map(|(at, _)| at).collect()
    };
    files.iter().flat_map(|file| ends(&file.path).into_iter().map(|end| file.path[..end].to_vec())).collect()
}

/// Makes the page of a place and those that follow it, and writes them.
async fn put_page(maker: &Maker, folder: &SiteFolder, first: Place) -> Result<(), SiteError> {
    let mut next = Some(first);
    while let Some(place) = next.take() {
        let path = place.path(Form::Html);
        if path.split('/').any(|part| part.len() > NAME_BYTES) {
            folder.leave_out(format!("{path}: its name is too long for a file"));
            return Ok(());
        }
        let page = match maker.page(&place, &Query::default()).await {
            Ok(Made::Page(page)) => page,
            Ok(Made::Elsewhere(_)) => return Ok(()),
            Err(failure) => {
                folder.leave_out(format!("{path}: {}", failure.message));
                return Ok(());
            }
        };
        folder.put(&path, html_page(&*page, &place, &maker.setting).as_bytes())?;
        folder.note_page(&path);
        if maker.setting.has_json {
            let json = page.json().map_err(|error| SiteError::Unanswered(error.to_string()))?;
            folder.put(&place.path(Form::Json), json.as_bytes())?;
        }
        if page.has_mailbox() {
            folder.put(&place.path(Form::Mbox), &maker.mailbox(&place).await?)?;
        }
        if page.has_feed() && place != Place::Releases {
            folder.put(&place.path(Form::Atom), maker.feed(&place).await?.text().as_bytes())?;
        }
        next = page.next_page().and_then(|page| with_page(place, page));
    }
    Ok(())
}

/// The place of another page of the same list.
fn with_page(place: Place, page: usize) -> Option<Place> {
    let Place::Release(name, part) = place else { return None };
    let part = match part {
        Part::Folder(path, _) => Part::Folder(path, page),
        Part::File(path, _) => Part::File(path, page),
        Part::Commits(_) => Part::Commits(page),
        Part::Own(_) => Part::Own(page),
        Part::Changes(_) => Part::Changes(page),
        Part::Missing(_) => Part::Missing(page),
        Part::Overview | Part::Changelog | Part::Commit(_) => return None,
    };
    Some(Place::Release(ReleaseName { ..name }, part))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn newest_release_of_each_vendor_is_chosen_unless_others_are_named() {
        let release = |vendor: &str, name: &str, place| v1::CataloguedRelease {
            vendor: vendor.into(),
            name: name.into(),
            place,
            ..v1::CataloguedRelease::default()
        };
        let all = [release("a", "k-1", 1), release("a", "k-2", 2), release("b", "k-1", 1)];
        let chosen = |names: &[&str]| {
            let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
            chosen_releases(&all, &names).map(|chosen| {
                chosen
                    .iter()
                    .map(|release| format!("{}/{}", release.vendor, release.name))
                    .collect::<Vec<_>>()
            })
        };
        assert_eq!(chosen(&[]).ok(), Some(vec!["a/k-2".to_owned(), "b/k-1".to_owned()]));
        assert_eq!(chosen(&["b/k-1", "k-2"]).ok(), Some(vec!["b/k-1".to_owned(), "a/k-2".to_owned()]));
        assert!(matches!(chosen(&["k-9"]), Err(SiteError::NoRelease(name)) if name == "k-9"));
    }

    #[test]
    fn folders_are_those_above_files() {
        let file = |path: &str| v1::FileShare { path: path.into(), ..v1::FileShare::default() };
        let folders = folders_of(&[file("a/b/c.c"), file("a/d.c"), file("e")]);
        assert_eq!(folders.into_iter().collect::<Vec<_>>(), [b"a".to_vec(), b"a/b".to_vec()]);
    }
}
