//! Drawn graphs, in memory and on disk, beside a plain reference that works everything out anew.

mod drawn;
mod reference;

use std::collections::BTreeSet;

use proptest::prelude::*;
use tantivy::directory::{Directory, MmapDirectory, OwnedBytes};

use super::absent_origin::AbsentOrigins;
use super::graph_file::GraphContent;
use super::id_order::SortedIds;
use super::subsystems::Subsystems;
use super::*;
use drawn::{DrawnGraph, any_graph, entry};
use reference::Reference;

fn push_all(builder: &mut GraphBuilder, entries: &[GraphEntry]) {
    for entry in entries {
        builder.push(entry.clone());
    }
}

/// The graph of entries and tags, as a file.
fn file(drawn: &DrawnGraph) -> Vec<u8> {
    let mut builder = GraphBuilder::default();
    push_all(&mut builder, &drawn.entries);
    builder.set_tags(drawn.tags.iter().cloned());
    builder.to_bytes()
}

fn opened(file: Vec<u8>) -> CommitGraph {
    CommitGraph::open(&OwnedBytes::new(file)).expect("a graph file")
}

/// What `mapped` gives of a file that was written to disk and mapped.
fn on_disk<T>(file: &[u8], mapped: impl FnOnce(CommitGraph) -> T) -> T {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("graph"), file).expect("a file");
    let directory = MmapDirectory::open(folder.path()).expect("the folder");
    let bytes = directory.open_read("graph".as_ref()).expect("the file").read_bytes().expect("the file");
    mapped(CommitGraph::open(&bytes).expect("a graph file"))
}

