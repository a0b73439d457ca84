//! Texts of the wire that may say nothing.

/// A text that says something; none where the wire has an empty one for nothing.
pub fn non_empty(text: &str) -> Option<&str> {
    Some(text).filter(|text| !text.is_empty())
}
