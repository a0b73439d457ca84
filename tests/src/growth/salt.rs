//! What makes a replica of a history another one: other commits, other files and other rare lines.
//!
//! Everything goes by the text or id alone, so what was one commit, file or line stays one: a line that is added in a
//! replica is removed there under the same name, and a message names the replica's own commits. Common lines, blank
//! lines and braces stay what they are, as they do when a real history grows.

use bstr::{BString, ByteSlice};
use gix::ObjectId;
use hunktrace_indexer::fingerprint::LineHasher;
use hunktrace_indexer::git::commit_diff::FileDiff;
use hunktrace_indexer::hunk::Hunk;
use hunktrace_indexer::normalize::is_informative;
use xxhash_rust::xxh3::{xxh3_64, xxh3_64_with_seed};

use super::common_lines::CommonLines;

/// How many hexadecimal digits in a row a message has at least where they are taken for the id of a commit.
const MIN_ID_DIGITS: usize = 7;

/// Hexadecimal digits of a whole id.
const ID_DIGITS: usize = 40;

/// The salt of one replica, on one thread.
pub struct Salt<'a> {
    replica: u8,
    mask: [u8; 20],
    common: &'a CommonLines,
    hasher: LineHasher,
}

impl<'a> Salt<'a> {
    /// The salt of a replica; replica 0 is the history itself.
    pub fn new(replica: u8, common: &'a CommonLines) -> Salt<'a> {
        Salt { replica, mask: id_mask(replica), common, hasher: LineHasher::default() }
    }

    /// The replica's name for a commit or blob, and back again.
    pub fn id(&self, id: &ObjectId) -> ObjectId {
        salted_id(id, &self.mask)
    }

    /// A commit object's data with all ids in the message being the replica's.
    pub fn commit_data(&self, data: &mut [u8]) {
        if self.replica == 0 {
            return;
        }
        let message = data.find(b"\n\n").map_or(data.len(), |end| end + 2);
        let text = &mut data[message..];
        let mut at = 0;
        while at < text.len() {
            let word = text[at..].iter().take_while(|byte| byte.is_ascii_alphanumeric()).count();
            let (start, end) = (at, at + word);
            at = end + 1;
            if !(MIN_ID_DIGITS..=ID_DIGITS).contains(&word) || !text[start..end].iter().all(is_hex_digit) {
                continue;
            }
            for (place, digit) in text[start..end].iter_mut().enumerate() {
                let nibble = self.mask[place / 2] >> (4 * (1 - place % 2)) & 0xf;
                *digit = b"0123456789abcdef"[usize::from(hex_value(*digit) ^ nibble)];
            }
        }
    }

    /// What the replica's commit does to the replica's file.
    pub fn file_diff(&mut self, mut diff: FileDiff) -> FileDiff {
        if self.replica == 0 {
            return diff;
        }
        for version in [&mut diff.change.old, &mut diff.change.new].into_iter().flatten() {
            version.path = self.path(&version.path);
            version.id = salted_id(&version.id, &self.mask);
        }
        diff.hunks.iter_mut().for_each(|hunk| self.hunk(hunk));
        diff
    }

    /// Half of the files that are in a folder are moved to a folder of the replica below it: they are other files. The
    /// rest keep their names.
    fn path(&self, path: &BString) -> BString {
        match path.rfind_byte(b'/') {
            Some(slash) if xxh3_64(path) & 1 == 0 => {
                let (folder, name) = path.split_at(slash + 1);
                let own = format!("r{}/", self.replica);
                [folder, own.as_bytes(), name].concat().into()
            }
            _ => path.clone(),
        }
    }

    fn hunk(&mut self, hunk: &mut Hunk) {
        self.line(&mut hunk.section, 0);
        let mut start = 0;
        while start < hunk.body.len() {
            let end = hunk.body[start..].find_byte(b'\n').map_or(hunk.body.len(), |end| start + end);
            if matches!(hunk.body[start], b'+' | b'-' | b' ') {
                self.line(&mut hunk.body[..end], start + 1);
            }
            start = end + 1;
        }
    }

    /// Renames a word of the line that begins at `start`, unless it is common.
    fn line(&mut self, bytes: &mut [u8], start: usize) {
        let text = &bytes[start..];
        if is_informative(text) && !self.common.contains(&mut self.hasher, text) {
            rename_a_word(&mut bytes[start..], self.replica);
        }
    }
}

fn is_hex_digit(byte: &u8) -> bool {
    matches!(byte, b'0'..=b'9' | b'a'..=b'f')
}

fn hex_value(digit: u8) -> u8 {
    if digit.is_ascii_digit() { digit - b'0' } else { digit - b'a' + 10 }
}

/// What ids are combined with: all zeros for replica 0.
fn id_mask(replica: u8) -> [u8; 20] {
    let mut mask = [0; 20];
    if replica > 0 {
        for (place, part) in mask.chunks_mut(8).enumerate() {
            let hash = xxh3_64_with_seed(&[replica], place as u64).to_le_bytes();
            part.copy_from_slice(&hash[..part.len()]);
        }
    }
    mask
}

fn salted_id(id: &ObjectId, mask: &[u8; 20]) -> ObjectId {
    let mut bytes = *mask;
    bytes.iter_mut().zip(id.as_slice()).for_each(|(byte, own)| *byte ^= own);
    ObjectId::Sha1(bytes)
}

/// Changes a letter of the line's longest word, comments aside; so the line's length and its other words stay.
fn rename_a_word(text: &mut [u8], replica: u8) {
    let is_word = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
    let comment = ["/*", "//"].iter().filter_map(|mark| text.find(mark)).min().unwrap_or(text.len());
    let code = if text[..comment].iter().any(is_word) { comment } else { text.len() };
    let mut longest = 0..0;
    let mut at = 0;
    while at < code {
        let len = text[at..code].iter().take_while(|byte| is_word(byte)).count();
        if len > longest.len() {
            longest = at..at + len;
        }
        at += len + 1;
    }
    let word = &mut text[longest];
    let place = word.iter().position(u8::is_ascii_alphabetic).unwrap_or(word.len().saturating_sub(1));
    let Some(byte) = word.get_mut(place) else { return };
    let rotated = |first: u8, count: u8| first + (*byte - first + replica % count) % count;
    *byte = match *byte {
        b'a'..=b'z' => rotated(b'a', 26),
        b'A'..=b'Z' => rotated(b'A', 26),
        b'0'..=b'9' => rotated(b'0', 10),
        other => other,
    };
}

#[cfg(test)]
mod tests {
    use super::*;
    use gix::objs::tree::EntryKind;
    use hunktrace_indexer::git::file_change::{FileChange, FileVersion};
    use hunktrace_indexer::hunk::Sign;

