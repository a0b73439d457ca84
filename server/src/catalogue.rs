//! The releases of vendors in their order, in one SQLite file: which commit came with which of them, what the vendor says
//! about it, and the questions that such a history answers.
//!
//! 1. [`store`] opens the file, and [`schema`] says what is in it;
//! 2. [`release_writer`] adds a release that has been taken apart, whole or not at all; what it shares with other
//!    releases is stored once ([`contents`] for text, rows for everything else);
//! 3. [`changelog`] reads the vendor's changelog and [`changelog_match`] finds the commit of each entry;
//! 4. [`history`], [`compare`] and [`extract`] answer questions; [`release_files`], [`release_commits`], [`file_lines`] and
//!    [`search`] say what a release consists of.
//!
//! Nothing here knows a terminal, the wire or a page.

mod build_place;
pub mod call_trace;
mod carried_change;
pub mod changed_commits;
mod changed_files;
pub mod changed_places;
pub mod changelog;
pub mod changelog_match;
pub mod commit_history;
pub mod commit_name;
mod commit_order;
pub mod commit_spans;
mod commit_writer;
pub mod compare;
pub mod contents;
pub mod disagreements;
pub mod error;
pub mod extract;
pub mod extracted_file;
pub mod file_lines;
mod file_patch;
mod file_writer;
mod form_changes;
mod function_names;
pub mod functions;
pub mod history;
pub mod known_content;
pub mod later_commits;
mod line_owners;
pub mod live_patch;
mod near_rows;
pub mod new_release;
mod own_file;
mod owner_lines;
pub mod patch_needs;
pub mod purpose;
mod readers;
mod ready_file;
pub mod release_commits;
pub mod release_files;
mod release_place;
mod release_spans;
pub mod release_text;
pub mod release_writer;
pub mod schema;
pub mod search;
mod spoken_of;
pub mod store;
#[cfg(test)]
mod test_catalogue;
