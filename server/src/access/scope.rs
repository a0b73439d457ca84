//! What a token allows.

use std::str::FromStr;

/// A kind of request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    /// To ask what is indexed, and what the service can do.
    Status,
    /// To look up texts and commits.
    Lookup,
    /// To have releases taken apart, which takes minutes of all cores.
    Attribute,
}

impl Scope {
    /// All kinds.
    pub const ALL: [Scope; 3] = [Scope::Status, Scope::Lookup, Scope::Attribute];

    /// Its name in files and messages.
    pub fn name(self) -> &'static str {
        match self {
            Scope::Status => "status",
            Scope::Lookup => "lookup",
            Scope::Attribute => "attribute",
        }
    }
}

/// A word that is no scope.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is no scope; the scopes are status, lookup and attribute")]
pub struct NoScope(String);

impl FromStr for Scope {
    type Err = NoScope;

    fn from_str(name: &str) -> Result<Scope, NoScope> {
        let found = Scope::ALL.into_iter().find(|scope| scope.name() == name);
        found.ok_or_else(|| NoScope(name.to_owned()))
    }
}
