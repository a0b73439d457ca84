//! Writes a series as a branch of commits.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::Stdio;

use bstr::{BString, ByteSlice};
use gix::ObjectId;
use hunktrace_indexer::patch::Change;

use super::error::Error;
use super::fast_import::{FastImport, NewFile, Signature, git_command};
use super::mail_author::MailAuthor;
use super::ownership::OwnedFile;
use super::patch_mail::NEUTRAL_AUTHOR;
use super::release::TreePair;
use super::replay::file_state::FileState;
use super::replay::patch_index::PatchIndex;
use super::series_patch::SeriesPatch;
use super::version::Version;
use crate::answer::Side;
use crate::tree::{Options, Tree, changed_paths};

/// A branch to be written.
#[derive(Clone, Copy, Debug)]
pub struct NewBranch<'a> {
    /// The repository.
    pub repo: &'a Path,
    /// The branch's name, without `refs/heads/`; there is no such branch yet.
    pub name: &'a str,
    /// The commit whose tree is the base.
    pub base_commit: ObjectId,
}

impl NewBranch<'_> {
    fn reference(&self) -> String {
        format!("refs/heads/{}", self.name)
    }
}

/// The first of some revisions that names a commit of the repository.
///
/// # Errors
///
/// If none does, or git cannot be run.
pub fn find_commit(repo: &Path, revisions: &[String]) -> Result<ObjectId, Error> {
    let git = Git { repo };
    for revision in revisions {
        let commit = format!("{revision}^{{commit}}");
        match git.run(&["rev-parse", "--verify", "--quiet", "--end-of-options", &commit], "") {
            Ok(id) => return git.id(&id),
            Err(Error::Git { said, .. }) if said.is_empty() => {}
            Err(error) => return Err(error),
        }
    }
    Err(Error::NoBaseCommit { repo: repo.into(), revisions: revisions.join(", ") })
}

/// Checks what can be checked of a branch before there is a series: that it can be made, and where it begins.
///
/// # Errors
///
/// If the branch exists or git could not make it, or if the base's commit has another tree than the base.
pub fn check_branch(branch: &NewBranch<'_>, base: &Tree) -> Result<(), Error> {
    let git = Git { repo: branch.repo };
    let reference = branch.reference();
    git.run(&["check-ref-format", &reference], "has no branch of that name; git check-ref-format tells why")?;
    if git.run(&["rev-parse", "--verify", "--quiet", &reference], "").is_ok() {
        return Err(Error::BranchExists { repo: branch.repo.into(), branch: branch.name.into() });
    }
    let attempt = format!("start\ncreate {reference} {}\nprepare\nabort\n", branch.base_commit);
    git.update_refs(&attempt, "cannot make the branch")?;
    expect_tree(branch.repo, &branch.base_commit.to_string(), base, "base")
}

/// A series that is stored as commits of a branch that is not there yet. Dropping it forgets the commits.
#[derive(Debug)]
pub struct PreparedBranch {
    repo: PathBuf,
    reference: String,
    /// The ref that keeps the commits until the branch is made.
    scratch: String,
    commit: ObjectId,
}

impl PreparedBranch {
    /// The branch's name, without `refs/heads/`.
    pub fn name(&self) -> &str {
        self.reference.strip_prefix("refs/heads/").unwrap_or(&self.reference)
    }

    /// The last commit.
    pub fn commit(&self) -> ObjectId {
        self.commit
    }
}

impl Drop for PreparedBranch {
    fn drop(&mut self) {
        // If the ref stays, its only harm is that git keeps the commits.
        drop(Git { repo: &self.repo }.run(&["update-ref", "-d", &self.scratch], ""));
    }
}

/// Stores the series in `folder` on top of the base's commit, one commit for each patch.
///
/// Author, date and message are those of the patch, and the commit date is the same, so that the same series always gives
/// the same ids. The last tree equals the vendor's. `git` has to be installed; where this program is killed
/// meanwhile, a ref below `refs/hunktrace` stays.
///
/// # Errors
///
/// As [`check_branch`], and if git fails.
pub fn prepare_branch(
    branch: &NewBranch<'_>,
    folder: &Path,
    patches: &[SeriesPatch],
    files: &[OwnedFile],
    release: &TreePair<'_>,
) -> Result<PreparedBranch, Error> {
    let git = Git { repo: branch.repo };
    check_branch(branch, release.base)?;
    let scratch = format!("{}{}", scratch_prefix(), branch.name);
    import(branch, &scratch, folder, patches, files, release)?;
    let commit = git.run(&["rev-parse", "--verify", &scratch], "did not store the commits")?;
    let prepared = PreparedBranch {
        repo: branch.repo.into(),
        reference: branch.reference(),
        scratch,
        commit: git.id(&commit)?,
    };
    expect_tree(branch.repo, &commit, release.vendor, "vendor tree")?;
    Ok(prepared)
}

