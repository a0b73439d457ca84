//! What there is to look up: files and standard input, split into patches.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use hunktrace_indexer::patch::{Patch, Problem, parse, patches};

use crate::terminal::screen_text::printable;

/// How standard input is given as a file.
const STANDARD_INPUT: &str = "-";

/// How standard input is named in answers.
const STANDARD_INPUT_NAME: &str = "<stdin>";

/// Something that an input holds, in its order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// A patch to look up.
    Patch(InputPatch),
    /// Something that cannot be read, as a message for the user.
    Unreadable(String),
}

/// One patch of an input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InputPatch {
    /// The input's name, with `#1`, `#2` and so on behind it where the input has several patches.
    pub name: String,
    /// The input's name.
    pub file: String,
    /// The line of the input that the patch begins at, from 1.
    pub first_line: u64,
    /// The patch's bytes.
    pub text: Vec<u8>,
    /// Whether something is wrong with it, which follows as [`Found::Unreadable`].
    pub has_problems: bool,
}

/// Reads inputs one after the other and hands what they hold to `accept`, until that returns false.
pub fn read_inputs(paths: &[PathBuf], mut accept: impl FnMut(Found) -> bool) {
    for path in paths {
        let goes_on = match read(path) {
            Ok((name, input)) => split(&name, &input, &mut accept),
            Err(message) => accept(Found::Unreadable(message)),
        };
        if !goes_on {
            return;
        }
    }
}

fn read(path: &Path) -> Result<(String, Vec<u8>), String> {
    if path.as_os_str() == STANDARD_INPUT {
        let mut input = Vec::new();
        let read = std::io::stdin().lock().read_to_end(&mut input);
        read.map_err(|error| format!("{STANDARD_INPUT_NAME}: cannot be read: {error}"))?;
        return Ok((STANDARD_INPUT_NAME.to_owned(), input));
    }
    let name = path.display();
    if path.is_dir() {
        return Err(format!("{name}: is a folder; give the patches in it, as in {name}/*.patch"));
    }
    let input = fs::read(path).map_err(|error| format!("{name}: cannot be read: {error}"))?;
    Ok((name.to_string(), input))
}

/// Hands an input's patches to `accept`, each followed by what is wrong with it; false if that wants no more.
fn split(name: &str, input: &[u8], accept: &mut impl FnMut(Found) -> bool) -> bool {
    // Whether a patch is the only one of its input, and keeps its name, shows when the next one comes or none does.
    let mut held: Option<(Patch, Vec<Problem>)> = None;
    let mut number = 0;
    let mut has_problems = false;
    for (patch, problems) in patches(input) {
        has_problems |= !problems.is_empty();
        let goes_on = if patch.files.is_empty() {
            hand_over_problems(name, &problems, accept)
        } else if let Some((previous, problems)) = held.replace((patch, problems)) {
            number += 1;
            accept(Found::Patch(input_patch(name, Some(number), input, &previous, &problems)))
                && hand_over_problems(name, &problems, accept)
        } else {
            true
        };
        if !goes_on {
            return false;
        }
    }
    if let Some((patch, problems)) = held {
        let number = (number > 0).then_some(number + 1);
        return accept(Found::Patch(input_patch(name, number, input, &patch, &problems)))
            && hand_over_problems(name, &problems, accept);
    }
    // Only reading it whole tells an input without any diff from one that has nothing to say.
    let rest = if has_problems { Vec::new() } else { parse(input).problems };
    hand_over_problems(name, &rest, accept)
}

fn hand_over_problems(name: &str, problems: &[Problem], accept: &mut impl FnMut(Found) -> bool) -> bool {
    problems.iter().all(|problem| accept(Found::Unreadable(problem_text(name, problem))))
}

fn input_patch(
    file: &str,
    number: Option<usize>,
    input: &[u8],
    patch: &Patch,
    problems: &[Problem],
) -> InputPatch {
    InputPatch {
        name: number.map_or_else(|| file.to_owned(), |number| format!("{file}#{number}")),
        file: file.to_owned(),
        first_line: patch.first_line as u64,
        text: input[patch.span.clone()].to_vec(),
        has_problems: !problems.is_empty(),
    }
}

