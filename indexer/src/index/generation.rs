//! What is current in an index, as tantivy's `meta.json` carries it.

use serde::{Deserialize, Serialize};

/// The format that this program reads and writes. It rises with every change that older programs cannot read.
pub const FORMAT_VERSION: u32 = 5;

/// What is current in an index: the payload of tantivy's `meta.json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Generation {
    /// The format of the index.
    pub format: u32,
    /// Counts the commit points, from 1.
    pub number: u64,
    /// When it was written, in seconds since 1970, UTC.
    pub written_at: u64,
    /// Whether the run that wrote it reached its end; if not, the next run goes on from here.
    pub is_complete: bool,
}

impl Generation {
    /// The payload that says so.
    ///
    /// # Errors
    /// Where it cannot be written as JSON.
    pub fn to_payload(&self) -> serde_json::Result<String> {
        serde_json::to_string(self)
    }

    /// The generation that a payload tells of.
    ///
    /// # Errors
    /// Where the payload makes no sense.
    pub fn from_payload(payload: &str) -> serde_json::Result<Generation> {
        serde_json::from_str(payload)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_payload_is_the_json_that_the_format_describes() {
        let generation = Generation { format: 4, number: 12, written_at: 1_700_000_000, is_complete: false };
        let payload = r#"{"format":4,"number":12,"written_at":1700000000,"is_complete":false}"#;
        assert_eq!(generation.to_payload().expect("plain numbers"), payload);
        assert_eq!(Generation::from_payload(payload).expect("what was written"), generation);
    }

    #[test]
    fn other_payloads_are_refused() {
        for payload in ["", "12", r#"{"format":4}"#, r#"{"format":4,"number":-1}"#] {
            assert!(Generation::from_payload(payload).is_err(), "{payload}");
        }
    }
}
