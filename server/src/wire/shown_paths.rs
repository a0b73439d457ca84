//! How paths of this machine are named to who asks: a user of this machine may know them, a client of a server need not.

use std::path::Path;

use tonic::{Code, Status};

/// Which paths are shown; by default all.
#[derive(Clone, Debug, Default)]
pub(crate) struct ShownPaths {
    /// The index's folder and what stands for it; none where paths are shown.
    index: Option<(String, String)>,
}

impl ShownPaths {
    /// Shows of each path only its name.
    pub(crate) fn by_name(index: &Path) -> ShownPaths {
        ShownPaths { index: Some((index.display().to_string(), name_of(index))) }
    }

    /// A path as it is shown.
    pub(crate) fn shown(&self, path: &str) -> String {
        match &self.index {
            None => path.to_owned(),
            Some(_) => name_of(Path::new(path)),
        }
    }

    /// A message that may name the index's folder.
    pub(crate) fn message(&self, message: &str) -> String {
        match &self.index {
            Some((path, name)) if !path.is_empty() => message.replace(path.as_str(), name),
            _ => message.to_owned(),
        }
    }

    /// A status whose message may name the index's folder.
    pub(crate) fn status(&self, status: Status) -> Status {
        let may_name = matches!(status.code(), Code::DataLoss | Code::Unavailable | Code::Internal);
        match &self.index {
            Some(_) if may_name => Status::new(status.code(), self.message(status.message())),
            _ => status,
        }
    }
}

/// The last part of a path; of the folder `.git` that of the folder around it.
fn name_of(path: &Path) -> String {
    let is_git_folder = path.file_name().is_some_and(|name| name == ".git");
    let named = if is_git_folder { path.parent() } else { Some(path) };
    named.and_then(Path::file_name).map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strangers_see_names() {
        let paths = ShownPaths::by_name(Path::new("/srv/secret/linux.index"));
        assert_eq!(paths.shown("/home/user/linux/.git"), "linux");
        let told = paths.status(Status::data_loss("/srv/secret/linux.index/segments: the index is damaged"));
        assert_eq!(told.message(), "linux.index/segments: the index is damaged");
        assert_eq!(ShownPaths::default().shown("/srv/x"), "/srv/x");
    }
}
