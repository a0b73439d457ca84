//! What is known of a candidate, measured as evidence.

use super::evidence::{Evidence, EvidenceKind};
use super::model::{weighed_for_hunk, weighed_for_patch};
use super::thresholds::{
    AMPLE_LINES, BARE_LEAD, CLEAR_LEAD, ENOUGH_LINES, HALF_ALIKE, MANY_CARRIED, MANY_CONTRADICTIONS,
    MANY_HUNKS, MANY_ODD_WORDS, MOST_TEXT, NEARLY_WHOLE, SAME_PATH,
};
use crate::hunks::comparison::Comparison;
use crate::hunks::reading::Reading;

/// How a candidate's changed lines agree with those of a hunk, or of a patch's hunks together.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Agreement {
    /// Similarity of the changed lines, adapted lines counted in part.
    pub similarity: f32,
    /// Weight of the query's changed lines that agree, in lines that stand nowhere else.
    pub agreed: f32,
    /// Weight of all of the query's changed lines, in the same unit.
    pub asked: f32,
    /// How far ahead of the strongest rival for the same lines, from -1 to 1.
    pub lead: f32,
    /// Agreement of the paths.
    pub path: f32,
    /// Agreement of the context lines.
    pub context: f32,
    /// Agreement of the section headings.
    pub section: f32,
    /// Share of what the hunks say that stands in a file of the same path.
    pub same_path: f32,
    /// What both do to the same words, as a share of what either does.
    pub edit: f32,
    /// How far the patch itself names the candidate, from -1 where it names another commit to 1.
    pub claimed: f32,
    /// Whether the candidate has no parents, and so brings what was there before.
    pub is_import: bool,
    /// How many of the candidate's hunks are not in the patch.
    pub absent_hunks: f32,
    /// How the hunks read side by side.
    pub reading: Reading,
    /// 1 where history knows no file of the query's path, a share where that is so for some of a patch's hunks.
    pub unknown_path: f32,
}

/// What becomes of a patch's other hunks where a commit is the origin of one. Shares are from 0 to 1.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Rest {
    /// How well the commit explains them.
    pub explained: f32,
    /// How much better other commits explain them.
    pub elsewhere: f32,
    /// Share of the commit's hunks that are found in the patch.
    pub hunks_present: f32,
    /// How well the commit explains them, less where another commit's lines agree with the one that is asked about.
    pub carried: f32,
    /// How many of the commit's hunks are found in the patch.
    pub hunks_found: f32,
}

/// What is known of a candidate for a single hunk.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct HunkFeatures {
    /// How the hunk agrees.
    pub agreement: Agreement,
    /// What becomes of the patch's other hunks; none if there are no others.
    pub rest: Option<Rest>,
}

/// What is known of a candidate for a whole patch.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct PatchFeatures {
    /// How the hunks agree that the candidate answers for, weighted by what they say.
    pub agreement: Agreement,
    /// Share of the candidate's hunks that are found in the patch.
    pub hunks_present: f32,
    /// What the hunks say that the candidate answers for, as a share of the patch.
    pub share: f32,
}

/// A kind of evidence and how much of it there is.
type Value = (EvidenceKind, f32);

