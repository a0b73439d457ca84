//! Links to answers: what was asked stands in the link, so that it can be sent and works for as long as there are pages.
//!
//! A text that would make a link too long for mail and browsers is kept by the server for a while instead.

use std::io::Read;
use std::sync::Arc;

use data_encoding::{BASE64URL_NOPAD, HEXLOWER};
use quick_cache::Weighter;
use quick_cache::sync::Cache;
use xxhash_rust::xxh3::xxh3_128;

/// Characters of a link that everything on its way takes.
const LONGEST: usize = 6_000;

/// Bytes of texts that are kept.
const KEPT_BYTES: u64 = 64 << 20;

/// How many texts may be expected to be kept.
const KEPT_TEXTS: usize = 1_000;

/// zstd's strongest usual level: texts are short, and every byte counts in a link.
const LEVEL: i32 = 19;

/// Its fastest usual level: a long text that fits into a link is one that any level packs.
const FAST_LEVEL: i32 = 1;

/// Bytes of a text from which on the strongest level takes too long.
const LONG_TEXT: usize = 64 << 10;

/// What a query is called that has the text, and one that names a text that is kept.
const TEXT: &str = "text";
const KEPT: &str = "kept";

/// A link to an answer: the query behind the answer's path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Permalink {
    /// As it stands behind `?`.
    pub query: String,
    /// Whether it works for ever.
    pub is_lasting: bool,
}

/// Texts that are kept for links.
#[derive(Clone)]
pub struct KeptTexts(Arc<Cache<u128, Arc<[u8]>, TextBytes>>);

#[derive(Clone)]
struct TextBytes;

impl Weighter<u128, Arc<[u8]>> for TextBytes {
    fn weight(&self, _: &u128, text: &Arc<[u8]>) -> u64 {
        text.len() as u64 + 64
    }
}

impl Default for KeptTexts {
    fn default() -> KeptTexts {
        KeptTexts(Arc::new(Cache::with_weighter(KEPT_TEXTS, KEPT_BYTES, TextBytes)))
    }
}

impl KeptTexts {
    /// The link to the answer to a text.
    pub fn link(&self, text: &[u8]) -> Permalink {
        if let Some(packed) = packed(text) {
            return Permalink { query: format!("{TEXT}={packed}"), is_lasting: true };
        }
        let digest = xxh3_128(text);
        self.0.insert(digest, text.into());
        Permalink { query: format!("{KEPT}={}", HEXLOWER.encode(&digest.to_be_bytes())), is_lasting: false }
    }

    /// The text of a link's query; none where it has none, or it is kept no longer. No text is longer than `most` bytes.
    pub fn text(&self, query: &[(String, String)], most: usize) -> Option<Vec<u8>> {
        let value = |name: &str| query.iter().find(|(key, _)| key == name).map(|(_, value)| value);
        if let Some(packed) = value(TEXT) {
            return unpacked(packed, most);
        }
        let digest = HEXLOWER.decode(value(KEPT)?.as_bytes()).ok()?;
        let text = self.0.get(&u128::from_be_bytes(digest.try_into().ok()?))?;
        Some(text.to_vec())
    }
}

fn packed(text: &[u8]) -> Option<String> {
    let level = if text.len() < LONG_TEXT { LEVEL } else { FAST_LEVEL };
    let packed = zstd::bulk::compress(text, level).ok()?;
    let encoded = BASE64URL_NOPAD.encode(&packed);
    (encoded.len() <= LONGEST).then_some(encoded)
}

fn unpacked(encoded: &str, most: usize) -> Option<Vec<u8>> {
    let packed = BASE64URL_NOPAD.decode(encoded.as_bytes()).ok()?;
    let mut text = Vec::new();
    let unpacker = zstd::stream::Decoder::new(&packed[..]).ok()?;
    unpacker.take(most as u64 + 1).read_to_end(&mut text).ok()?;
    (text.len() <= most).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const MOST: usize = 1 << 20;

    fn query(link: &Permalink) -> Vec<(String, String)> {
        form_urlencoded::parse(link.query.as_bytes()).into_owned().collect()
    }

    proptest! {
        #[test]
        fn links_lead_back_to_their_texts(text in proptest::collection::vec(any::<u8>(), 0..9000)) {
            let kept = KeptTexts::default();
            let link = kept.link(&text);
            prop_assert!(link.query.len() <= LONGEST + TEXT.len() + 1);
            prop_assert_eq!(kept.text(&query(&link), MOST), Some(text));
        }
    }

    #[test]
    fn short_links_need_nothing_kept() {
        let link = KeptTexts::default().link(b"+a\n");
        assert!(link.is_lasting);
        assert_eq!(KeptTexts::default().text(&query(&link), MOST).as_deref(), Some(&b"+a\n"[..]));
    }

    #[test]
    fn long_texts_are_known_where_they_are_kept() {
        let text: Vec<u8> =
            (0..20_000u32).flat_map(|n| n.wrapping_mul(2_654_435_761).to_be_bytes()).collect();
        let kept = KeptTexts::default();
        let link = kept.link(&text);
        assert!(!link.is_lasting);
        assert_eq!(kept.text(&query(&link), MOST), Some(text));
        assert_eq!(KeptTexts::default().text(&query(&link), MOST), None);
    }

    #[test]
    fn small_links_do_not_become_large_texts() {
        let link = KeptTexts::default().link(&vec![b'a'; MOST + 1]);
        assert!(link.is_lasting);
        assert_eq!(KeptTexts::default().text(&query(&link), MOST), None);
        assert_eq!(KeptTexts::default().text(&[("text".into(), "!".into())], MOST), None);
    }
}
