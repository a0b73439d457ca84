//! A file of a release, and whose each of its changed lines is.

use std::collections::HashMap;

use super::commit_name::{CataloguedCommit, commit_by_row};
use super::error::CatalogueError;
use super::release_text::release_file;
use super::store::{Catalogue, CataloguedRelease};

/// A file of a release, and whose each of its changed lines is.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FileLines {
    /// Its path in the base, where it was moved.
    pub moved_from: Option<Vec<u8>>,
    /// Its text in the base; none where the base does not have it.
    pub base: Option<Vec<u8>>,
    /// Its text in the release; none where the release does not have it.
    pub text: Option<Vec<u8>>,
    /// Neighbouring changed lines of one origin, in the order of the file.
    pub runs: Vec<OwnedLines>,
    /// The commits that runs name by their places here.
    pub commits: Vec<CataloguedCommit>,
}

/// Neighbouring changed lines of one side, one origin and one function.
#[derive(Clone, Debug, PartialEq)]
pub struct OwnedLines {
    /// Whether the release has added them; else they were removed from the base.
    pub is_added: bool,
    /// The first line's number, from 1: in the release, or in the base.
    pub start: u32,
    /// How many.
    pub lines: u32,
    /// The commit's place in the list of commits; none of what is the vendor's own.
    pub commit: Option<usize>,
    /// Probability that they come from the commit.
    pub confidence: f64,
    /// How they match; none of what is the vendor's own.
    pub match_kind: Option<String>,
    /// The function; none outside of functions.
    pub function: Option<String>,
}

impl Catalogue {
    /// A file in which a release differs from its base.
    ///
    /// # Errors
    /// Where the release has the file as the base has it, or not at all, or the catalogue cannot be read.
    pub fn file_lines(&self, release: &CataloguedRelease, path: &[u8]) -> Result<FileLines, CatalogueError> {
        let Some(file) = release_file(&self.connection, release.id, path)? else {
            return Err(CatalogueError::Nothing(format!(
                "{} has {} as {} has it, or not at all",
                release.name,
                String::from_utf8_lossy(path),
                release.base_name
            )));
        };
        let mut lines = FileLines {
            base: file.base_text(&self.connection)?,
            text: file.text(&self.connection)?,
            ..FileLines::default()
        };
        let mut statement = self.connection.prepare_cached(
            "SELECT run.side, run.start, run.lines, run.\"commit\", run.permille, match_kind.name, function.name FROM run \
             LEFT JOIN match_kind ON match_kind.id = run.match_kind LEFT JOIN function ON function.id = run.function \
             WHERE run.difference = ?1 ORDER BY run.side, run.start",
        )?;
        let mut places: HashMap<i64, usize> = HashMap::new();
        let mut rows = statement.query([file.difference()])?;
        while let Some(row) = rows.next()? {
            let commit = match row.get::<_, Option<i64>>(3)? {
                Some(id) => match places.get(&id) {
                    Some(place) => Some(*place),
                    None => commit_by_row(&self.connection, id)?.map(|commit| {
                        places.insert(id, lines.commits.len());
                        lines.commits.push(commit);
                        lines.commits.len() - 1
                    }),
                },
                None => None,
            };
            lines.runs.push(OwnedLines {
                is_added: row.get(0)?,
                start: row.get(1)?,
                lines: row.get(2)?,
                commit,
                confidence: row.get::<_, Option<i64>>(4)?.unwrap_or_default() as f64 / 1000.0,
                match_kind: row.get(5)?,
                function: row.get(6)?,
            });
        }
        lines.runs = in_file_order(std::mem::take(&mut lines.runs));
        lines.moved_from = file.moved_from;
        Ok(lines)
    }
}

/// Runs in the order of the file: what was removed stands before what was added in its place. Each side's have to be in order.
fn in_file_order(runs: Vec<OwnedLines>) -> Vec<OwnedLines> {
    let mut changed_before = [0; 2];
    let placed = |run: OwnedLines| {
        let changed = &mut changed_before[usize::from(run.is_added)];
        // Base and release have the same lines that did not change.
        let unchanged_before = run.start.saturating_sub(*changed);
        *changed += run.lines;
        (unchanged_before, run)
    };
    let mut placed: Vec<(u32, OwnedLines)> = runs.into_iter().map(placed).collect();
    placed.sort_by_key(|(unchanged_before, run)| (*unchanged_before, run.is_added, run.start));
    placed.into_iter().map(|(_, run)| run).collect()
}

#[cfg(test)]
mod tests {
    use super::super::test_catalogue::{TestRelease, catalogue};

    #[test]
    fn each_changed_line_has_its_owner() {
        let base = [("a.c", "one\ntwo\nthree\nfour\n")];
        let release = TestRelease::new("k-1.el8", &[("a.c", "new\none\n2\nthree\n4\n", &[(3, "abc")])]);
        let (_folder, catalogue) = catalogue(&base, &[release]);
        let release = catalogue.release("k-1.el8").expect("a release");
        let lines = catalogue.file_lines(&release, b"a.c").expect("its lines");
        assert_eq!(lines.base.as_deref(), Some(&b"one\ntwo\nthree\nfour\n"[..]));
        assert_eq!(lines.text.as_deref(), Some(&b"new\none\n2\nthree\n4\n"[..]));
        let runs: Vec<(bool, u32, Option<&str>)> = lines
            .runs
            .iter()
            .map(|run| {
                (run.is_added, run.start, run.commit.map(|place| lines.commits[place].subject.as_str()))
            })
            .collect();
        let in_order = [
            (true, 1, None),
            (false, 2, Some("abc")),
            (true, 3, Some("abc")),
            (false, 4, None),
            (true, 5, None),
        ];
        assert_eq!(runs, in_order);
        let refused = catalogue.file_lines(&release, b"b.c").expect_err("it has none").to_string();
        assert_eq!(refused, "k-1.el8 has b.c as base has it, or not at all");
    }
}
