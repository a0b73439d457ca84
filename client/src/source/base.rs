//! What `--base` names, in every command: a revision, or a tree.
//!
//! A name that is a file or folder is that; so is `REPO:REV`. Any other name is a revision: of the index, or of the git
//! repository that is asked or around.

use std::ffi::{OsStr, OsString};
use std::path::Path;

use anyhow::{Context, anyhow, bail};
use hunktrace_proto::v1::GetCommitRequest;
use hunktrace_release::attribute::base_revision_candidates;
use hunktrace_release::tree::{Error, Options, Tree};

use crate::source::revisions::CommitsOfRepository;
use crate::source::server::Client;
use crate::source::service::refusal;

/// The base as a revision of the service's index; a tree stands for the release that it says to be.
///
/// # Errors
/// Where the index does not know it, or the tree cannot be read.
pub async fn base_revision(
    client: &mut Client,
    argument: &OsStr,
    repository: Option<&Path>,
) -> anyhow::Result<String> {
    let candidates = candidates(argument, repository)?;
    let mut failure = None;
    for candidate in &candidates {
        let request = GetCommitRequest { commit: candidate.clone(), ..GetCommitRequest::default() };
        match client.get_commit(request).await {
            Ok(_) => {
                tracing::debug!(base = %argument.display(), revision = candidate, "the index has the base");
                return Ok(candidate.clone());
            }
            Err(status) => failure = failure.or(Some(status)),
        }
    }
    match (&candidates[..], failure) {
        ([_], Some(status)) => Err(refusal(&status).context("--base")),
        _ => bail!("--base: {}: the index has none of {}", argument.display(), candidates.join(", ")),
    }
}

/// What a base may be called in an index, the likeliest first.
fn candidates(argument: &OsStr, repository: Option<&Path>) -> anyhow::Result<Vec<String>> {
    let name = || match argument.to_str() {
        Some(name) => Ok(name.to_owned()),
        None => Err(anyhow!("--base: {}: is neither a file nor a revision", argument.display())),
    };
    match Tree::check(argument) {
        Ok(()) => match Tree::open(argument, &Options::default())
            .and_then(|tree| base_revision_candidates(&tree))
        {
            Ok(candidates) => Ok(candidates),
            // A file that is no kernel may have the name of a revision.
            Err(error) => match CommitsOfRepository::find(repository) {
                Some(commits) if commits.names_commit(Path::new(argument)) => name().map(|name| vec![name]),
                _ => Err(anyhow!(error).context("--base")),
            },
        },
        Err(Error::NotFound { .. }) => {
            let name = name()?;
            let commit = CommitsOfRepository::find(repository).and_then(|commits| commits.commit_of(&name));
            Ok(std::iter::once(name).chain(commit).collect())
        }
        Err(error) => Err(anyhow!(error).context("--base")),
    }
}

/// The base as a TREE: itself, or the tree of a revision of the repository.
///
/// # Errors
/// Where it is neither.
pub fn base_tree(argument: &OsStr, repository: Option<&Path>) -> anyhow::Result<OsString> {
    let Err(error) = Tree::check(argument) else { return Ok(argument.to_owned()) };
    let (Error::NotFound { .. }, Some(commits)) = (&error, CommitsOfRepository::find(repository)) else {
        return Err(error).context("--base");
    };
    let repository = commits.path();
    if commits.names_commit(Path::new(argument)) {
        let mut tree = repository.into_os_string();
        tree.push(":");
        tree.push(argument);
        return Ok(tree);
    }
    let meant = argument.to_str().and_then(|name| commits.suggestion(name));
    let meant = meant.map(|name| format!("; did you mean '{name}'?")).unwrap_or_default();
    bail!(
        "--base: {}: there is no such file or folder, and no such revision in {}{meant}",
        argument.display(),
        repository.display()
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_git::{git, git_line};

    /// A repository with a kernel of version 4.18.0, tagged v4.18.
    fn repository() -> tempfile::TempDir {
        let folder = tempfile::tempdir().expect("a temporary folder");
        git(folder.path(), &["init", "-q", "-b", "main"]);
        std::fs::write(
            folder.path().join("Makefile"),
            "VERSION = 4\nPATCHLEVEL = 18\nSUBLEVEL = 0\nEXTRAVERSION =\n",
        )
        .expect("a file");
        git(folder.path(), &["add", "-A"]);
        git(folder.path(), &["commit", "-q", "-m", "one"]);
        git(folder.path(), &["tag", "v4.18"]);
        folder
    }

    #[test]
    fn revision_of_the_repository_is_known_by_its_name_or_its_commit() {
        let folder = repository();
        let id = git_line(folder.path(), &["rev-parse", "HEAD"]);
        let candidates = |name: &str| candidates(OsStr::new(name), Some(folder.path())).expect("candidates");
        assert_eq!(candidates("v4.18"), ["v4.18", &id]);
        assert_eq!(candidates("not-there"), ["not-there"]);
    }

    #[test]
    fn tree_is_known_by_the_release_that_it_says_to_be() {
        let folder = repository();
        let found = candidates(folder.path().as_os_str(), None).expect("candidates");
        assert!(found.iter().any(|name| name == "v4.18"), "{found:?}");
        let mut revision = folder.path().as_os_str().to_owned();
        revision.push(":main");
        let found = candidates(&revision, None).expect("candidates");
        assert_eq!(found.first().map(String::as_str), Some("main"));
    }

    #[test]
    fn revision_stands_for_its_tree() {
        let folder = repository();
        let tree = base_tree(OsStr::new("v4.18"), Some(folder.path())).expect("a tree");
        assert!(Tree::open(&tree, &Options::default()).is_ok(), "{tree:?}");
        assert_eq!(base_tree(&tree, None).expect("a tree"), tree);
        let error = base_tree(OsStr::new("4.18"), Some(folder.path())).expect_err("no tree").to_string();
        assert!(error.ends_with("; did you mean 'v4.18'?"), "{error}");
    }
}
