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

/// A name for the release at `place` (from 1) of `releases`. Names sort in that order and can stand in paths, refs and
/// addresses: `02-linux-4.18.0-348`.
pub fn release_name(source: &Source, place: usize, releases: usize) -> String {
    let given = match source {
        Source::Folder { path } | Source::Tarball { path, .. } | Source::Rpm { path, .. } => {
            path.file_name().unwrap_or_default().to_string_lossy().into_owned()
        }
        Source::Git { revision, .. } => revision.to_str_lossy().into_owned(),
    };
    let stem = ENDINGS.iter().find_map(|ending| given.strip_suffix(ending)).unwrap_or(&given);
    let mut name = String::new();
    for character in stem.chars().take(MOST_CHARACTERS) {
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
    use crate::tree::Compression;

    fn of_file(path: &str) -> String {
        let source = Source::Tarball { path: path.into(), bytes: 1, compression: Compression::Gzip };
        release_name(&source, 3, 12)
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
        let source = Source::Folder { path: "vendor".into() };
        assert_eq!(release_name(&source, 7, 100), "007-vendor");
    }
}
