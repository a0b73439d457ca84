//! What `lookup` has said of the patches of a series, as it is kept in the index' folder.
//!
//! A file of JSON lines for each series, in `neighbours/`, named after a hash of the series' path. Its first line says what was looked
//! up and in which generation of the index; each other line is a file of the series: its name, by what it is seen that it has changed, and
//! its patches with a likely origin. It is replaced as a whole, so readers need no lock.

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::{Path, PathBuf};

use hunktrace_indexer::index::generation::Generation;
use serde::de::Error as _;
use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_128;

use super::error::NeighbourError;
use super::file_stamp::FileStamp;

/// The folder, in the index' folder, of what was looked up.
pub const KEPT_FOLDER: &str = "neighbours";

const FORMAT: u32 = 1;

/// From so likely an origin on a patch of a series is said to carry a commit.
const LIKELY: f64 = 0.5;

/// What was said of a series.
#[derive(Clone, Debug, PartialEq)]
pub struct LookedUpSeries {
    /// Where it is.
    pub path: PathBuf,
    /// The state of the index that was asked.
    pub index: IndexState,
    /// Its files, in its order.
    pub files: Vec<LookedUpFile>,
}

/// The state of an index, as far as answers depend on it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct IndexState {
    generation: u64,
    written_at: u64,
}

impl From<&Generation> for IndexState {
    fn from(generation: &Generation) -> IndexState {
        IndexState { generation: generation.number, written_at: generation.written_at }
    }
}

/// What was said of a file of a series.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LookedUpFile {
    /// Its path below the series' folder.
    #[serde(with = "stored_name")]
    pub name: PathBuf,
    /// The file as it was; none where there was none.
    pub stamp: Option<FileStamp>,
    /// Whether something of it could not be read or looked up; the user was told, and is told again when it is looked up again.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub has_problems: bool,
    /// How many patches it has.
    pub patch_count: u64,
    /// Those of them that have a likely origin, in order.
    pub patches: Vec<LookedUpPatch>,
}

/// A patch that has a likely origin.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LookedUpPatch {
    /// What it is called.
    pub patch: String,
    /// Its origin.
    pub commit: String,
    /// Probability that this is it.
    pub confidence: f64,
    /// How the two match.
    pub r#match: String,
}

impl LookedUpPatch {
    /// A patch with the likeliest of its candidates; none where that is not likely.
    pub fn of(patch: &str, commit: &str, confidence: f64, r#match: &str) -> Option<LookedUpPatch> {
        let owned = |text: &str| text.to_owned();
        (confidence >= LIKELY).then(|| LookedUpPatch {
            patch: owned(patch),
            commit: owned(commit),
            confidence,
            r#match: owned(r#match),
        })
    }
}

#[derive(Serialize, Deserialize)]
struct Head {
    format: u32,
    #[serde(with = "stored_name")]
    series: PathBuf,
    #[serde(flatten)]
    index: IndexState,
    files: usize,
}

/// Where an index keeps what was said of a series.
pub fn kept_file(index: &Path, series: &Path) -> PathBuf {
    let hash = xxh3_128(series.as_os_str().as_encoded_bytes());
    index.join(KEPT_FOLDER).join(format!("{hash:032x}.jsonl"))
}

/// What an index keeps of a series; none where it was not looked up.
///
/// # Errors
/// Where that is damaged, or of a newer program.
pub fn kept_series(index: &Path, series: &Path) -> Result<Option<LookedUpSeries>, NeighbourError> {
    let name = series.display();
    let wrong = |message: String| Err(NeighbourError::new(series, format!("{name}: {message}")));
    match File::open(kept_file(index, series)).and_then(|file| read(BufReader::with_capacity(1 << 16, file)))
    {
        Ok(kept) => Ok(Some(kept).filter(|kept| kept.path == series)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) if error.kind() == io::ErrorKind::Unsupported => {
            wrong(format!("what was looked up is of {error}; update hunktrace"))
        }
        Err(error) => wrong(format!(
            "what was looked up cannot be read; write it again with 'hunktrace index --index DIR --neighbour {name}': {error}"
        )),
    }
}

fn read(mut lines: impl BufRead) -> io::Result<LookedUpSeries> {
    let mut line = Vec::new();
    lines.read_until(b'\n', &mut line)?;
    let head: serde_json::Value = serde_json::from_slice(&line)?;
    if let Some(format) = head["format"].as_u64().filter(|format| *format > u64::from(FORMAT)) {
        let message = format!("format {format}, and this program knows {FORMAT}");
        return Err(io::Error::new(io::ErrorKind::Unsupported, message));
    }
    let Head { series, index, files: count, .. } = serde_json::from_value(head)?;
    let mut files = Vec::new();
    loop {
        line.clear();
        if lines.read_until(b'\n', &mut line)? == 0 {
            break;
        }
        files.push(serde_json::from_slice::<LookedUpFile>(&line)?);
    }
    match files.len() == count {
        true => Ok(LookedUpSeries { path: series, index, files }),
        false => Err(serde_json::Error::custom(format!("it has {} of {count} files", files.len())).into()),
    }
}

