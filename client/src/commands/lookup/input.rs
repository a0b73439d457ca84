//! What there is to look up: files, folders, revisions and standard input, cut where a mail or commit begins.

use std::cell::OnceCell;
use std::fs;
use std::io::Read;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use hunktrace_indexer::patch::{LineMap, PlainText, sections};
use hunktrace_indexer::patch_folder::{PatchFolder, patches_in};
use hunktrace_release::tree::{self, Options, TextError, package_patches, read_text};

use crate::commands::lookup::commit_text::CommitTexts;
use crate::commands::lookup::input_faults::{closest_file, meant, no_file_of_series, without_patches};
use crate::source::revisions::{CommitsOfRepository, NamedCommits};

/// How standard input is given as a file.
pub const STANDARD_INPUT: &str = "-";

/// How standard input is named in answers.
const STANDARD_INPUT_NAME: &str = "<stdin>";

/// Where a tar archive says that it is one, and how.
const TAR_MARK: (usize, &[u8]) = (257, b"ustar");

/// What is found in the inputs, in their order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// What follows is of the input that was named so.
    Named(PathBuf),
    /// The input with this name begins.
    Input(String),
    /// A section of the input that began last.
    Section(InputSection),
    /// The input that began last has ended.
    End,
    /// An input that cannot be read, as a message for the user.
    Unreadable(String),
    /// What the user should know of an input, though all of it is read that is meant.
    Note(String),
}

/// A part of an input that holds one patch at most.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InputSection {
    /// The line that it begins at, from 1.
    pub first_line: u64,
    /// Where its lines and those around it stand in the input.
    pub lines: LineMap,
    /// Its bytes.
    pub text: Vec<u8>,
    /// Whether it is known to hold a diff, or to belong to a text that does; it may be anything else.
    pub is_plain: bool,
}

/// Where inputs are looked for, and how much is read.
#[derive(Clone, Debug)]
pub struct InputOptions {
    /// The repository whose revisions are meant; without one it is that around the current folder.
    pub repository: Option<PathBuf>,
    /// Bytes that a compressed input may have when it is decompressed.
    pub max_unpacked: u64,
}

/// Reads inputs one after the other and hands what they hold to `accept`, until that breaks off.
pub fn read_inputs(
    names: &[PathBuf],
    options: &InputOptions,
    accept: impl FnMut(Found) -> ControlFlow<()>,
) -> ControlFlow<()> {
    let mut reader = InputReader { options, accept, commits: OnceCell::new() };
    names.iter().try_for_each(|name| {
        (reader.accept)(Found::Named(name.clone()))?;
        reader.read(name)
    })
}

struct InputReader<'a, A> {
    options: &'a InputOptions,
    accept: A,
    /// The repository whose revisions are meant, once it was looked for; none if there is none.
    commits: OnceCell<Option<Rc<CommitsOfRepository>>>,
}

