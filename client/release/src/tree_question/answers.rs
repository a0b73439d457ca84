//! What the service answers about a tree, translated from its messages once.

use std::collections::BTreeMap;

use bstr::BString;
use hunktrace_proto::v1;
use hunktrace_server::audit::evidence::{CveState, Evidence};
use hunktrace_server::audit::missing_fixes::FixState;
use hunktrace_server::check::commit_state::StateKind;
use hunktrace_server::check::hunk_state::HunkState;
use hunktrace_server::wire::enums::UnknownValue;

use crate::cve_sources::Severity;

/// A commit that was asked after.
#[derive(Clone, Debug, PartialEq)]
pub struct CheckedCommit {
    /// As it was asked after.
    pub asked: String,
    /// The commit that the change is named for; empty where it is not indexed.
    pub commit: String,
    /// What became of it.
    pub state: StateKind,
    /// The other commit that decides it; empty for none.
    pub by: String,
    /// The commit whose hunks are told.
    pub judged_by: String,
    /// The first line of its message.
    pub subject: String,
    /// The first tagged release that contains it; empty if none does.
    pub first_release: String,
    /// Indexed commits that carry it.
    pub carriers: Vec<String>,
    /// Other commits that make the very same change.
    pub equivalents: Vec<String>,
    /// Its hunks, in their order.
    pub hunks: Vec<CheckedHunk>,
    /// Whether it is there beyond doubt.
    pub is_sure: bool,
    /// Why it is not answered; empty where it is.
    pub problem: String,
    /// The subsystem that it belongs to; empty where that is not known.
    pub subsystem: String,
}

/// A hunk of a commit that was asked after.
#[derive(Clone, Debug, PartialEq)]
pub struct CheckedHunk {
    /// Its file in the commit.
    pub path: BString,
    /// The file of the vendor's tree; empty where there is no such file.
    pub vendor_path: BString,
    /// Its first line before the commit.
    pub old_start: u32,
    /// What stands behind the second `@@` of its header.
    pub section: BString,
    /// What became of it.
    pub state: HunkState,
    /// The commit that has rewritten most of it; empty for none.
    pub by: String,
    /// The first line of the vendor's file that it covers, from 1; 0 where nothing of it is there.
    pub vendor_start: u32,
    /// How many lines of the vendor's file it covers.
    pub vendor_lines: u32,
    /// Its lines, where they were asked for.
    pub lines: Vec<CheckedLine>,
    /// Why it does not apply to the vendor's file; empty where it does.
    pub obstacle: String,
}

/// What became of a line of a hunk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LineState {
    /// A context or added line stands where the hunk has it.
    There,
    /// An added line stands near by, in another order.
    OtherOrder,
    /// A context or added line does not stand there.
    Missing,
    /// A removed line is not there.
    Gone,
    /// A removed line still stands there.
    Still,
}

impl LineState {
    /// How the state is called in every form of output.
    pub fn name(self) -> &'static str {
        match self {
            LineState::There => "there",
            LineState::OtherOrder => "other order",
            LineState::Missing => "missing",
            LineState::Gone => "gone",
            LineState::Still => "still there",
        }
    }
}

/// A line of a hunk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckedLine {
    /// The line with its sign.
    pub text: BString,
    /// What became of it.
    pub state: LineState,
    /// The line of the vendor's file, from 1; 0 where it is not there.
    pub vendor_line: u32,
}

/// All that an audit has found.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AuditAnswer {
    /// The fixes of what the vendor has, in the order of the index; those that it has as well.
    pub fixes: Vec<AuditedFix>,
    /// The vulnerabilities, in the order of the question.
    pub vulnerabilities: Vec<AuditedVulnerability>,
}

impl AuditAnswer {
    /// Says of each vulnerability how severe it is.
    pub fn add_severities(&mut self, severities: &BTreeMap<String, Severity>) {
        for known in &mut self.vulnerabilities {
            known.severity = severities.get(&known.id).cloned();
        }
    }
}

/// A fix of what the vendor has.
#[derive(Clone, Debug, PartialEq)]
pub struct AuditedFix {
    /// What the tree has of it.
    pub commit: CheckedCommit,
    /// Its state.
    pub state: FixState,
    /// The commits of the tree that it names in `Fixes:` lines.
    pub fixes: Vec<String>,
    /// The commits of the tree that it undoes.
    pub reverts: Vec<String>,
    /// The commits of the tree whose fault it says in other words to mend.
    pub mends: Vec<String>,
    /// Other fixes of the answer that it mends.
    pub follows: Vec<String>,
    /// The vulnerabilities that it mends.
    pub vulnerabilities: Vec<String>,
    /// Whether it applies to the vendor's files as they are.
    pub applies: bool,
    /// Why it is not wanted; empty where it is.
    pub waived: String,
    /// What it is for, where its message could be read.
    pub purpose: Option<v1::Purpose>,
}

