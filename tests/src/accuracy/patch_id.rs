//! The exact way: `git patch-id`, which finds a patch whose lines and context are unchanged.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::process::Stdio;

use anyhow::{Context, ensure};

use crate::accuracy::history::History;
use crate::accuracy::program::{Answer, Claim};
use crate::accuracy::query::QuerySet;
use crate::accuracy::truth::Equivalents;

/// The patch ids of a history, and the commits that have them.
pub struct PatchIds {
    commits: BTreeMap<String, BTreeSet<String>>,
}

impl PatchIds {
    /// Of all commits that a revision contains, merges left out.
    ///
    /// git takes minutes for this, so the result is kept in the work folder under the id of the revision's commit.
    ///
    /// # Errors
    /// Where git fails or the work folder cannot be written.
    pub fn of_history(history: &History, revision: &str, work: &Path) -> anyhow::Result<PatchIds> {
        let kept = work.join(format!("patch-ids-{}.tsv", history.commit_id(revision)?));
        if !kept.exists() {
            let unfinished = kept.with_extension("tmp");
            write_patch_ids(history, revision, &unfinished)?;
            fs::rename(&unfinished, &kept)?;
        }
        let text = fs::read_to_string(&kept).with_context(|| format!("cannot read {}", kept.display()))?;
        let mut commits: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for line in text.lines() {
            if let Some((patch_id, commit)) = line.split_once(' ') {
                commits.entry(patch_id.to_owned()).or_default().insert(commit.to_owned());
            }
        }
        Ok(PatchIds { commits })
    }

    /// Which commits have the same patch.
    pub fn equivalents(&self) -> Equivalents {
        Equivalents::from_groups(self.commits.values().filter(|group| group.len() > 1).cloned())
    }

    /// What the patch ids of the queries say; they know whole patches only.
    ///
    /// # Errors
    /// Where git fails.
    pub fn answers(&self, history: &History, set: &QuerySet) -> anyhow::Result<Vec<Answer>> {
        let mut input = Vec::new();
        for (number, query) in set.queries.iter().enumerate() {
            input.extend_from_slice(format!("commit {number:040x}\n").as_bytes());
            input.extend_from_slice(&query.text);
        }
        let printed = history.git(&["patch-id", "--stable"], &input)?;
        let mut answers = vec![Answer::default(); set.queries.len()];
        for line in String::from_utf8_lossy(&printed).lines() {
            let (patch_id, number) = line.split_once(' ').context("git patch-id prints no pair")?;
            let answer = answers.get_mut(usize::from_str_radix(number.trim(), 16)?);
            let answer = answer.context("git patch-id names a query that was not asked")?;
            answer.patch = self
                .commits
                .get(patch_id)
                .into_iter()
                .flatten()
                .map(|commit| Claim::certain(commit))
                .collect();
        }
        Ok(answers)
    }
}

/// `git log -p | git patch-id`.
fn write_patch_ids(history: &History, revision: &str, file: &Path) -> anyhow::Result<()> {
    let mut log = history
        .command()
        .args(["log", "-p", "-M", "--no-merges", "--format=commit %H", revision])
        .stdout(Stdio::piped())
        .spawn()
        .context("cannot start git log")?;
    let diffs = log.stdout.take().context("git log has no output")?;
    let out = fs::File::create(file).with_context(|| format!("cannot write {}", file.display()))?;
    let status = history.command().args(["patch-id", "--stable"]).stdin(diffs).stdout(out).status()?;
    ensure!(status.success() && log.wait()?.success(), "git log -p | git patch-id failed");
    Ok(())
}
