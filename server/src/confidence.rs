//! How sure an answer is: a logistic model over named evidence.
//!
//! What is known of a candidate ([`features`]) is measured as evidence ([`evidence`]): one table gives each kind of it a
//! name, words and a meaning. The log-odds that the candidate is the origin are a weighted sum of the evidence
//! ([`model`]); the fit writes the weights (`coefficients.rs`). Amounts are in lines that stand nowhere else in history,
//! so that they mean the same in a small index and in a large one. Why a candidate is no perfect match is told in a few words
//! ([`reasons`]).

mod coefficients;
mod thresholds;
mod weighing;
mod words;

pub mod evidence;
pub mod features;
pub mod model;
pub mod reasons;

/// From here on an answer is taken as one: it is rather right than wrong.
pub const LIKELY: Confidence = Confidence(0.5);

/// A calibrated probability, from 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub struct Confidence(pub f32);
