//! The vendor's own form of one commit, as a patch to the release before.
//!
//! Between a release and the one before every changed line has one owner. The text of the release before with the lines of
//! one commit alone is therefore well defined, and the patch that makes it applies by construction. What the patch needs
//! beside its own lines is told: commits of the same update that own lines right beside it, or define functions that it calls.

use bstr::BString;
use rusqlite::OptionalExtension;

use super::carried_change::carried_over;
use super::commit_name::{CataloguedCommit, find_commit};
use super::error::CatalogueError;
use super::extracted_file::ExtractedFile;
use super::file_patch::push_file_patch;
use super::own_file::OwnFile;
use super::patch_needs::Need;
use super::release_text::{file_change, stored_path};
use super::store::{Catalogue, CataloguedRelease};

/// One commit of a release as a patch.
#[derive(Clone, Debug)]
pub struct Extracted {
    /// The commit.
    pub commit: CataloguedCommit,
    /// The release that it was taken from.
    pub release: CataloguedRelease,
    /// What the patch applies to: a release, or the base where there is none before.
    pub applies_to: String,
    /// The patch: unified, in git's form, without a head.
    pub patch: BString,
    /// The files that it changes.
    pub files: Vec<ExtractedFile>,
    /// The commits of the same update that it needs first, in upstream's order, and why.
    pub needs: Vec<Need>,
    /// How the vendor's form differs from upstream's, in a few words each.
    pub differences: Vec<String>,
}

impl Catalogue {
    /// The form that a release has of a commit, as a patch to the release before; `onto` names another release that it is
    /// carried over to.
    ///
    /// # Errors
    /// Where the release does not have the commit, does not bring it, or the patch cannot be carried over: with the file and
    /// the reason.
    pub fn extract(
        &self,
        name: &str,
        release: &str,
        onto: Option<&str>,
    ) -> Result<Extracted, CatalogueError> {
        let release = self.release(release)?;
        let commit = self.commit_of_release(name, &release)?;
        let before =
            self.release_before(&release)?.filter(|before| before.base_revision == release.base_revision);
        let files = self.own_files(&commit, &release, before.as_ref())?;
        if files.is_empty() {
            return Err(self.brings_nothing(&commit, &release, before.as_ref())?);
        }
        let mut extracted = Extracted {
            applies_to: before
                .as_ref()
                .map_or_else(|| release.base_name.clone(), |before| before.name.clone()),
            patch: BString::default(),
            files: Vec::new(),
            needs: self.needs(&commit, &release, &files)?,
            differences: self.differences(&commit, &release)?,
            commit,
            release,
        };
        let onto = onto.map(|name| self.release(name)).transpose()?;
        if let Some(onto) = &onto {
            self.refuse_where_whole(&extracted.commit, onto)?;
        }
        for file in &files {
            let mut path = &file.path;
            let (old, new) = match &onto {
                Some(onto) => {
                    let mut text = self.text_in(onto, &file.path)?;
                    if text.is_none() && file.path_after != file.path {
                        text = self.text_in(onto, &file.path_after)?;
                        path = &file.path_after;
                    }
                    let carried = carried_over(file, text.as_deref(), onto)?;
                    (text, carried)
                }
                None => (file.before.clone(), file.after.clone()),
            };
            if old == new {
                continue;
            }
            let (before, after) = (old.as_deref().unwrap_or_default(), new.as_deref().unwrap_or_default());
            let mut told = ExtractedFile::of(path, before, after);
            self.say_where_built(&mut told, file, &extracted.release)?;
            extracted.files.push(told);
            push_file_patch(&mut extracted.patch, path, old.as_deref(), new.as_deref());
        }
        if let Some(onto) = onto {
            if extracted.files.is_empty() {
                return Err(has_it(&extracted.commit, &onto));
            }
            extracted.applies_to = onto.name;
        }
        Ok(extracted)
    }

    /// Refuses to carry a commit over to a release that has all of it.
    fn refuse_where_whole(
        &self,
        commit: &CataloguedCommit,
        onto: &CataloguedRelease,
    ) -> Result<(), CatalogueError> {
        let mut statement = self.connection.prepare_cached(
            "SELECT count(*) FROM commit_state JOIN release_commit ON release_commit.state = commit_state.id \
             WHERE commit_state.\"commit\" = ?1 AND release_commit.release = ?2 AND commit_state.status != 'partial'",
        )?;
        let whole: i64 = statement.query_row((commit.id, onto.id), |row| row.get(0))?;
        if whole > 0 { Err(has_it(commit, onto)) } else { Ok(()) }
    }

