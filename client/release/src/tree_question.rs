//! Questions to a vendor's tree: is this commit in it, and what does it lack?
//!
//! The service asks for the files that matter, and only these are read and sent. Without a base everything is judged by the
//! vendor's code alone.

mod answers;
mod audit_call;
mod check_call;
mod taken_release;
mod trees;

pub use answers::{
    AuditAnswer, AuditedFix, AuditedVulnerability, CheckedCommit, CheckedHunk, CheckedLine, LineState,
};
pub use audit_call::{AuditRequest, Waiver, audit};
pub use check_call::check;
pub use hunktrace_server::audit::evidence::{CveState, Evidence};
pub use hunktrace_server::audit::missing_fixes::FixState;
pub use hunktrace_server::audit::vulnerability::{Account, FixSet, Introduced, Vulnerability};
pub use hunktrace_server::check::commit_state::StateKind;
pub use hunktrace_server::check::hunk_state::HunkState;
pub use taken_release::{TakenRelease, TakenReleaseError};
pub use trees::{BuiltFiles, Trees};
