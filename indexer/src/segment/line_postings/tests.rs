//! Postings that were drawn, written and read back, and damaged ones.

use std::collections::BTreeMap;

use proptest::prelude::*;
use tantivy::directory::OwnedBytes;

use super::*;
use crate::fingerprint::TermNumber;

type Lists = BTreeMap<TermNumber, Vec<u32>>;

fn written(lists: &Lists, documents: u32) -> LinePostings {
    let mut writer = PostingsWriter::new(Vec::new(), lists.len() as u64, documents);
    lists.iter().for_each(|(term, documents)| writer.add(*term, documents).unwrap());
    LinePostings::open(OwnedBytes::new(writer.finish().unwrap())).unwrap()
}

fn documents_of(list: &DocumentList<'_>) -> Vec<u32> {
    let mut documents = Vec::new();
    list.for_each(|document| documents.push(document)).unwrap();
    documents
}

fn any_term() -> impl Strategy<Value = TermNumber> {
    (0u64..1 << TermNumber::BITS).prop_map(TermNumber)
}

fn any_lists() -> impl Strategy<Value = Lists> {
    let documents = prop::collection::btree_set(0u32..3000, 1..1500);
    let few = prop::collection::btree_set(0u32..3000, 1..6);
    let list = prop_oneof![9 => few, 1 => documents].prop_map(|set| set.into_iter().collect());
    prop::collection::btree_map(any_term(), list, 0..200)
}

proptest! {
    #[test]
    fn every_term_is_found_with_its_documents(lists in any_lists(), other in any_term()) {
        let postings = written(&lists, 3000);
        // What was found once is found at its place again.
        for _ in 0..2 {
            for (term, documents) in &lists {
                let list = postings.find(*term).unwrap().unwrap();
                prop_assert_eq!(&documents_of(&list), documents);
                prop_assert_eq!(list.count() as usize, documents.len());
            }
            prop_assert_eq!(postings.find(other).unwrap().is_some(), lists.contains_key(&other));
        }
        let mut all = Lists::new();
        let mut iter = postings.iter();
        while let Some(found) = iter.next_term().unwrap() {
            all.insert(found.term, documents_of(&found.documents));
        }
        prop_assert_eq!(all, lists);
    }

    #[test]
    fn wanted_documents_are_told_from_others(
        list in prop::collection::btree_set(0u32..3000, 1..2000),
        wanted in prop::collection::btree_set(0u32..3000, 0..300),
    ) {
        let wanted: Vec<u32> = wanted.into_iter().collect();
        let postings = written(&Lists::from([(TermNumber(7), list.iter().copied().collect())]), 3000);
        let mut found = Vec::new();
        let documents = postings.find(TermNumber(7)).unwrap().unwrap();
        documents.for_each_of(&wanted, |place| found.push(wanted[place])).unwrap();
        let expected: Vec<u32> = wanted.iter().copied().filter(|doc| list.contains(doc)).collect();
        prop_assert_eq!(found, expected);
    }

    #[test]
    fn damaged_postings_are_read_without_panic(lists in any_lists(), flips in prop::collection::vec(any::<(u16, u8)>(), 1..8)) {
        let mut writer = PostingsWriter::new(Vec::new(), lists.len() as u64, 3000);
        lists.iter().for_each(|(term, documents)| writer.add(*term, documents).unwrap());
        let mut bytes = writer.finish().unwrap();
        for (at, flip) in flips {
            let at = usize::from(at) % bytes.len();
            bytes[at] ^= flip;
        }
        if let Ok(postings) = LinePostings::open(OwnedBytes::new(bytes)) {
            for term in lists.keys() {
                if let Ok(Some(list)) = postings.find(*term) {
                    drop(list.for_each_of(&[5, 100, 2000], |_| {}));
                }
            }
        }
    }
}