impl<A: FnMut(Found) -> ControlFlow<()>> InputReader<'_, A> {
    fn read(&mut self, name: &Path) -> ControlFlow<()> {
        if name.as_os_str() == STANDARD_INPUT {
            return self.read_stream(STANDARD_INPUT_NAME, std::io::stdin().lock());
        }
        match fs::metadata(name) {
            Ok(found) if found.is_dir() => self.read_folder(name),
            Ok(found) if found.is_file() && self.is_of_repository(name) => self.read_revision(name),
            Ok(found) if found.is_file() => self.read_file(name),
            // A pipe is read once, from its beginning.
            Ok(_) => match fs::File::open(name) {
                Ok(pipe) => self.read_stream(&name.display().to_string(), pipe),
                Err(error) => self.refuse(format!("{}: cannot be read: {error}", name.display())),
            },
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => self.read_revision(name),
            Err(error) => self.refuse(format!("{}: cannot be read: {error}", name.display())),
        }
    }

    /// Whether a file is one of a bare repository that is the current folder, such as its `HEAD`.
    fn is_of_repository(&self, name: &Path) -> bool {
        let is_bare_name = name.parent().is_some_and(|folder| folder.as_os_str().is_empty());
        is_bare_name
            && self
                .commits()
                .is_some_and(|commits| commits.is_kept_in(Path::new(".")) && commits.names_commit(name))
    }

    /// The repository whose revisions are meant, opened once for all inputs.
    fn commits(&self) -> Option<Rc<CommitsOfRepository>> {
        let find = || CommitsOfRepository::find(self.options.repository.as_deref()).map(Rc::new);
        self.commits.get_or_init(find).clone()
    }

    fn refuse(&mut self, message: String) -> ControlFlow<()> {
        (self.accept)(Found::Unreadable(message))
    }

    fn read_stream(&mut self, name: &str, input: impl Read) -> ControlFlow<()> {
        match read_text(input, self.options.max_unpacked) {
            Ok(text) if is_tar(&text) => {
                self.refuse(format!("{name}: is a tar archive; unpack it and give the folder"))
            }
            Ok(text) => cut(name.to_owned(), &text, &mut self.accept),
            Err(error @ TextError::OverLimit { .. }) => {
                self.refuse(format!("{name}: {error}; give it decompressed, or raise --max-unpacked"))
            }
            Err(error) => self.refuse(format!("{name}: {error}")),
        }
    }

    /// Reads a file: itself, or the patches of a source RPM.
    fn read_file(&mut self, path: &Path) -> ControlFlow<()> {
        let name = path.display();
        match package_patches(path, &Options::default()) {
            Ok(None) => match fs::File::open(path) {
                Ok(file) => self.read_stream(&name.to_string(), file),
                Err(error) => self.refuse(format!("{name}: cannot be read: {error}")),
            },
            Ok(Some(patches)) if patches.is_empty() => self.refuse(format!(
                "{name}: the package has no patches that its spec file applies; give the patches themselves"
            )),
            Ok(Some(patches)) => patches
                .into_iter()
                .try_for_each(|patch| cut(format!("{name}:{}", patch.name), &patch.text, &mut self.accept)),
            Err(tree::Error::Io { source, .. }) => self.refuse(format!("{name}: cannot be read: {source}")),
            Err(error) => self.refuse(error.to_string()),
        }
    }

    fn read_folder(&mut self, folder: &Path) -> ControlFlow<()> {
        let PatchFolder { files, left_out } = match patches_in(folder) {
            Ok(found) => found,
            Err(error) => return self.refuse(format!("{}: cannot be read: {error}", folder.display())),
        };
        left_out.iter().try_for_each(|left_out| match left_out.is_meant() {
            true => (self.accept)(Found::Note(left_out.to_string())),
            false => self.refuse(left_out.to_string()),
        })?;
        if files.is_empty() {
            return self.refuse(without_patches(folder));
        }
        files.iter().try_for_each(|file| match file.is_file() {
            true => self.read_file(file),
            false => self.refuse(no_file_of_series(file)),
        })
    }

    /// Reads the commits that a name stands for which is no file.
    fn read_revision(&mut self, name: &Path) -> ControlFlow<()> {
        let Some(text) = name.to_str() else {
            return self.refuse(format!("{}: there is no such file", name.display()));
        };
        if text.contains("://") {
            return self.refuse(format!(
                "{text}: nothing is fetched here; pipe it in: curl -sL '{text}' | hunktrace lookup"
            ));
        }
        let Some(commits) = self.commits() else {
            let advice = "and no git repository is around whose revision it could be";
            return self
                .refuse(format!("{text}: there is no such file, {advice}{}", meant(closest_file(name))));
        };
        match commits.named(text) {
            Ok(Some(named)) => self.read_commits(text, &commits.path(), &named),
            Ok(None) => {
                let repository = commits.path();
                let suggestion = closest_file(name).or_else(|| commits.suggestion(text));
                self.refuse(format!(
                    "{text}: there is no such file, and no such revision in {}{}",
                    repository.display(),
                    meant(suggestion)
                ))
            }
            Err(message) => self.refuse(message),
        }
    }

    fn read_commits(&mut self, name: &str, repository: &Path, named: &NamedCommits) -> ControlFlow<()> {
        if named.commits.is_empty() {
            return self.refuse(format!("{name}: has no commits but merges; give the older revision first"));
        }
        let mut texts = match CommitTexts::open(repository) {
            Ok(texts) => texts,
            Err(message) => return self.refuse(format!("{name}: {message}")),
        };
        if !named.is_range {
            return match texts.text(&named.commits[0]) {
                Ok(text) => {
                    (self.accept)(Found::Input(name.to_owned()))?;
                    self.accept_commit(text)?;
                    (self.accept)(Found::End)
                }
                Err(message) => self.refuse(format!("{name}: {message}")),
            };
        }
        (self.accept)(Found::Input(name.to_owned()))?;
        for commit in &named.commits {
            match texts.text(commit) {
                Ok(text) => self.accept_commit(text)?,
                Err(message) => self.refuse(format!("{name}: {commit}: {message}"))?,
            }
        }
        (self.accept)(Found::End)
    }

    fn accept_commit(&mut self, text: Vec<u8>) -> ControlFlow<()> {
        let section = InputSection { first_line: 1, lines: LineMap::default(), text, is_plain: true };
        (self.accept)(Found::Section(section))
    }
}

