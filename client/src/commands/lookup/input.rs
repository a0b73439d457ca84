//! What there is to look up: files and standard input, cut where a mail or commit begins.

use std::fs;
use std::io::Read;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use hunktrace_indexer::patch::sections;
use hunktrace_release::tree::{self, Options, package_patches};

/// How standard input is given as a file.
const STANDARD_INPUT: &str = "-";

/// How standard input is named in answers.
const STANDARD_INPUT_NAME: &str = "<stdin>";

/// What is found in the inputs, in their order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// The input with this name begins.
    Input(String),
    /// A section of the input that began last.
    Section(InputSection),
    /// The input that began last has ended.
    End,
    /// An input that cannot be read, as a message for the user.
    Unreadable(String),
}

/// A part of an input that holds one patch at most.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InputSection {
    /// The line of the input that it begins at, from 1.
    pub first_line: u64,
    /// Its bytes.
    pub text: Vec<u8>,
}

/// Reads inputs one after the other and hands what they hold to `accept`, until that breaks off.
pub fn read_inputs(paths: &[PathBuf], mut accept: impl FnMut(Found) -> ControlFlow<()>) -> ControlFlow<()> {
    for path in paths {
        match read(path) {
            Ok(inputs) => inputs.into_iter().try_for_each(|(name, input)| cut(name, &input, &mut accept))?,
            Err(message) => accept(Found::Unreadable(message))?,
        }
    }
    ControlFlow::Continue(())
}

/// The names and contents of a file's inputs: itself, or the patches of a source RPM.
fn read(path: &Path) -> Result<Vec<(String, Vec<u8>)>, String> {
    if path.as_os_str() == STANDARD_INPUT {
        let mut input = Vec::new();
        let read = std::io::stdin().lock().read_to_end(&mut input);
        read.map_err(|error| format!("{STANDARD_INPUT_NAME}: cannot be read: {error}"))?;
        return Ok(vec![(STANDARD_INPUT_NAME.to_owned(), input)]);
    }
    let name = path.display();
    if path.is_dir() {
        return Err(format!("{name}: is a folder; give the patches in it, as in {name}/*.patch"));
    }
    let unreadable = |error| format!("{name}: cannot be read: {error}");
    match package_patches(path, &Options::default()) {
        Ok(None) => Ok(vec![(name.to_string(), fs::read(path).map_err(unreadable)?)]),
        Ok(Some(patches)) if patches.is_empty() => Err(format!(
            "{name}: the package has no patches that its spec file applies; give the patches themselves"
        )),
        Ok(Some(patches)) => {
            Ok(patches.into_iter().map(|patch| (format!("{name}:{}", patch.name), patch.text)).collect())
        }
        Err(tree::Error::Io { source, .. }) => Err(unreadable(source)),
        Err(error) => Err(error.to_string()),
    }
}

/// Hands an input's sections to `accept`. An empty input is one empty section: the service says what is wrong with it.
fn cut(name: String, input: &[u8], accept: &mut impl FnMut(Found) -> ControlFlow<()>) -> ControlFlow<()> {
    accept(Found::Input(name))?;
    if input.is_empty() {
        accept(Found::Section(InputSection { first_line: 1, text: Vec::new() }))?;
    }
    for section in sections(input) {
        let text = input[section.span].to_vec();
        accept(Found::Section(InputSection { first_line: section.first_line as u64, text }))?;
    }
    accept(Found::End)
}

#[cfg(test)]
mod tests {
    use super::*;

    const DIFF: &str = "--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\n";

    fn found(input: &str) -> Vec<Found> {
        let mut found = Vec::new();
        let flow = cut("file".to_owned(), input.as_bytes(), &mut |item| {
            found.push(item);
            ControlFlow::Continue(())
        });
        assert_eq!(flow, ControlFlow::Continue(()));
        found
    }

    fn mail(body: &str) -> String {
        format!("From a@b Thu Jan  1 00:00:00 1970\nFrom: A <a@b>\nSubject: x\n\n{body}")
    }

    #[test]
    fn sections_are_the_bytes_of_the_input_and_know_their_lines() {
        let series = [mail("cover letter\n\n"), mail(DIFF), mail(DIFF)].concat();
        let mut text = Vec::new();
        let mut lines = Vec::new();
        for item in found(&series) {
            if let Found::Section(section) = item {
                lines.push(section.first_line);
                text.extend(section.text);
            }
        }
        assert_eq!(lines, [1, 7, 16]);
        assert_eq!(text, series.as_bytes());
    }

    #[test]
    fn empty_input_is_one_empty_section() {
        let empty = InputSection { first_line: 1, text: Vec::new() };
        assert_eq!(found(""), [Found::Input("file".to_owned()), Found::Section(empty), Found::End]);
    }

    #[test]
    fn folder_and_missing_file_do_not_stop_the_others() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let good = folder.path().join("good.patch");
        fs::write(&good, DIFF).expect("a file");
        let mut items = Vec::new();
        let flow = read_inputs(&[folder.path().to_owned(), folder.path().join("missing"), good], |item| {
            items.push(item);
            ControlFlow::Continue(())
        });
        assert_eq!(flow, ControlFlow::Continue(()));
        assert!(
            matches!(&items[0], Found::Unreadable(text) if text.contains("is a folder; give the patches"))
        );
        assert!(matches!(&items[1], Found::Unreadable(text) if text.contains("missing: cannot be read")));
        assert!(matches!(&items[2], Found::Input(name) if name.ends_with("good.patch")));
        assert!(matches!(&items[3], Found::Section(section) if section.text == DIFF.as_bytes()));
        assert_eq!(items[4..], [Found::End]);
    }

    #[test]
    fn nothing_is_read_when_nobody_wants_more() {
        let mut seen = 0;
        let series = [mail(DIFF), mail(DIFF), mail(DIFF)].concat();
        let flow = cut("file".to_owned(), series.as_bytes(), &mut |_| {
            seen += 1;
            if seen == 2 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        assert_eq!(flow, ControlFlow::Break(()));
        assert_eq!(seen, 2, "the input's name and its first section");
    }
}
