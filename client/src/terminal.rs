//! The terminal: colours, widths, progress, messages, and how the program ends.

pub mod candidate_hunk;
pub mod color;
pub mod interrupt;
pub mod message;
pub mod outcome;
pub mod output;
pub mod progress;
pub mod screen_text;