fn is_tar(text: &[u8]) -> bool {
    text.get(TAR_MARK.0..).is_some_and(|text| text.starts_with(TAR_MARK.1))
}

/// Hands an input's sections to `accept`. A text without a diff is one section, which may be anything: the service says what
/// is wrong with it.
fn cut(name: String, input: &[u8], accept: &mut impl FnMut(Found) -> ControlFlow<()>) -> ControlFlow<()> {
    accept(Found::Input(name))?;
    let plain = PlainText::of(input);
    if !plain.holds_diff() {
        let section =
            InputSection { first_line: 1, lines: LineMap::default(), text: input.to_vec(), is_plain: false };
        accept(Found::Section(section))?;
        return accept(Found::End);
    }
    let lines = plain.line_map();
    for section in sections(plain.text()) {
        accept(Found::Section(InputSection {
            first_line: section.first_line as u64,
            lines: lines.clone(),
            text: plain.text()[section.span].to_vec(),
            is_plain: true,
        }))?;
    }
    accept(Found::End)
}

#[cfg(test)]
mod tests {
    use super::*;

    const DIFF: &str = "--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\n";

    const OPTIONS: InputOptions = InputOptions { repository: None, max_unpacked: 1000 };

    fn found(input: &[u8]) -> Vec<Found> {
        let mut found = Vec::new();
        let flow = cut("file".to_owned(), input, &mut |item| {
            found.push(item);
            ControlFlow::Continue(())
        });
        assert_eq!(flow, ControlFlow::Continue(()));
        found
    }

    fn read(names: &[PathBuf]) -> Vec<Found> {
        let mut items = Vec::new();
        let flow = read_inputs(names, &OPTIONS, |item| {
            items.extend(Some(item).filter(|item| !matches!(item, Found::Named(_))));
            ControlFlow::Continue(())
        });
        assert_eq!(flow, ControlFlow::Continue(()));
        items
    }

    fn names(items: &[Found]) -> Vec<&str> {
        let name = |item: &'_ Found| matches!(item, Found::Input(_));
        let inputs = items.iter().filter(|item| name(item));
        inputs
            .filter_map(|item| if let Found::Input(name) = item { name.rsplit('/').next() } else { None })
            .collect()
    }

    fn mail(body: &str) -> String {
        format!("From a@b Thu Jan  1 00:00:00 1970\nFrom: A <a@b>\nSubject: x\n\n{body}")
    }

