//! What the speed harness (`measure_speed`) measures, each with what it is compared to.

pub mod lookups;
pub mod newest_commits;
pub mod pathological;
pub mod process;
pub mod runs;
pub mod warm_server;
