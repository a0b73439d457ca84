//! What does not fit while patches are read back and applied.

/// What does not fit, and on which line of the text at hand, counted from 1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::series) struct Problem {
    /// The line, where one is to blame.
    pub line: Option<usize>,
    /// What does not fit, in words.
    pub text: String,
}

impl Problem {
    /// A problem with the whole.
    pub fn new(text: impl Into<String>) -> Problem {
        Problem { line: None, text: text.into() }
    }

    /// A problem with a line.
    pub fn at(line: usize, text: impl Into<String>) -> Problem {
        Problem { line: Some(line), text: text.into() }
    }
}
