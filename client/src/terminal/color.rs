//! What each colour means.

use anstyle::{AnsiColor, Style};

/// Names and titles.
pub const TITLE: Style = Style::new().bold();
/// Commit ids.
pub const COMMIT: Style = AnsiColor::Yellow.on_default();
/// What is sure.
pub const SURE: Style = AnsiColor::Green.on_default();
/// What is possible.
pub const POSSIBLE: Style = AnsiColor::Yellow.on_default();
/// What is unlikely.
pub const UNLIKELY: Style = AnsiColor::Red.on_default();
/// What must not be overlooked.
pub const WARNING: Style = AnsiColor::Red.on_default().bold();
/// What can be skipped when reading.
pub const FAINT: Style = Style::new().dimmed();
/// Added lines.
pub const ADDED: Style = AnsiColor::Green.on_default();
/// Removed lines.
pub const REMOVED: Style = AnsiColor::Red.on_default();
/// The head of a hunk.
pub const HUNK_HEAD: Style = AnsiColor::Cyan.on_default();