/// Makes branches of one repository: all of them, or none if one cannot be made.
///
/// # Errors
///
/// If git fails; one of the branches may have been made by somebody else meanwhile.
pub fn publish_branches(branches: &[PreparedBranch]) -> Result<(), Error> {
    update_all(branches, |branch| format!("create {} {}\n", branch.reference, branch.commit))
}

/// Removes branches again that [`publish_branches`] has just made.
///
/// # Errors
///
/// If git fails; a branch that somebody else has moved meanwhile is left as it is, and so are the others.
pub fn take_back_branches(branches: &[PreparedBranch]) -> Result<(), Error> {
    update_all(branches, |branch| format!("delete {} {}\n", branch.reference, branch.commit))
}

fn update_all(branches: &[PreparedBranch], update: impl Fn(&PreparedBranch) -> String) -> Result<(), Error> {
    let Some(first) = branches.first() else { return Ok(()) };
    let updates: String = branches.iter().map(update).collect();
    Git { repo: &first.repo }.update_refs(&updates, "cannot change the branches")
}

/// Forgets everything that this process has prepared in a repository, for when it has to end at once.
///
/// # Errors
///
/// If git fails.
pub fn forget_prepared(repo: &Path) -> Result<(), Error> {
    let git = Git { repo };
    let refs =
        git.run(&["for-each-ref", "--format=delete %(refname)", &scratch_prefix()], "cannot list refs")?;
    git.update_refs(&format!("{refs}\n"), "cannot remove the refs that were used meanwhile")
}

/// The folder of the refs that keep commits of this process.
fn scratch_prefix() -> String {
    format!("refs/hunktrace/{}/", std::process::id())
}

/// Stores all files and commits.
fn import(
    branch: &NewBranch<'_>,
    reference: &str,
    folder: &Path,
    patches: &[SeriesPatch],
    files: &[OwnedFile],
    release: &TreePair<'_>,
) -> Result<(), Error> {
    let git = Git { repo: branch.repo };
    let index = PatchIndex::read(folder)?;
    let mut import =
        FastImport::start(branch.repo).map_err(|error| git.failed("cannot be run", &error.to_string()))?;
    let fed = store_files(&mut import, &index, files, release)
        .and_then(|changes| store_commits(&mut import, branch, reference, patches, &index, &changes));
    match import.finish(fed) {
        Ok(Err(FeedError::Pipe(error))) => Err(git.failed("fast-import broke off", &error.to_string())),
        Ok(Err(FeedError::Series(error))) => Err(error),
        Ok(Ok(())) => Ok(()),
        Err(said) => Err(git.failed("fast-import failed", &said)),
    }
}

/// Why the import cannot go on.
enum FeedError {
    /// git has stopped reading.
    Pipe(io::Error),
    /// The series cannot be read.
    Series(Error),
}

impl From<io::Error> for FeedError {
    fn from(error: io::Error) -> FeedError {
        FeedError::Pipe(error)
    }
}

impl From<Error> for FeedError {
    fn from(error: Error) -> FeedError {
        FeedError::Series(error)
    }
}

/// What a commit puts at a path; `None` deletes it.
type PathChange = (BString, Option<NewFile>);

