//! The terminal: colours, widths, messages, signals, and how the program ends.

pub mod color;
pub mod end_signals;
pub mod interrupt;
pub mod likeness;
pub mod message;
pub mod outcome;
pub mod output;
pub mod screen_text;
