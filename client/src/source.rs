//! Where answers come from: an index, the index of a repository, or a server.

pub mod index_choice;
pub mod repository_index;
pub mod service;
