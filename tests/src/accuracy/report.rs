//! All figures of a run, and how they are shown.

use serde::Serialize;

use crate::accuracy::release::ReleaseScore;
use crate::accuracy::score::{LevelScore, Score};
use crate::accuracy::table::{Table, share};

/// The figures of all sets.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Report {
    /// A row for each set.
    pub sets: Vec<SetReport>,
    /// The squashed release, where its truth is at hand, by each way that can say something of it.
    pub release: Vec<(String, ReleaseScore)>,
}

/// What the program and the other ways make of one set; none for a way that does not apply.
#[derive(Clone, Debug, Serialize)]
pub struct SetReport {
    /// The set.
    pub name: String,
    /// Whether the right answer to all of it is none.
    pub is_absent: bool,
    /// The program.
    pub hunktrace: Score,
    /// `git patch-id`.
    pub patch_id: Option<Score>,
    /// The commit of the same subject.
    pub subject_line: Option<Score>,
    /// Plain rare-line overlap.
    pub line_overlap: Option<Score>,
}

impl Report {
    /// The tables as Markdown: what has an origin, what has none, and the release.
    pub fn markdown(&self) -> String {
        let mut present = Table::new(&[
            "origin indexed",
            "patches",
            "hunks",
            "commit right first",
            "patch-id",
            "subject line",
            "line overlap",
            "hunk right first",
            "line overlap",
            "hunk right in ten",
            "calibration error: patch",
            "hunk",
        ]);
        let mut absent = Table::new(&[
            "origin not indexed",
            "patches",
            "hunks",
            "claimed at 0.5: patch",
            "hunk",
            "subject line",
        ]);
        for set in &self.sets {
            let ours = &set.hunktrace;
            let counts = [set.name.clone(), count(&ours.patches), count(&ours.hunks)];
            let patches = |way: &Option<Score>| way.map_or(none(), |score| share(score.patches.right_first));
            let hunks = |way: &Option<Score>| way.map_or(none(), |score| share(score.hunks.right_first));
            if set.is_absent {
                let by_subject = set.subject_line.map_or(none(), |score| share(score.patches.claimed));
                let cells = [share(ours.patches.claimed), share(ours.hunks.claimed), by_subject];
                absent.push(counts.into_iter().chain(cells).collect());
            } else {
                let cells = [
                    share(ours.patches.right_first),
                    patches(&set.patch_id),
                    patches(&set.subject_line),
                    patches(&set.line_overlap),
                    share(ours.hunks.right_first),
                    hunks(&set.line_overlap),
                    share(ours.hunks.right_in_ten),
                    share(ours.patches.calibration_error),
                    share(ours.hunks.calibration_error),
                ];
                present.push(counts.into_iter().chain(cells).collect());
            }
        }
        let mut text = format!("{}\n{}", present.markdown(), absent.markdown());
        if !self.release.is_empty() {
            let head = ["squashed release", "lines", "lines right", "commits F1", "calibration error"];
            let mut table = Table::new(&head);
            for (way, release) in &self.release {
                table.push(vec![
                    way.clone(),
                    release.lines.to_string(),
                    share(release.lines_right),
                    share(release.commits_f1),
                    share(release.calibration_error),
                ]);
            }
            text += &format!("\n{}", table.markdown());
        }
        text
    }
}

/// What stands where a way does not apply.
fn none() -> String {
    "-".to_owned()
}

fn count(level: &LevelScore) -> String {
    level.asked.to_string()
}
