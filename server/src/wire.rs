//! The gRPC service: requests in, the engine's answers out. Nothing else knows the wire.

mod answer;
mod attribute_call;
mod commit_view;
mod lookup_stream;

pub mod embedded;
pub mod enums;
pub mod limits;
pub mod serve;
pub mod service;
