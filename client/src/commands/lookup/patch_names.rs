//! Names the patches of an input, and puts what is said of them into its order.
//!
//! A patch that is alone in its input has the input's name; several are numbered, without the mails and commits that
//! have no diff. Which of both it is shows when the next patch comes or none does, so each patch is held back until then.

use crate::commands::lookup::read_section::{ReadSection, SectionOutcome};

/// Something to tell the user.
#[derive(Clone, Debug, PartialEq)]
pub enum Told {
    /// What became of a patch.
    Patch {
        /// The input's name, with `#1`, `#2` and so on behind it where the input has several patches.
        name: String,
        /// What became of it.
        outcome: SectionOutcome,
    },
    /// What could not be read.
    Problem(String),
    /// That there is no patch in the input.
    NoDiff(String),
    /// What is not as it should be, though all of it is looked up.
    Note(String),
}

/// Names the patches of one input.
#[derive(Clone, Debug, Default)]
pub struct PatchNames {
    /// The input's name.
    file: String,
    /// The patch that came last.
    held: Option<ReadSection>,
    /// Patches that were named.
    named: u64,
    /// What is to be said where no section has anything else: that there is no diff.
    lack_of_diff: Option<String>,
    /// Whether a section had a diff or something else to say.
    has_spoken: bool,
}

impl PatchNames {
    /// Names the patches of the input `file`.
    pub fn new(file: String) -> PatchNames {
        PatchNames { file, ..PatchNames::default() }
    }

    /// What is to be told now that the next section has been read.
    pub fn next(&mut self, section: ReadSection) -> Vec<Told> {
        match section.lack_of_diff(&self.file) {
            // The first section speaks for the input: in it a text in another encoding shows.
            Some(lack) => drop(self.lack_of_diff.get_or_insert(lack)),
            None => self.has_spoken = true,
        }
        if !section.has_diff {
            return problems(&self.file, &section);
        }
        match self.held.replace(section) {
            Some(previous) => {
                self.named += 1;
                self.told(&format!("{}#{}", self.file, self.named), previous)
            }
            None => Vec::new(),
        }
    }

    /// What is to be told at the end of the input.
    pub fn end(&mut self) -> Vec<Told> {
        match self.held.take() {
            Some(last) if self.named == 0 => self.told(&self.file, last),
            Some(last) => self.told(&format!("{}#{}", self.file, self.named + 1), last),
            None if self.has_spoken => Vec::new(),
            None => self.lack_of_diff.take().map(Told::NoDiff).into_iter().collect(),
        }
    }

    /// What is to be told where no section is answered any more, and the name of the one that is not.
    pub fn broken_off(&mut self) -> (Vec<Told>, String) {
        match self.held.take() {
            Some(last) => {
                let told = self.told(&format!("{}#{}", self.file, self.named + 1), last);
                (told, format!("{}#{}", self.file, self.named + 2))
            }
            None => (Vec::new(), self.file.clone()),
        }
    }

    /// A patch, and behind it what could not be read of it.
    fn told(&self, name: &str, section: ReadSection) -> Vec<Told> {
        let problems = problems(&self.file, &section);
        let patch = Told::Patch { name: name.to_owned(), outcome: section.outcome };
        std::iter::once(patch).chain(problems).collect()
    }
}

fn problems(file: &str, section: &ReadSection) -> Vec<Told> {
    let told =
        |(message, is_harmless)| if is_harmless { Told::Note(message) } else { Told::Problem(message) };
    section.problem_messages(file).into_iter().map(told).collect()
}

#[cfg(test)]
mod tests {
    use hunktrace_indexer::patch::{LineMap, sections};

    use super::*;

    const DIFF: &str = "--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\n";

    /// The sections of an input as they are read.
    fn read(input: &str) -> impl Iterator<Item = ReadSection> {
        sections(input.as_bytes()).map(|section| {
            ReadSection::too_long(
                section.first_line as u64,
                LineMap::default(),
                &input.as_bytes()[section.span],
                0,
            )
        })
    }

    /// The names of patches, and what else is told, in its order.
    fn told(input: &str) -> Vec<String> {
        let mut names = PatchNames::new("file".to_owned());
        let mut told: Vec<Told> = read(input).flat_map(|section| names.next(section)).collect();
        told.extend(names.end());
        let text = |item| match item {
            Told::Patch { name, .. } => name,
            Told::Problem(message) | Told::NoDiff(message) | Told::Note(message) => message,
        };
        told.into_iter().map(text).collect()
    }

