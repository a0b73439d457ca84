//! Hunks beside each other: how they are made ready, what their lines weigh, how well they agree and how they read.

mod tokens;
mod word_edits;

pub mod comparison;
pub mod line_versions;
pub mod line_weights;
pub mod looked_up;
pub mod prepared_hunk;
pub mod query;
pub mod reading;
