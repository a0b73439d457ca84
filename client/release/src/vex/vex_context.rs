//! What a document of vulnerabilities says beside them.

use super::vex_date::VexDate;

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
    pub(super) fn digest(&self, text: &str) -> String {
        format!(
            "{:032x}",
            xxhash_rust::xxh3::xxh3_128(format!("{}\n{}\n{text}", self.purl, self.author).as_bytes())
        )
    }
}
