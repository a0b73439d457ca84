//! Why a candidate is no perfect match, in a few words for people.
//!
//! Kinds of evidence overlap: what is told as one reason takes the losses of several of them together. The weightiest
//! reasons come first, and what agrees is not told.

use super::evidence::{Evidence, EvidenceKind, absent_hunks};

/// More reasons than this nobody reads.
const MOST_REASONS: usize = 5;

/// A reason that changes the log-odds by less is none.
const LEAST_LOSS: f32 = 0.1;

/// From this share on everything agrees: what is left over comes from rounding.
const ALL: f32 = 0.995;

/// Kinds of evidence that are told as one reason.
struct Reason {
    kinds: &'static [EvidenceKind],
    /// What is to be said; nothing where there is no difference after all.
    words: fn(&Values<'_>) -> Option<String>,
}

const REASONS: [Reason; 14] = {
    use EvidenceKind as Kind;
    [
        Reason { kinds: &[Kind::NearlyWhole, Kind::Mutual, Kind::AllAlike], words: changed_lines },
        Reason { kinds: &[Kind::Substance], words: few_lines },
        Reason { kinds: &[Kind::Lead, Kind::ClearLead, Kind::BareLead, Kind::Behind], words: rivals },
        Reason {
            kinds: &[
                Kind::Path,
                Kind::SamePath,
                Kind::UnknownPath,
                Kind::ElsewhereAlike,
                Kind::ElsewhereAmple,
                Kind::ElsewhereContext,
            ],
            words: other_file,
        },
        Reason { kinds: &[Kind::Context, Kind::Text], words: context },
        Reason { kinds: &[Kind::Section], words: function },
        Reason { kinds: &[Kind::SameEdit, Kind::Edit], words: edited_words },
        Reason { kinds: &[Kind::Breadth, Kind::RestPresent, Kind::HunksPresent], words: more_hunks },
        Reason { kinds: &[Kind::Names], words: names },
        Reason { kinds: &[Kind::OddWords], words: odd_words },
        Reason { kinds: &[Kind::Reversed, Kind::Kept], words: contradicting_lines },
        Reason { kinds: &[Kind::Claimed], words: claim },
        Reason { kinds: &[Kind::Import], words: import },
        Reason { kinds: &[Kind::RestMissing, Kind::RestElsewhere, Kind::Part], words: rest_of_the_patch },
    ]
};

/// What was measured.
struct Values<'a>(&'a [Evidence]);

impl Values<'_> {
    fn find(&self, kind: EvidenceKind) -> Option<f32> {
        self.0.iter().find(|evidence| evidence.kind == kind).map(|evidence| evidence.value)
    }

    /// How much there is of a kind; nothing where it was not measured.
    fn of(&self, kind: EvidenceKind) -> f32 {
        self.find(kind).unwrap_or_default()
    }

    /// What kinds together lack to a perfect match, less what makes up for it.
    fn loss(&self, kinds: &[EvidenceKind]) -> f32 {
        let own = self.0.iter().filter(|evidence| kinds.contains(&evidence.kind));
        own.map(|evidence| evidence.lost - evidence.gained()).sum()
    }
}

/// Why a candidate is no perfect match, the weightiest reason first; empty where it is one.
pub fn reasons(evidence: &[Evidence]) -> Vec<String> {
    let values = Values(evidence);
    let mut found: Vec<(f32, String)> = REASONS
        .iter()
        .map(|reason| (values.loss(reason.kinds), reason))
        .filter(|(loss, _)| *loss >= LEAST_LOSS)
        .filter_map(|(loss, reason)| Some((loss, (reason.words)(&values)?)))
        .collect();
    found.sort_by(|a, b| b.0.total_cmp(&a.0));
    found.into_iter().take(MOST_REASONS).map(|(_, words)| words).collect()
}

/// A share in whole percent; a difference is never told as none.
fn percent(share: f32) -> String {
    format!("{} %", (share * 100.0).round().min(99.0))
}

fn changed_lines(values: &Values<'_>) -> Option<String> {
    let agree = values.of(EvidenceKind::Mutual);
    match agree {
        _ if agree >= ALL => None,
        _ if agree < 0.005 => Some("none of the changed lines agree".to_owned()),
        _ if values.of(EvidenceKind::NearlyWhole) >= ALL => {
            Some(format!("one side changes more: only {} of its lines agree", percent(agree)))
        }
        _ => Some(format!("only {} of the changed lines agree", percent(agree))),
    }
}

