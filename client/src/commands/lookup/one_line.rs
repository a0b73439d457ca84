//! The answer for a patch in one line.

use hunktrace_proto::v1::{Candidate, Patch};

use crate::commands::lookup::confidence_text::{LIKELY, confidence_style, percent};
use crate::commands::lookup::finding::{Finding, is_undone};
use crate::commands::lookup::text::likely_origins;
use crate::terminal::color::{FAINT, TITLE};
use crate::terminal::commit_link::CommitLinks;
use crate::terminal::screen_text::{columns_of, cut, cut_front, printable};

/// What stands in front of the patch's name: confidence, commit, and how many more origins there are.
const BEFORE_NAME: usize = 5 + 2 + 12 + 1 + 3 + 2;

/// Fewer columns of a subject say nothing; the line may wrap then.
const FEWEST: usize = 12;

/// The answer for a patch that the user knows as `name`; on a terminal of so many columns it is cut to them.
pub fn patch_line(name: &str, patch: &Patch, columns: Option<usize>, links: &CommitLinks) -> String {
    let origins = likely_origins_of(patch);
    let (said, candidate) = match Finding::of_patch(patch) {
        Finding::InBase(candidate) => {
            let base = patch.in_base.as_ref().map_or("", |held| held.base.as_str());
            (format!("already in {}: ", printable(base)), Some(candidate))
        }
        Finding::Reverts(candidate) => ("reverts: ".to_owned(), Some(candidate)),
        _ if has_no_origin_as_a_whole(patch) && !origins.is_empty() => {
            ("in part: ".to_owned(), origins.first().copied())
        }
        Finding::Origin(best) if best.confidence < LIKELY => ("unlikely: ".to_owned(), Some(best)),
        Finding::Origin(best) if is_undone(best) => ("reverted later: ".to_owned(), Some(best)),
        Finding::Origin(best) => (String::new(), Some(best)),
        Finding::Nothing => ("no origin found: ".to_owned(), None),
    };
    let more = match origins.len() {
        0 | 1 => String::new(),
        several => format!("+{}", several - 1),
    };
    let name = printable(name);
    let name = columns.map_or(name.clone(), |columns| cut_front(&name, columns / 3));
    // What was found, or else what was asked.
    let subject = said + &printable(candidate.map_or(&patch.subject, |candidate| &candidate.subject));
    let subject = match columns {
        Some(columns) => {
            cut(&subject, columns.saturating_sub(BEFORE_NAME + columns_of(&name) + 2).max(FEWEST))
        }
        None => subject,
    };
    let start = match candidate {
        Some(Candidate { commit, confidence, .. }) => {
            let (style, percent, commit) =
                (confidence_style(*confidence), percent(*confidence), links.short(commit));
            format!("{style}{percent:>5}{style:#}  {commit}")
        }
        None => format!("{:>5}  {:<12}", "-", "-"),
    };
    let line = format!("{start} {FAINT}{more:<3}{FAINT:#}  {TITLE}{name}{TITLE:#}  {subject}");
    line.trim_end().to_owned() + "\n"
}

fn has_no_origin_as_a_whole(patch: &Patch) -> bool {
    patch.candidates.iter().all(|candidate| candidate.confidence < LIKELY)
}

/// The likely origins of the whole, or else those of its hunks; none where something else is to be said of the patch.
fn likely_origins_of(patch: &Patch) -> Vec<&Candidate> {
    if !matches!(Finding::of_patch(patch), Finding::Origin(_) | Finding::Nothing) {
        return Vec::new();
    }
    let whole: Vec<&Candidate> =
        patch.candidates.iter().filter(|candidate| candidate.confidence >= LIKELY).collect();
    if whole.is_empty() { likely_origins(patch) } else { whole }
}

#[cfg(test)]
mod tests {
    use super::*;
    use anstream::adapter::strip_str;
    use hunktrace_proto::v1::{HunkAnswer, InBase};

    fn candidate(digit: &str, confidence: f64) -> Candidate {
        let subject = format!("net: ember: subject of {digit}");
        Candidate { commit: digit.repeat(40), confidence, subject, ..Candidate::default() }
    }

    fn line(patch: &Patch, columns: Option<usize>) -> String {
        strip_str(&patch_line("series.mbox#1", patch, columns, &CommitLinks::NONE)).to_string()
    }

    #[test]
    fn line_has_the_origin_and_counts_the_others() {
        let patch = Patch { candidates: vec![candidate("a", 0.97), candidate("b", 0.3)], ..Patch::default() };
        assert_eq!(line(&patch, None), " 97 %  aaaaaaaaaaaa      series.mbox#1  net: ember: subject of a\n");
        let patch = Patch { candidates: vec![candidate("a", 0.97), candidate("b", 0.6)], ..Patch::default() };
        assert_eq!(line(&patch, None), " 97 %  aaaaaaaaaaaa +1   series.mbox#1  net: ember: subject of a\n");
    }

    #[test]
    fn patch_without_an_origin_is_told_by_its_own_subject() {
        let patch = Patch { subject: "ember: our own".into(), ..Patch::default() };
        assert_eq!(
            line(&patch, None),
            "    -  -                 series.mbox#1  no origin found: ember: our own\n"
        );
    }

    #[test]
    fn origin_of_a_part_what_the_base_has_and_what_is_undone_are_said_to_be_that() {
        let hunk = HunkAnswer { candidates: vec![candidate("b", 0.9)], ..HunkAnswer::default() };
        let part = Patch { candidates: vec![candidate("a", 0.2)], hunks: vec![hunk], ..Patch::default() };
        assert!(line(&part, None).ends_with("  in part: net: ember: subject of b\n"));
        let undone = Patch { reverts: Some(Box::new(candidate("c", 0.9))), ..Patch::default() };
        assert!(line(&undone, None).ends_with("  reverts: net: ember: subject of c\n"));
        let held = InBase { candidate: Some(candidate("d", 0.9)), base: "v2.1".into(), ..InBase::default() };
        let held = Patch { in_base: Some(Box::new(held)), ..Patch::default() };
        assert!(line(&held, None).ends_with("  already in v2.1: net: ember: subject of d\n"));
    }

    #[test]
    fn line_fits_the_terminal() {
        let patch = Patch { candidates: vec![candidate("a", 0.97)], ..Patch::default() };
        assert_eq!(line(&patch, Some(60)), " 97 %  aaaaaaaaaaaa      series.mbox#1  net: ember: subject…\n");
        let long =
            strip_str(&patch_line("patches/0001-a-long-name.patch", &patch, Some(60), &CommitLinks::NONE))
                .to_string();
        assert_eq!(long, " 97 %  aaaaaaaaaaaa      …1-a-long-name.patch  net: ember: …\n");
    }
}
