//! What a release is called among others.

use bstr::ByteSlice;

use crate::tree::Source;

/// Longer names are cut, because they become names of folders and branches.
const MOST_CHARACTERS: usize = 60;

/// The ends of file names that only say what kind of file it is, the longer ones first.
const ENDINGS: [&str; 14] = [
    ".tar.gz",
    ".tar.xz",
    ".tar.bz2",
    ".tar.zst",
    ".src.rpm",
    ".nosrc.rpm",
    ".tar",
    ".tgz",
    ".txz",
    ".tbz2",
    ".tbz",
    ".tzst",
    ".rpm",
    ".git",
];

/// What a tree is called where nobody has named it: an RPM package by its header, everything else by the name of its file
/// or folder, or by its revision.
pub fn tree_name(source: &Source) -> String {
    if let Source::Rpm { identity: Some(identity), .. } = source {
        return identity.clone();
    }
    let given = match source.without_folders() {
        Source::Folder { path } => return path.to_string_lossy().into_owned(),
        Source::Tarball { path, .. } | Source::Rpm { path, .. } => path.to_string_lossy().into_owned(),
        Source::Git { revision, .. } => return revision.to_str_lossy().into_owned(),
    };
    let stem = ENDINGS.iter().find_map(|ending| given.strip_suffix(ending));
    stem.filter(|stem| !stem.is_empty()).unwrap_or(&given).to_owned()
}

/// What the folder of the release at `place` (from 1) of `releases` is called. Such names sort in that order and can
/// stand in paths, refs and addresses: `02-linux-4.18.0-348`.
pub fn folder_name(release: &str, place: usize, releases: usize) -> String {
    let mut name = String::new();
    for character in release.chars().take(MOST_CHARACTERS) {
        let is_kept = character.is_ascii_alphanumeric() || matches!(character, '.' | '_' | '-' | '+');
        // Refs may neither have two dots in a row nor end in a dot or in ".lock".
        let is_second_dot = character == '.' && name.ends_with('.');
        name.push(if is_kept && !is_second_dot { character } else { '-' });
    }
    let name = name.trim_end_matches(".lock").trim_matches(['.', '-']);
    let digits = releases.to_string().len().max(2);
    match name {
        "" => format!("{place:0digits$}"),
        name => format!("{place:0digits$}-{name}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::{Checksum, Compression};

    fn tarball(path: &str) -> Source {
        Source::Tarball {
            path: path.into(),
            bytes: 1,
            checksum: Checksum::default(),
            compression: Compression::Gzip,
        }
    }

    fn of_file(path: &str) -> String {
        folder_name(&tree_name(&tarball(path)), 3, 12)
    }

    #[test]
    fn packages_are_named_by_their_header_and_other_trees_by_their_place() {
        let package = |identity: Option<&str>| Source::Rpm {
            path: "/x/package.src.rpm".into(),
            bytes: 1,
            checksum: Checksum::default(),
            identity: identity.map(str::to_owned),
            member: "linux.tar".into(),
            compression: Compression::None,
        };
        assert_eq!(tree_name(&package(Some("kernel-4.18.0-80.el8"))), "kernel-4.18.0-80.el8");
        assert_eq!(tree_name(&package(None)), "package");
        assert_eq!(tree_name(&tarball("/x/Linux 4.18.tar.xz")), "Linux 4.18");
        assert_eq!(tree_name(&Source::Folder { path: "/x/vendor.tar/".into() }), "vendor.tar");
        let tree = gix::ObjectId::null(gix::hash::Kind::Sha1);
        let git = Source::Git { repo: "/x/linux".into(), revision: "kernel-5.14".into(), commit: None, tree };
        assert_eq!(tree_name(&git), "kernel-5.14");
    }

    #[test]
    fn name_is_the_files_without_its_ending() {
        assert_eq!(of_file("/x/linux-4.18.0-348.tar.xz"), "03-linux-4.18.0-348");
        assert_eq!(of_file("kernel-4.18.0-348.el8.src.rpm"), "03-kernel-4.18.0-348.el8");
        assert_eq!(of_file("a b/c d..e.lock"), "03-c-d.-e");
        assert_eq!(of_file("/"), "03");
    }

    #[test]
    fn many_releases_have_as_many_digits() {
        assert_eq!(folder_name("vendor", 7, 100), "007-vendor");
    }
}