    fn commit_of_release(
        &self,
        name: &str,
        release: &CataloguedRelease,
    ) -> Result<CataloguedCommit, CatalogueError> {
        let commit = find_commit(&self.connection, name)?.ok_or_else(|| {
            CatalogueError::Nothing(format!(
                "no release of the catalogue has a commit {name} beyond its base"
            ))
        })?;
        let mut statement = self.connection.prepare_cached(
            "SELECT count(*) FROM commit_state JOIN release_commit ON release_commit.state = commit_state.id \
             WHERE commit_state.\"commit\" = ?1 AND release_commit.release = ?2",
        )?;
        let has_it: i64 = statement.query_row((commit.id, release.id), |row| row.get(0))?;
        if has_it == 0 {
            let since = self.first_with(&commit)?;
            return Err(CatalogueError::Nothing(format!("{} has no {}; {since}", release.name, commit.sha)));
        }
        Ok(commit)
    }

    /// Which release brings a commit, in words.
    fn first_with(&self, commit: &CataloguedCommit) -> Result<String, CatalogueError> {
        let history = self.commit_history(commit.clone(), None)?;
        Ok(match history.stretches.first() {
            Some(stretch) => format!("it came with {}: --release {}", stretch.first, stretch.first),
            None => "no release has it".to_owned(),
        })
    }

    fn brings_nothing(
        &self,
        commit: &CataloguedCommit,
        release: &CataloguedRelease,
        before: Option<&CataloguedRelease>,
    ) -> Result<CatalogueError, CatalogueError> {
        let since = self.first_with(commit)?;
        let than = before.map_or(&release.base_name, |before| &before.name);
        Ok(CatalogueError::Nothing(format!(
            "no line of {} differs between {than} and {}; {since}",
            commit.sha, release.name
        )))
    }

    /// Says into which object a file is built, and by which options.
    fn say_where_built(
        &self,
        told: &mut ExtractedFile,
        file: &OwnFile,
        release: &CataloguedRelease,
    ) -> Result<(), CatalogueError> {
        let mut statement = self.connection.prepare_cached(
            "SELECT build_place.object, build_place.options FROM path JOIN difference ON difference.path = path.id \
             JOIN release_file ON release_file.difference = difference.id JOIN build_place ON build_place.difference = difference.id \
             WHERE path.path = ?1 AND release_file.release = ?2",
        )?;
        let value = super::release_place::path_value(&file.path_after);
        let found: Option<(String, String)> =
            statement.query_row((value, release.id), |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
        if let Some((object, options)) = found {
            told.object = Some(object);
            told.options = options.split_whitespace().map(str::to_owned).collect();
        }
        Ok(())
    }

    /// The text of a file in a release, as far as the catalogue has it: a file that no release changes is not stored.
    fn text_in(&self, release: &CataloguedRelease, path: &[u8]) -> Result<Option<Vec<u8>>, CatalogueError> {
        let change = file_change(&self.connection, None, release.id, path)?;
        if change.before.is_some() || change.after.is_some() {
            return Ok(change.after);
        }
        // As in the base, which a release of the same base that changes the file has.
        let mut statement = self.connection.prepare_cached(
            "SELECT difference.base_content FROM difference JOIN path ON path.id = difference.path \
             JOIN release_file ON release_file.difference = difference.id JOIN release ON release.id = release_file.release \
             WHERE path.path = ?1 AND difference.base_content IS NOT NULL AND release.base_revision = ?2 LIMIT 1",
        )?;
        let value = super::release_place::path_value(path);
        let content: Option<i64> =
            statement.query_row((value, &release.base_revision), |row| row.get(0)).optional()?;
        content.map(|content| super::contents::read_content(&self.connection, content)).transpose()
    }

    /// How the vendor's form of a commit differs from upstream's.
    fn differences(
        &self,
        commit: &CataloguedCommit,
        release: &CataloguedRelease,
    ) -> Result<Vec<String>, CatalogueError> {
        let mut statement = self.connection.prepare_cached(
            "SELECT commit_state.missing FROM commit_state JOIN release_commit ON release_commit.state = commit_state.id \
             WHERE commit_state.\"commit\" = ?1 AND release_commit.release = ?2",
        )?;
        let missing: String = statement.query_row((commit.id, release.id), |row| row.get(0))?;
        let mut told: Vec<String> = missing.lines().map(|hunk| format!("missing: {hunk}")).collect();
        let mut statement = self.connection.prepare_cached(
            "SELECT match_kind.name, sum(run.lines), path.path FROM commit_difference AS has \
             JOIN release_file ON release_file.difference = has.difference \
             JOIN run ON run.difference = has.difference AND run.\"commit\" = has.\"commit\" \
             JOIN difference ON difference.id = has.difference JOIN path ON path.id = difference.path \
             JOIN match_kind ON match_kind.id = run.match_kind \
             WHERE has.\"commit\" = ?1 AND release_file.release = ?2 AND match_kind.name IN ('fuzzy', 'partial', 'normalized') \
             GROUP BY path.path, match_kind.name ORDER BY path.path, match_kind.name",
        )?;
        let mut rows = statement.query((commit.id, release.id))?;
        while let Some(row) = rows.next()? {
            let (kind, lines): (String, i64) = (row.get(0)?, row.get(1)?);
            let path = BString::from(stored_path(row.get_ref(2)?).unwrap_or_default());
            told.push(format!("adapted: {path}: {lines} lines match {kind}"));
        }
        Ok(told)
    }
}

fn has_it(commit: &CataloguedCommit, release: &CataloguedRelease) -> CatalogueError {
    CatalogueError::Nothing(format!("{} has {} already", release.name, commit.sha))
}

#[cfg(test)]
mod tests {
    use super::super::test_catalogue::{TestRelease, catalogue};
    use super::*;
    use bstr::ByteSlice;

