//! The answers: retrieve, verify, rank, attribute; and the gRPC service around them.

mod answer;
mod attribute_call;
mod commit_view;
mod lookup_stream;
mod tokens;

pub mod attribution;
pub mod comparison;
pub mod confidence;
pub mod embedded;
pub mod kept;
pub mod limits;
pub mod line_weights;
pub mod live_index;
pub mod lookup;
pub mod origin;
pub mod patch_part;
pub mod prepared_hunk;
pub mod query;
pub mod reading;
pub mod rivalry;
pub mod serve;
pub mod service;
