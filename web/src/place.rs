//! The places of pages: one path for each, the same live and in a static site, and the same for ever.
//!
//! A path has letters, digits and `._,+=@-` alone, so it needs no escaping in links, and is a file name on every host;
//! every other byte of a release's or file's name is `~` and two hexadecimal digits ([`component`]).

pub mod component;

use self::component::{decode, decode_path, encode, encode_path};

/// In which form a page is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Form {
    /// A page for people.
    Html,
    /// The same for programs.
    Json,
    /// A feed of what is new.
    Atom,
    /// Patches, as a mailbox.
    Mbox,
}

impl Form {
    /// All forms.
    pub const ALL: [Form; 4] = [Form::Html, Form::Json, Form::Atom, Form::Mbox];

    /// What paths of this form end with, behind a dot.
    pub fn extension(self) -> &'static str {
        match self {
            Form::Html => "html",
            Form::Json => "json",
            Form::Atom => "atom",
            Form::Mbox => "mbox",
        }
    }
}

/// A release, by vendor and name.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ReleaseName {
    /// The vendor.
    pub vendor: String,
    /// What it is called.
    pub name: String,
}

impl ReleaseName {
    /// As the catalogue finds it: `VENDOR/NAME`.
    pub fn full(&self) -> String {
        format!("{}/{}", self.vendor, self.name)
    }
}

/// A page.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Place {
    /// Where one begins.
    Start,
    /// What was found for a text; which, says the query.
    Answer,
    /// What was found for words; which, says the query.
    Search,
    /// The history of a file, function or CVE; which, says the query.
    History,
    /// What differs between two releases; which, says the query.
    Compare,
    /// All releases.
    Releases,
    /// A commit, by its id.
    Commit(String),
    /// A page of a release.
    Release(ReleaseName, Part),
    /// No page: an address that has none. No path leads here.
    Nowhere,
}

/// A page of a release.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Part {
    /// What it consists of.
    Overview,
    /// A folder, and a page of its entries, from 1.
    Folder(Vec<u8>, usize),
    /// A file, and a page of its lines, from 1.
    File(Vec<u8>, usize),
    /// Its commits, and a page of them, from 1.
    Commits(usize),
    /// The files with lines of the vendor's own, and a page of them, from 1.
    Own(usize),
    /// What is new since the release before, and a page of it, from 1.
    Changes(usize),
    /// Where changelog and code disagree.
    Changelog,
    /// The fixes that it lacks, and its known vulnerabilities.
    Missing(usize),
    /// The vendor's form of a commit that came with it.
    Commit(String),
}

impl Place {
    /// Its path from the top of all pages.
    pub fn path(&self, form: Form) -> String {
        format!("{}.{}", self.stem(), form.extension())
    }

    fn stem(&self) -> String {
        match self {
            Place::Start => "index".to_owned(),
            Place::Answer => "answer".to_owned(),
            Place::Search => "search".to_owned(),
            Place::History => "history".to_owned(),
            Place::Compare => "compare".to_owned(),
            Place::Releases => "releases".to_owned(),
            Place::Nowhere => "nowhere".to_owned(),
            Place::Commit(id) => format!("commit/{}", encode(id.as_bytes())),
            Place::Release(ReleaseName { vendor, name }, part) => {
                let folder = format!("release/{}/{}", encode(vendor.as_bytes()), encode(name.as_bytes()));
                format!("{folder}/{}", part.stem())
            }
        }
    }

    /// The page of a path, and the form that its end asks for, if it asks for one.
    pub fn read(path: &str) -> Option<(Place, Option<Form>)> {
        let path = path.strip_prefix('/').unwrap_or(path);
        if path.is_empty() {
            return Some((Place::Start, None));
        }
        let ended = Form::ALL.iter().find_map(|form| {
            let stem = path.strip_suffix(form.extension())?.strip_suffix('.')?;
            Some((stem, *form))
        });
        let (stem, form) = ended.map_or((path, None), |(stem, form)| (stem, Some(form)));
        Some((Place::of_stem(stem)?, form))
    }

    fn of_stem(stem: &str) -> Option<Place> {
        let text = |component: &str| String::from_utf8(decode(component)?).ok();
        let (first, rest) = stem.split_once('/').unwrap_or((stem, ""));
        Some(match (first, rest) {
            ("index", "") => Place::Start,
            ("answer", "") => Place::Answer,
            ("search", "") => Place::Search,
            ("history", "") => Place::History,
            ("compare", "") => Place::Compare,
            ("releases", "") => Place::Releases,
            ("commit", id) if !id.contains('/') => Place::Commit(text(id).filter(|id| !id.is_empty())?),
            ("release", rest) => {
                let (vendor, rest) = rest.split_once('/')?;
                let (name, part) = rest.split_once('/').unwrap_or((rest, "index"));
                let release = ReleaseName { vendor: text(vendor)?, name: text(name)? };
                let part = if part.is_empty() { "index" } else { part };
                Place::Release(release, Part::of_stem(part)?)
            }
            _ => return None,
        })
    }

