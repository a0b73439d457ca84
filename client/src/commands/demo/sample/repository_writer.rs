//! Writes commits into a new git repository.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use anyhow::{Context, bail};
use bstr::{BString, ByteSlice};
use gix::ObjectId;
use gix::objs::tree::{Entry, EntryKind};
use gix::objs::{Commit, Tree};
use gix::refs::transaction::PreviousValue;

use super::file_tree::FileTree;
use super::sample_commit::SampleCommit;

/// How much of a history has been written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RepositorySize {
    /// Commits on all branches.
    pub commits: usize,
    /// Release tags.
    pub tags: usize,
}

/// A repository that is being written, and the branch that grows in it.
pub struct RepositoryWriter {
    repository: gix::Repository,
    tip: Option<ObjectId>,
    files: FileTree,
    names: HashMap<String, ObjectId>,
    tags: HashMap<String, (ObjectId, FileTree)>,
    commits: usize,
}

impl RepositoryWriter {
    /// Makes a bare repository at `path`.
    ///
    /// # Errors
    /// If it cannot be made, or there is something already.
    pub fn create(path: &Path) -> anyhow::Result<RepositoryWriter> {
        // The user's settings must not change the sample.
        let repository = gix::ThreadSafeRepository::init_opts(
            path,
            gix::create::Kind::Bare,
            gix::create::Options::default(),
            gix::open::Options::isolated(),
        )?;
        std::fs::write(path.join("HEAD"), "ref: refs/heads/master\n")?;
        Ok(RepositoryWriter {
            repository: repository.to_thread_local(),
            tip: None,
            files: FileTree::default(),
            names: HashMap::new(),
            tags: HashMap::new(),
            commits: 0,
        })
    }

    /// Begins a branch at a tag, or from nothing.
    ///
    /// # Errors
    /// If the tag is not there.
    pub fn start_branch(&mut self, base: Option<&str>) -> anyhow::Result<()> {
        let base = base.map(|tag| self.tags.get(tag).with_context(|| format!("there is no tag '{tag}'")));
        let (tip, files) = base.transpose()?.cloned().unzip();
        self.tip = tip;
        self.files = files.unwrap_or_default();
        Ok(())
    }

    /// Adds a commit to the branch.
    ///
    /// # Errors
    /// If its patch does not apply, its message names a commit that is not there, or it cannot be written.
    pub fn add(&mut self, commit: &SampleCommit) -> anyhow::Result<()> {
        for file in &commit.files {
            self.files.apply(file)?;
        }
        let message = format!("{}\n\n{}\n", commit.subject, self.with_ids(&commit.body)?);
        let files = self.files.files.iter().map(|(path, content)| (path.as_bytes(), content.as_slice()));
        let object = Commit {
            tree: self.write_tree(files.collect())?,
            parents: self.tip.into_iter().collect(),
            author: commit.author.clone(),
            committer: commit.author.clone(),
            encoding: None,
            message: message.into(),
            extra_headers: Vec::new(),
        };
        let id = self.repository.write_object(&object)?.detach();
        self.tip = Some(id);
        self.commits += 1;
        if let Some(name) = &commit.name {
            self.names.insert(name.clone(), id);
        }
        if let Some(tag) = &commit.tag {
            self.write_reference(&format!("refs/tags/{tag}"), id)?;
            self.tags.insert(tag.clone(), (id, self.files.clone()));
        }
        Ok(())
    }

    /// Gives the branch its name.
    ///
    /// # Errors
    /// If it has no commit, or the reference cannot be written.
    pub fn finish_branch(&mut self, name: &str) -> anyhow::Result<()> {
        let tip = self.tip.with_context(|| format!("branch '{name}' is empty"))?;
        self.write_reference(&format!("refs/heads/{name}"), tip)
    }

    /// The files of a release that was written.
    ///
    /// # Errors
    /// If the tag is not there.
    pub fn release(&self, tag: &str) -> anyhow::Result<FileTree> {
        let (_, files) = self.tags.get(tag).with_context(|| format!("there is no tag '{tag}'"))?;
        Ok(files.clone())
    }

    /// What was written so far.
    pub fn size(&self) -> RepositorySize {
        RepositorySize { commits: self.commits, tags: self.tags.len() }
    }

