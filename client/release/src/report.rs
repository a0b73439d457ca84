//! The report of an attributed release for people: one page that opens from disk.
//!
//! `report.html` is the same for every release. What it shows lies beside it in `report-data/`, in script files,
//! because a page that was opened from disk may load scripts but nothing else:
//!
//! - `index.js`: the columns of all commits and files, enough for every list, filter and chart;
//! - `files-N.js`: hunks with their lines and origins, loaded when a file is opened;
//! - `commits-N.js`: where a commit's lines are, its carriers and what is missing, loaded when a commit is opened;
//! - `audit.js`: what an audit has found, `null` until there was one.
//!
//! Each calls `hunktraceData(NAME, VALUE)` with a JSON value. Files are written as they come; in memory stays what
//! the index needs and a short record for every run of lines.

mod audit_data;
mod chunks;
mod commit_details;
mod content;
mod data_file;
mod error;
mod file_text;
mod index;
mod page;
mod release_order;
mod releases_page;
mod unfinished_report;
mod writer;

pub use self::audit_data::{add_audit, has_report};
pub use self::content::{ReportFile, ReportHunk, ReportPatch, ReportSummary};
pub use self::error::Error;
pub use self::page::BASE_STYLE;
pub(crate) use self::releases_page::{PageCommit, PageRelease, releases_page};
pub use self::writer::ReportWriter;

#[cfg(test)]
mod tests;