    /// How many folders it is below the top.
    pub fn depth(&self) -> usize {
        self.stem().matches('/').count()
    }

    /// The page of a commit.
    pub fn commit(id: &str) -> Place {
        Place::Commit(id.to_owned())
    }
}

impl Part {
    fn stem(&self) -> String {
        match self {
            Part::Overview => "index".to_owned(),
            Part::Folder(path, page) => paged(&format!("folder/{}", encode_path(path)), *page),
            Part::File(path, page) => paged(&format!("file/{}", encode_path(path)), *page),
            Part::Commits(page) => paged("commits", *page),
            Part::Own(page) => paged("own", *page),
            Part::Changes(page) => paged("changes", *page),
            Part::Changelog => "changelog".to_owned(),
            Part::Missing(page) => paged("missing", *page),
            Part::Commit(id) => format!("commit/{}", encode(id.as_bytes())),
        }
    }

    fn of_stem(stem: &str) -> Option<Part> {
        let (stem, page) = match stem.rsplit_once(PAGE_MARK) {
            Some((stem, number)) => {
                (stem, number.parse().ok().filter(|page| *page > 1 && !number.starts_with(['0', '+']))?)
            }
            None => (stem, 1),
        };
        let (first, rest) = stem.split_once('/').unwrap_or((stem, ""));
        Some(match (first, rest, page) {
            ("index", "", 1) => Part::Overview,
            ("commits", "", page) => Part::Commits(page),
            ("own", "", page) => Part::Own(page),
            ("changes", "", page) => Part::Changes(page),
            ("changelog", "", 1) => Part::Changelog,
            ("missing", "", page) => Part::Missing(page),
            ("folder", path, page) if !path.is_empty() => Part::Folder(decode_path(path)?, page),
            ("file", path, page) if !path.is_empty() => Part::File(decode_path(path)?, page),
            ("commit", id, 1) if !id.contains('/') => {
                Part::Commit(String::from_utf8(decode(id)?).ok().filter(|id| !id.is_empty())?)
            }
            _ => return None,
        })
    }
}

/// What stands before the number of a page that is not the first; no encoded name has it, because behind its `~` are two
/// hexadecimal digits.
const PAGE_MARK: &str = "~p";

fn paged(stem: &str, page: usize) -> String {
    if page <= 1 { stem.to_owned() } else { format!("{stem}{PAGE_MARK}{page}") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn release() -> ReleaseName {
        ReleaseName { vendor: "centos".to_owned(), name: "kernel-2.6.32-71.el6".to_owned() }
    }

    #[test]
    fn paths_are_what_links_say_for_ever() {
        let path = |part| Place::Release(release(), part).path(Form::Html);
        assert_eq!(path(Part::Overview), "release/centos/kernel-2.6.32-71.el6/index.html");
        assert_eq!(
            path(Part::File(b"net/ipv4/tcp.c".to_vec(), 1)),
            "release/centos/kernel-2.6.32-71.el6/file/net/ipv4/tcp.c.html"
        );
        assert_eq!(
            path(Part::File(b"a b/<x>.c".to_vec(), 3)),
            "release/centos/kernel-2.6.32-71.el6/file/a~20b/~3Cx~3E.c~p3.html"
        );
        assert_eq!(Place::commit("abc").path(Form::Mbox), "commit/abc.mbox");
    }

    #[test]
    fn start_is_the_top_and_what_is_no_page_is_none() {
        assert_eq!(Place::read("/"), Some((Place::Start, None)));
        assert_eq!(Place::read("/index.html"), Some((Place::Start, Some(Form::Html))));
        assert_eq!(Place::read("/commit/abc"), Some((Place::commit("abc"), None)));
        let overview = Place::Release(release(), Part::Overview);
        assert_eq!(Place::read("/release/centos/kernel-2.6.32-71.el6/"), Some((overview, None)));
        for path in
            ["/x.html", "/commit/", "/commit/a/b.html", "/release/v/r/file/.html", "/release/v/r/file/../x"]
        {
            assert_eq!(Place::read(path), None, "{path}");
        }
        assert_eq!(Place::read("/release/v/r/commits~p1.html"), None, "a page has one path");
        assert_eq!(Place::read("/release/v/r/commits~p02.html"), None, "a page has one path");
    }

    proptest! {
        #[test]
        fn paths_lead_back_to_their_places(
            path in proptest::collection::vec(proptest::collection::vec(1u8.., 1..6), 1..4),
            page in 1usize..4,
            is_file: bool,
        ) {
            let path: Vec<Vec<u8>> =
                path.into_iter().map(|part| part.into_iter().filter(|byte| *byte != b'/').collect()).collect();
            prop_assume!(path.iter().all(|part: &Vec<u8>| !part.is_empty() && part != b"." && part != b".."));
            let path = path.join(&b'/');
            let part = if is_file { Part::File(path, page) } else { Part::Folder(path, page) };
            let place = Place::Release(release(), part);
            for form in Form::ALL {
                prop_assert_eq!(Place::read(&place.path(form)), Some((place.clone(), Some(form))));
            }
        }
    }
}
