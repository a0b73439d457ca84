//! The files that hunktrace adds to tantivy's segments: postings of lines, counts of lines, stored records, and
//! commit messages.
//!
//! tantivy carries them through the life of a segment: they are written, merged, checked and removed with it. Lines
//! have files of their own because their terms are hashes, for which a dictionary of texts is twice as large and slow;
//! their counts because a search asks for hundreds, and reading one off a packed column takes longer than the rest of
//! scoring a hunk; records because they are compressed by many threads, with a dictionary; messages because most answers
//! need none.

mod dictionaries;
mod line_counts;
mod lines;
mod messages;
mod own_file;
mod records;

pub use dictionaries::{Dictionaries, SharedDictionaries, dictionaries_of};
pub use line_counts::{LineCountsPlugin, open_line_counts};
pub use lines::{LinesPlugin, open_lines};
pub use messages::{MessagesPlugin, open_messages};
pub use own_file::{LINES_FILE, MESSAGES_FILE, RECORDS_FILE, has_checked_blocks};
pub use records::{RecordsPlugin, open_records};