impl AuditedFix {
    /// All commits of the tree that it mends or undoes.
    pub fn mended(&self) -> impl Iterator<Item = &String> {
        self.fixes.iter().chain(&self.reverts).chain(&self.mends)
    }

    /// Whether the tree lacks it, or may lack it.
    pub fn is_missing(&self) -> bool {
        matches!(self.state, FixState::WillApply | FixState::Missing | FixState::MaybeMissing)
    }
}

/// The state of a vulnerability.
#[derive(Clone, Debug, PartialEq)]
pub struct AuditedVulnerability {
    /// Its name.
    pub id: String,
    /// Its state.
    pub state: CveState,
    /// What decides it.
    pub evidence: Evidence,
    /// The commits that mend it.
    pub fixes: Vec<CheckedCommit>,
    /// The commits that brought it in.
    pub introduced_by: Vec<CheckedCommit>,
    /// The commits that its fixes are said to depend on.
    pub depends_on: Vec<CheckedCommit>,
    /// How severe it is said to be; none where no source says so.
    pub severity: Option<Severity>,
    /// Why it is not wanted; empty where it is.
    pub waived: String,
}

impl TryFrom<v1::CheckedCommit> for CheckedCommit {
    type Error = UnknownValue;

    fn try_from(message: v1::CheckedCommit) -> Result<CheckedCommit, UnknownValue> {
        Ok(CheckedCommit {
            state: message.state().try_into()?,
            asked: message.asked,
            commit: message.commit,
            by: message.by,
            judged_by: message.judged_by,
            subject: message.subject,
            first_release: message.first_release,
            carriers: message.carriers,
            equivalents: message.equivalents,
            hunks: message.hunks.into_iter().map(CheckedHunk::try_from).collect::<Result<_, _>>()?,
            is_sure: message.is_sure,
            problem: message.problem,
            subsystem: message.subsystem,
        })
    }
}

impl TryFrom<v1::CheckedHunk> for CheckedHunk {
    type Error = UnknownValue;

    fn try_from(message: v1::CheckedHunk) -> Result<CheckedHunk, UnknownValue> {
        Ok(CheckedHunk {
            state: message.state().try_into()?,
            path: message.path.into(),
            vendor_path: message.vendor_path.into(),
            old_start: message.old_start,
            section: message.section.into(),
            by: message.by,
            vendor_start: message.vendor_start,
            vendor_lines: message.vendor_lines,
            lines: message.lines.into_iter().map(CheckedLine::try_from).collect::<Result<_, _>>()?,
            obstacle: message.obstacle,
        })
    }
}

impl TryFrom<v1::CheckedLine> for CheckedLine {
    type Error = UnknownValue;

    fn try_from(message: v1::CheckedLine) -> Result<CheckedLine, UnknownValue> {
        let state = match message.state() {
            v1::LineState::Unspecified => return Err(UnknownValue { what: "what became of a line" }),
            v1::LineState::There => LineState::There,
            v1::LineState::OtherOrder => LineState::OtherOrder,
            v1::LineState::Missing => LineState::Missing,
            v1::LineState::Gone => LineState::Gone,
            v1::LineState::Still => LineState::Still,
        };
        Ok(CheckedLine { text: message.text.into(), state, vendor_line: message.vendor_line })
    }
}

impl TryFrom<v1::AuditedFix> for AuditedFix {
    type Error = UnknownValue;

    fn try_from(message: v1::AuditedFix) -> Result<AuditedFix, UnknownValue> {
        Ok(AuditedFix {
            state: message.state().try_into()?,
            commit: message.commit.unwrap_or_default().try_into()?,
            fixes: message.fixes,
            reverts: message.reverts,
            mends: message.mends,
            follows: message.follows,
            vulnerabilities: message.vulnerabilities,
            applies: message.applies,
            waived: message.waived,
            purpose: message.purpose,
        })
    }
}

impl TryFrom<v1::AuditedVulnerability> for AuditedVulnerability {
    type Error = UnknownValue;

    fn try_from(message: v1::AuditedVulnerability) -> Result<AuditedVulnerability, UnknownValue> {
        let commits = |commits: Vec<v1::CheckedCommit>| {
            commits.into_iter().map(CheckedCommit::try_from).collect::<Result<Vec<_>, _>>()
        };
        Ok(AuditedVulnerability {
            state: message.state().try_into()?,
            evidence: message.evidence().try_into()?,
            id: message.id,
            fixes: commits(message.fixes)?,
            introduced_by: commits(message.introduced_by)?,
            depends_on: commits(message.depends_on)?,
            severity: None,
            waived: message.waived,
        })
    }
}
