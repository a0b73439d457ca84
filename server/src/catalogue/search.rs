//! Commits, files and functions by words.

use rusqlite::types::Value;

use bstr::BString;

use super::commit_name::{COMMIT_COLUMNS, CataloguedCommit, commit_row};
use super::error::CatalogueError;
use super::release_text::stored_path;
use super::store::Catalogue;

/// What is searched for: everything has to fit, in capital letters or small ones.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Search {
    /// Words of the subject or the author.
    pub words: Vec<String>,
    /// Words of the subject.
    pub subject: Vec<String>,
    /// Words of the author's name or address.
    pub author: Vec<String>,
    /// Parts of the path of a file that the commit has lines in.
    pub path: Vec<String>,
    /// Parts of the name of a function that the commit has lines in.
    pub function: Vec<String>,
}

/// What was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// Commits, the latest first.
    pub commits: Vec<CataloguedCommit>,
    /// Files that some release changes, by path: where nothing but words or parts of paths were asked for.
    pub paths: Vec<BString>,
    /// Functions that some release changes, by name: where nothing but words or parts of names were asked for.
    pub functions: Vec<String>,
    /// Whether there is more of something than was wanted.
    pub is_cut: bool,
}

impl Search {
    /// Whether nothing is searched for.
    pub fn is_empty(&self) -> bool {
        *self == Search::default()
    }
}

impl Catalogue {
    /// Searches commits, files and functions; of each at most `most`.
    ///
    /// # Errors
    /// Where nothing is searched for, or the file cannot be read.
    pub fn search(&self, search: &Search, most: usize) -> Result<Found, CatalogueError> {
        if search.is_empty() {
            return Err(CatalogueError::Nothing("no word is searched for".to_owned()));
        }
        let mut found = Found { commits: self.commits_with(search, most + 1)?, ..Found::default() };
        let Search { words, subject, author, path, function } = search;
        let has_commit_fields = !subject.is_empty() || !author.is_empty();
        if !has_commit_fields && function.is_empty() {
            let parts: Vec<&String> = words.iter().chain(path).collect();
            found.paths = self.names("path", "path", &parts, most + 1, |value| {
                stored_path(value).unwrap_or_default().into()
            })?;
        }
        if !has_commit_fields && path.is_empty() {
            let parts: Vec<&String> = words.iter().chain(function).collect();
            found.functions = self.names("function", "name", &parts, most + 1, |value| {
                String::from_utf8_lossy(&stored_path(value).unwrap_or_default()).into_owned()
            })?;
        }
        found.is_cut = found.commits.len() > most || found.paths.len() > most || found.functions.len() > most;
        found.commits.truncate(most);
        found.paths.truncate(most);
        found.functions.truncate(most);
        Ok(found)
    }

    fn commits_with(&self, search: &Search, most: usize) -> Result<Vec<CataloguedCommit>, CatalogueError> {
        let mut conditions: Vec<String> = Vec::new();
        let mut values: Vec<Value> = Vec::new();
        let mut add = |texts: &[String], condition: &dyn Fn(usize) -> String| {
            for text in texts {
                values.push(text.to_lowercase().into());
                conditions.push(condition(values.len()));
            }
        };
        let has = |column: &str, value: usize| format!("instr(lower({column}), ?{value}) > 0");
        let (subject, author) = ("upstream_commit.subject", "upstream_commit.author");
        add(&search.words, &|value| format!("({} OR {})", has(subject, value), has(author, value)));
        add(&search.subject, &|value| has(subject, value));
        add(&search.author, &|value| has(author, value));
        add(&search.path, &|value| {
            format!(
                "upstream_commit.id IN (SELECT commit_difference.\"commit\" FROM path JOIN difference ON difference.path = path.id \
                 JOIN commit_difference ON commit_difference.difference = difference.id WHERE {})",
                has("path.path", value)
            )
        });
        add(&search.function, &|value| {
            format!(
                "upstream_commit.id IN (SELECT run.\"commit\" FROM function \
                 JOIN function_difference ON function_difference.function = function.id \
                 JOIN run ON run.difference = function_difference.difference AND run.function = function.id WHERE {})",
                has("function.name", value)
            )
        });
        let mut statement = self.connection.prepare(&format!(
            "SELECT {COMMIT_COLUMNS} FROM upstream_commit WHERE {} ORDER BY upstream_commit.author_date DESC, upstream_commit.sha LIMIT {most}",
            conditions.join(" AND ")
        ))?;
        let rows = statement.query_map(rusqlite::params_from_iter(values), commit_row)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Names of a table that have all of some parts.
    fn names<T>(
        &self,
        table: &str,
        column: &str,
        parts: &[&String],
        most: usize,
        read: impl Fn(rusqlite::types::ValueRef<'_>) -> T,
    ) -> Result<Vec<T>, CatalogueError> {
        if parts.is_empty() {
            return Ok(Vec::new());
        }
        let conditions: Vec<String> =
            (1..=parts.len()).map(|value| format!("instr(lower({column}), ?{value}) > 0")).collect();
        let mut statement = self.connection.prepare(&format!(
            "SELECT {column} FROM {table} WHERE {} ORDER BY {column} LIMIT {most}",
            conditions.join(" AND ")
        ))?;
        let values = parts.iter().map(|part| part.to_lowercase());
        let rows =
            statement.query_map(rusqlite::params_from_iter(values), |row| Ok(read(row.get_ref(0)?)))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}

#[cfg(test)]
mod tests {
    use super::super::test_catalogue::{TestRelease, catalogue};
    use super::*;

    fn texts(texts: &[&str]) -> Vec<String> {
        texts.iter().map(|text| (*text).to_owned()).collect()
    }

    #[test]
    fn everything_that_is_asked_for_has_to_fit() {
        let base = [("net/a.c", "one\n"), ("mm/b.c", "one\n")];
        let release = TestRelease::new(
            "k-1.el8",
            &[("net/a.c", "one\ntwo\n", &[(2, "abc")]), ("mm/b.c", "one\ntwo\n", &[(2, "def")])],
        );
        let (_folder, catalogue) = catalogue(&base, &[release]);
        let commits = |search: &Search| -> Vec<String> {
            let found = catalogue.search(search, 10).expect("an answer");
            found.commits.into_iter().map(|commit| commit.subject).collect()
        };
        assert_eq!(commits(&Search { words: texts(&["AB"]), ..Search::default() }), ["abc"]);
        assert_eq!(commits(&Search { author: texts(&["example.org"]), ..Search::default() }).len(), 2);
        assert_eq!(commits(&Search { path: texts(&["net/"]), ..Search::default() }), ["abc"]);
        let none = Search { path: texts(&["net/"]), subject: texts(&["def"]), ..Search::default() };
        assert_eq!(commits(&none), [""; 0]);
        let found =
            catalogue.search(&Search { words: texts(&[".c"]), ..Search::default() }, 1).expect("files");
        assert_eq!((found.paths.as_slice(), found.is_cut), (&[BString::from("mm/b.c")][..], true));
        assert!(catalogue.search(&Search::default(), 10).is_err());
    }

    #[test]
    fn signs_of_patterns_are_nothing_special() {
        let release = TestRelease::new("k-1.el8", &[("a.c", "two\n", &[(1, "abc")])]);
        let (_folder, catalogue) = catalogue(&[], &[release]);
        let search = Search { words: texts(&["%"]), ..Search::default() };
        assert_eq!(catalogue.search(&search, 10).expect("an answer").commits, []);
    }
}
