//! The `series` file: the patches' names in order, with remarks for the people who apply them.
//!
//! It is a series file of quilt: a name a line; what begins with `#` is a remark, and empty lines count for nothing.

use super::patch_key::PatchKey;

/// The name of the file that lists the patches in order.
pub const SERIES_FILE: &str = "series";

/// How to apply the patches.
///
/// Git reads them from its standard input, because the names of a release's patches are more than a command takes. Without
/// these options it strips carriage returns from the lines, `[SCSI]` and the like from the subjects, and, where its
/// configuration says so, white space; without the settings it hashes the index and waits for the disk for every patch.
const HOW_TO_APPLY: &str = "\
# In the base's folder, with git:
#   (cd PATCHES && grep -v '^#' series | xargs cat) | git -c core.fsync=none -c index.skipHash=true \\
#       am --keep-cr --keep-non-patch --whitespace=nowarn
# with GNU patch 2.7 or later:
#   grep -v '^#' PATCHES/series | while read -r name; do patch -p1 -s < PATCHES/$name || break; done
# or with quilt, PATCHES being the whole path, and no -E in QUILT_PATCH_OPTS, which is bad for empty files:
#   QUILT_PATCHES=PATCHES quilt push -a
";

/// The file's text for patches in order, each with its name.
pub(super) fn series_text<'a>(patches: impl Iterator<Item = (&'a str, &'a PatchKey)>) -> String {
    let mut text = HOW_TO_APPLY.to_owned();
    let mut is_for_git = false;
    for (name, key) in patches {
        if !is_for_git && matches!(key, PatchKey::GitOnly(_)) {
            text.push_str("# From here on binary files and submodules, which only git can apply:\n");
            is_for_git = true;
        }
        text.push_str(name);
        text.push('\n');
    }
    text
}

/// The names of the patches that the file lists, in order.
pub(super) fn patch_names(text: &str) -> Vec<String> {
    let lines = text.lines().map(str::trim);
    lines.filter(|line| !line.is_empty() && !line.starts_with('#')).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_come_back_in_order_without_the_remarks() {
        let keys = [PatchKey::Moves, PatchKey::GitOnly("a".into()), PatchKey::GitOnly("b".into())];
        let names = ["0001-moves.patch", "0002-a.patch", "0003-b.patch"];
        let text = series_text(names.into_iter().zip(&keys));
        assert_eq!(patch_names(&text), names);
        assert_eq!(text.matches("which only git can apply").count(), 1, "{text}");
        assert!(text.ends_with("only git can apply:\n0002-a.patch\n0003-b.patch\n"), "{text}");
    }

    #[test]
    fn empty_lines_and_blanks_around_names_are_passed_over() {
        assert_eq!(patch_names("\n  a.patch \r\n# b.patch\n\nc.patch"), ["a.patch", "c.patch"]);
    }
}
