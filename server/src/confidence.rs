//! How sure an answer is: a logistic model over named evidence.
//!
//! The log-odds that a candidate is the origin are a weighted sum of what speaks for and against it. Each piece of
//! evidence is measured from a neutral point, so that its weight is positive where it speaks for the candidate. Amounts
//! are in lines that stand nowhere else in history, so that they mean the same in a small index and in a large one.
//!
//! The numbers were fitted with `tests/fit-confidence`; its head states the data and the split. No coefficient may
//! contradict what its evidence means: more agreement never speaks against a candidate.

use crate::hunks::reading::Reading;
use crate::lookup::patch_part::Rest;

/// A calibrated probability, from 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub struct Confidence(pub f32);

/// One thing that speaks for or against a candidate.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Evidence {
    /// A short name.
    pub name: &'static str,
    /// How much of it there is.
    pub value: f32,
    /// What it adds to the log-odds: more than 0 where it speaks for the candidate.
    pub weight: f32,
}

impl Evidence {
    /// The evidence in words.
    pub fn words(&self) -> String {
        let percent = (self.value * 100.0).round();
        match self.name {
            "prior" => "where a candidate with middling evidence begins".to_owned(),
            "nearly whole" => {
                format!("{percent} % of the way from four fifths of the shorter side to all of it")
            }
            "mutual" => format!("of the longer side's changed lines {percent} % agree"),
            "substance" => format!("{percent} % of what a line and a half that stand nowhere else would say"),
            "lead" => format!("{percent} % ahead of whoever explains the same lines second best"),
            "clear lead" => format!("{percent} % of a lead of one quarter"),
            "behind" => format!("{} % behind who explains the same lines better", -percent),
            "path" => format!("the paths agree to {percent} %"),
            "same path" if self.value > 0.5 => "the path is the same".to_owned(),
            "same path" => "the path is another".to_owned(),
            "context" => format!("{percent} % of the context lines agree"),
            "unknown path" if self.value > 0.5 => "history knows no file of this path".to_owned(),
            "unknown path" => "history knows the path".to_owned(),
            "text" if self.value > 0.0 => {
                let share = self.text_percent();
                format!("of the smaller hunk's text, the context included, {share:.0} % agree")
            }
            "text" => "less than four fifths of the smaller hunk's text agree".to_owned(),
            "moved text" if self.value > 0.0 => {
                let share = self.text_percent();
                format!("of the text {share:.0} % agree so, in a file of which history does not know")
            }
            "moved text" => "no text agrees so in a file of which history does not know".to_owned(),
            "all alike" => {
                format!("{percent} % of the way to changed lines that say enough and agree both ways")
            }
            "names" => format!("one side has {:.1} names in place of the other's", self.value.exp() - 1.0),
            "odd words" => {
                let words = self.value * MANY_ODD_WORDS;
                format!(
                    "{words:.1} words of the changed lines are not explained (more than two count as two)"
                )
            }
            "reversed" => {
                format!("{} % of the changed lines are changed the other way round{A_FIFTH}", percent / 5.0)
            }
            "kept" => format!("{} % of the changed lines are left alone by one side{A_FIFTH}", percent / 5.0),
            "rest elsewhere" => {
                format!("other commits explain {percent} % of the patch's other hunks instead")
            }
            "rest missing" => format!("the commit leaves {percent} % of the patch's other hunks unexplained"),
            "hunks present" | "rest present" => format!("{percent} % of the commit's hunks are in the patch"),
            "part" => format!("the hunks that it answers for say {percent} % of the patch"),
            name => format!("{name}: {:.2}", self.value),
        }
    }

    /// The share of the text that agrees, in percent, where the value is how far that is beyond most of it.
    fn text_percent(&self) -> f32 {
        (MOST_TEXT + (1.0 - MOST_TEXT) * self.value) * 100.0
    }
}

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
    /// How the hunks read side by side.
    pub reading: Reading,
    /// 1 where history knows no file of the query's path, a share where that is so for some of a patch's hunks.
    pub unknown_path: f32,
}

