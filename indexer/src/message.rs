//! What a kernel commit message says about other commits.
//!
//! Stable and vendor commits name the mainline commit they carry, and every maintainer spells it differently:
//! "commit X upstream.", "[ Upstream commit X ]", "(cherry picked from commit X)", "Git-commit: X" and dozens
//! more, in any case, abbreviated, wrapped over lines. The same words also appear in prose about commits that are
//! merely talked about, so a hash alone says nothing: what counts is the statement that it stands in.
//!
//! A message is read in one pass. `mention` finds the hashes, `statement` cuts out the words around each, and
//! `origin`, `revert` and `fixes` say what those words mean; `blame` reads prose, and what it finds is not indexed. `quoted_commit` knows the one form that has no
//! words at all: a quoted `git show` header.

mod blame;
mod commit_ref;
mod encoding;
mod facts;
mod fixes;
mod mention;
mod origin;
mod quoted_commit;
mod revert;
mod statement;

pub use blame::blamed_commits;
pub use commit_ref::CommitRef;
pub use encoding::decode;
pub use facts::{MessageFacts, subject_of};

#[cfg(test)]
mod tests;