fn few_lines(values: &Values<'_>) -> Option<String> {
    let words = "the lines that agree are few or common: other commits could have them too";
    (values.of(EvidenceKind::Substance) < ALL).then(|| words.to_owned())
}

fn rivals(values: &Values<'_>) -> Option<String> {
    if values.of(EvidenceKind::Behind) < -0.005 {
        return Some("another commit fits these lines better".to_owned());
    }
    if values.of(EvidenceKind::BareLead) < ALL {
        return Some("another commit fits these lines as well".to_owned());
    }
    let is_close = values.of(EvidenceKind::ClearLead) < ALL;
    is_close.then(|| "another commit fits these lines nearly as well".to_owned())
}

fn other_file(values: &Values<'_>) -> Option<String> {
    let same = values.of(EvidenceKind::SamePath);
    let is_unknown = values.of(EvidenceKind::UnknownPath) > 0.5;
    match same {
        _ if same >= ALL => None,
        _ if same > 0.005 => Some(format!("only {} of it stands in files of the same name", percent(same))),
        _ if is_unknown => Some("it stands in a file that upstream never had".to_owned()),
        _ => Some("it stands in another file".to_owned()),
    }
}

fn context(values: &Values<'_>) -> Option<String> {
    let agree = values.of(EvidenceKind::Context);
    match agree {
        _ if agree >= ALL => None,
        _ if agree < 0.005 => Some("the lines around it are others".to_owned()),
        _ => Some(format!("only {} of the lines around it agree", percent(agree))),
    }
}

fn function(values: &Values<'_>) -> Option<String> {
    let agree = values.of(EvidenceKind::Section);
    match agree {
        _ if agree >= ALL => None,
        _ if agree < 0.3 => Some("it stands in another function".to_owned()),
        _ => Some("the function around it is written in another way".to_owned()),
    }
}

fn edited_words(values: &Values<'_>) -> Option<String> {
    let agree = values.of(EvidenceKind::SameEdit);
    // Where no line differs, the words say nothing new.
    let says_more = agree < ALL && values.of(EvidenceKind::Mutual) < ALL;
    says_more.then(|| format!("only {} of the changed words are the same", percent(agree)))
}

fn more_hunks(values: &Values<'_>) -> Option<String> {
    let absent = absent_hunks(values.of(EvidenceKind::Breadth));
    match absent {
        0 => None,
        1 => Some("the commit has 1 hunk more".to_owned()),
        _ => Some(format!("the commit has {absent} hunks more")),
    }
}

fn names(values: &Values<'_>) -> Option<String> {
    let words = "names differ: a variable or function is called otherwise";
    (values.of(EvidenceKind::Names) > 0.0).then(|| words.to_owned())
}

fn odd_words(values: &Values<'_>) -> Option<String> {
    let words = "some words of the changed lines are on one side only";
    (values.of(EvidenceKind::OddWords) > 0.0).then(|| words.to_owned())
}

fn contradicting_lines(values: &Values<'_>) -> Option<String> {
    let words = if values.of(EvidenceKind::Reversed) > 0.0 {
        "some lines are changed the other way round"
    } else {
        "some lines are changed by one side and left alone by the other"
    };
    Some(words.to_owned())
}

fn claim(values: &Values<'_>) -> Option<String> {
    let words = "the patch itself names another commit";
    (values.of(EvidenceKind::Claimed) < 0.0).then(|| words.to_owned())
}

fn import(values: &Values<'_>) -> Option<String> {
    let words = "the commit imports a whole tree, which others have written";
    (values.of(EvidenceKind::Import) > 0.5).then(|| words.to_owned())
}

