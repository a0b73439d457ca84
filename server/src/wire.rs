//! The gRPC service: requests in, the engine's answers out. Nothing else knows the wire.

mod answer;
mod answer_stream;
mod asked_release;
mod attribute_call;
mod call;
mod call_body;
mod call_layer;
mod catalogue_service;
mod commit_attribution;
mod commit_cache;
mod commit_view;
mod former_names_call;
mod held_bytes;
mod index_watch;
mod lookup_call;
mod lookup_stream;
mod messages_call;
mod metrics;
mod metrics_page;
mod origin_name;
mod patch_claims;
mod refusal;
mod related_commits;
mod served_index;
mod shown_paths;
mod workers;

pub mod client_channel;
pub mod embedded;
pub mod enums;
pub mod limits;
pub mod serve;
pub mod serve_options;
pub mod service;