    fn write_reference(&self, name: &str, target: ObjectId) -> anyhow::Result<()> {
        self.repository.reference(name, target, PreviousValue::MustNotExist, BString::default())?;
        Ok(())
    }

    /// Puts ids in the place of `@{NAME}` and `@{NAME:DIGITS}`.
    fn with_ids(&self, text: &str) -> anyhow::Result<String> {
        let mut parts = text.split("@{");
        let mut out = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            let (reference, rest) = part.split_once('}').context("a name in the message has no end")?;
            let (name, digits) = match reference.split_once(':') {
                Some((name, digits)) => (name, digits.parse().context("digits of a commit id")?),
                None => (reference, ObjectId::null(gix::hash::Kind::Sha1).kind().len_in_hex()),
            };
            let Some(id) = self.names.get(name) else {
                bail!("the message names '{name}', which is not there")
            };
            out += &id.to_hex_with_len(digits).to_string();
            out += rest;
        }
        Ok(out)
    }

    /// Writes a folder and everything in it; `files` are its files by path, relative to it.
    fn write_tree(&self, files: BTreeMap<&[u8], &[u8]>) -> anyhow::Result<ObjectId> {
        let mut folders: BTreeMap<&[u8], BTreeMap<&[u8], &[u8]>> = BTreeMap::new();
        let mut entries = Vec::new();
        for (path, content) in files {
            match path.split_once_str("/") {
                Some((folder, rest)) => {
                    folders.entry(folder).or_default().insert(rest, content);
                }
                None => {
                    let oid = self.repository.write_blob(content)?.detach();
                    entries.push(Entry { mode: EntryKind::Blob.into(), filename: path.into(), oid });
                }
            }
        }
        for (name, files) in folders {
            let oid = self.write_tree(files)?;
            entries.push(Entry { mode: EntryKind::Tree.into(), filename: name.into(), oid });
        }
        entries.sort();
        Ok(self.repository.write_object(&Tree { entries })?.detach())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::demo::sample::sample_commit::read_mailbox;

    /// A writer of a new repository, in a folder that goes with the test.
    fn writer() -> (tempfile::TempDir, RepositoryWriter) {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let writer = RepositoryWriter::create(&folder.path().join("r.git")).expect("a repository");
        (folder, writer)
    }

    /// A commit that adds a file, with these further headers and this body.
    fn commit(file: &str, headers: &str, body: &str) -> SampleCommit {
        let mailbox = format!(
            "From 0 Mon Sep 17 00:00:00 2001\nFrom: A B <a@b>\nDate: Mon, 05 Jan 2015 09:30:00 +0000\n\
             Subject: add {file}\n{headers}\n{body}\n---\n\ndiff --git a/{file} b/{file}\n\
             new file mode 100644\n--- /dev/null\n+++ b/{file}\n@@ -0,0 +1 @@\n+x\n"
        );
        read_mailbox(&mailbox).expect("a mailbox").remove(0)
    }

    #[test]
    fn names_in_messages_become_ids() {
        let (_folder, mut writer) = writer();
        writer.start_branch(None).expect("a branch");
        writer.add(&commit("a", "Sample-Name: first\n", "x")).expect("a commit");
        let id = writer.tip.expect("a tip").to_string();
        let text = writer.with_ids("of @{first} and @{first:12}.").expect("ids");
        assert_eq!(text, format!("of {id} and {}.", &id[..12]));
        assert!(writer.with_ids("@{second}").is_err(), "a name that is not there");
        assert!(writer.with_ids("@{first").is_err(), "a name without an end");
    }

    #[test]
    fn branch_goes_on_from_its_tag_and_not_from_what_came_later() {
        let (_folder, mut writer) = writer();
        writer.start_branch(None).expect("a branch");
        writer.add(&commit("a", "Sample-Tag: v1\n", "x")).expect("a commit");
        writer.add(&commit("b/c", "", "x")).expect("a commit");
        writer.start_branch(Some("v1")).expect("the tag");
        let paths = |files: &FileTree| files.files.keys().map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(paths(&writer.files), ["a"]);
        assert_eq!(paths(&writer.release("v1").expect("the tag")), ["a"]);
        assert_eq!(writer.size(), RepositorySize { commits: 2, tags: 1 });
        assert!(writer.start_branch(Some("v2")).is_err(), "a tag that is not there");
    }
}
