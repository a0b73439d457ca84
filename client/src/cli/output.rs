//! The forms of output.

use clap::ValueEnum;

/// The form of what is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people
    Text,
    /// JSON, an object a line
    Jsonl,
}

/// The form of the answers of `lookup`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum AnswerFormat {
    /// For people
    Text,
    /// JSON, an object a line
    Jsonl,
    /// A table for spreadsheets, with the best candidate of each hunk and patch
    Csv,
}
