//! Who may ask what: bearer tokens with names and scopes.

pub mod scope;
pub mod shown_token;
pub mod tokens;