impl Agreement {
    /// The evidence, in the order of its kinds.
    fn values(&self) -> [Value; 29] {
        let agreed = self.agreed.max(0.0);
        // The similarity is what agrees as a share of both sides together, which gives the candidate's side.
        let together = if self.similarity > 0.0 { agreed / self.similarity } else { self.asked + 1.0 };
        let theirs = (together - self.asked + agreed).max(agreed);
        let share = |of: f32| if of > 0.0 { (agreed / of).clamp(0.0, 1.0) } else { 0.0 };
        let contained = share(self.asked).max(share(theirs));
        let substance = (agreed / ENOUGH_LINES).min(1.0);
        let text = beyond(self.reading.text, MOST_TEXT);
        let mutual = share(self.asked).min(share(theirs));
        let ample = (agreed.ln_1p() / AMPLE_LINES.ln_1p()).min(1.0);
        let context = self.context.max(self.reading.surroundings);
        let elsewhere = 1.0 - self.same_path;
        let contradicting = |share: f32| (share / MANY_CONTRADICTIONS).min(1.0);
        [
            (EvidenceKind::NearlyWhole, beyond(contained, NEARLY_WHOLE)),
            (EvidenceKind::Mutual, mutual),
            (EvidenceKind::Substance, substance),
            (EvidenceKind::Ample, ample),
            (EvidenceKind::Lead, self.lead.max(0.0)),
            (EvidenceKind::ClearLead, (self.lead / CLEAR_LEAD).clamp(0.0, 1.0)),
            (EvidenceKind::BareLead, (self.lead / BARE_LEAD).clamp(0.0, 1.0)),
            (EvidenceKind::Behind, self.lead.min(0.0)),
            (EvidenceKind::Path, self.path),
            (EvidenceKind::SamePath, self.same_path),
            (EvidenceKind::UnknownPath, self.unknown_path),
            (EvidenceKind::ElsewhereAlike, elsewhere * beyond(mutual, HALF_ALIKE)),
            (EvidenceKind::ElsewhereAmple, elsewhere * mutual * ample),
            (EvidenceKind::ElsewhereContext, elsewhere * (1.0 - context)),
            (EvidenceKind::Context, context),
            (EvidenceKind::Section, self.section),
            (EvidenceKind::Text, text),
            (EvidenceKind::MovedText, self.unknown_path * text),
            (EvidenceKind::OwnText, (self.lead / CLEAR_LEAD).clamp(0.0, 1.0) * text),
            (EvidenceKind::AllAlike, beyond(self.reading.changes, NEARLY_WHOLE) * substance),
            (EvidenceKind::SameEdit, self.edit),
            (EvidenceKind::Edit, self.edit * (1.0 - mutual)),
            (EvidenceKind::Breadth, (self.absent_hunks.ln_1p() / MANY_HUNKS.ln_1p()).min(1.0)),
            (EvidenceKind::Names, self.reading.names.ln_1p()),
            (EvidenceKind::OddWords, (self.reading.odd_words / MANY_ODD_WORDS).min(1.0)),
            (EvidenceKind::Reversed, contradicting(self.reading.reversed)),
            (
                EvidenceKind::Kept,
                contradicting(self.reading.kept) * (1.0 - beyond(share(theirs), NEARLY_WHOLE)),
            ),
            (EvidenceKind::Claimed, self.claimed),
            (EvidenceKind::Import, if self.is_import { 1.0 } else { 0.0 }),
        ]
    }
}

/// 1 where two hunks stand in a file of the same path, otherwise 0.
pub fn same_path(comparison: &Comparison) -> f32 {
    if comparison.path >= SAME_PATH { 1.0 } else { 0.0 }
}

/// How far a share has come on the way from a threshold to 1.
fn beyond(share: f32, threshold: f32) -> f32 {
    ((share - threshold) / (1.0 - threshold)).clamp(0.0, 1.0)
}

impl HunkFeatures {
    /// The evidence, in the order of its kinds.
    pub fn evidence(&self) -> Vec<Evidence> {
        weighed_for_hunk(self.values())
    }

    /// What becomes of the rest comes last, and is left out where there is no rest.
    fn values(&self) -> impl Iterator<Item = Value> {
        let rest = self.rest.map(|rest| {
            [
                (EvidenceKind::RestMissing, 1.0 - rest.explained),
                (EvidenceKind::RestElsewhere, rest.elsewhere),
                (EvidenceKind::RestPresent, rest.hunks_present),
                (EvidenceKind::RestCarried, rest.carried),
                (
                    EvidenceKind::ManyCarried,
                    rest.carried
                        * (1.0 - self.agreement.similarity.min(1.0))
                        * (rest.hunks_found.ln_1p() / MANY_CARRIED.ln_1p()).min(1.0),
                ),
            ]
        });
        self.agreement.values().into_iter().chain(rest.into_iter().flatten())
    }
}

impl PatchFeatures {
    /// The evidence, in the order of its kinds.
    pub fn evidence(&self) -> Vec<Evidence> {
        weighed_for_patch(self.values())
    }