    const BASE: &str = "int a(void)\n{\n\treturn 1;\n}\n\nint b(void)\n{\n\treturn 1;\n}\n";

    fn releases() -> (tempfile::TempDir, Catalogue) {
        let one = BASE.replacen("return 1", "return 2", 1);
        // c2 adds c() and calls it in a(); b2 changes b().
        let two = one.replacen("return 2", "return c()", 1).replacen("return 1", "return 3", 1);
        let two = format!("{two}\nint c(void)\n{{\n\treturn 4;\n}}\n");
        let owners: &[(u32, &str)] =
            &[(3, "d3"), (8, "b2"), (10, "c2"), (11, "c2"), (12, "c2"), (13, "c2"), (14, "c2")];
        catalogue(
            &[("net/x.c", BASE)],
            &[
                TestRelease::new("r-1", &[("net/x.c", &one, &[(3, "a1")])]),
                TestRelease::new("r-2", &[("net/x.c", &two, owners)]),
            ],
        )
    }

    #[test]
    fn patch_has_the_commits_lines_alone() {
        let (_folder, catalogue) = releases();
        let extracted = catalogue.extract("b200", "r-2", None).expect("a patch");
        assert_eq!(extracted.applies_to, "r-1");
        let patch = extracted.patch.to_str_lossy();
        let changed: Vec<&str> = patch
            .lines()
            .filter(|line| {
                line.starts_with(['+', '-']) && !line.starts_with("+++") && !line.starts_with("---")
            })
            .collect();
        assert_eq!(changed, ["-\treturn 1;", "+\treturn 3;"]);
        assert_eq!(extracted.files[0].functions, ["b"]);
        assert_eq!(extracted.needs, []);
    }

    #[test]
    fn what_defines_a_called_function_is_needed_first() {
        let (_folder, catalogue) = releases();
        let extracted = catalogue.extract("d300", "r-2", None).expect("a patch");
        let needs: Vec<&str> = extracted.needs.iter().map(|need| need.commit.subject.as_str()).collect();
        assert_eq!(needs, ["c2"], "{:?}", extracted.needs);
        assert!(extracted.needs[0].why.contains("it adds c()"));
    }

    #[test]
    fn what_a_release_does_not_bring_is_refused_with_the_one_that_does() {
        let (_folder, catalogue) = releases();
        let error = catalogue.extract("b200", "r-1", None).unwrap_err().to_string();
        assert!(error.contains("came with r-2"), "{error}");
        let error = catalogue.extract("ffff", "r-1", None).unwrap_err().to_string();
        assert!(error.contains("no release of the catalogue has a commit ffff"), "{error}");
        let error = catalogue.extract("b200", "r-9", None).unwrap_err().to_string();
        assert!(error.contains("has no release r-9; it has r-1, r-2"), "{error}");
    }

    #[test]
    fn patch_leaves_a_file_where_the_release_before_has_it() {
        let one = BASE.replacen("return 1", "return 2", 1);
        let two = one.replacen("return 1", "return 3", 1);
        let (_folder, catalogue) = catalogue(
            &[("net/x.c", BASE)],
            &[
                TestRelease::new("r-1", &[("net/x.c", &one, &[(3, "a1")])]),
                TestRelease::new("r-2", &[("net/x.c -> net/x/y.c", &two, &[(3, "a1"), (8, "b2")])]),
            ],
        );
        let patch = catalogue.extract("b200", "r-2", None).expect("a patch").patch.to_string();
        assert!(patch.starts_with("diff --git a/net/x.c b/net/x.c\n--- a/net/x.c\n"), "{patch}");
        assert!(patch.contains("-\treturn 1;\n+\treturn 3;\n"), "{patch}");
    }

    #[test]
    fn patch_is_carried_over_to_another_release_or_refused_with_the_place() {
        let (_folder, catalogue) = releases();
        let onto = catalogue.extract("b200", "r-2", Some("r-1")).expect("a patch");
        assert_eq!(onto.applies_to, "r-1");
        let error = catalogue.extract("b200", "r-2", Some("r-2")).unwrap_err().to_string();
        assert!(error.contains("r-2 has b200") && error.ends_with("already"), "{error}");
    }
}