/// What is known of a candidate for a single hunk.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct HunkFeatures {
    /// How the hunk agrees.
    pub agreement: Agreement,
    /// What becomes of the patch's other hunks; none where there are no others.
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

/// From this share of agreeing lines on a hunk counts as nearly whole.
const NEARLY_WHOLE: f32 = 0.8;

/// So many lines that stand nowhere else are enough to tell a commit from all others.
const ENOUGH_LINES: f32 = 1.5;

/// Leads beyond this are clear.
const CLEAR_LEAD: f32 = 0.25;

/// From this share on the text agrees for the most part.
const MOST_TEXT: f32 = 0.8;

/// So many words that nothing explains are many.
const MANY_ODD_WORDS: f32 = 2.0;

/// From this share of the changed lines on, lines that contradict each other are many.
const MANY_CONTRADICTIONS: f32 = 0.2;

/// Says so.
const A_FIFTH: &str = " (more than a fifth count as a fifth)";

impl Agreement {
    /// The evidence, in the order of the weighings.
    fn values(&self) -> [(&'static str, f32); 17] {
        let agreed = self.agreed.max(0.0);
        // The similarity is what agrees as a share of both sides together, which gives the candidate's side.
        let together = if self.similarity > 0.0 { agreed / self.similarity } else { self.asked + 1.0 };
        let theirs = (together - self.asked + agreed).max(agreed);
        let share = |of: f32| if of > 0.0 { (agreed / of).clamp(0.0, 1.0) } else { 0.0 };
        let contained = share(self.asked).max(share(theirs));
        let substance = (agreed / ENOUGH_LINES).min(1.0);
        let text = beyond(self.reading.text, MOST_TEXT);
        let contradicting = |share: f32| (share / MANY_CONTRADICTIONS).min(1.0);
        [
            ("nearly whole", beyond(contained, NEARLY_WHOLE)),
            ("mutual", share(self.asked).min(share(theirs))),
            ("substance", substance),
            ("lead", self.lead.max(0.0)),
            ("clear lead", (self.lead / CLEAR_LEAD).clamp(0.0, 1.0)),
            ("behind", self.lead.min(0.0)),
            ("path", self.path),
            ("same path", if self.path >= 0.999 { 1.0 } else { 0.0 }),
            ("unknown path", self.unknown_path),
            ("context", self.context),
            ("text", text),
            ("moved text", self.unknown_path * text),
            ("all alike", beyond(self.reading.changes, NEARLY_WHOLE) * substance),
            ("names", self.reading.names.ln_1p()),
            ("odd words", (self.reading.odd_words / MANY_ODD_WORDS).min(1.0)),
            ("reversed", contradicting(self.reading.reversed)),
            ("kept", contradicting(self.reading.kept)),
        ]
    }
}

/// How far a share has come on the way from a threshold to 1.
fn beyond(share: f32, threshold: f32) -> f32 {
    ((share - threshold) / (1.0 - threshold)).clamp(0.0, 1.0)
}

impl HunkFeatures {
    /// The evidence, in a fixed order.
    pub fn evidence(&self) -> Vec<Evidence> {
        weighed(HUNK_PRIOR, self.values(), &HUNK_WEIGHINGS)
    }

    /// In the order of the weighings; those of the rest come last, and are left out where there is none.
    fn values(&self) -> impl Iterator<Item = (&'static str, f32)> {
        let rest = self.rest.map(|rest| {
            [
                ("rest missing", 1.0 - rest.explained),
                ("rest elsewhere", rest.elsewhere),
                ("rest present", rest.hunks_present),
            ]
        });
        self.agreement.values().into_iter().chain(rest.into_iter().flatten())
    }
}

impl PatchFeatures {
    /// The evidence, in a fixed order.
    pub fn evidence(&self) -> Vec<Evidence> {
        weighed(PATCH_PRIOR, self.values(), &PATCH_WEIGHINGS)
    }