    fn values(&self) -> impl Iterator<Item = Value> {
        let present = [(EvidenceKind::HunksPresent, self.hunks_present), (EvidenceKind::Part, self.share)];
        self.agreement.values().into_iter().chain(present)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::confidence::coefficients::{HUNK_COEFFICIENTS, PATCH_COEFFICIENTS};
    use crate::confidence::model::confidence;
    use crate::confidence::weighing::Weighing;
    use crate::confidence::words::{lines_in_words, share_in_words};

    /// A hunk of three rare lines, found whole in its place.
    const WHOLE: Agreement = Agreement {
        similarity: 1.0,
        agreed: 3.0,
        asked: 3.0,
        lead: 1.0,
        path: 1.0,
        context: 1.0,
        reading: Reading::WHOLE,
        unknown_path: 0.0,
        section: 1.0,
        same_path: 1.0,
        edit: 1.0,
        absent_hunks: 0.0,
        claimed: 0.0,
        is_import: false,
    };

    fn of_hunk(agreement: Agreement) -> f32 {
        confidence(&HunkFeatures { agreement, rest: None }.evidence()).0
    }

    fn of_patch(agreement: Agreement) -> f32 {
        confidence(&PatchFeatures { agreement, hunks_present: 1.0, share: 1.0 }.evidence()).0
    }

    #[test]
    fn what_agrees_wholly_is_all_but_certain() {
        assert!(of_hunk(WHOLE) > 0.98 && of_patch(WHOLE) > 0.98);
    }

    #[test]
    fn less_agreement_is_never_more_sure() {
        let with = |reading| Agreement { reading, ..WHOLE };
        let worse = [
            Agreement { similarity: 0.5, agreed: 2.0, ..WHOLE },
            Agreement { agreed: 0.5, asked: 0.5, ..WHOLE },
            Agreement { lead: 0.1, ..WHOLE },
            Agreement { lead: -0.5, ..WHOLE },
            Agreement { path: 0.3, same_path: 0.0, ..WHOLE },
            Agreement { context: 0.0, reading: Reading { surroundings: 0.0, ..Reading::WHOLE }, ..WHOLE },
            Agreement { section: 0.0, ..WHOLE },
            Agreement { same_path: 0.0, path: 0.8, ..WHOLE },
            Agreement { edit: 0.2, ..WHOLE },
            Agreement { absent_hunks: 500.0, ..WHOLE },
            Agreement { claimed: -1.0, ..WHOLE },
            Agreement { is_import: true, ..WHOLE },
            with(Reading { changes: 0.7, ..Reading::WHOLE }),
            with(Reading { text: 0.7, ..Reading::WHOLE }),
            with(Reading { names: 1.0, ..Reading::WHOLE }),
            with(Reading { odd_words: 1.0, ..Reading::WHOLE }),
            with(Reading { reversed: 0.3, ..Reading::WHOLE }),
        ];
        for agreement in worse {
            // In log-odds: what is all but certain is one number as a probability.
            let log_odds = |evidence: Vec<Evidence>| evidence.iter().map(|one| one.weight).sum::<f32>();
            let hunk = |agreement| log_odds(HunkFeatures { agreement, rest: None }.evidence());
            let patch =
                |agreement| log_odds(PatchFeatures { agreement, hunks_present: 1.0, share: 1.0 }.evidence());
            assert!(hunk(agreement) < hunk(WHOLE), "{agreement:?}");
            assert!(patch(agreement) <= patch(WHOLE), "{agreement:?}");
        }
    }

    #[test]
    fn lines_left_alone_speak_against_what_is_not_all_there() {
        let with = |agreed, kept| {
            let reading = Reading { kept, ..Reading::WHOLE };
            of_hunk(Agreement {
                reading,
                agreed,
                similarity: agreed / (3.0 + 3.0 - agreed),
                lead: 0.1,
                ..WHOLE
            })
        };
        assert!(with(2.0, 0.3) < with(2.0, 0.0));
        // What the commit changes is all in the query: another commit may have brought what it leaves alone.
        assert_eq!(with(3.0, 0.3), with(3.0, 0.0));
    }

    #[test]
    fn another_path_says_less_where_history_does_not_know_it() {
        let elsewhere = Agreement { path: 0.3, same_path: 0.0, ..WHOLE };
        let moved = Agreement { unknown_path: 1.0, ..elsewhere };
        assert!(of_hunk(moved) > of_hunk(elsewhere) && of_patch(moved) > of_patch(elsewhere));
    }

    #[test]
    fn nothing_in_common_is_no_candidate() {
        let nothing = Agreement { asked: 3.0, ..Agreement::default() };
        assert!(of_hunk(nothing) < 0.01 && of_patch(nothing) < 0.01);
    }

    #[test]
    fn the_rest_of_the_patch_counts_for_a_hunk() {
        let vague = Agreement { lead: 0.0, context: 0.2, similarity: 0.5, agreed: 2.0, ..WHOLE };
        let with = |rest| confidence(&HunkFeatures { agreement: vague, rest }.evidence()).0;
        let rest = |explained, hunks_present| Some(Rest { explained, hunks_present, ..Rest::default() });
        assert!(with(rest(0.9, 0.9)) > with(None) && with(None) > with(rest(0.0, 0.1)));
    }

    #[test]
    fn hunk_that_nobody_explains_is_the_commits_that_explains_all_others() {
        let unlike = Agreement { asked: 2.0, path: 0.3, ..Agreement::default() };
        let with = |explained: f32, best_rival: f32, hunks_found| {
            let carried = explained * (1.0 - best_rival);
            let rest = Rest { explained, hunks_present: 1.0, carried, hunks_found, elsewhere: 0.0 };
            confidence(&HunkFeatures { agreement: unlike, rest: Some(rest) }.evidence()).0
        };
        assert!(with(1.0, 0.0, 8.0) > 10.0 * with(0.3, 0.0, 8.0), "{}", with(1.0, 0.0, 8.0));
        assert!(with(1.0, 0.0, 8.0) > with(1.0, 0.0, 1.0) && with(1.0, 0.0, 8.0) > with(1.0, 0.9, 8.0));
    }

    #[test]
    fn one_move_is_charged_once() {
        let moved = Agreement { path: 0.3, same_path: 0.0, context: 0.0, section: 0.0, ..WHOLE };
        let reading = Reading { text: 0.7, surroundings: 0.0, ..Reading::WHOLE };
        let much = Agreement { agreed: 12.0, asked: 12.0, reading, ..moved };
        let little = Agreement { agreed: 1.0, asked: 1.0, ..much };
        assert!(of_hunk(much) > 0.3, "{}", of_hunk(much));
        assert!(of_hunk(much) > of_hunk(little));
    }

    #[test]
    fn commit_that_is_wholly_in_a_patch_need_not_explain_the_others_hunks() {
        let with = |rest| confidence(&HunkFeatures { agreement: WHOLE, rest: Some(rest) }.evidence()).0;
        let small = Rest { elsewhere: 0.9, hunks_present: 1.0, ..Rest::default() };
        assert!(with(small) > 0.95, "{}", with(small));
        assert!(with(Rest { hunks_present: 0.1, ..small }) < with(small));
        assert!(with(Rest { elsewhere: 0.0, ..small }) < with(small));
    }

    #[test]
    fn part_of_a_patch_is_doubted_less_than_poor_agreement() {
        let with = |agreement, share| {
            confidence(&PatchFeatures { agreement, hunks_present: 1.0, share }.evidence()).0
        };
        let reading = Reading { text: 0.5, surroundings: 0.0, odd_words: 2.0, ..Reading::WHOLE };
        let poor =
            Agreement { similarity: 0.5, agreed: 1.5, lead: 0.5, context: 0.5, edit: 0.5, reading, ..WHOLE };
        assert!(with(WHOLE, 0.5) > 0.9, "{}", with(WHOLE, 0.5));
        assert!(with(WHOLE, 1.0) > with(WHOLE, 0.5) && with(WHOLE, 0.5) > with(poor, 1.0));
    }

    #[test]
    fn values_come_in_the_order_of_the_coefficients() {
        let kinds = |values: Vec<Value>| values.into_iter().map(|(kind, _)| kind).collect::<Vec<_>>();
        let in_table = |weighings: &[Weighing]| weighings[1..].iter().map(|row| row.kind).collect::<Vec<_>>();
        let rest = Rest { explained: 1.0, hunks_present: 1.0, ..Rest::default() };
        let hunk = HunkFeatures { agreement: WHOLE, rest: Some(rest) };
        let patch = PatchFeatures { agreement: WHOLE, hunks_present: 1.0, share: 1.0 };
        assert_eq!(kinds(hunk.values().collect()), in_table(&HUNK_COEFFICIENTS));
        assert_eq!(kinds(patch.values().collect()), in_table(&PATCH_COEFFICIENTS));
        let alone = HunkFeatures { rest: None, ..hunk };
        assert_eq!(kinds(alone.values().collect()), in_table(&HUNK_COEFFICIENTS[..30]));
    }

    #[test]
    fn words_tell_what_was_measured() {
        let reading = Reading {
            text: (1.0 + MOST_TEXT) / 2.0,
            names: 3.0,
            odd_words: MANY_ODD_WORDS / 2.0,
            reversed: MANY_CONTRADICTIONS / 2.0,
            kept: 1.0,
            ..Reading::WHOLE
        };
        let (agreed, lead) = (ENOUGH_LINES / 2.0, CLEAR_LEAD / 2.0);
        let agreement = Agreement { reading, lead, agreed, asked: agreed, similarity: 0.5, ..WHOLE };
        let evidence = HunkFeatures { agreement, rest: None }.evidence();
        let words = |kind: EvidenceKind| {
            evidence.iter().find(|evidence| evidence.kind == kind).map(Evidence::words).unwrap_or_default()
        };
        // Whatever the thresholds are: what was put in is read in the words.
        let told = [
            (EvidenceKind::Text, format!("{:.0} % agree", reading.text * 100.0)),
            (EvidenceKind::Names, "3.0 names".to_owned()),
            (EvidenceKind::OddWords, format!("{:.1} words", reading.odd_words)),
            (EvidenceKind::Reversed, format!("{} % of the changed lines", reading.reversed * 100.0)),
            (EvidenceKind::Kept, format!("{} % of the changed lines", MANY_CONTRADICTIONS * 100.0)),
            (EvidenceKind::ClearLead, format!("50 % of a lead of {}", share_in_words(CLEAR_LEAD))),
            (EvidenceKind::Substance, format!("50 % of what {}", lines_in_words(ENOUGH_LINES))),
        ];
        for (kind, expected) in told {
            assert!(words(kind).contains(&expected), "{} does not say {expected}", words(kind));
        }
    }
}
