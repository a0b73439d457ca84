//! How a command ended.

use std::process::ExitCode;

/// How a command ended; an error counts as [`Outcome::NothingDone`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Everything that was asked is done.
    Done,
    /// Something failed and was reported; the rest is done.
    SomethingFailed,
    /// Everything is answered, and not everything that was asked for was found, which the user wants to know.
    NotAllFound,
    /// Nothing could be done.
    NothingDone,
    /// The user stopped it.
    Interrupted,
}

impl Outcome {
    /// The exit code, as the program's help lists it.
    pub fn exit_code(self) -> u8 {
        match self {
            Outcome::Done => 0,
            Outcome::SomethingFailed | Outcome::NotAllFound => 1,
            Outcome::NothingDone => 2,
            // What shells report of a program that SIGINT has ended.
            Outcome::Interrupted => 130,
        }
    }
}

impl From<Outcome> for ExitCode {
    fn from(outcome: Outcome) -> ExitCode {
        ExitCode::from(outcome.exit_code())
    }
}
