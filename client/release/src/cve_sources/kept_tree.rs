//! What was read of a tree of the kernel's CVE team, kept in one file: tens of thousands of small files take seconds to read
//! from a disk. A record counts as long as each of its files is as it was when it was read: same size, times and place.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use hunktrace_server::audit::vulnerability::{Account, FixSet, Introduced, Vulnerability};
use serde::{Deserialize, Serialize};

use super::known::Record;
use super::severity::Severity;
use super::source_error::SourceError;
use crate::digest::digest_of;

/// The form of the file; raised whenever it or what is read of a tree changes.
const FORM: u32 = 1;

/// A file that was changed so shortly before it was read may change again without another time, in seconds.
const RESTLESS_SECONDS: i64 = 2;

/// What tells that a file is as it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Stamp {
    size: u64,
    inode: u64,
    modified: (i64, i64),
    changed: (i64, i64),
}

impl Stamp {
    /// The stamp of a file; none where it cannot be asked, or was changed a moment ago.
    pub(super) fn of(path: &Path) -> Option<Stamp> {
        let file = fs::metadata(path).ok()?;
        let now = SystemTime::now().duration_since(UNIX_EPOCH).ok()?.as_secs() as i64;
        let stamp = Stamp {
            size: file.size(),
            inode: file.ino(),
            modified: (file.mtime(), file.mtime_nsec()),
            changed: (file.ctime(), file.ctime_nsec()),
        };
        (now - stamp.modified.0 >= RESTLESS_SECONDS).then_some(stamp)
    }
}

/// A record as it is kept.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct KeptRecord {
    stamps: Vec<Stamp>,
    id: String,
    accounts: Vec<KeptAccount>,
    files: Vec<String>,
    severity: Option<String>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct KeptAccount {
    introduced: KeptIntroduction,
    fixes: Vec<(Vec<String>, Vec<String>)>,
    depends_on: Vec<String>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
enum KeptIntroduction {
    Unknown,
    Beginning,
    Never,
    By(Vec<String>),
}

#[derive(Default, Serialize, Deserialize)]
struct Content {
    form: u32,
    folder: PathBuf,
    records: BTreeMap<String, KeptRecord>,
}

/// What was read of a tree before, and where it is kept.
pub(super) struct KeptTree {
    file: PathBuf,
    content: Content,
}

impl KeptTree {
    /// What is kept of a tree in a folder; nothing where nothing is, or of another form.
    pub(super) fn open(tree: &Path, kept_in: &Path) -> KeptTree {
        let tree = fs::canonicalize(tree).unwrap_or_else(|_| tree.to_owned());
        let file = kept_in.join(format!("{:032x}.json", digest_of(tree.as_os_str().as_encoded_bytes())));
        let read = fs::read(&file).ok().and_then(|bytes| serde_json::from_slice::<Content>(&bytes).ok());
        let is_of_tree = |content: &Content| content.form == FORM && content.folder == tree;
        let nothing = || Content { form: FORM, folder: tree.clone(), records: BTreeMap::new() };
        let content = read.filter(is_of_tree).unwrap_or_else(nothing);
        KeptTree { file, content }
    }

    /// What was read of a record whose files have these stamps.
    pub(super) fn record(&self, name: &str, stamps: &[Stamp]) -> Option<Record> {
        let kept = self.content.records.get(name)?;
        (kept.stamps == stamps).then(|| kept.record())
    }

    /// Keeps these records, by name, in place of all that was kept.
    ///
    /// # Errors
    /// Where the file cannot be written.
    pub(super) fn keep<'a>(
        mut self,
        records: impl Iterator<Item = (String, Vec<Stamp>, &'a Record)>,
    ) -> Result<(), SourceError> {
        self.content.records =
            records.map(|(name, stamps, record)| (name, KeptRecord::of(stamps, record))).collect();
        let write = || {
            let folder = self.file.parent().unwrap_or(Path::new("."));
            fs::create_dir_all(folder)?;
            let mut file = tempfile::NamedTempFile::new_in(folder)?;
            file.write_all(&serde_json::to_vec(&self.content)?)?;
            file.persist(&self.file).map_err(|error| error.error)?;
            Ok(())
        };
        write().map_err(|error| SourceError::io(&self.file, error))
    }
}

impl KeptRecord {
    fn of(stamps: Vec<Stamp>, record: &Record) -> KeptRecord {
        let Record { vulnerability: Vulnerability { id, accounts, files }, severity } = record;
        let account = |account: &Account| KeptAccount {
            introduced: match &account.introduced {
                Introduced::Unknown => KeptIntroduction::Unknown,
                Introduced::FromTheBeginning => KeptIntroduction::Beginning,
                Introduced::Never => KeptIntroduction::Never,
                Introduced::By(commits) => KeptIntroduction::By(commits.clone()),
            },
            fixes: account.fixes.iter().map(|set| (set.commits.clone(), set.mends.clone())).collect(),
            depends_on: account.depends_on.clone(),
        };
        KeptRecord {
            stamps,
            id: id.clone(),
            accounts: accounts.iter().map(account).collect(),
            files: files.iter().map(ToString::to_string).collect(),
            severity: severity.as_ref().map(|severity| severity.vector.clone()),
        }
    }

    fn record(&self) -> Record {
        let account = |account: &KeptAccount| Account {
            introduced: match &account.introduced {
                KeptIntroduction::Unknown => Introduced::Unknown,
                KeptIntroduction::Beginning => Introduced::FromTheBeginning,
                KeptIntroduction::Never => Introduced::Never,
                KeptIntroduction::By(commits) => Introduced::By(commits.clone()),
            },
            fixes: account
                .fixes
                .iter()
                .map(|(commits, mends)| FixSet { commits: commits.clone(), mends: mends.clone() })
                .collect(),
            depends_on: account.depends_on.clone(),
        };
        Record {
            vulnerability: Vulnerability {
                id: self.id.clone(),
                accounts: self.accounts.iter().map(account).collect(),
                files: self.files.iter().map(|file| file.as_str().into()).collect(),
            },
            severity: self.severity.as_deref().and_then(Severity::of),
        }
    }
}