/// Compares everything that a graph answers about single commits.
fn assert_agrees(graph: &CommitGraph, reference: &Reference<'_>) -> Result<(), TestCaseError> {
    prop_assert_eq!(graph.verify(), Ok(()));
    prop_assert_eq!(graph.len(), reference.entries.len());
    prop_assert_eq!(graph.is_empty(), reference.entries.is_empty());
    prop_assert_eq!(
        graph.total_hunks(),
        reference.entries.iter().map(|entry| u64::from(entry.hunks)).sum::<u64>()
    );
    prop_assert_eq!(graph.tags(), reference.tags());
    for commit in CommitOrdinal::first(graph.len()) {
        let entry = &reference.entries[commit.index()];
        prop_assert_eq!(graph.id(commit), entry.id);
        prop_assert_eq!(graph.find(&entry.id), Some(commit));
        prop_assert_eq!(graph.committed_at(commit), entry.committed_at);
        prop_assert_eq!(graph.subject_hash(commit), entry.subject);
        prop_assert_eq!(graph.hunk_count(commit), entry.hunks);
        prop_assert_eq!(graph.patch(commit), entry.patch);
        prop_assert_eq!(graph.parents(commit).collect::<Vec<_>>(), reference.parents(commit));
        prop_assert_eq!(graph.same_patch(commit), reference.same_patch(commit));
        prop_assert_eq!(graph.first_release(commit), reference.first_release(commit));
        prop_assert_eq!(graph.with_subject(entry.subject), reference.with_subject(entry.subject));
        prop_assert_eq!(graph.absent_origin(commit), reference.absent_origin(commit));
        let ancestors = graph.ancestors(commit);
        let contained = CommitOrdinal::first(graph.len()).filter(|other| ancestors.contains(*other));
        prop_assert_eq!(contained.collect::<BTreeSet<_>>(), reference.ancestors(commit));
        for relation in Relation::ALL {
            prop_assert_eq!(graph.related(relation, commit), reference.related(relation, commit));
            prop_assert_eq!(graph.relating(relation, commit), reference.relating(relation, commit));
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_drawn_graph_agrees_with_the_reference_in_memory_and_on_disk(drawn in any_graph()) {
        let reference = Reference::new(&drawn);
        let file = file(&drawn);
        on_disk(&file, |graph| assert_agrees(&graph, &reference))?;
        assert_agrees(&opened(file), &reference)?;
    }

    #[test]
    fn a_graph_that_is_continued_is_the_one_that_is_built_at_once(drawn in any_graph(), at: prop::sample::Index) {
        let (before, after) = drawn.entries.split_at(at.index(drawn.entries.len() + 1));
        let mut builder = GraphBuilder::default();
        push_all(&mut builder, before);
        let mut builder = GraphBuilder::from_graph(&opened(builder.to_bytes())).expect("what was written");
        prop_assert_eq!((builder.len(), builder.is_empty()), (before.len(), before.is_empty()));
        push_all(&mut builder, after);
        builder.set_tags(drawn.tags.iter().cloned());
        prop_assert!(builder.to_bytes() == file(&drawn));
    }

    #[test]
    fn beginnings_of_ids_lead_to_all_commits_that_have_them(drawn in any_graph(), digits in 4usize..=40) {
        let reference = Reference::new(&drawn);
        let graph = opened(file(&drawn));
        for entry in &drawn.entries {
            let hex = &entry.id.to_string()[..digits];
            let expected = match &reference.with_prefix(hex)[..] {
                [only] => FoundCommit::One(*only),
                several => FoundCommit::Several(
                    several.iter().take(10).map(|commit| graph.id(*commit)).collect(),
                ),
            };
            prop_assert_eq!(graph.find_abbreviated(hex), expected);
        }
        prop_assert_eq!(graph.find_abbreviated("ffffffffff"), FoundCommit::None);
    }

    #[test]
    fn every_flipped_bit_of_a_graph_file_is_refused_or_harmless(drawn in any_graph(), at: prop::sample::Index) {
        let mut file = file(&drawn);
        let at = at.index(file.len());
        file[at] ^= 1;
        if let Ok(graph) = CommitGraph::open(&OwnedBytes::new(file))
            && graph.verify().is_ok()
        {
            // The bit is in the padding between sections.
            assert_agrees(&graph, &Reference::new(&drawn))?;
        }
    }
}

#[test]
fn carriers_of_an_origin_that_is_not_indexed_are_found_by_its_id() {
    let hex = "0123456789abcdef0123456789abcdef01234567";
    let names = |number, hexes: &[&str]| {
        let name = |hex: &&str| NamedCommit {
            relation: Relation::Origin,
            hex: Some((*hex).to_owned()),
            subject: None,
            is_pick: false,
        };
        GraphEntry { names: hexes.iter().map(name).collect(), ..entry(number) }
    };
    let indexed = entry(0).id.to_string();
    let entries = vec![
        entry(0),
        names(1, &[hex]),
        names(2, &[&hex[..12]]),
        names(3, &[&indexed, hex]),
        names(4, &["7654321"]),
    ];
    let graph = opened(file(&DrawnGraph { entries, tags: Vec::new() }));
    assert_eq!(graph.verify(), Ok(()));
    let origin = AbsentOrigin { hex: hex.to_owned(), is_upstream: true };
    let carriers = [1, 2, 3].map(CommitOrdinal).to_vec();
    for asked in [hex, &hex[..7], "0123456789ABCDEF"] {
        assert_eq!(graph.find_absent(asked), [(origin.clone(), carriers.clone())], "{asked}");
    }
    let short = AbsentOrigin { hex: "7654321".to_owned(), is_upstream: true };
    assert_eq!(graph.find_absent(&format!("7654321{}", "0".repeat(33))), [(short, vec![CommitOrdinal(4)])]);
    assert_eq!(graph.find_absent("fedcba9"), []);

    assert_eq!(
        graph.fellow_carriers(CommitOrdinal(2)),
        [1, 2].map(CommitOrdinal),
        "commit 3 has an indexed origin"
    );
    assert_eq!(graph.absent_origin(CommitOrdinal(2)), Some(origin));
    assert_eq!(graph.absent_origin(CommitOrdinal(3)), None);
}

#[test]
fn what_is_no_beginning_of_an_id_leads_nowhere() {
    let graph = opened(file(&DrawnGraph { entries: vec![entry(0)], tags: Vec::new() }));
    for text in ["", "0", "not hexadecimal", &"0".repeat(41)] {
        assert_eq!(graph.find_abbreviated(text), FoundCommit::None, "{text}");
    }
}

#[test]
fn references_and_what_could_not_be_indexed_are_kept_once_and_sorted() {
    let reference = |name: &str, commit: &str| IndexedRef {
        repository: "linux".to_owned(),
        name: name.to_owned(),
        commit: commit.to_owned(),
    };
    let item = |path: &str| UnindexedItem {
        commit: "1".to_owned(),
        path: Some(path.into()),
        reason: "absent".to_owned(),
    };
    let mut builder = GraphBuilder::default();
    assert!(builder.set_refs([reference("next", "1"), reference("master", "1")]));
    assert!(!builder.set_refs([reference("master", "1")]), "nothing has moved");
    assert!(builder.set_refs([reference("master", "2")]), "it has moved");
    assert!(builder.add_unindexed([item("b"), item("a"), item("b")]));
    assert!(!builder.add_unindexed([item("a")]), "nothing is new");

    let graph = opened(builder.to_bytes());
    assert_eq!(graph.refs(), Ok(vec![reference("master", "2"), reference("next", "1")]));
    assert_eq!(graph.unindexed(), Ok(vec![item("a"), item("b")]));
}

#[test]
fn tags_count_from_when_their_commit_is_indexed() {
    let tag = |name: &str, number| ReleaseTag { name: name.to_owned(), commit: entry(number).id };
    let mut builder = GraphBuilder::default();
    builder.push(entry(0));
    assert!(builder.set_tags([tag("v1", 0)]));
    assert!(!builder.set_tags([tag("v1", 0), tag("v2", 1)]), "v2 is on no commit that is indexed");
    assert_eq!(opened(builder.to_bytes()).tags(), [tag("v1", 0)]);

    builder.push(entry(1));
    let graph = opened(builder.to_bytes());
    assert_eq!(graph.tags(), [tag("v1", 0), tag("v2", 1)]);
    assert_eq!(graph.first_release(CommitOrdinal(1)), Some("v2"));
}

/// A file of two commits, the second of which is a child of `parent`, with `order` as the order of ids.
fn two_commits(parent: u32, order: [u32; 2]) -> Vec<u8> {
    let ids = [entry(0).id, entry(1).id];
    let content = GraphContent {
        ids: &ids,
        by_id: &order.map(CommitOrdinal),
        dates: &[0, 0],
        patches: &[None, None],
        by_patch: &[CommitOrdinal(0), CommitOrdinal(1)],
        subjects: &[SubjectHash(0), SubjectHash(0)],
        by_subject: &[CommitOrdinal(0), CommitOrdinal(1)],
        hunks: &[0, 0],
        parents: &[vec![], vec![CommitOrdinal(parent)]],
        releases: &[None, None],
        tags: &[],
        names: &[],
        absent: &AbsentOrigins::default(),
        refs: &[],
        unreferenced: &[],
        maintainers: None,
        subsystems: &Subsystems::default(),
        unindexed: &[],
        pairs: &Relation::ALL.into_iter().map(|relation| (relation, Vec::new())).collect(),
    };
    content.encode()
}

#[test]
fn verification_names_the_section_that_contradicts_itself() {
    let ids = [entry(0).id, entry(1).id];
    let order = SortedIds::of(&ids).order().iter().map(|commit| commit.0).collect::<Vec<_>>();
    let sorted = [order[0], order[1]];
    let outcome =
        |parent, order| opened(two_commits(parent, order)).verify().map_err(|error| error.to_string());

    assert_eq!(outcome(0, sorted), Ok(()));
    let error = outcome(1, sorted).expect_err("a commit that is its own parent");
    assert!(error.starts_with("section 'parents' is damaged: commit"), "{error}");
    let error = outcome(7, sorted).expect_err("a parent that is not there");
    assert_eq!(error, "section 'parents' is damaged: a parent is no commit of the index");
    let error = outcome(0, [sorted[1], sorted[0]]).expect_err("another order");
    assert!(error.starts_with("section 'by-id' is damaged: commit"), "{error}");
}
