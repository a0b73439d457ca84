//! What pages say, as typed models: the JSON twin of a page is its model as it stands.
//!
//! Paths of files are text; bytes that are no UTF-8 are replaced in them. Where something has a page, `page` is its path from
//! the top of all pages.

pub mod answer;
pub mod changes;
pub mod commit;
pub mod diff;
pub mod file;
pub mod history;
pub mod list;
pub mod missing;
pub mod named;
pub mod release;
pub mod releases;
pub mod search;
pub mod start;
pub mod vendor_commit;
