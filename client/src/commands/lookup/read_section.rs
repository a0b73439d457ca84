//! What was read of a section of an input, by the service or, where it is too long to be sent, by this program.

use bstr::BStr;
use hunktrace_indexer::patch::{LineMap, Problem, parse_plain};
use hunktrace_proto::v1::{self, LookupResponse};

use crate::terminal::screen_text::printable;

/// A section that was read.
#[derive(Clone, Debug, PartialEq)]
pub struct ReadSection {
    /// The line that it begins at, from 1.
    pub first_line: u64,
    /// Where its lines and those around it stand in the input.
    pub lines: LineMap,
    /// Whether it has a diff, and so is a patch.
    pub has_diff: bool,
    /// What could not be read of it, in its order.
    pub problems: Vec<SectionProblem>,
    /// What became of it.
    pub outcome: SectionOutcome,
}

/// What became of a section.
#[derive(Clone, Debug, PartialEq)]
pub enum SectionOutcome {
    /// The service answered.
    Answered(LookupResponse),
    /// It was not sent.
    TooLong {
        /// Its bytes.
        bytes: u64,
        /// The bytes that the service accepts.
        limit: u64,
    },
}

/// Something in a section that could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SectionProblem {
    /// Whether it is a patch's; otherwise there is no diff in the section.
    is_of_patch: bool,
    /// The line of the section, from 1.
    line: u64,
    /// Whether all lines are looked up all the same.
    is_harmless: bool,
    /// The path of the file that it belongs to; empty where that is not known.
    path: String,
    fault: String,
    remedy: String,
}

impl ReadSection {
    /// A section that the service has answered. One that it did not read is taken for a patch.
    pub fn answered(first_line: u64, lines: LineMap, mut answer: LookupResponse) -> ReadSection {
        let problems = std::mem::take(&mut answer.problems).into_iter().map(SectionProblem::from).collect();
        let has_diff = answer.has_diff.unwrap_or(true);
        ReadSection { first_line, lines, has_diff, problems, outcome: SectionOutcome::Answered(answer) }
    }

    /// A section that is longer than the service accepts; it is read here instead.
    pub fn too_long(first_line: u64, lines: LineMap, text: &[u8], limit: u64) -> ReadSection {
        let parsed = parse_plain(text);
        ReadSection {
            first_line,
            lines,
            has_diff: parsed.patches.iter().any(|patch| !patch.files.is_empty()),
            problems: parsed.problems.iter().map(SectionProblem::from).collect(),
            outcome: SectionOutcome::TooLong { bytes: text.len() as u64, limit },
        }
    }

    /// That there is no diff in the section, as a message about the input `file`; `None` if it has a diff or something
    /// else is said of it.
    pub fn lack_of_diff(&self, file: &str) -> Option<String> {
        let lack = self.problems.iter().find(|problem| !problem.is_of_patch)?;
        Some(self.message(lack, file))
    }

    /// What could not be read of the section, as messages about the input `file`, and whether all of its lines are looked
    /// up all the same.
    pub fn problem_messages(&self, file: &str) -> Vec<(String, bool)> {
        let of_patch = self.problems.iter().filter(|problem| problem.is_of_patch);
        of_patch.map(|problem| (self.message(problem, file), problem.is_harmless)).collect()
    }

    fn message(&self, problem: &SectionProblem, file: &str) -> String {
        let SectionProblem { line, path, fault, remedy, .. } = problem;
        let line = self.lines.input_line((self.first_line + line.saturating_sub(1)) as usize);
        let path = if path.is_empty() { String::new() } else { format!("{path}: ") };
        format!("{file}:{line}: {}", printable(&format!("{path}{fault}; {remedy}")))
    }
}

impl From<v1::Problem> for SectionProblem {
    fn from(problem: v1::Problem) -> SectionProblem {
        SectionProblem {
            is_of_patch: problem.patch.is_some(),
            line: problem.line,
            is_harmless: problem.harmless,
            path: BStr::new(&problem.path).to_string(),
            fault: problem.fault,
            remedy: problem.remedy,
        }
    }
}

impl From<&Problem> for SectionProblem {
    fn from(problem: &Problem) -> SectionProblem {
        SectionProblem {
            is_of_patch: problem.patch.is_some(),
            line: problem.line as u64,
            is_harmless: problem.kind.is_harmless(),
            path: problem.path.as_ref().map(|path| path.to_string()).unwrap_or_default(),
            fault: problem.kind.to_string(),
            remedy: problem.kind.remedy().to_owned(),
        }
    }
}
