//! Draws graphs whose commits have much in common: beginnings of ids, dates, subjects, changes.

use gix::ObjectId;
use proptest::prelude::*;
use proptest::sample::Index;

use crate::graph::{GraphEntry, NamedCommit, Relation, ReleaseTag, SubjectHash};
use crate::patch_fingerprint::PatchFingerprint;

/// Commits in the order of indexing, and tags.
#[derive(Clone, Debug)]
pub struct DrawnGraph {
    pub entries: Vec<GraphEntry>,
    pub tags: Vec<ReleaseTag>,
}

/// A commit without parents, whose id tells its number.
pub fn entry(number: u8) -> GraphEntry {
    GraphEntry {
        id: id(0x50, number),
        parents: Vec::new(),
        committed_at: i64::from(number),
        patch: None,
        subject: SubjectHash::of(&format!("commit {number}")),
        hunks: 0,
        names: Vec::new(),
    }
}

/// An id that begins with four equal bytes and ends with a number.
fn id(lead: u8, number: u8) -> ObjectId {
    let mut bytes = [lead; 20];
    bytes[4] = number.wrapping_mul(37);
    bytes[19] = number;
    ObjectId::Sha1(bytes)
}

/// The id of no commit.
fn unknown_id() -> ObjectId {
    id(0xee, 0)
}

#[derive(Clone, Debug)]
struct DrawnCommit {
    lead: u8,
    parents: Vec<Index>,
    committed_at: i64,
    patch: u64,
    subject: u8,
    hunks: u32,
    names: Vec<DrawnName>,
}

#[derive(Clone, Debug)]
struct DrawnName {
    relation: Relation,
    target: Index,
    form: NameForm,
    digits: usize,
}

/// How a message names another commit.
#[derive(Clone, Copy, Debug)]
enum NameForm {
    Id,
    IdAndSubject,
    Subject,
    UnknownIdAndSubject,
    UnknownId,
}

fn any_name() -> impl Strategy<Value = DrawnName> {
    let forms = [
        NameForm::Id,
        NameForm::IdAndSubject,
        NameForm::Subject,
        NameForm::UnknownIdAndSubject,
        NameForm::UnknownId,
    ];
    let (relation, form) = (prop::sample::select(&Relation::ALL[..]), prop::sample::select(forms.to_vec()));
    (relation, any::<Index>(), form, prop_oneof![Just(7usize), Just(10), Just(40)])
        .prop_map(|(relation, target, form, digits)| DrawnName { relation, target, form, digits })
}

fn any_commit() -> impl Strategy<Value = DrawnCommit> {
    let parents = prop::collection::vec(any::<Index>(), 0..3);
    let names = prop::collection::vec(any_name(), 0..3);
    (0x11u8..0x14, parents, -3i64..3, 0u64..4, 0u8..4, 0u32..9, names).prop_map(
        |(lead, parents, committed_at, patch, subject, hunks, names)| DrawnCommit {
            lead,
            parents,
            committed_at,
            patch,
            subject,
            hunks,
            names,
        },
    )
}

/// A graph of up to forty commits and a few tags, one of which may be on a commit that is not indexed.
pub fn any_graph() -> impl Strategy<Value = DrawnGraph> {
    let tags = prop::collection::btree_map(0u8..6, any::<Index>(), 0..5);
    (prop::collection::vec(any_commit(), 1..40), tags).prop_map(|(commits, tags)| {
        let ids: Vec<ObjectId> =
            commits.iter().zip(0..).map(|(commit, number)| id(commit.lead, number)).collect();
        let known_or_not = |index: Index, known: usize| {
            ids[..known].get(index.index(known + 1)).copied().unwrap_or_else(unknown_id)
        };
        let subject = |commit: &DrawnCommit| SubjectHash::of(&format!("subject {}", commit.subject));
        let name = |drawn: &DrawnName| {
            let target = drawn.target.index(commits.len());
            let abbreviated = |id: ObjectId| Some(id.to_string()[..drawn.digits].to_owned());
            let (hex, has_subject) = match drawn.form {
                NameForm::Id => (abbreviated(ids[target]), false),
                NameForm::IdAndSubject => (abbreviated(ids[target]), true),
                NameForm::Subject => (None, true),
                NameForm::UnknownIdAndSubject => (abbreviated(unknown_id()), true),
                NameForm::UnknownId => (abbreviated(unknown_id()), false),
            };
            let subject = has_subject.then(|| subject(&commits[target]));
            NamedCommit { relation: drawn.relation, hex, subject, is_pick: false }
        };
        let entries = commits.iter().enumerate().map(|(number, commit)| GraphEntry {
            id: ids[number],
            parents: commit.parents.iter().map(|parent| known_or_not(*parent, number)).collect(),
            committed_at: commit.committed_at,
            patch: PatchFingerprint::from_number(commit.patch),
            subject: subject(commit),
            hunks: commit.hunks,
            names: commit.names.iter().map(name).collect(),
        });
        let tags = tags.into_iter().map(|(number, index)| ReleaseTag {
            name: format!("v{number}"),
            commit: known_or_not(index, ids.len()),
        });
        DrawnGraph { entries: entries.collect(), tags: tags.collect() }
    })
}
