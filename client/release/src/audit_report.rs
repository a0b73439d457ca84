//! What an audit has found, as records and tables.

mod csv;
mod earlier;
mod jsonl;
mod markdown;
mod package_waivers;
mod told;
mod waiver_file;

pub use csv::csv_table;
pub use earlier::{EarlierAudit, EarlierAuditError};
pub use jsonl::json_lines;
pub use markdown::markdown_tables;
pub use package_waivers::package_waivers;
pub use told::Told;
pub(crate) use told::obstacles;
pub use waiver_file::{WaiverError, read_waivers};

#[cfg(test)]
mod tests;
