//! The state of vulnerabilities in a release as documents that scanners read: OpenVEX, CSAF and CycloneDX.
//!
//! Each vulnerability has one statement, about one version of one product: scanners take a package without a version for
//! every version, and of several statements the latest. Nothing in a document depends on when or where it is made but for
//! what [`VexContext`] names.

mod csaf;
mod cyclonedx;
mod open_vex;
mod statement;
mod vex_date;

pub use csaf::{csaf_document, csaf_file_name};
pub use cyclonedx::cyclonedx_document;
pub use open_vex::open_vex_document;
pub use statement::{Justification, Status, VexStatement, vex_statements};
pub use vex_date::VexDate;

/// What a document says beside the vulnerabilities.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VexContext {
    /// Who makes the statements.
    pub author: String,
    /// A URL that the author controls, by which CSAF knows who it is.
    pub namespace: String,
    /// What the product is called.
    pub product_name: String,
    /// Its version.
    pub product_version: String,
    /// The product as a package URL, with its version.
    pub purl: String,
    /// What the base is called; empty where it is not known.
    pub base_name: String,
    /// When the statements are made.
    pub date: VexDate,
}

impl VexContext {
    /// A digest of some text in this context, 32 hexadecimal digits: equal documents have equal names.
    fn digest(&self, text: &str) -> String {
        format!(
            "{:032x}",
            xxhash_rust::xxh3::xxh3_128(format!("{}\n{}\n{text}", self.purl, self.author).as_bytes())
        )
    }
}

#[cfg(test)]
mod tests;
