//! Reads a written series back and applies it, file by file: to verify it, and to make it a branch.
//!
//! It applies as `git apply` does at its strictest: at exactly the stated lines, with every context line as it is
//! in the file, and the modes as stated.

mod binary_literal;
pub mod file_state;
pub mod patch_index;
pub mod problem;