/// Stores every version that any file has in the course of the series; the changes of each patch.
///
/// One file after the other, with its versions in order: git stores each as a difference to the one before.
fn store_files(
    import: &mut FastImport,
    index: &PatchIndex,
    files: &[OwnedFile],
    release: &TreePair<'_>,
) -> Result<Vec<Vec<PathChange>>, FeedError> {
    let mut changes = vec![Vec::new(); index.patches.len()];
    for file in files {
        let path = file.path.as_bstr();
        let old = Version::read(release, Side::Old, file.old_path())?;
        let pieces = index.file_patches(path)?;
        let mut state = FileState::new(file, old.as_ref());
        for (piece, patch) in &pieces {
            state.apply(path, patch).map_err(|problem| index.not_lossless(piece, path, problem))?;
            let new_file = match state.version() {
                None => None,
                Some(version) if version.is_submodule() => Some(NewFile::Submodule(version.id(path)?)),
                Some(version) => Some(NewFile::Stored(version.mode, import.store(&version.bytes)?)),
            };
            if let (Change::Renamed { .. }, Some(from)) = (patch.change, &patch.old_path) {
                changes[piece.patch].push((from.clone(), None));
            }
            changes[piece.patch].push((path.to_owned(), new_file));
        }
    }
    Ok(changes)
}

fn store_commits(
    import: &mut FastImport,
    branch: &NewBranch<'_>,
    reference: &str,
    patches: &[SeriesPatch],
    index: &PatchIndex,
    changes: &[Vec<PathChange>],
) -> Result<(), FeedError> {
    let neutral = MailAuthor::of(NEUTRAL_AUTHOR);
    import.begin(reference, &branch.base_commit.to_string())?;
    for (place, (patch, changes)) in patches.iter().zip(changes).enumerate() {
        let mail = &patch.mail;
        let signature = |person: &'_ MailAuthor| Signature {
            name: person.name_in_git().to_owned(),
            address: person.address.clone(),
            time: mail.date,
        };
        let (author, committer) = (signature(&mail.author), signature(&neutral));
        let message = format!("{}\n\n{}\n", mail.subject, index.body(place)?);
        import.commit(reference, &author, &committer, &message)?;
        // Deletions come first: a folder may take the place of a file.
        for (path, new_file) in changes {
            if new_file.is_none() {
                import.delete(path.as_ref())?;
            }
        }
        for (path, new_file) in changes {
            if let Some(new_file) = new_file {
                import.put(path.as_ref(), new_file)?;
            }
        }
    }
    Ok(())
}

/// Checks that a commit has this tree, which is called `name`.
fn expect_tree(repo: &Path, commit: &str, expected: &Tree, name: &'static str) -> Result<(), Error> {
    let mut revision = repo.as_os_str().to_owned();
    revision.push(format!(":{commit}"));
    let failed = |source| Error::Commit { commit: commit.into(), source };
    let tree = Tree::open(&revision, &Options::default()).map_err(failed)?;
    let changes = changed_paths(&tree, expected).map_err(failed)?;
    match changes.first() {
        Some(change) => Err(Error::OtherTree { commit: commit.into(), name, path: change.path.into() }),
        None => Ok(()),
    }
}

/// Runs git in a repository.
struct Git<'a> {
    repo: &'a Path,
}

impl Git<'_> {
    /// What git prints, without its newline.
    fn run(&self, arguments: &[&str], problem: &str) -> Result<String, Error> {
        let output = git_command(self.repo)
            .args(arguments)
            .output()
            .map_err(|error| self.failed("cannot be run; install it", &error.to_string()))?;
        match output.status.success() {
            true => Ok(output.stdout.to_str_lossy().trim().to_owned()),
            false => Err(self.failed(problem, output.stderr.to_str_lossy().trim())),
        }
    }

    /// Updates refs as `git update-ref --stdin` is told to, all of them or none.
    fn update_refs(&self, updates: &str, problem: &str) -> Result<(), Error> {
        if updates.trim().is_empty() {
            return Ok(());
        }
        let failed = |error: io::Error| self.failed("cannot be run; install it", &error.to_string());
        let mut child = git_command(self.repo)
            .args(["update-ref", "--stdin"])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(failed)?;
        if let Some(mut input) = child.stdin.take() {
            // If git stops reading, its own message says why.
            drop(input.write_all(updates.as_bytes()));
        }
        let output = child.wait_with_output().map_err(failed)?;
        match output.status.success() {
            true => Ok(()),
            false => Err(self.failed(problem, output.stderr.to_str_lossy().trim())),
        }
    }

    fn id(&self, commit: &str) -> Result<ObjectId, Error> {
        ObjectId::from_hex(commit.as_bytes())
            .map_err(|error| self.failed("named no commit", &error.to_string()))
    }

    fn failed(&self, problem: &str, said: &str) -> Error {
        Error::Git { repo: self.repo.into(), problem: problem.into(), said: said.into() }
    }
}
