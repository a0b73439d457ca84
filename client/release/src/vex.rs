//! The state of vulnerabilities in a release as documents that scanners read: OpenVEX, CSAF and CycloneDX.
//!
//! Each vulnerability has one statement, about one version of one product: scanners take a package without a version for
//! every version, and of several statements the latest. Nothing in a document depends on when or where it is made but for
//! what [`VexContext`] names.

mod csaf;
mod cyclonedx;
mod open_vex;
mod statement;
mod vex_context;
mod vex_date;

pub use csaf::{csaf_document, csaf_file_name};
pub use cyclonedx::cyclonedx_document;
pub use open_vex::open_vex_document;
pub use statement::{Justification, Status, VexStatement, vex_statements};
pub use vex_context::VexContext;
pub use vex_date::VexDate;

#[cfg(test)]
mod tests;
