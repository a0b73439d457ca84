//! Which index, repository or server a command asks.

use std::ffi::OsString;
use std::path::PathBuf;

use anyhow::bail;

use crate::cli::SourceArgs;
use crate::terminal::message::say;

/// Where answers come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AnswerSource {
    /// An index that is opened in this process.
    Index(PathBuf),
    /// The index of a repository in the user's cache folder.
    Repository(PathBuf),
    /// A server, by its URL.
    Server(String),
}

/// What decides if no flag does.
#[derive(Clone, Debug, Default)]
pub struct Surroundings {
    /// `HUNKTRACE_INDEX`.
    pub index: Option<OsString>,
    /// `HUNKTRACE_SERVER`.
    pub server: Option<OsString>,
    /// The git repository around the current folder.
    pub repository: Option<PathBuf>,
}

impl Surroundings {
    /// Looks around.
    pub fn look() -> Surroundings {
        let variable = |name| std::env::var_os(name).filter(|value| !value.is_empty());
        let repository = gix::discover(".").ok().map(|found| found.common_dir().to_owned());
        Surroundings {
            index: variable("HUNKTRACE_INDEX"),
            server: variable("HUNKTRACE_SERVER"),
            repository: repository.map(|path| std::fs::canonicalize(&path).unwrap_or(path)),
        }
    }
}

/// Takes what the flags say, else what the surroundings say.
///
/// # Errors
/// If neither says anything, or the surroundings say two things.
pub fn choose(args: &SourceArgs, look: impl FnOnce() -> Surroundings) -> anyhow::Result<AnswerSource> {
    let SourceArgs { index, repo, server, .. } = args.clone();
    let flags = [
        index.map(AnswerSource::Index),
        repo.map(AnswerSource::Repository),
        server.map(AnswerSource::Server),
    ];
    if let Some(source) = flags.into_iter().flatten().next() {
        return Ok(source);
    }
    let Surroundings { index, server, repository } = look();
    match (index, server, repository) {
        (Some(_), Some(_), _) => {
            bail!("HUNKTRACE_INDEX and HUNKTRACE_SERVER are both set; unset one, or give --index or --server")
        }
        (Some(index), None, _) => Ok(AnswerSource::Index(index.into())),
        (None, Some(server), _) => match server.into_string() {
            Ok(server) => Ok(AnswerSource::Server(server)),
            Err(server) => bail!("HUNKTRACE_SERVER: {}: is no URL", server.display()),
        },
        (None, None, Some(repository)) => {
            say(format_args!(
                "asking the index of {}, the repository around the current folder",
                repository.display()
            ));
            Ok(AnswerSource::Repository(repository))
        }
        (None, None, None) => bail!(
            "no index to ask; give --repo REPO for a git repository, --index DIR, or --server URL \
             (or run this in a git repository)"
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn around() -> Surroundings {
        Surroundings { index: Some("env".into()), server: None, repository: Some("here".into()) }
    }

    #[test]
    fn flags_come_first() {
        let args = SourceArgs { repo: Some("flag".into()), ..SourceArgs::default() };
        let chosen = choose(&args, || panic!("nobody has to look around"));
        assert_eq!(chosen.ok(), Some(AnswerSource::Repository("flag".into())));
    }

    #[test]
    fn environment_comes_before_the_current_folder() {
        let chosen = choose(&SourceArgs::default(), around);
        assert_eq!(chosen.ok(), Some(AnswerSource::Index("env".into())));
    }

    #[test]
    fn current_repository_comes_last() {
        let chosen = choose(&SourceArgs::default(), || Surroundings { index: None, ..around() });
        assert_eq!(chosen.ok(), Some(AnswerSource::Repository("here".into())));
    }

    #[test]
    fn two_variables_contradict_each_other() {
        let both = || Surroundings { server: Some("http://x".into()), ..around() };
        let error = choose(&SourceArgs::default(), both).err().map(|error| error.to_string());
        assert!(error.is_some_and(|text| text.contains("are both set")));
    }

    #[test]
    fn nothing_to_ask_names_the_remedy() {
        let error =
            choose(&SourceArgs::default(), Surroundings::default).err().map(|error| error.to_string());
        assert!(error.is_some_and(|text| text.contains("--repo REPO")));
    }

    #[test]
    fn each_flag_says_what_is_asked() {
        let none = SourceArgs::default;
        let chosen = |args: &SourceArgs| choose(args, around).ok();
        let index = SourceArgs { index: Some("flag".into()), ..none() };
        assert_eq!(chosen(&index), Some(AnswerSource::Index("flag".into())));
        let server = SourceArgs { server: Some("http://flag".into()), ..none() };
        assert_eq!(chosen(&server), Some(AnswerSource::Server("http://flag".into())));
    }

    #[test]
    fn server_of_the_environment_comes_before_the_current_folder() {
        let with_server = || Surroundings { index: None, server: Some("http://env".into()), ..around() };
        let chosen = choose(&SourceArgs::default(), with_server);
        assert_eq!(chosen.ok(), Some(AnswerSource::Server("http://env".into())));
    }

    #[test]
    fn server_that_is_no_text_is_refused() {
        let server = std::os::unix::ffi::OsStringExt::from_vec(b"http://\xff".to_vec());
        let odd = || Surroundings { index: None, server: Some(server), repository: None };
        let error = choose(&SourceArgs::default(), odd).err().map(|error| error.to_string());
        assert!(
            error.is_some_and(|text| text.starts_with("HUNKTRACE_SERVER: ") && text.ends_with("is no URL"))
        );
    }
}
