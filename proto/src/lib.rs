//! The wire contract `hunktrace.v1` and the code generated from it.
//!
//! What every message and field means is said in `proto/hunktrace/v1/hunktrace.proto`; the generated documentation
//! repeats it.

pub mod codec;
mod message_fields;

/// Version 1 of the contract.
#[allow(missing_docs, clippy::all, clippy::pedantic)]
pub mod v1 {
    tonic::include_proto!("hunktrace.v1");

    /// The contract as descriptors, for server reflection.
    pub const DESCRIPTORS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/descriptors.bin"));
}
