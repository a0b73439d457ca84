//! The answers.
