//! Standard output, with colours or without, and in a pager where it is longer than the screen.

use std::borrow::Cow;
use std::ffi::OsString;
use std::io::{ErrorKind, IsTerminal, StdoutLock, Write};

use anstream::adapter::strip_str;
use anstream::{AutoStream, ColorChoice};
use anyhow::Context;
use terminal_size::{Height, Width, terminal_size_of};

use crate::terminal::commit_link::without_links;
use crate::terminal::message::{hold_messages, release_messages};
use crate::terminal::pager::Pager;
use crate::terminal::screen_text::columns_of_styled;

/// Columns of a terminal that does not say how many it has.
const USUAL_COLUMNS: usize = 80;

/// Rows of a terminal that does not say how many it has.
const USUAL_ROWS: usize = 24;

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
    paging: Paging,
}

/// What becomes of long output.
enum Paging {
    /// It is written at once.
    Off,
    /// It waits until it is longer than the screen, and messages wait with it.
    Waiting { pager: PagerChoice, rows: usize, text: String, used_rows: usize },
    /// The pager has it.
    On { pager: Pager, has_colors: bool, has_links: bool },
}

/// A pager, and what it is fit for.
#[derive(Clone, Debug)]
pub struct PagerChoice {
    /// The program.
    pub name: OsString,
    /// Whether it gets links: older pagers show their escape sequences as text.
    pub has_links: bool,
}

impl Output {
    /// Locks standard output.
    pub fn open() -> Output {
        let stdout = std::io::stdout();
        let columns = stdout.is_terminal().then(|| {
            let width = terminal_size_of(&stdout).map(|(Width(columns), _)| usize::from(columns));
            width.unwrap_or(USUAL_COLUMNS).max(FEWEST_COLUMNS)
        });
        Output { stream: AutoStream::auto(stdout.lock()), columns, paging: Paging::Off }
    }

    /// Locks standard output; what is longer than a terminal's screen goes to this pager.
    pub fn paged(pager: Option<PagerChoice>) -> Output {
        let mut output = Output::open();
        if let (Some(pager), Some(_)) = (pager, output.columns) {
            let rows = terminal_size_of(std::io::stdout()).map(|(_, Height(rows))| usize::from(rows));
            let rows = rows.filter(|rows| *rows > 0).unwrap_or(USUAL_ROWS);
            hold_messages();
            output.paging = Paging::Waiting { pager, rows, text: String::new(), used_rows: 0 };
        }
        output
    }

    /// The columns of the terminal; `None` if the output goes elsewhere, where lines are not cut.
    pub fn columns(&self) -> Option<usize> {
        self.columns
    }

    /// Writes bytes as they are, behind everything else.
    ///
    /// # Errors
    /// As [`Output::write`].
    pub fn end_with_bytes(mut self, bytes: &[u8]) -> anyhow::Result<()> {
        self.write_waiting()?;
        let mut stdout = std::io::stdout().lock();
        outcome_of(stdout.write_all(bytes).and_then(|()| stdout.flush()))
    }

    /// Writes whole lines. Escape sequences are left out where colours are off.
    ///
    /// # Errors
    /// [`OutputClosed`] if the reader has gone, and other failures to write.
    pub fn write(&mut self, lines: &str) -> anyhow::Result<()> {
        match &mut self.paging {
            Paging::Off => self.write_at_once(lines),
            Paging::Waiting { text, used_rows, rows, .. } => {
                *text += lines;
                *used_rows += rows_of(lines, self.columns);
                // The prompt takes the last row.
                if *used_rows < *rows { Ok(()) } else { self.turn_to_pager() }
            }
            Paging::On { pager, has_colors, has_links } => {
                let written = match (has_colors, has_links) {
                    (true, true) => pager.write(lines),
                    (true, false) => pager.write(&without_links(lines)),
                    (false, _) => pager.write(&strip_str(lines).to_string()),
                };
                outcome_of(written)
            }
        }
    }

    /// Writes what still waits.
    ///
    /// # Errors
    /// As [`Output::write`].
    pub fn finish(mut self) -> anyhow::Result<()> {
        self.write_waiting()
    }

