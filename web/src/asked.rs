//! What somebody has put into the box: a commit, a CVE, a path, a function, a call trace, words, or a text with code.

use hunktrace_server::catalogue::call_trace::read_call_trace;

/// The fewest digits of an abbreviated commit id that is recognised without a word before it.
const FEWEST_DIGITS: usize = 7;

/// The names of fields that a search may have, as mail archives of patches have them.
pub const FIELDS: [&str; 6] = ["dfn", "dfhh", "dfpre", "dfpost", "s", "a"];

/// What was put into the box.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Asked {
    /// Nothing.
    Nothing,
    /// A commit, by its id or the beginning of it.
    Commit(String),
    /// A file, a function (`PATH:FUNCTION`, `:FUNCTION`) or a CVE id.
    History(String),
    /// A call trace of the kernel.
    Trace(String),
    /// Words, with names of fields or without.
    Words(String),
    /// A hunk, a patch, a mail or code.
    Text,
}

/// Recognises what was put into the box.
pub fn recognise(text: &str) -> Asked {
    let text = text.trim();
    if text.is_empty() {
        return Asked::Nothing;
    }
    if text.contains('\n') {
        let is_trace = !has_diff(text) && read_call_trace(text).iter().any(|function| function.is_certain);
        return if is_trace { Asked::Trace(text.to_owned()) } else { Asked::Text };
    }
    if let Some(id) = commit_id(text) {
        return Asked::Commit(id);
    }
    if is_cve(text) {
        return Asked::History(text.to_uppercase());
    }
    let has_field = text.split_whitespace().any(|word| {
        word.split_once(':').is_some_and(|(name, rest)| FIELDS.contains(&name) && !rest.is_empty())
    });
    if has_field {
        return Asked::Words(text.to_owned());
    }
    if !text.contains(char::is_whitespace)
        && let Some(name) = code_name(text)
    {
        return Asked::History(name);
    }
    let is_code = text.contains([';', '{', '}', '=']) || text.starts_with(['+', '-', '#']);
    if is_code { Asked::Text } else { Asked::Words(text.to_owned()) }
}

fn has_diff(text: &str) -> bool {
    text.lines()
        .any(|line| line.starts_with("@@ ") || line.starts_with("diff --git ") || line.starts_with("+++ "))
}

/// A commit's id: alone, behind the word `commit`, or at the end of an address.
fn commit_id(text: &str) -> Option<String> {
    let id = text.strip_prefix("commit ").unwrap_or(text).trim();
    let id = match id.contains("://") {
        true => id.split_once('#').map_or(id, |(address, _)| address).rsplit(['/', '=']).next()?,
        false => id,
    };
    let is_id = (FEWEST_DIGITS..=40).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_id.then(|| id.to_lowercase())
}

fn is_cve(text: &str) -> bool {
    let mut parts = text.split('-');
    let is_number = |part: Option<&str>, fewest: usize| {
        part.is_some_and(|part| part.len() >= fewest && part.bytes().all(|byte| byte.is_ascii_digit()))
    };
    parts.next().is_some_and(|part| part.eq_ignore_ascii_case("cve"))
        && is_number(parts.next(), 4)
        && is_number(parts.next(), 4)
        && parts.next().is_none()
}

/// A path, `PATH:FUNCTION`, `:FUNCTION`, or a function's name alone.
fn code_name(text: &str) -> Option<String> {
    let is_identifier = |name: &str| {
        !name.is_empty()
            && !name.starts_with(|c: char| c.is_ascii_digit())
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    };
    let text = text.strip_suffix("()").unwrap_or(text);
    if let Some((path, function)) = text.rsplit_once(':') {
        return (is_identifier(function) && (path.is_empty() || is_path(path))).then(|| text.to_owned());
    }
    if is_path(text) {
        return Some(text.to_owned());
    }
    (is_identifier(text) && text.contains('_')).then(|| format!(":{text}"))
}

fn is_path(text: &str) -> bool {
    let is_top = ["Makefile", "Kconfig", "Kbuild", "MAINTAINERS"].contains(&text);
    let has_extension = [".c", ".h", ".S", ".rs", ".dts", ".dtsi", ".rst", ".txt", ".py", ".sh"]
        .iter()
        .any(|extension| text.ends_with(extension));
    let is_folder = text.contains('/') && !text.contains("://");
    (is_top || has_extension || is_folder) && !text.contains([';', '(', '"'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_of_commits_are_recognised_alone_and_in_addresses() {
        let id = "08be64be3d1e5ecd72e7ba3147aea518e527f08e";
        let commit = |id: &str| Asked::Commit(id.to_owned());
        assert_eq!(recognise(&format!(" {id}\n")), commit(id));
        assert_eq!(recognise("commit 08BE64BE3D1E"), commit("08be64be3d1e"));
        for address in ["https://git.kernel.org/stable/c/", "https://git.kernel.org/x/commit/?id="] {
            assert_eq!(recognise(&format!("{address}{id}")), commit(id));
        }
    }

    #[test]
    fn names_of_code_and_of_cves_are_histories() {
        let history = |name: &str| Asked::History(name.to_owned());
        assert_eq!(recognise("cve-2011-1093"), history("CVE-2011-1093"));
        assert_eq!(recognise("net/ipv4/tcp_input.c"), history("net/ipv4/tcp_input.c"));
        assert_eq!(recognise("net/ipv4/tcp_input.c:tcp_ack"), history("net/ipv4/tcp_input.c:tcp_ack"));
        assert_eq!(recognise("tcp_ack()"), history(":tcp_ack"));
        assert_eq!(recognise(":panic"), history(":panic"));
    }

    #[test]
    fn words_are_searched_for() {
        let words = |text: &str| Asked::Words(text.to_owned());
        assert_eq!(recognise("s:tcp a:Eric"), words("s:tcp a:Eric"));
        assert_eq!(recognise("fix the lock"), words("fix the lock"));
        assert_eq!(recognise("mm"), words("mm"));
    }

    #[test]
    fn code_is_looked_up() {
        for text in ["@@ -1 +1 @@\n-a\n+b\n", "\tspin_lock(&x->lock);", "+a", "#define X 1", "int a;\nint b;"]
        {
            assert_eq!(recognise(text), Asked::Text, "{text}");
        }
    }

    #[test]
    fn traces_are_told_from_patches() {
        let trace = "BUG: unable to handle kernel NULL pointer dereference\nCall Trace:\n \
                     [<ffffffff8144d4a5>] tcp_ack+0x1a/0x2b0\n [<ffffffff8144d4a5>] tcp_rcv_established+0x1a/0x2b0";
        assert_eq!(recognise(trace), Asked::Trace(trace.to_owned()));
        assert_eq!(recognise(&format!("{trace}\n@@ -1 +1 @@\n-a\n+b")), Asked::Text);
    }

    #[test]
    fn nothing_is_nothing() {
        assert_eq!(recognise(" \n"), Asked::Nothing);
    }
}
