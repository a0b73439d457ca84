//! What an RPM's spec file says about patches.
//!
//! Macros are not expanded: the lines are for a person to read.

use bstr::{BStr, ByteSlice};

/// The lines of a spec file that concern patches, as they stand there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct PatchLines {
    /// `Patch1: name`.
    pub declared: Vec<String>,
    /// `%patch1 -p1`, `ApplyPatch name` and the like.
    pub applied: Vec<String>,
}

/// Finds the lines of a spec file that declare or apply patches.
pub(super) fn patch_lines(spec: &[u8]) -> PatchLines {
    let mut found = PatchLines::default();
    for line in spec.lines() {
        let line = line.trim().as_bstr();
        if declares_patch(line) {
            found.declared.push(line.to_string());
        } else if applies_patch(line) {
            found.applied.push(line.to_string());
        }
    }
    found
}

fn declares_patch(line: &BStr) -> bool {
    let Some((keyword, rest)) = line.split_at_checked(5) else { return false };
    let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    keyword.eq_ignore_ascii_case(b"patch") && rest[digits..].starts_with(b":")
}

fn applies_patch(line: &BStr) -> bool {
    const COMMANDS: [&[u8]; 3] = [b"ApplyPatch", b"ApplyOptionalPatch", b"git"];
    let command = line.fields().next().unwrap_or_default();
    let is_patch_macro = command.starts_with(b"%patch") || command.starts_with(b"%{patch");
    let is_automatic = [&b"%autopatch"[..], b"%autosetup", b"%apply_patches"].contains(&command);
    let is_command = COMMANDS.contains(&command)
        && (command != b"git" || line.contains_str(" am ") || line.contains_str(" apply "));
    is_patch_macro || is_automatic || is_command
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn declarations_and_applications_are_told_apart_from_the_rest() {
        let spec = b"Name: kernel\nPatch1: debrand.patch\npatch: one.patch\nPatchwork: no\n%patch1 -p1\n\
            %patch -P 2 -p1\n  ApplyOptionalPatch test.patch\nApplyPatch()\n%autosetup -p1\ngit am %{patches}\n\
            git add .\n# %patch3 -p1\nSource0: linux.tar.xz\n%prep\n";
        let lines = patch_lines(spec);
        assert_eq!(lines.declared, ["Patch1: debrand.patch", "patch: one.patch"]);
        assert_eq!(
            lines.applied,
            [
                "%patch1 -p1",
                "%patch -P 2 -p1",
                "ApplyOptionalPatch test.patch",
                "%autosetup -p1",
                "git am %{patches}"
            ]
        );
    }

    #[test]
    fn bytes_that_are_no_text_are_passed_over() {
        assert_eq!(patch_lines(b"\xff\xfe\npat\x80h1:\n"), PatchLines::default());
    }
}
