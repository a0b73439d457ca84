//! The answers: retrieve, verify, rank, attribute; and the gRPC service around them.

pub mod access;
pub mod attribution;
pub mod audit;
pub mod catalogue;
pub mod check;
pub mod confidence;
pub mod hunks;
pub mod index;
pub mod lookup;
pub mod neighbours;
pub mod transport;
pub mod wire;

#[cfg(test)]
mod memory_index;
#[cfg(test)]
mod stopping_index;
