//! The hunks of a patch, below the commit that was found for them.

use hunktrace_proto::v1::{Candidate, HunkAnswer, Patch};

use super::Text;
use crate::commands::lookup::confidence_text::{confidence_style, percent};
use crate::commands::lookup::explain::explanation;
use crate::commands::lookup::finding::Finding;
use crate::commands::lookup::second_look::seen_text;
use crate::terminal::color::FAINT;
use crate::terminal::screen_text::{counted, printable};
use hunktrace_release::lookup_record::match_kind_name;

impl Text<'_> {
    /// The hunks, where they say more than the patch does: that they come from several commits, or why this one.
    pub(super) fn add_hunks(&mut self, patch: &Patch, origins: &[&Candidate]) {
        let whole = Finding::of_patch(patch);
        let agrees = |hunk: &HunkAnswer| Finding::of_hunk(hunk).agrees_with(whole);
        if self.layout.explanation.is_none() && patch.hunks.iter().all(agrees) {
            return;
        }
        match origins.len() {
            2.. => {
                let commits = counted(origins.len() as u64, "commit");
                self.add(format_args!("  the hunks come from {commits}:"));
            }
            _ => self.add(format_args!("  {FAINT}hunk by hunk:{FAINT:#}")),
        }
        self.add_hunk_groups(&patch.hunks);
    }

    /// The hunks by what was found for them, in the order of each group's first hunk.
    pub(super) fn add_hunk_groups(&mut self, hunks: &[HunkAnswer]) {
        let mut groups: Vec<Vec<&HunkAnswer>> = Vec::new();
        for hunk in hunks {
            let finding = Finding::of_hunk(hunk);
            let is_same = |group: &&mut Vec<&HunkAnswer>| {
                group.first().is_some_and(|first| Finding::of_hunk(first).is_of_the_commit_of(finding))
            };
            match groups.iter_mut().find(is_same) {
                Some(group) => group.push(hunk),
                None => groups.push(vec![hunk]),
            }
        }
        for (place, group) in groups.into_iter().enumerate() {
            for (number, hunk) in group.into_iter().enumerate() {
                // Code stands between hunks that are explained.
                if self.layout.explanation.is_some() && place + number > 0 {
                    self.out.push('\n');
                }
                if number == 0 {
                    self.add_group_heading(hunk);
                }
                self.add_hunk(hunk);
            }
        }
    }

    /// What was found for the hunks of a group, by its first one.
    fn add_group_heading(&mut self, hunk: &HunkAnswer) {
        if let Some(line) = seen_text(hunk.in_base.as_deref(), hunk.reverts.as_deref(), &self.layout.links) {
            self.add(format_args!("    {line}"));
            return;
        }
        let Some(candidate) = hunk.candidates.first() else {
            self.add(format_args!("    {FAINT}no origin found{FAINT:#}"));
            return;
        };
        let commit = self.layout.links.short(&candidate.commit);
        let subject = self.fit(&printable(&candidate.subject), 4 + 12 + 2);
        self.add(format_args!("    {commit}  {FAINT}{subject}{FAINT:#}"));
        self.add_message(candidate);
    }

    /// A line for the hunk: how sure its commit is, how it matches, and where the hunk is.
    fn add_hunk(&mut self, hunk: &HunkAnswer) {
        let place = printable(&place_of(hunk));
        let finding = Finding::of_hunk(hunk);
        let Some(candidate) = finding.candidate() else {
            self.add(format_args!("{:25}{place}", ""));
            return;
        };
        let (style, percent) = (confidence_style(candidate.confidence), percent(candidate.confidence));
        let kind = match_kind_name(candidate);
        self.add(format_args!("      {style}{percent:>5}{style:#}  {kind:<10}  {place}"));
        if let (Some(how), Finding::Origin(_)) = (self.layout.explanation, finding) {
            self.out += &explanation(hunk, candidate, how, self.layout.columns);
        }
    }
}

/// The file of a hunk with its first line, on the side that has lines.
fn place_of(hunk: &HunkAnswer) -> String {
    match hunk {
        // A change of name, mode or binary content.
        HunkAnswer { file, .. } if file.is_empty() => "no file named".to_owned(),
        // Also a hunk whose place nobody knows.
        HunkAnswer { old_lines: 0, new_lines: 0, file, .. }
        | HunkAnswer { old_start: 0, new_start: 0, file, .. } => file.clone(),
        HunkAnswer { new_lines: 0, file, old_start, .. } => format!("{file}:{old_start}"),
        HunkAnswer { file, new_start, .. } => format!("{file}:{new_start}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn place_of_a_hunk_is_on_the_side_that_has_lines() {
        let hunk = HunkAnswer {
            file: "x".into(),
            old_start: 9,
            new_start: 12,
            new_lines: 3,
            ..HunkAnswer::default()
        };
        assert_eq!(place_of(&hunk), "x:12");
        let deleted = HunkAnswer { new_lines: 0, old_start: 7, old_lines: 1, ..hunk.clone() };
        assert_eq!(place_of(&deleted), "x:7");
        assert_eq!(place_of(&HunkAnswer { new_lines: 0, ..hunk }), "x");
        assert_eq!(place_of(&HunkAnswer::default()), "no file named");
    }
}
