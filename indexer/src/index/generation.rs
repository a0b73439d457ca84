//! What is current in an index, as tantivy's `meta.json` carries it.

use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_64;

/// The format that this program writes. It rises with every change that older programs cannot read.
pub const FORMAT_VERSION: u32 = 6;

/// The oldest format that this program reads, and raises to its own when it adds to the index.
pub const OLDEST_FORMAT: u32 = 5;

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
    /// Whether it has commits and no hunks, which are elsewhere. Programs that do not know of it find that the checksum
    /// does not agree.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_bare: bool,
}

/// A generation as it is stored: nothing else of `meta.json` has a checksum, but what else of it is read has to fit the
/// files.
#[derive(Serialize, Deserialize)]
struct Payload {
    #[serde(flatten)]
    generation: Generation,
    /// The lower half of the xxh3-64 of the generation's own JSON text; none before format 6.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    checksum: Option<u32>,
}

/// The last format whose payload has no checksum.
const LAST_WITHOUT_CHECKSUM: u32 = 5;

/// Why a payload makes no sense.
#[derive(Debug, thiserror::Error)]
pub enum PayloadError {
    /// It is no text of this kind.
    #[error("the payload of meta.json: {0}")]
    Text(#[from] serde_json::Error),
    /// It was changed.
    #[error("the payload of meta.json: its checksum does not agree")]
    Checksum,
}

impl Generation {
    /// The payload that says so.
    ///
    /// # Errors
    /// Where it cannot be written as JSON.
    pub fn to_payload(&self) -> serde_json::Result<String> {
        let checksum = Some(self.checksum()?);
        serde_json::to_string(&Payload { generation: self.clone(), checksum })
    }

    /// The generation that a payload tells of.
    ///
    /// # Errors
    /// Where the payload makes no sense.
    pub fn from_payload(payload: &str) -> Result<Generation, PayloadError> {
        let Payload { generation, checksum } = serde_json::from_str(payload)?;
        let is_right = match checksum {
            Some(checksum) => checksum == generation.checksum()?,
            None => generation.format <= LAST_WITHOUT_CHECKSUM,
        };
        if is_right { Ok(generation) } else { Err(PayloadError::Checksum) }
    }

    fn checksum(&self) -> serde_json::Result<u32> {
        Ok(xxh3_64(serde_json::to_string(self)?.as_bytes()) as u32)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_payload_is_the_json_that_the_format_describes() {
        let generation = Generation {
            format: 5,
            number: 12,
            written_at: 1_700_000_000,
            is_complete: false,
            is_bare: false,
        };
        let before = r#"{"format":5,"number":12,"written_at":1700000000,"is_complete":false}"#;
        assert_eq!(Generation::from_payload(before).expect("what was written"), generation);
        let checksum = xxh3_64(before.as_bytes()) as u32;
        let payload = before.replace('}', &format!(r#","checksum":{checksum}}}"#));
        assert_eq!(generation.to_payload().expect("plain numbers"), payload);
        assert_eq!(Generation::from_payload(&payload).expect("what was written"), generation);
    }

    #[test]
    fn every_flipped_bit_is_noticed() {
        let generation =
            Generation { format: 6, number: 12, written_at: 1_700_000_000, is_complete: true, is_bare: true };
        let payload = generation.to_payload().expect("plain numbers");
        for at in 0..payload.len() {
            for bit in 0..7 {
                let mut bytes = payload.clone().into_bytes();
                bytes[at] ^= 1 << bit;
                let flipped = String::from_utf8(bytes).expect("ASCII");
                assert!(Generation::from_payload(&flipped).is_err(), "{flipped}");
            }
        }
    }

    #[test]
    fn other_payloads_are_refused() {
        for payload in ["", "12", r#"{"format":4}"#, r#"{"format":4,"number":-1}"#] {
            assert!(Generation::from_payload(payload).is_err(), "{payload}");
        }
    }
}
