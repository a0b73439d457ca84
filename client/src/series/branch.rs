//! Writes a series as a branch of commits.

use std::io;
use std::path::Path;

use bstr::{BString, ByteSlice};
use gix::ObjectId;

use super::error::Error;
use super::fast_import::{FastImport, NewFile, Signature, git_command};
use super::mail_text::split_author;
use super::ownership::{Origin, OwnedFile, Side};
use super::patch_mail::{NEUTRAL_AUTHOR, PatchMail};
use super::release::TreePair;
use super::verify::{FileState, PatchIndex};
use super::version::Version;
use super::write::SeriesPatch;
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

/// Writes the series in `folder`, a commit a patch, upon the base's commit; the last commit.
///
/// Author and author date are those of the origin, and the commit date is the same, so that the same series always
/// gives the same ids. The branch appears only when everything is stored and the last tree equals the vendor's.
/// `git` has to be installed; where this program is killed meanwhile, a ref below `refs/hunktrace` stays.
///
/// # Errors
///
/// If the branch exists, if git fails, or if the base's commit has another tree than the base.
pub fn write_branch(
    branch: &NewBranch<'_>,
    folder: &Path,
    patches: &[SeriesPatch],
    origins: &[Origin],
    files: &[OwnedFile],
    release: &TreePair<'_>,
) -> Result<ObjectId, Error> {
    let git = Git { repo: branch.repo };
    let reference = format!("refs/heads/{}", branch.name);
    git.run(&["check-ref-format", &reference], "has no branch of that name; git check-ref-format tells why")?;
    if git.run(&["rev-parse", "--verify", "--quiet", &reference], "").is_ok() {
        return Err(Error::BranchExists { repo: branch.repo.into(), branch: branch.name.into() });
    }
    expect_tree(branch.repo, &branch.base_commit.to_string(), release.base, "base")?;

    // The branch itself is made at the very end; until then the commits hang on a ref of our own.
    let scratch = format!("refs/hunktrace/{}/{}", std::process::id(), branch.name);
    let outcome = import(branch, &scratch, folder, patches, origins, files, release)
        .and_then(|()| git.run(&["rev-parse", "--verify", &scratch], "did not store the commits"))
        .and_then(|commit| {
            expect_tree(branch.repo, &commit, release.vendor, "vendor tree")?;
            git.run(&["update-ref", &reference, &commit, ""], "cannot make the branch")?;
            ObjectId::from_hex(commit.as_bytes())
                .map_err(|error| git.failed("named no commit", &error.to_string()))
        });
    let removed = git.run(&["update-ref", "-d", &scratch], "cannot remove the ref that was used meanwhile");
    outcome.and_then(|commit| removed.map(|_| commit))
}

/// Stores all files and commits.
fn import(
    branch: &NewBranch<'_>,
    reference: &str,
    folder: &Path,
    patches: &[SeriesPatch],
    origins: &[Origin],
    files: &[OwnedFile],
    release: &TreePair<'_>,
) -> Result<(), Error> {
    let git = Git { repo: branch.repo };
    let index = PatchIndex::read(folder)?;
    let mut import =
        FastImport::start(branch.repo).map_err(|error| git.failed("cannot be run", &error.to_string()))?;
    let fed = store_files(&mut import, &index, files, release).and_then(|changes| {
        store_commits(&mut import, branch, reference, patches, origins, &changes)?;
        Ok(())
    });
    match import.finish(fed) {
        Ok(Err(FeedError::Pipe(error))) => Err(git.failed("fast-import broke off", &error.to_string())),
        Ok(Err(FeedError::Series(error))) => Err(error),
        Ok(Ok(())) => Ok(()),
        Err(said) => Err(git.failed("fast-import failed", &said)),
    }
}

/// Why the import cannot go on.
enum FeedError {
    /// git does not listen any more.
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

/// What a commit does to a path; none: the path is deleted.
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
        let old = Version::read(release, Side::Old, path)?;
        let pieces = index.file_patches(path)?;
        let mut state = FileState::new(old.as_ref());
        for (piece, patch) in &pieces {
            state.apply(path, patch).map_err(|problem| index.not_lossless(piece, path, problem))?;
            let new_file = match state.version() {
                None => None,
                Some(version) if version.is_submodule() => Some(NewFile::Submodule(version.id(path)?)),
                Some(version) => Some(NewFile::Stored(version.mode, import.store(&version.bytes)?)),
            };
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
    origins: &[Origin],
    changes: &[Vec<PathChange>],
) -> io::Result<()> {
    let (neutral_name, neutral_address) = split_author(NEUTRAL_AUTHOR);
    import.begin(reference, &branch.base_commit.to_string())?;
    for (patch, changes) in patches.iter().zip(changes) {
        let mail = PatchMail::new(&patch.key, origins);
        let (name, address) = split_author(&mail.author);
        let author = Signature { name: &name, address: &address, time: mail.date };
        let committer = Signature { name: &neutral_name, address: &neutral_address, time: mail.date };
        import.commit(reference, &author, &committer, &format!("{}\n\n{}\n", mail.subject, mail.body))?;
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

    fn failed(&self, problem: &str, said: &str) -> Error {
        Error::Git { repo: self.repo.into(), problem: problem.into(), said: said.into() }
    }
}
