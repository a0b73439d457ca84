//! The terminal: colours, widths, messages, signals, and how the program ends.

pub mod color;
pub mod commit_link;
pub mod end_signals;
pub mod interrupt;
pub mod message;
pub mod outcome;
pub mod output;
pub mod pager;
pub mod screen;
pub mod screen_text;
pub mod step_bar;
#[cfg(feature = "opentelemetry")]
pub mod traces;
