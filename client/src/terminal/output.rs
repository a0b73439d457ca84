//! Standard output, with colours or without.

use std::io::{ErrorKind, IsTerminal, StdoutLock, Write};

use anstream::AutoStream;
use anyhow::Context;
use terminal_size::{Width, terminal_size_of};

/// Columns of a terminal that does not say how many it has.
const USUAL_COLUMNS: usize = 80;

/// With fewer columns than this, text is laid out for this number, and the terminal wraps the lines.
const FEWEST_COLUMNS: usize = 40;

/// The reader of the output has gone, as `head` does; the program then ends without a message.
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

    /// The columns of the terminal; `None` if the output goes elsewhere, where lines are not cut.
    pub fn columns(&self) -> Option<usize> {
        self.columns
    }

    /// Writes bytes as they are, behind everything else.
    ///
    /// # Errors
    /// As [`Output::write`].
    pub fn end_with_bytes(self, bytes: &[u8]) -> anyhow::Result<()> {
        let mut stdout = self.stream.into_inner();
        match stdout.write_all(bytes).and_then(|()| stdout.flush()) {
            Err(error) if error.kind() == ErrorKind::BrokenPipe => Err(OutputClosed.into()),
            result => result.context("cannot write to standard output"),
        }
    }

    /// Writes whole lines. Escape sequences are left out where colours are off.
    ///
    /// # Errors
    /// [`OutputClosed`] if the reader has gone, and other failures to write.
    pub fn write(&mut self, lines: &str) -> anyhow::Result<()> {
        match self.stream.write_all(lines.as_bytes()).and_then(|()| self.stream.flush()) {
            Err(error) if error.kind() == ErrorKind::BrokenPipe => Err(OutputClosed.into()),
            result => result.context("cannot write to standard output"),
        }
    }
}