    fn turn_to_pager(&mut self) -> anyhow::Result<()> {
        let Paging::Waiting { pager, text, .. } = std::mem::replace(&mut self.paging, Paging::Off) else {
            return Ok(());
        };
        let PagerChoice { name, has_links } = pager;
        let written = match Pager::start(&name) {
            Ok(Some(pager)) => {
                let has_colors = AutoStream::choice(&std::io::stdout()) != ColorChoice::Never;
                self.paging = Paging::On { pager, has_colors, has_links };
                self.write(&text)
            }
            Ok(None) => self.write_at_once(&text),
            Err(error) => Err(error),
        };
        // Where there is a pager now, it has messages wait for its own end.
        release_messages();
        written
    }

    fn write_waiting(&mut self) -> anyhow::Result<()> {
        match std::mem::replace(&mut self.paging, Paging::Off) {
            Paging::Waiting { text, .. } => {
                let written = self.write_at_once(&text);
                release_messages();
                written
            }
            // Dropped, the pager is waited for.
            Paging::On { .. } | Paging::Off => Ok(()),
        }
    }

    fn write_at_once(&mut self, lines: &str) -> anyhow::Result<()> {
        let written = match self.stream.current_choice() {
            // Line for line and style for style, long output would take longer than all that comes before it.
            ColorChoice::Never => {
                let mut stdout = std::io::stdout().lock();
                stdout.write_all(without_styles(lines).as_bytes()).and_then(|()| stdout.flush())
            }
            _ => self.stream.write_all(lines.as_bytes()).and_then(|()| self.stream.flush()),
        };
        outcome_of(written)
    }
}

impl Drop for Output {
    fn drop(&mut self) {
        // An error that ends the command is told; what was written before it still counts.
        drop(self.write_waiting());
    }
}

fn outcome_of(written: std::io::Result<()>) -> anyhow::Result<()> {
    match written {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Err(OutputClosed.into()),
        result => result.context("cannot write to standard output"),
    }
}

/// The text without what a terminal would obey.
///
/// Nearly all of that are styles, and what is between them is taken in one piece.
fn without_styles(text: &str) -> Cow<'_, str> {
    // A byte is not left alone before all of a stretch were looked at, so that many are looked at together.
    let is_obeyed = |byte: u8| (byte < b' ' && byte != b'\n' && byte != b'\t') || byte == 0x7f;
    let is_plain = |text: &str| {
        let mut stretches = text.as_bytes().chunks(1 << 10);
        stretches.all(|stretch| !stretch.iter().fold(false, |found, byte| found | is_obeyed(*byte)))
    };
    if is_plain(text) {
        return Cow::Borrowed(text);
    }
    let mut plain = String::with_capacity(text.len());
    let mut pieces = text.split('\x1b');
    let is_first_plain = pieces.next().is_some_and(|first| {
        plain.push_str(first);
        is_plain(first)
    });
    let are_others_plain = pieces.all(|piece| {
        let style = piece.strip_prefix('[').and_then(|piece| piece.split_once('m'));
        let Some((style, rest)) = style else { return false };
        plain.push_str(rest);
        style.bytes().all(|byte| byte.is_ascii_digit() || byte == b';') && is_plain(rest)
    });
    if is_first_plain && are_others_plain {
        return Cow::Owned(plain);
    }
    Cow::Owned(strip_str(text).to_string())
}

/// The rows of a screen that lines take, those that the terminal wraps included.
fn rows_of(lines: &str, columns: Option<usize>) -> usize {
    let columns = columns.unwrap_or(USUAL_COLUMNS).max(1);
    lines.lines().map(|line| columns_of_styled(line).div_ceil(columns).max(1)).sum()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn nothing_is_written_that_a_terminal_obeys(
            pieces in proptest::collection::vec("\x1b\\[[0-9;]{0,4}m|\x1b\\[[0-9]?|\x1b\\]8;;x\x1b\\\\|[a-mä\n\t ]{1,4}|[\x00-\x1f\x7f]|m", 0..12)
        ) {
            let text = pieces.concat();
            prop_assert_eq!(without_styles(&text).into_owned(), strip_str(&text).to_string());
        }
    }

    #[test]
    fn wrapped_lines_take_several_rows() {
        assert_eq!(rows_of("", Some(10)), 0);
        assert_eq!(rows_of("a\n\n\x1b[1mb\x1b[0m\n", Some(10)), 3);
        assert_eq!(rows_of(&format!("{}\n", "x".repeat(21)), Some(10)), 3);
    }
}
