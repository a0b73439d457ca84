//! What a line of a spec file's shell may do to the tree, by how it looks.

/// The digits of `%patch12`, `%{patch12}` or `%{PATCH12}`; empty for `%patch`.
pub(super) fn numbered_macro(word: &str) -> Option<&str> {
    let name = word.strip_prefix('%')?;
    let name = name.strip_prefix('{').map_or(name, |inside| inside.trim_end_matches('}'));
    let digits = name.strip_prefix("patch")?;
    digits.bytes().all(|byte| byte.is_ascii_digit()).then_some(digits)
}

/// The name of the shell function that a line begins to define.
pub(super) fn function_name(line: &str) -> Option<&str> {
    let line = line.strip_prefix("function ").unwrap_or(line);
    let (name, rest) = line.split_once('(')?;
    let name = name.trim();
    let is_name = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    (is_name && rest.trim_start().starts_with(')')).then_some(name)
}

/// Whether a folder is the kernel's, as far as its name tells.
pub(super) fn is_kernel_folder(folder: &str) -> bool {
    let folder = folder.trim_matches(['"', '\'', '/']);
    let last = folder.rsplit('/').next().unwrap_or(folder);
    ["linux", "kernel", "vanilla", "%{name}", "%name"].iter().any(|start| last.starts_with(start))
}

/// Whether a line of shell may apply patches.
pub(super) fn may_apply(line: &str, word: &str) -> bool {
    let commands =
        ["git am", "git apply", "git-am", "quilt push", "%apply_patch", "apply-patches", "patch -"];
    let is_macro = word.starts_with('%') && word.to_ascii_lowercase().contains("patch");
    let is_command = word == "patch" || commands.iter().any(|command| line.contains(command));
    is_macro || is_command || word == "ApplyPatch" || word == "ApplyOptionalPatch"
}
