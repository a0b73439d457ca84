//! The files in which a release differs from its base, and how much of each is explained.

use bstr::BString;

use super::error::CatalogueError;
use super::release_text::stored_path;
use super::store::{Catalogue, CataloguedRelease};

/// A file in which a release differs from its base.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FileShare {
    /// Its path; in the base, where the release has deleted it.
    pub path: BString,
    /// Its path in the base, where it was moved.
    pub moved_from: Option<BString>,
    /// Whether the base does not have it.
    pub is_new: bool,
    /// Whether the release does not have it any more.
    pub is_deleted: bool,
    /// Lines that the release has added.
    pub added: u64,
    /// Lines of the base that it has removed.
    pub removed: u64,
    /// Those of both with a known origin.
    pub explained: u64,
}

impl Catalogue {
    /// The files in which a release differs from its base, by path.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn release_files(&self, release: &CataloguedRelease) -> Result<Vec<FileShare>, CatalogueError> {
        let mut statement = self.connection.prepare_cached(
            "SELECT path.path, moved.path, difference.base_content IS NULL, difference.vendor_content IS NULL, \
                ifnull(sum(run.lines) FILTER (WHERE run.side = 1), 0), ifnull(sum(run.lines) FILTER (WHERE run.side = 0), 0), \
                ifnull(sum(run.lines) FILTER (WHERE run.\"commit\" IS NOT NULL), 0) \
             FROM release_file JOIN difference ON difference.id = release_file.difference \
             JOIN path ON path.id = difference.path LEFT JOIN path AS moved ON moved.id = difference.moved_from \
             LEFT JOIN run ON run.difference = difference.id WHERE release_file.release = ?1 GROUP BY difference.id",
        )?;
        let lines = |value: i64| value.unsigned_abs();
        let rows = statement.query_map([release.id], |row| {
            Ok(FileShare {
                path: stored_path(row.get_ref(0)?).unwrap_or_default().into(),
                moved_from: stored_path(row.get_ref(1)?).map(BString::from),
                is_new: row.get(2)?,
                is_deleted: row.get(3)?,
                added: lines(row.get(4)?),
                removed: lines(row.get(5)?),
                explained: lines(row.get(6)?),
            })
        })?;
        let mut files: Vec<FileShare> = rows.collect::<Result<_, _>>()?;
        files.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(files)
    }
}

#[cfg(test)]
mod tests {
    use super::super::test_catalogue::{TestRelease, catalogue};
    use super::*;

    #[test]
    fn lines_of_files_are_counted_by_side_and_origin() {
        let base = [("net/a.c", "one\ntwo\nthree\n"), ("old.c", "x\n")];
        let first = TestRelease::new(
            "k-1.el8",
            &[("net/a.c", "one\n2\nthree\nfour\n", &[(2, "abc")]), ("new.c", "n\nm\n", &[(1, "abc")])],
        );
        let second = TestRelease::new("k-2.el8", &[("old.c -> moved.c", "x\ny\n", &[])]);
        let (_folder, catalogue) = catalogue(&base, &[first, second]);
        let files = |name: &str| {
            let release = catalogue.release(name).expect("a release");
            catalogue.release_files(&release).expect("its files")
        };
        let a =
            FileShare { path: "net/a.c".into(), added: 2, removed: 1, explained: 2, ..FileShare::default() };
        let new =
            FileShare { path: "new.c".into(), is_new: true, added: 2, explained: 1, ..FileShare::default() };
        assert_eq!(files("1.el8"), [a, new]);
        let moved = FileShare {
            path: "moved.c".into(),
            moved_from: Some("old.c".into()),
            added: 1,
            ..FileShare::default()
        };
        assert_eq!(files("2.el8"), [moved]);
    }
}
