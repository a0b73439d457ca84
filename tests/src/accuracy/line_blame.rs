//! Which commit brought each line of a file, and which removed each line that it had: what `git blame` says.

use std::collections::HashMap;

use anyhow::Context;
use bstr::{BStr, ByteSlice};

use crate::accuracy::history::History;

/// The commits between two revisions.
pub struct Range {
    base: String,
    tip: String,
    /// For each commit of a history without merges the one that follows it.
    next: Option<HashMap<String, String>>,
}

impl Range {
    /// The commits that `tip` has and `base` lacks.
    ///
    /// # Errors
    /// Where git fails.
    pub fn new(history: &History, base: &str, tip: &str) -> anyhow::Result<Range> {
        let (base, tip) = (history.commit_id(base)?, history.commit_id(tip)?);
        let printed = history.git(&["rev-list", "--parents", &format!("{base}..{tip}")], b"")?;
        let mut next = Some(HashMap::new());
        for line in printed.to_str_lossy().lines() {
            match line.split(' ').collect::<Vec<_>>()[..] {
                [commit, parent] => {
                    next.as_mut().map(|next| next.insert(parent.to_owned(), commit.to_owned()))
                }
                _ => next.take().map(|_| None),
            };
        }
        Ok(Range { base, tip, next })
    }

    /// For each line of a file of the tip, the commit of the range that brought it; none for those that the base has.
    ///
    /// # Errors
    /// Where git fails.
    pub fn bringers(&self, history: &History, path: &BStr) -> anyhow::Result<Vec<Option<String>>> {
        let blamed = self.blame(history, &["blame"], path)?;
        Ok(blamed.into_iter().map(|line| (!line.is_boundary).then_some(line.commit)).collect())
    }

    /// For each line of a file of the base, the commit of the range that removed it; none for those that the tip has, and
    /// where the range has merges: then git does not tell.
    ///
    /// # Errors
    /// Where git fails.
    pub fn removers(&self, history: &History, path: &BStr) -> anyhow::Result<Vec<Option<String>>> {
        let Some(next) = &self.next else { return Ok(Vec::new()) };
        let blamed = self.blame(history, &["blame", "--reverse"], path)?;
        Ok(blamed.into_iter().map(|line| next.get(&line.commit).cloned()).collect())
    }

    fn blame(&self, history: &History, command: &[&str], path: &BStr) -> anyhow::Result<Vec<BlamedLine>> {
        let range = format!("{}..{}", self.base, self.tip);
        let path = path.to_str().context("a path that is no UTF-8")?;
        let printed = history.git(&[command, &["--porcelain", &range, "--", path]].concat(), b"")?;
        let mut boundaries: HashMap<String, bool> = HashMap::new();
        let mut lines: Vec<String> = Vec::new();
        for line in printed.lines() {
            let line = line.to_str_lossy();
            if line.starts_with('\t') {
                continue;
            }
            let (word, rest) = line.split_once(' ').unwrap_or((&line, ""));
            if word.len() == 40 && rest.starts_with(|c: char| c.is_ascii_digit()) {
                lines.push(word.to_owned());
                boundaries.entry(word.to_owned()).or_default();
            } else if word == "boundary"
                && let Some(last) = lines.last()
            {
                boundaries.insert(last.clone(), true);
            }
        }
        let is_boundary = |commit: &String| boundaries.get(commit).copied().unwrap_or_default();
        Ok(lines.into_iter().map(|commit| BlamedLine { is_boundary: is_boundary(&commit), commit }).collect())
    }
}

struct BlamedLine {
    commit: String,
    is_boundary: bool,
}
