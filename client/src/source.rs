//! Where answers come from: an index, the index of a repository, or a server.

pub mod base;
pub mod cached_index;
pub mod catalogue;
pub mod index_choice;
pub mod index_progress;
pub mod index_run;
pub mod known_cves;
pub mod neighbour_list;
pub mod repository_index;
pub mod revisions;
pub mod server;
pub mod service;
pub mod trees;
