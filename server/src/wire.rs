//! The gRPC service: requests in, the engine's answers out. Nothing else knows the wire.

mod answer;
mod answer_stream;
mod asked_release;
mod attribute_call;
mod catalogue_service;
mod commit_attribution;
mod commit_cache;
mod commit_view;
mod former_names_call;
mod index_watch;
mod lookup_call;
mod lookup_stream;
mod messages_call;
mod origin_name;
mod patch_claims;
mod refusal;
mod related_commits;
mod served_index;
mod workers;

pub mod embedded;
pub mod enums;
pub mod limits;
pub mod serve;
pub mod service;
