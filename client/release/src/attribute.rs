//! Takes a vendor release apart: from two trees to attributed lines, a patch series and a report.
//!
//! The work goes through the same service that answers everything else. Everything is written to a folder beside
//! the one that was asked for, which takes its place when all of it is there and the series has proved lossless.

mod base_commits;
mod base_revision;
mod catalogued;
mod changed_files;
mod comparison;
mod gone_commits;
mod hunk_spool;
mod index_reach;
mod index_used;
mod inputs;
mod kept_differences;
mod moved_files;
mod package_patches;
mod records;
mod refusal;
mod release_history;
mod release_name;
mod release_request;
mod release_row;
mod release_stream;
mod release_summary;
mod releases;
mod report_content;
mod run_table;
mod series_content;
mod service;
mod similar_files;
mod source_date;
mod staging;
mod take_apart;
#[cfg(test)]
mod test_tree;
mod totals;
mod tree_copies;
mod watcher;

pub use base_commits::find_base_commits;
pub use base_revision::base_revision_candidates;
pub use catalogued::{CatalogueRow, ReadyRelease, ReleaseToAdd, source_checksum, take_apart_for_catalogue};
pub use comparison::{ChangedFile, Comparison, UnreadableFile};
pub use gone_commits::{GoneCommit, WhyGone};
pub use index_reach::{IndexReach, TakenOfRelease};
pub use index_used::{IndexUsed, IndexedRelease};
pub use moved_files::FormerNames;
pub(crate) use refusal::refusal;
pub use release_history::ReleaseHistory;
pub use release_name::{folder_name, tree_name};
pub use release_request::ReleaseRequest;
pub use release_row::ReleaseRow;
pub use release_stream::Question;
pub use release_summary::ReleaseSummary;
pub use releases::{
    ReleaseCounts, UPDATE_FOLDER, VendorRelease, release_counts, write_releases, write_releases_page,
};
pub use service::Service;
pub use source_date::source_date;
pub use staging::Staging;
pub use take_apart::{TakenApart, take_apart};
pub use totals::{FolderTotals, Totals, UnexplainedPlace};
pub use watcher::{Phase, Watcher};