    /// In the order of the weighings.
    fn values(&self) -> impl Iterator<Item = (&'static str, f32)> {
        let present = [("hunks present", self.hunks_present), ("part", self.share)];
        self.agreement.values().into_iter().chain(present)
    }
}

/// What a piece of evidence, by its name, counts: the log-odds for each unit beyond its neutral value, and that value.
///
/// Neutral is midway between the means of right and wrong candidates, or 0 for what can only speak one way.
type Weighing = (&'static str, f32, f32);

fn weighed(
    prior: f32,
    values: impl Iterator<Item = (&'static str, f32)>,
    weighings: &[Weighing],
) -> Vec<Evidence> {
    let prior = Evidence { name: "prior", value: 1.0, weight: prior };
    let weigh = |((name, value), (_, coefficient, neutral)): ((&'static str, f32), &Weighing)| Evidence {
        name,
        value,
        weight: coefficient * (value - neutral),
    };
    std::iter::once(prior).chain(values.zip(weighings).map(weigh)).collect()
}

const HUNK_PRIOR: f32 = -1.141;

/// In the order of [`HunkFeatures::evidence`].
#[allow(clippy::approx_constant, reason = "fitted numbers mean no others")]
const HUNK_WEIGHINGS: [Weighing; 20] = [
    ("nearly whole", 1.428, 0.545),
    ("mutual", 4.564, 0.544),
    ("substance", 0.480, 0.718),
    ("lead", 1.814, 0.479),
    ("clear lead", 3.153, 0.584),
    ("behind", 8.052, 0.0),
    ("path", 3.394, 0.920),
    ("same path", 7.118, 0.888),
    ("unknown path", 1.670, 0.0),
    ("context", 3.293, 0.612),
    ("text", 3.723, 0.464),
    ("moved text", 4.207, 0.0),
    ("all alike", 0.974, 0.362),
    ("names", -1.957, 0.0),
    ("odd words", -3.811, 0.0),
    ("reversed", -5.771, 0.0),
    ("kept", -1.492, 0.0),
    ("rest missing", -7.456, 0.0),
    ("rest elsewhere", 2.198, 0.0),
    ("rest present", 4.893, 0.0),
];

const PATCH_PRIOR: f32 = -1.762;

/// In the order of [`PatchFeatures::evidence`].
#[allow(clippy::approx_constant, reason = "fitted numbers mean no others")]
const PATCH_WEIGHINGS: [Weighing; 19] = [
    ("nearly whole", 1.603, 0.535),
    ("mutual", 4.708, 0.534),
    ("substance", 1.751, 0.751),
    ("lead", 2.283, 0.487),
    ("clear lead", 2.889, 0.588),
    ("behind", 10.481, 0.0),
    ("path", 7.331, 0.925),
    ("same path", 3.397, 0.887),
    ("unknown path", 0.0, 0.0),
    ("context", 3.681, 0.599),
    ("text", 3.969, 0.450),
    ("moved text", 5.036, 0.0),
    ("all alike", 0.952, 0.354),
    ("names", -2.124, 0.0),
    ("odd words", -3.785, 0.0),
    ("reversed", -5.982, 0.0),
    ("kept", -1.381, 0.0),
    ("hunks present", 1.387, 0.261),
    ("part", 3.484, 0.971),
];

/// The probability that goes with evidence.
pub fn confidence(evidence: &[Evidence]) -> Confidence {
    let log_odds: f32 = evidence.iter().map(|evidence| evidence.weight).sum();
    Confidence(1.0 / (1.0 + (-log_odds).exp()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const READ_WHOLE: Reading =
        Reading { changes: 1.0, text: 1.0, names: 0.0, odd_words: 0.0, reversed: 0.0, kept: 0.0 };

    /// A hunk of three rare lines, found whole in its place.
    const WHOLE: Agreement = Agreement {
        similarity: 1.0,
        agreed: 3.0,
        asked: 3.0,
        lead: 1.0,
        path: 1.0,
        context: 1.0,
        reading: READ_WHOLE,
        unknown_path: 0.0,
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
            Agreement { path: 0.3, ..WHOLE },
            Agreement { context: 0.0, ..WHOLE },
            with(Reading { changes: 0.7, ..READ_WHOLE }),
            with(Reading { text: 0.7, ..READ_WHOLE }),
            with(Reading { names: 1.0, ..READ_WHOLE }),
            with(Reading { odd_words: 1.0, ..READ_WHOLE }),
            with(Reading { reversed: 0.3, ..READ_WHOLE }),
            with(Reading { kept: 0.3, ..READ_WHOLE }),
        ];
        for agreement in worse {
            assert!(of_hunk(agreement) < of_hunk(WHOLE), "{agreement:?}");
            assert!(of_patch(agreement) < of_patch(WHOLE), "{agreement:?}");
        }
    }

    #[test]
    fn another_path_says_less_where_history_does_not_know_it() {
        let elsewhere = Agreement { path: 0.3, ..WHOLE };
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
        let rest = |explained, hunks_present| Some(Rest { explained, elsewhere: 0.0, hunks_present });
        assert!(with(rest(0.9, 0.9)) > with(None) && with(None) > with(rest(0.0, 0.1)));
    }

    #[test]
    fn commit_that_is_wholly_in_a_patch_need_not_explain_the_others_hunks() {
        let with = |rest| confidence(&HunkFeatures { agreement: WHOLE, rest: Some(rest) }.evidence()).0;
        let small = Rest { explained: 0.0, elsewhere: 0.9, hunks_present: 1.0 };
        assert!(with(small) > 0.95, "{}", with(small));
        assert!(with(Rest { hunks_present: 0.1, ..small }) < with(small));
        assert!(with(Rest { elsewhere: 0.0, ..small }) < with(small));
    }

    #[test]
    fn part_of_a_patch_is_doubted_less_than_poor_agreement() {
        let with = |agreement, share| {
            confidence(&PatchFeatures { agreement, hunks_present: 1.0, share }.evidence()).0
        };
        let poor = Agreement { similarity: 0.5, agreed: 1.5, lead: 0.5, path: 0.5, context: 0.5, ..WHOLE };
        assert!(with(WHOLE, 0.5) > 0.9, "{}", with(WHOLE, 0.5));
        assert!(with(WHOLE, 1.0) > with(WHOLE, 0.5) && with(WHOLE, 0.5) > with(poor, 1.0));
    }

    #[test]
    fn every_piece_of_evidence_has_its_weighing_and_words() {
        let rest = Rest { explained: 1.0, elsewhere: 0.0, hunks_present: 1.0 };
        let hunk = HunkFeatures { agreement: WHOLE, rest: Some(rest) };
        let patch = PatchFeatures { agreement: WHOLE, hunks_present: 1.0, share: 1.0 };
        let names = |weighings: &[Weighing]| weighings.iter().map(|(name, ..)| *name).collect::<Vec<_>>();
        let found =
            |values: Vec<(&'static str, f32)>| values.iter().map(|(name, _)| *name).collect::<Vec<_>>();
        assert_eq!(found(hunk.values().collect()), names(&HUNK_WEIGHINGS));
        assert_eq!(found(patch.values().collect()), names(&PATCH_WEIGHINGS));
        let alone = HunkFeatures { rest: None, ..hunk };
        assert_eq!(found(alone.values().collect()), names(&HUNK_WEIGHINGS[..17]));
        for evidence in hunk.evidence().iter().chain(&patch.evidence()) {
            assert!(!evidence.words().starts_with(evidence.name), "{evidence:?}");
        }
    }

    #[test]
    fn moved_text_is_told_as_the_text_is() {
        let words = |name| Evidence { name, value: 0.5, weight: 0.0 }.words();
        assert!(words("text").contains(" 90 % agree"), "{}", words("text"));
        assert!(words("moved text").contains(" 90 % agree"), "{}", words("moved text"));
    }
}