    fn renamed(text: &str, replica: u8) -> String {
        let mut bytes = text.as_bytes().to_vec();
        rename_a_word(&mut bytes, replica);
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn the_longest_word_of_the_code_is_renamed() {
        assert_eq!(
            renamed("\tint queue_len = 3; /* longest_of_all */", 2),
            "\tint sueue_len = 3; /* longest_of_all */"
        );
        assert_eq!(renamed("/* nothing else */", 1), "/* oothing else */");
        assert_eq!(renamed("\t0, 19, 7", 3), "\t0, 12, 7");
        assert_eq!(renamed("{", 1), "{");
    }

    #[test]
    fn ids_are_salted_and_back_again() {
        let common = CommonLines::of_lines(&[]);
        let id = ObjectId::from_hex(b"0123456789012345678901234567890123456789").unwrap();
        let salt = Salt::new(3, &common);
        assert_ne!(salt.id(&id), id);
        assert_eq!(salt.id(&salt.id(&id)), id);
        assert_eq!(Salt::new(0, &common).id(&id), id);
    }

    #[test]
    fn a_message_names_the_commits_of_its_replica() {
        let common = CommonLines::of_lines(&[]);
        let salt = Salt::new(2, &common);
        let id = ObjectId::from_hex(b"0123456789abcdef678901234567890123456789").unwrap();
        let text =
            |id: &str| format!("tree 0123456789\n\nfix\n\ncommit {id} upstream, {} it, decades\n", &id[..9]);
        let mut data = text(&id.to_string()).into_bytes();
        salt.commit_data(&mut data);
        assert_eq!(data.as_bstr(), text(&salt.id(&id).to_string()).as_bytes().as_bstr());
    }

    #[test]
    fn common_lines_and_braces_stay() {
        let common = CommonLines::of_lines(&["\treturn 0;"]);
        let mut hunk = Hunk::default();
        for text in ["\treturn 0;", "}", "\treturn my_own;"] {
            hunk.push_line(Sign::Removed, text.as_bytes(), true);
        }
        hunk.push_line(Sign::Context, b"last", false);
        let version = |path: &str| FileVersion {
            path: path.into(),
            mode: EntryKind::Blob.into(),
            id: ObjectId::null(gix::hash::Kind::Sha1),
        };
        let change = FileChange { old: Some(version("Makefile")), new: None };
        let diff = Salt::new(1, &common).file_diff(FileDiff { change, hunks: vec![hunk], is_binary: false });
        let expected = "-\treturn 0;\n-}\n-\tseturn my_own;\n mast\n\\ No newline at end of file\n";
        assert_eq!(diff.hunks[0].body, expected);
        assert_eq!(diff.change.path(), "Makefile");
    }

    #[test]
    fn half_of_the_files_are_others() {
        let common = CommonLines::of_lines(&[]);
        let salt = Salt::new(1, &common);
        let paths: Vec<BString> = (0..1000).map(|file| format!("drivers/f{file}.c").into()).collect();
        let moved = paths.iter().filter(|path| salt.path(path).starts_with(b"drivers/r1/f")).count();
        let kept = paths.iter().filter(|path| salt.path(path) == **path).count();
        assert_eq!(moved + kept, 1000);
        assert!((400..600).contains(&moved), "{moved}");
    }
}