    #[test]
    fn sections_are_the_bytes_of_the_input_and_know_their_lines() {
        let series = [mail("cover letter\n\n"), mail(DIFF), mail(DIFF)].concat();
        let mut text = Vec::new();
        let mut lines = Vec::new();
        for item in found(series.as_bytes()) {
            if let Found::Section(section) = item {
                lines.push(section.first_line);
                text.extend(section.text);
                assert!(section.is_plain);
            }
        }
        assert_eq!(lines, [1, 7, 16]);
        assert_eq!(text, series.as_bytes());
    }

    #[test]
    fn sections_of_a_quoted_text_know_their_lines_in_it() {
        let quoted: String = DIFF.lines().map(|line| format!("> {line}\nNo.\n")).collect();
        let [Found::Input(_), Found::Section(section), Found::End] = &found(quoted.as_bytes())[..] else {
            panic!("one section")
        };
        assert_eq!((section.text.as_slice(), section.is_plain), (DIFF.as_bytes(), true));
        assert_eq!(section.lines.input_line(2), 3);
    }

    #[test]
    fn text_without_a_diff_is_one_section_that_may_be_anything() {
        for input in ["", "words\n", &mail("words\n\n").repeat(2)] {
            let section = InputSection {
                first_line: 1,
                lines: LineMap::default(),
                text: input.as_bytes().to_vec(),
                is_plain: false,
            };
            let expected = [Found::Input("file".to_owned()), Found::Section(section), Found::End];
            assert_eq!(found(input.as_bytes()), expected);
        }
    }

    #[test]
    fn files_of_a_folder_are_read_and_a_missing_one_does_not_stop_the_others() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        for name in ["2.patch", "1.patch", "good"] {
            fs::write(folder.path().join(name), DIFF).expect("a file");
        }
        let items =
            read(&[folder.path().to_owned(), folder.path().join("goood"), folder.path().join("good")]);
        assert_eq!(names(&items), ["1.patch", "2.patch", "good"]);
        let refused: Vec<&String> = items
            .iter()
            .filter_map(|item| if let Found::Unreadable(text) = item { Some(text) } else { None })
            .collect();
        let [message] = refused[..] else { panic!("one message") };
        assert!(message.contains("goood: there is no such file"), "{message}");
        assert!(message.ends_with("good'?"), "{message}");
        let [Found::Unreadable(message)] = &read(&[folder.path().join("1.pat")])[..] else {
            panic!("a message")
        };
        assert!(message.ends_with("1.patch'?"), "{message}");
    }

    #[test]
    fn folder_without_patches_says_what_is_looked_for() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let [Found::Unreadable(message)] = &read(&[folder.path().to_owned()])[..] else {
            panic!("a message")
        };
        assert!(message.contains("is a folder without patches (*.patch"), "{message}");
    }

    #[test]
    fn compressed_file_is_read_up_to_the_limit_that_a_flag_raises() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let write = |name: &str, text: &[u8]| {
            let path = folder.path().join(name);
            fs::write(&path, zstd::encode_all(text, 1).expect("encode")).expect("a file");
            path
        };
        let items = read(&[write("fix.patch.zst", DIFF.as_bytes())]);
        assert!(matches!(&items[1], Found::Section(section) if section.text == DIFF.as_bytes()));
        let [Found::Unreadable(message)] = &read(&[write("bomb.zst", &[b'a'; 100_000])])[..] else {
            panic!("a message")
        };
        assert!(
            message.contains("to more than 1000 bytes") && message.contains("--max-unpacked"),
            "{message}"
        );
    }

    #[test]
    fn archive_and_url_name_the_way_out() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let mut archive = vec![0; 512];
        archive[TAR_MARK.0..TAR_MARK.0 + TAR_MARK.1.len()].copy_from_slice(TAR_MARK.1);
        fs::write(folder.path().join("x.tar"), archive).expect("a file");
        for (input, words) in [
            (folder.path().join("x.tar"), "is a tar archive; unpack it"),
            ("https://example.org/1".into(), "curl -sL 'https://example.org/1' | hunktrace lookup"),
        ] {
            let [Found::Unreadable(message)] = &read(&[input])[..] else { panic!("a message") };
            assert!(message.contains(words), "{message}");
        }
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
