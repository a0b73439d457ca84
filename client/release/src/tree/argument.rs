//! What a TREE argument of the command line means.

use std::ffi::OsStr;
use std::fs;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use bstr::{BString, ByteSlice};

use super::error::Error;

/// A TREE argument, told apart by what is on disk.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Argument {
    Folder(PathBuf),
    File(PathBuf),
    Revision { repo: PathBuf, revision: BString },
}

impl Argument {
    /// Finds out what an argument means: if it exists as a path it is that path, else `REPO:REV`, split at the
    /// first colon that has an existing path before it.
    pub fn parse(argument: &OsStr) -> Result<Argument, Error> {
        let path = Path::new(argument);
        match fs::metadata(path) {
            Ok(metadata) if metadata.is_dir() && is_bare_repository(path) => Err(no_revision(argument, path)),
            Ok(metadata) if metadata.is_dir() => Ok(Argument::Folder(path.into())),
            Ok(metadata) if metadata.is_file() => Ok(Argument::File(path.into())),
            Ok(_) => Err(Error::UnknownFormat {
                archive: display(argument),
                found: "is a device, named pipe or socket".into(),
            }),
            Err(source) if !is_absence(&source) => Err(Error::Io { path: path.into(), source }),
            Err(_) => parse_revision(argument),
        }
    }
}

fn parse_revision(argument: &OsStr) -> Result<Argument, Error> {
    let bytes = argument.as_bytes();
    for colon in bytes.find_iter(":") {
        let repo = Path::new(OsStr::from_bytes(&bytes[..colon]));
        if !repo.exists() {
            continue;
        }
        let revision = &bytes[colon + 1..];
        if revision.is_empty() {
            return Err(no_revision(argument, repo));
        }
        return Ok(Argument::Revision { repo: repo.into(), revision: revision.into() });
    }
    Err(Error::NotFound { argument: display(argument) })
}

/// Whether a failure to look a path up says only that there is nothing of that name.
fn is_absence(error: &io::Error) -> bool {
    use io::ErrorKind::{InvalidFilename, InvalidInput, NotADirectory, NotFound};
    matches!(error.kind(), NotFound | NotADirectory | InvalidFilename | InvalidInput)
}

/// Whether a folder is a git repository without a work tree; its files are git's own.
fn is_bare_repository(folder: &Path) -> bool {
    folder.join("HEAD").is_file() && folder.join("objects").is_dir() && folder.join("refs").is_dir()
}

fn no_revision(argument: &OsStr, repo: &Path) -> Error {
    Error::NoRevision { argument: display(argument), repo: repo.into() }
}

fn display(argument: &OsStr) -> String {
    argument.to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::{create_dir, create_dir_all, write};

    fn parse(argument: &Path) -> Result<Argument, Error> {
        Argument::parse(argument.as_os_str())
    }

    #[test]
    fn what_exists_is_a_path_even_with_a_colon_in_its_name() {
        let folder = tempfile::tempdir().expect("a folder");
        create_dir(folder.path().join("repo")).expect("creates");
        let odd = folder.path().join("repo:v4.18");
        write(&odd, "").expect("writes");
        assert_eq!(parse(&odd).expect("parses"), Argument::File(odd));
        let odd_folder = folder.path().join("c:");
        create_dir(&odd_folder).expect("creates");
        assert_eq!(parse(&odd_folder).expect("parses"), Argument::Folder(odd_folder));
    }

    #[test]
    fn a_repository_ends_at_the_first_colon_after_an_existing_path() {
        let folder = tempfile::tempdir().expect("a folder");
        let repo = folder.path().join("a:b.git");
        create_dir(&repo).expect("creates");
        let argument = folder.path().join("a:b.git:v4.18:drivers");
        let expected = Argument::Revision { repo, revision: "v4.18:drivers".into() };
        assert_eq!(parse(&argument).expect("parses"), expected);
    }

    #[test]
    fn a_repository_without_a_revision_is_refused_with_the_remedy() {
        let folder = tempfile::tempdir().expect("a folder");
        let repo = folder.path().join("linux.git");
        create_dir_all(repo.join("objects")).expect("creates");
        create_dir(repo.join("refs")).expect("creates");
        write(repo.join("HEAD"), "ref: refs/heads/master\n").expect("writes");
        for argument in [repo.clone(), folder.path().join("linux.git:")] {
            let error = parse(&argument).expect_err("is refused").to_string();
            assert!(error.contains("linux.git:REV"), "{error}");
        }
    }

    #[test]
    fn what_is_not_there_is_said_not_to_be_there() {
        let folder = tempfile::tempdir().expect("a folder");
        for name in ["gone", "gone:v4.18", "gone\0"] {
            let error = parse(&folder.path().join(name)).expect_err("is refused");
            assert!(matches!(error, Error::NotFound { .. }), "{name:?}: {error}");
        }
        assert!(matches!(Argument::parse(OsStr::new(":v4.18")), Err(Error::NotFound { .. })));
    }
}