fn rest_of_the_patch(values: &Values<'_>) -> Option<String> {
    let has = match (values.find(EvidenceKind::Part), values.find(EvidenceKind::RestMissing)) {
        (Some(part), _) => part,
        (None, Some(missing)) => 1.0 - missing,
        (None, None) => return None,
    };
    let what =
        if values.find(EvidenceKind::Part).is_some() { "the patch" } else { "the patch's other hunks" };
    match has {
        _ if has >= ALL => None,
        _ if has < 0.005 => Some(format!("the commit explains nothing of {what}")),
        _ => Some(format!("the commit explains only {} of {what}", percent(has))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::confidence::features::{Agreement, HunkFeatures, PatchFeatures, Rest};
    use crate::hunks::reading::Reading;

    /// A hunk of many rare lines, found whole in its place.
    const PERFECT: Agreement = Agreement {
        similarity: 1.0,
        agreed: 30.0,
        asked: 30.0,
        lead: 1.0,
        path: 1.0,
        context: 1.0,
        section: 1.0,
        same_path: 1.0,
        edit: 1.0,
        claimed: 0.0,
        is_import: false,
        absent_hunks: 0.0,
        reading: Reading::WHOLE,
        unknown_path: 0.0,
    };

    fn told(agreement: Agreement) -> Vec<String> {
        reasons(&HunkFeatures { agreement, rest: None }.evidence())
    }

    #[test]
    fn perfect_match_has_no_reasons() {
        assert_eq!(told(PERFECT), [""; 0]);
        let patch = PatchFeatures { agreement: PERFECT, hunks_present: 1.0, share: 1.0 };
        assert_eq!(reasons(&patch.evidence()), [""; 0]);
    }

    #[test]
    fn each_difference_is_told_in_its_words() {
        let surroundings = Reading { surroundings: 0.0, ..Reading::WHOLE };
        for (agreement, expected) in [
            (
                Agreement { agreed: 15.0, similarity: 1.0 / 3.0, ..PERFECT },
                "only 50 % of the changed lines agree",
            ),
            (Agreement { lead: 0.0, ..PERFECT }, "another commit fits these lines as well"),
            (Agreement { lead: 0.2, ..PERFECT }, "another commit fits these lines nearly as well"),
            (Agreement { lead: -0.5, ..PERFECT }, "another commit fits these lines better"),
            (Agreement { same_path: 0.0, path: 0.3, ..PERFECT }, "it stands in another file"),
            (
                Agreement { same_path: 0.0, path: 0.3, unknown_path: 1.0, ..PERFECT },
                "it stands in a file that upstream never had",
            ),
            (
                Agreement { context: 0.4, reading: surroundings, ..PERFECT },
                "only 40 % of the lines around it agree",
            ),
            (Agreement { section: 0.0, ..PERFECT }, "it stands in another function"),
            (Agreement { section: 0.8, ..PERFECT }, "the function around it is written in another way"),
            (Agreement { absent_hunks: 12.0, ..PERFECT }, "the commit has 12 hunks more"),
            (Agreement { claimed: -1.0, ..PERFECT }, "the patch itself names another commit"),
            (
                Agreement { is_import: true, ..PERFECT },
                "the commit imports a whole tree, which others have written",
            ),
        ] {
            assert_eq!(told(agreement), [expected]);
        }
    }

    #[test]
    fn the_rest_of_the_patch_is_told() {
        let rest = Rest { explained: 0.6, ..Rest::default() };
        let hunk = HunkFeatures { agreement: PERFECT, rest: Some(rest) };
        assert_eq!(reasons(&hunk.evidence()), ["the commit explains only 60 % of the patch's other hunks"]);
        let patch = PatchFeatures { agreement: PERFECT, hunks_present: 1.0, share: 0.6 };
        assert_eq!(reasons(&patch.evidence()), ["the commit explains only 60 % of the patch"]);
    }

    #[test]
    fn five_reasons_are_told_and_the_weightiest_first() {
        let reading = Reading { names: 2.0, odd_words: 2.0, reversed: 0.2, text: 0.0, ..Reading::WHOLE };
        let all = Agreement {
            similarity: 0.2,
            agreed: 1.0,
            lead: -1.0,
            path: 0.0,
            context: 0.0,
            section: 0.0,
            same_path: 0.0,
            edit: 0.0,
            claimed: -1.0,
            reading,
            ..PERFECT
        };
        let told = told(all);
        assert_eq!(told.len(), MOST_REASONS);
        assert_eq!(told[0], "it stands in another file", "{told:?}");
    }
}
