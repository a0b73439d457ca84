//! What a user does not want to be told: commits, files and vulnerabilities with the reason.

use bstr::{BStr, BString};

/// Something that a user does not want to be told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiver {
    /// What is waived: the beginning of a commit's id, a path or folder, or the name of a vulnerability.
    pub subject: String,
    /// Why.
    pub reason: String,
}

/// All that a user does not want to be told.
#[derive(Clone, Debug, Default)]
pub struct Waivers(pub Vec<Waiver>);

/// A waiver names a commit by at least this many digits.
const MIN_DIGITS: usize = 7;

impl Waivers {
    /// Why a commit is not wanted, if it is not.
    pub fn of_commit(&self, id: &str) -> Option<&Waiver> {
        let is_id = |subject: &str| {
            subject.len() >= MIN_DIGITS && subject.bytes().all(|byte| byte.is_ascii_hexdigit())
        };
        self.0
            .iter()
            .find(|waiver| is_id(&waiver.subject) && id.starts_with(&waiver.subject.to_ascii_lowercase()))
    }

    /// Why changes of these files alone are not wanted, if they are not: each is waived.
    pub fn of_files<'a>(&self, paths: impl Iterator<Item = &'a BString>) -> Option<&Waiver> {
        let mut first = None;
        for path in paths {
            let waiver = self.0.iter().find(|waiver| is_within(path.as_ref(), waiver.subject.as_bytes()))?;
            first = first.or(Some(waiver));
        }
        first
    }

    /// Why a vulnerability is not wanted, if it is not.
    pub fn of_vulnerability(&self, id: &str) -> Option<&Waiver> {
        self.0.iter().find(|waiver| waiver.subject.eq_ignore_ascii_case(id))
    }
}

/// Whether a path is a file or in a folder.
fn is_within(path: &BStr, folder: &[u8]) -> bool {
    let folder = folder.strip_suffix(b"/").unwrap_or(folder);
    let Some(rest) = path.strip_prefix(folder) else { return false };
    !folder.is_empty() && (rest.is_empty() || rest.starts_with(b"/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn waivers() -> Waivers {
        let waiver = |subject: &str| Waiver { subject: subject.to_owned(), reason: "known".to_owned() };
        Waivers(vec![
            waiver("0123456789ab"),
            waiver("drivers/staging/"),
            waiver("CVE-2011-1234"),
            waiver("fs/a.c"),
        ])
    }

    #[test]
    fn commits_are_waived_by_the_beginning_of_their_id() {
        assert!(waivers().of_commit("0123456789abcdef").is_some());
        assert!(waivers().of_commit("1123456789abcdef").is_none());
    }

    #[test]
    fn files_are_waived_where_each_is() {
        let is_waived = |paths: &[&str]| {
            let paths: Vec<BString> = paths.iter().map(|path| (*path).into()).collect();
            waivers().of_files(paths.iter()).is_some()
        };
        assert!(is_waived(&["drivers/staging/x.c", "fs/a.c"]));
        assert!(!is_waived(&["drivers/staging/x.c", "fs/b.c"]));
        assert!(!is_waived(&["drivers/stagingx/x.c"]));
        assert!(!is_waived(&[]));
    }

    #[test]
    fn vulnerabilities_are_waived_by_name() {
        assert!(waivers().of_vulnerability("cve-2011-1234").is_some());
        assert!(waivers().of_vulnerability("CVE-2011-12345").is_none());
    }
}
