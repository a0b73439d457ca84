//! Standard output, with colours or without.

use std::io::{ErrorKind, IsTerminal, StdoutLock, Write};

use anstream::AutoStream;
use anyhow::Context;
use terminal_size::{Width, terminal_size_of};

/// Columns of a terminal that does not tell.
const USUAL_COLUMNS: usize = 80;

/// Fewer columns make no readable text; then lines wrap.
const FEWEST_COLUMNS: usize = 40;

/// Nobody reads the output any more; not worth a word.
#[derive(Debug, thiserror::Error)]
#[error("standard output was closed")]
pub struct OutputClosed;

/// Standard output, locked.
pub struct Output {
    stream: AutoStream<StdoutLock<'static>>,
    columns: Option<usize>,
}

impl Output {
    /// Locks standard output.
    pub fn open() -> Output {
        let stdout = std::io::stdout();
        let columns = stdout.is_terminal().then(|| {
            let width = terminal_size_of(&stdout).map(|(Width(columns), _)| usize::from(columns));
            width.unwrap_or(USUAL_COLUMNS).max(FEWEST_COLUMNS)
        });
        Output { stream: AutoStream::auto(stdout.lock()), columns }
    }

    /// The columns of the terminal; none where it is no terminal, and nothing is to be cut.
    pub fn columns(&self) -> Option<usize> {
        self.columns
    }

    /// Writes whole lines. Escape sequences are left out where colours are off.
    ///
    /// # Errors
    /// [`OutputClosed`] where nobody reads it, and what else writing can fail with.
    pub fn write(&mut self, lines: &str) -> anyhow::Result<()> {
        match self.stream.write_all(lines.as_bytes()).and_then(|()| self.stream.flush()) {
            Err(error) if error.kind() == ErrorKind::BrokenPipe => Err(OutputClosed.into()),
            result => result.context("cannot write to standard output"),
        }
    }
}
