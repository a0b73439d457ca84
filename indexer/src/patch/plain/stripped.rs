//! A text of which something was taken off.

/// A text of which something was taken off.
#[derive(Debug)]
pub(super) struct Stripped {
    /// What is left.
    pub text: Vec<u8>,
    /// The lines that were kept, counted from 0; none if all were.
    pub kept: Option<Vec<usize>>,
}