    fn mail(body: &str) -> String {
        format!("From a@b Thu Jan  1 00:00:00 1970\nFrom: A <a@b>\nSubject: x\n\n{body}")
    }

    #[test]
    fn single_patch_has_the_name_of_its_input() {
        assert_eq!(told(DIFF), ["file"]);
        assert_eq!(told(&[mail("cover letter\n\n"), mail(DIFF)].concat()), ["file"]);
    }

    #[test]
    fn patches_of_a_series_are_numbered_and_cover_letters_are_not() {
        let series = [mail("cover letter\n\n"), mail(DIFF), mail("words\n\n"), mail(DIFF)].concat();
        assert_eq!(told(&series), ["file#1", "file#2"]);
    }

    #[test]
    fn names_follow_the_sections_they_belong_to() {
        let series = [mail(DIFF), mail(&DIFF.repeat(2))].concat();
        let mut names = PatchNames::new("file".to_owned());
        let bytes = |told: &[Told]| match told {
            [Told::Patch { outcome: SectionOutcome::TooLong { bytes, .. }, .. }] => *bytes as usize,
            other => panic!("{other:?}"),
        };
        let mut sections = read(&series);
        assert_eq!(names.next(sections.next().expect("a section")), []);
        assert_eq!(bytes(&names.next(sections.next().expect("a section"))), mail(DIFF).len());
        assert_eq!(bytes(&names.end()), mail(&DIFF.repeat(2)).len());
    }

    #[test]
    fn input_without_a_diff_is_reported() {
        let expected = "file:1: no diff found; give a unified diff, for example from `git diff` or \
                        `git format-patch`";
        assert_eq!(told("nothing to see\n"), [expected]);
        assert_eq!(told(&[mail("words\n\n"), mail("words\n\n")].concat()), [expected]);
    }

    #[test]
    fn what_leaves_nothing_out_is_a_note() {
        let mut names = PatchNames::new("file".to_owned());
        let section = "--- a/x\n+++ b/x\n@@ ... @@\n-a\n+b\n";
        assert_eq!(names.next(ReadSection::too_long(1, LineMap::default(), section.as_bytes(), 0)), []);
        let [Told::Patch { .. }, Told::Note(message)] = &names.end()[..] else {
            panic!("a patch and a note")
        };
        assert!(message.starts_with("file:3: x: hunk header has no line numbers"), "{message}");
    }

    #[test]
    fn input_that_only_names_files_says_nothing() {
        assert_eq!(told("Only in v4.18/mm: x.c\n"), [""; 0]);
    }

    #[test]
    fn problem_outside_of_any_file_is_reported_beside_the_good_patch() {
        let log = format!("{}{}", mail(DIFF), mail("@@ -1,9 +x @@\nwords\n"));
        let told = told(&log);
        assert_eq!(told.len(), 2, "{told:?}");
        assert!(told[0].starts_with("file:14: hunk header cannot be read; write it as"), "{told:?}");
        assert_eq!(told[1], "file");
    }

    #[test]
    fn malformed_patch_is_told_all_the_same_and_its_problem_follows() {
        let cut = mail("--- a/x\n+++ b/x\n@@ -1,9 +1,9 @@\n-a\n+b\n");
        let told = told(&[mail(DIFF), cut, mail(DIFF)].concat());
        assert_eq!([&told[0], &told[1], &told[3]], ["file#1", "file#2", "file#3"]);
        assert!(told[2].starts_with("file:16: x: patch ends inside a hunk"), "{told:?}");
    }

    #[test]
    fn what_was_held_back_is_told_where_the_answers_break_off() {
        let mut names = PatchNames::new("file".to_owned());
        assert_eq!(names.clone().broken_off(), (Vec::new(), "file".to_owned()));
        for section in read(&[mail(DIFF), mail(DIFF)].concat()) {
            names.next(section);
        }
        let (told, unanswered) = names.broken_off();
        assert!(matches!(&told[..], [Told::Patch { name, .. }] if name == "file#2"), "{told:?}");
        assert_eq!(unanswered, "file#3");
    }
}