impl LookedUpSeries {
    /// The text that is kept.
    ///
    /// # Errors
    /// Where it cannot be written as JSON.
    pub fn to_text(&self) -> serde_json::Result<String> {
        let head =
            Head { format: FORMAT, series: self.path.clone(), index: self.index, files: self.files.len() };
        let mut text = serde_json::to_string(&head)? + "\n";
        for file in &self.files {
            text += &serde_json::to_string(file)?;
            text.push('\n');
        }
        Ok(text)
    }
}

/// Paths as texts, or as numbers of their bytes where they are no UTF-8.
mod stored_name {
    use super::{Deserialize, OsString, Path, PathBuf, Serialize};

    #[derive(Serialize, Deserialize)]
    #[serde(untagged)]
    enum Stored {
        Text(String),
        Bytes(Vec<u8>),
    }

    pub(super) fn serialize<S: serde::Serializer>(path: &Path, serializer: S) -> Result<S::Ok, S::Error> {
        match path.to_str() {
            Some(text) => serializer.serialize_str(text),
            None => Stored::Bytes(path.as_os_str().as_encoded_bytes().to_vec()).serialize(serializer),
        }
    }

    pub(super) fn deserialize<'de, D: serde::Deserializer<'de>>(
        deserializer: D,
    ) -> Result<PathBuf, D::Error> {
        Ok(match Stored::deserialize(deserializer)? {
            Stored::Text(text) => text.into(),
            Stored::Bytes(bytes) => os_string(bytes).into(),
        })
    }

    #[cfg(unix)]
    fn os_string(bytes: Vec<u8>) -> OsString {
        std::os::unix::ffi::OsStringExt::from_vec(bytes)
    }

    #[cfg(not(unix))]
    fn os_string(bytes: Vec<u8>) -> OsString {
        String::from_utf8_lossy(&bytes).into_owned().into()
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn series(path: &Path) -> LookedUpSeries {
        let patch = LookedUpPatch::of("a.patch#1", "aaaa", 0.5, "exact").expect("it is likely");
        let file = |name: PathBuf, patches| LookedUpFile {
            name,
            stamp: FileStamp::of(Path::new("/proc/self/exe")),
            has_problems: false,
            patch_count: 2,
            patches,
        };
        let index = IndexState { generation: 7, written_at: 1_700_000_000 };
        let files = vec![
            file("a.patch".into(), vec![patch]),
            LookedUpFile { stamp: None, has_problems: true, ..file("b".into(), vec![]) },
        ];
        LookedUpSeries { path: path.to_owned(), index, files }
    }

    fn keep(index: &Path, kept: &LookedUpSeries, text: &str) {
        fs::create_dir_all(index.join(KEPT_FOLDER)).expect("made");
        fs::write(kept_file(index, &kept.path), text).expect("written");
    }

    #[test]
    fn what_was_looked_up_is_read_as_it_was_written() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut kept = series(Path::new("/srv/patches"));
        assert_eq!(kept_series(folder.path(), &kept.path), Ok(None));
        keep(folder.path(), &kept, &kept.to_text().expect("written"));
        assert_eq!(kept_series(folder.path(), &kept.path), Ok(Some(kept.clone())));
        assert_eq!(kept_series(folder.path(), Path::new("/srv/others")), Ok(None));
        #[cfg(unix)]
        {
            use std::os::unix::ffi::OsStringExt;
            kept.files[0].name = OsString::from_vec(b"\xff.patch".to_vec()).into();
        }
        keep(folder.path(), &kept, &kept.to_text().expect("written"));
        assert_eq!(kept_series(folder.path(), &kept.path), Ok(Some(kept)));
    }

    #[test]
    fn what_is_damaged_cut_short_or_newer_is_told_with_a_remedy() {
        let folder = tempfile::tempdir().expect("a folder");
        let kept = series(Path::new("/srv/patches"));
        let text = kept.to_text().expect("written");
        let cut = text.lines().next().expect("a line").to_owned() + "\n";
        let newer = text.replacen("\"format\":1", "\"format\":2", 1);
        for (text, said) in [
            ("", "hunktrace index --index DIR --neighbour /srv/patches'"),
            (&text[..text.len() - 9], "hunktrace index --index DIR --neighbour"),
            (&cut, "it has 0 of 2 files"),
            (&newer, "format 2, and this program knows 1; update hunktrace"),
        ] {
            keep(folder.path(), &kept, text);
            let error = kept_series(folder.path(), &kept.path).expect_err("it cannot be read").to_string();
            assert!(error.starts_with("/srv/patches: ") && error.contains(said), "{error}");
        }
    }

    #[test]
    fn patch_without_a_likely_origin_is_none() {
        assert_eq!(LookedUpPatch::of("a", "aaaa", 0.49, "fuzzy"), None);
    }
}