fn problem_text(name: &str, problem: &Problem) -> String {
    let path = problem.path.as_ref().map(|path| format!("{}: ", printable(&path.to_string())));
    let (path, kind) = (path.unwrap_or_default(), &problem.kind);
    format!("{name}:{}: {path}{kind}; {}", problem.line, kind.remedy())
}

#[cfg(test)]
mod tests {
    use super::*;

    const DIFF: &str = "--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\n";

    fn found(input: &str) -> Vec<Found> {
        let mut found = Vec::new();
        let mut accept = |item| {
            found.push(item);
            true
        };
        split("file", input.as_bytes(), &mut accept);
        found
    }

    fn names(input: &str) -> Vec<(String, u64)> {
        let name = |item| match item {
            Found::Patch(patch) => (patch.name, patch.first_line),
            Found::Unreadable(message) => (message, 0),
        };
        found(input).into_iter().map(name).collect()
    }

    fn mail(body: &str) -> String {
        format!("From a@b Thu Jan  1 00:00:00 1970\nFrom: A <a@b>\nSubject: x\n\n{body}")
    }

    #[test]
    fn single_patch_has_the_name_of_its_input() {
        assert_eq!(names(DIFF), [("file".to_owned(), 1)]);
    }

    #[test]
    fn patches_of_a_series_are_numbered_and_cover_letters_are_not() {
        let series = [mail("cover letter\n\n"), mail(DIFF), mail(DIFF)].concat();
        assert_eq!(names(&series), [("file#1".to_owned(), 7), ("file#2".to_owned(), 16)]);
    }

    #[test]
    fn patch_bytes_are_those_of_the_input() {
        let series = [mail(DIFF), mail(DIFF)].concat();
        let texts: Vec<Vec<u8>> = found(&series)
            .into_iter()
            .filter_map(|item| match item {
                Found::Patch(patch) => Some(patch.text),
                Found::Unreadable(_) => None,
            })
            .collect();
        assert_eq!(texts.concat(), series.as_bytes());
    }

    #[test]
    fn input_without_a_diff_is_reported() {
        let messages = names("nothing to see\n");
        assert_eq!(messages.len(), 1);
        assert!(messages[0].0.starts_with("file:1: no diff found; give a unified diff"), "{messages:?}");
    }

    #[test]
    fn problem_outside_of_any_file_is_reported_beside_the_good_patch() {
        let log = format!("{}{}", mail(DIFF), mail("*** a/x\n--- b/x\n***************\n*** 1 ****\n! a\n"));
        let names = names(&log);
        assert!(names.iter().any(|(name, line)| name == "file" && *line == 1), "{names:?}");
        assert!(names.iter().any(|(name, _)| name.contains("context diffs cannot be read")), "{names:?}");
    }

    #[test]
    fn malformed_patch_is_asked_all_the_same_and_its_problem_follows() {
        let cut = mail("--- a/x\n+++ b/x\n@@ -1,9 +1,9 @@\n-a\n+b\n");
        let found = found(&[cut, mail(DIFF)].concat());
        assert!(matches!(&found[0], Found::Patch(patch) if patch.name == "file#1" && patch.has_problems));
        assert!(matches!(&found[1], Found::Unreadable(text) if text.starts_with("file:7: x: ")), "{found:?}");
        assert!(matches!(&found[2], Found::Patch(patch) if patch.name == "file#2" && !patch.has_problems));
    }

    #[test]
    fn folder_and_missing_file_do_not_stop_the_others() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let good = folder.path().join("good.patch");
        fs::write(&good, DIFF).expect("a file");
        let mut items = Vec::new();
        read_inputs(&[folder.path().to_owned(), folder.path().join("missing"), good], |item| {
            items.push(item);
            true
        });
        assert!(
            matches!(&items[0], Found::Unreadable(text) if text.contains("is a folder; give the patches"))
        );
        assert!(matches!(&items[1], Found::Unreadable(text) if text.contains("missing: cannot be read")));
        assert!(matches!(&items[2], Found::Patch(patch) if patch.name.ends_with("good.patch")));
    }

    #[test]
    fn nothing_is_read_when_nobody_wants_more() {
        let mut seen = 0;
        let series = [mail(DIFF), mail(DIFF), mail(DIFF)].concat();
        let mut accept = |_| {
            seen += 1;
            false
        };
        assert!(!split("file", series.as_bytes(), &mut accept));
        assert_eq!(seen, 1);
    }
}
