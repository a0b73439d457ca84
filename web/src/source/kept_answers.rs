//! Answers that never change, and are large: they are kept while there is room.

use std::hash::Hash;
use std::sync::Arc;

use hunktrace_proto::v1;
use prost::Message;
use quick_cache::Weighter;
use quick_cache::sync::Cache;

use crate::failure::Failure;

/// Bytes of one kind of answer that are kept, as they were sent.
const KEPT_BYTES: u64 = 48 << 20;

/// How many answers may be expected to be kept.
const KEPT: usize = 64;

/// A release as it was taken apart: releases of one name in another catalogue are others.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ReleaseKey {
    name: (String, String),
    source: (String, String),
    lines: (u64, u64),
}

impl ReleaseKey {
    /// The key of a release.
    pub fn of(release: &v1::CataloguedRelease) -> ReleaseKey {
        ReleaseKey {
            name: (release.vendor.clone(), release.name.clone()),
            source: (release.checksum.clone(), release.index_digest.clone()),
            lines: (release.lines, release.explained_lines),
        }
    }
}

#[derive(Clone)]
struct AnswerBytes;

impl<K, A: Message> Weighter<K, Arc<A>> for AnswerBytes {
    fn weight(&self, _: &K, answer: &Arc<A>) -> u64 {
        answer.encoded_len() as u64 + 1
    }
}

/// Answers that are kept.
pub struct KeptAnswers<K, A: Message>(Arc<Cache<K, Arc<A>, AnswerBytes>>);

impl<K, A: Message> Clone for KeptAnswers<K, A> {
    fn clone(&self) -> Self {
        KeptAnswers(Arc::clone(&self.0))
    }
}

impl<K: Clone + Eq + Hash, A: Message> KeptAnswers<K, A> {
    /// None yet.
    pub fn new() -> Self {
        KeptAnswers(Arc::new(Cache::with_weighter(KEPT, KEPT_BYTES, AnswerBytes)))
    }

    /// The answer that is kept, or what `asked` gives. Where many ask at once, one of them works.
    ///
    /// # Errors
    /// Those of `asked`.
    pub async fn get(
        &self,
        key: K,
        asked: impl Future<Output = Result<A, Failure>>,
    ) -> Result<Arc<A>, Failure> {
        self.0.get_or_insert_async(&key, async { asked.await.map(Arc::new) }).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn answers_are_asked_for_once_and_failures_again() {
        let kept: KeptAnswers<u32, v1::ListFilesResponse> = KeptAnswers::new();
        let failed = kept.get(1, async { Err(Failure::not_found("x")) }).await;
        assert!(failed.is_err());
        let answer = v1::ListFilesResponse { files: vec![v1::FileShare::default()], release: None };
        let first = kept.get(1, async { Ok(answer.clone()) }).await;
        assert_eq!(first.as_deref(), Ok(&answer));
        let second = kept.get(1, async { Err(Failure::not_found("nobody asks")) }).await;
        assert_eq!(second.as_deref(), Ok(&answer));
    }
}
