//! Comments that a vendor has reworded.

use bstr::{BString, ByteSlice};
use fastrand::Rng;

use super::is_c;
use crate::accuracy::fragment::Fragment;

/// The fragment with other comments: each comment gets one more word, and one in three of the changed lines of code, at
/// least one, gets a comment behind it; none if the file is not C.
pub fn changed(fragment: &Fragment, rng: &mut Rng) -> Option<Fragment> {
    if !is_c(fragment) {
        return None;
    }
    let mut changed = fragment.clone();
    let code: Vec<usize> = (0..changed.lines.len())
        .filter(|place| {
            let line = &changed.lines[*place];
            line.says_something() && line.text.ends_with(b";") && comment_start(&line.text).is_none()
        })
        .collect();
    let always = rng.choice(&code).copied();
    for (place, line) in changed.lines.iter_mut().enumerate() {
        if let Some(start) = comment_start(&line.text) {
            let (before, after) = line.text.split_at(start);
            line.text = [before, b" vendor's", after].concat().into();
        } else if code.contains(&place) && (Some(place) == always || rng.u32(..3) == 0) {
            line.text = BString::from([line.text.as_slice(), b" /* vendor: see the notes */"].concat());
        }
    }
    let differs =
        changed.lines.iter().zip(&fragment.lines).any(|(new, old)| old.says_something() && new != old);
    differs.then_some(changed)
}

/// Where the words of a comment begin: behind its opening, or behind the star of a line inside one.
fn comment_start(text: &[u8]) -> Option<usize> {
    if let Some(opening) = text.find("/*").or_else(|| text.find("//")) {
        return Some(opening + 2);
    }
    let blanks = text.iter().take_while(|byte| byte.is_ascii_whitespace()).count();
    text[blanks..].starts_with(b"* ").then_some(blanks + 1)
}
