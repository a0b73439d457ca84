//! The accuracy harness: queries whose origin is known or known to be absent, asked of the program and of simpler ways.
//!
//! The sets of queries are made from the history itself (`real_queries`, `perturbed_queries`, `squashed_series`), answered by the program
//! (`program`) and by the ways that people use without it (`patch_id`, `subject_line`, `line_overlap`), and scored
//! alike (`score`).

pub mod examples;
pub mod fragment;
pub mod history;
pub mod leave_one_out;
pub mod line_overlap;
pub mod patch_id;
pub mod perturbation;
pub mod perturbed_queries;
pub mod program;
pub mod query;
pub mod real_queries;
pub mod release;
pub mod report;
pub mod score;
pub mod setting;
pub mod squashed_series;
pub mod subject_line;
pub mod table;
pub mod truth;
