//! How cost grows with history: a history of any size, made of replicas of a real one, and what is measured of it.

pub mod common_lines;
pub mod figures;
pub mod replicated_history;
pub mod salt;
pub mod term_statistics;
