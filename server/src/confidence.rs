//! How sure an answer is: a logistic model over named evidence.
//!
//! The log-odds that a candidate is the origin are a weighted sum of what speaks for and against it. Each piece of
//! evidence is measured from a neutral point, so that its weight is positive where it speaks for the candidate. Amounts
//! are in lines that stand nowhere else in history, so that they mean the same in a small index and in a large one.
//!
//! The numbers were fitted with `tests/fit-confidence`; its head states the data and the split. No coefficient may
//! contradict what its evidence means: more agreement never speaks against a candidate.

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
        let lines = self.value.exp() - 1.0;
        match self.name {
            "prior" => "where a candidate with middling evidence begins".to_owned(),
            "contained" => format!("of the shorter side's changed lines {percent} % agree"),
            "nearly whole" => {
                format!("{percent} % of the way from four fifths of the shorter side to all of it")
            }
            "mutual" => format!("of the longer side's changed lines {percent} % agree"),
            "equal lines" => format!("{percent} % of all changed lines are equal"),
            "substance" => format!("{percent} % of what a line and a half that stand nowhere else would say"),
            "amount" => format!("what agrees says as much as {lines:.1} lines that stand nowhere else"),
            "missing" => format!("the candidate lacks as much as {lines:.1} lines that stand nowhere else"),
            "extra" => format!("the candidate has as much as {lines:.1} rare lines that are not asked for"),
            "lead" => format!("{percent} % ahead of whoever explains the same lines second best"),
            "clear lead" => format!("{percent} % of a lead of one quarter"),
            "behind" => format!("{} % behind who explains the same lines better", -percent),
            "path" => format!("the paths agree to {percent} %"),
            "same path" if self.value > 0.5 => "the path is the same".to_owned(),
            "same path" => "the path is another".to_owned(),
            "context" => format!("{percent} % of the context lines agree"),
            "rest" => format!("the commit explains {percent} % of the patch's other hunks"),
            "rest missing" => format!("the commit leaves {percent} % of the patch's other hunks unexplained"),
            "hunks present" => format!("{percent} % of the commit's hunks are in the patch"),
            name => format!("{name}: {:.2}", self.value),
        }
    }
}

/// How a candidate's changed lines agree with those of a hunk, or of a patch's hunks together.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Agreement {
    /// Similarity of the changed lines, adapted lines counted in part.
    pub similarity: f32,
    /// Similarity of the changed lines, equal lines only.
    pub strict_similarity: f32,
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
}

/// What is known of a candidate for a single hunk.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct HunkFeatures {
    /// How the hunk agrees.
    pub agreement: Agreement,
    /// How well the commit explains the patch's other hunks; none where there are no others.
    pub rest: Option<f32>,
}

/// What is known of a candidate for a whole patch.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct PatchFeatures {
    /// How the hunks agree, weighted by what they say.
    pub agreement: Agreement,
    /// Share of the candidate's hunks that are found in the patch.
    pub hunks_present: f32,
}

/// From this share of agreeing lines on a hunk counts as nearly whole.
const NEARLY_WHOLE: f32 = 0.8;

/// So many lines that stand nowhere else are enough to tell a commit from all others.
const ENOUGH_LINES: f32 = 1.5;

/// Leads beyond this are clear.
const CLEAR_LEAD: f32 = 0.25;

impl Agreement {
    /// The evidence, in the order of the weighings.
    fn values(&self) -> [(&'static str, f32); 14] {
        let agreed = self.agreed.max(0.0);
        // The similarity is what agrees as a share of both sides together, which gives the candidate's side.
        let together = if self.similarity > 0.0 { agreed / self.similarity } else { self.asked + 1.0 };
        let theirs = (together - self.asked + agreed).max(agreed);
        let share = |of: f32| if of > 0.0 { (agreed / of).clamp(0.0, 1.0) } else { 0.0 };
        let contained = share(self.asked).max(share(theirs));
        [
            ("contained", contained),
            ("nearly whole", ((contained - NEARLY_WHOLE) / (1.0 - NEARLY_WHOLE)).max(0.0)),
            ("mutual", share(self.asked).min(share(theirs))),
            ("equal lines", self.strict_similarity),
            ("substance", (agreed / ENOUGH_LINES).min(1.0)),
            ("amount", agreed.ln_1p()),
            ("missing", (self.asked - agreed).max(0.0).ln_1p()),
            ("extra", (theirs - agreed).max(0.0).ln_1p()),
            ("lead", self.lead.max(0.0)),
            ("clear lead", (self.lead / CLEAR_LEAD).clamp(0.0, 1.0)),
            ("behind", self.lead.min(0.0)),
            ("path", self.path),
            ("same path", if self.path >= 0.999 { 1.0 } else { 0.0 }),
            ("context", self.context),
        ]
    }
}

impl HunkFeatures {
    /// The evidence, in a fixed order.
    pub fn evidence(&self) -> Vec<Evidence> {
        let rest = [
            ("rest", self.rest.unwrap_or(0.0)),
            ("rest missing", self.rest.map_or(0.0, |rest| (1.0 - rest).clamp(0.0, 1.0))),
        ];
        weighed(HUNK_PRIOR, self.agreement.values().into_iter().chain(rest), &HUNK_WEIGHINGS)
    }
}

impl PatchFeatures {
    /// The evidence, in a fixed order.
    pub fn evidence(&self) -> Vec<Evidence> {
        let present = ("hunks present", self.hunks_present.min(1.0));
        weighed(PATCH_PRIOR, self.agreement.values().into_iter().chain([present]), &PATCH_WEIGHINGS)
    }
}

/// What a piece of evidence counts: the log-odds for each unit beyond its neutral value, and that value.
///
/// Neutral is midway between the means of right and wrong candidates, or 0 for what can only speak one way.
type Weighing = (f32, f32);

fn weighed(
    prior: f32,
    values: impl Iterator<Item = (&'static str, f32)>,
    weighings: &[Weighing],
) -> Vec<Evidence> {
    let prior = Evidence { name: "prior", value: 1.0, weight: prior };
    let weigh = |((name, value), (coefficient, neutral)): ((&'static str, f32), &Weighing)| Evidence {
        name,
        value,
        weight: coefficient * (value - neutral),
    };
    std::iter::once(prior).chain(values.zip(weighings).map(weigh)).collect()
}

const HUNK_PRIOR: f32 = -2.595;

/// In the order of [`HunkFeatures::evidence`].
const HUNK_WEIGHINGS: [Weighing; 16] = [
    (1.379, 0.679), // contained
    (4.968, 0.544), // nearly whole
    (2.200, 0.510), // mutual
    (0.525, 0.441), // equal lines
    (1.251, 0.724), // substance
    (0.614, 1.135), // amount
    (-0.561, 0.0),  // missing
    (-0.389, 0.0),  // extra
    (1.876, 0.483), // lead
    (2.664, 0.591), // clear lead
    (2.673, 0.0),   // behind
    (1.794, 0.904), // path
    (2.322, 0.863), // same path
    (5.243, 0.624), // context
    (4.266, 0.0),   // rest
    (-4.997, 0.0),  // rest missing
];

const PATCH_PRIOR: f32 = -3.210;

/// In the order of [`PatchFeatures::evidence`].
const PATCH_WEIGHINGS: [Weighing; 15] = [
    (1.547, 0.679), // contained
    (5.126, 0.539), // nearly whole
    (2.218, 0.502), // mutual
    (0.822, 0.434), // equal lines
    (2.059, 0.752), // substance
    (0.620, 1.219), // amount
    (-0.435, 0.0),  // missing
    (-0.243, 0.0),  // extra
    (1.942, 0.490), // lead
    (2.876, 0.597), // clear lead
    (2.745, 0.0),   // behind
    (2.140, 0.903), // path
    (2.095, 0.850), // same path
    (5.492, 0.618), // context
    (0.667, 0.245), // hunks present
];

/// The probability that goes with evidence.
pub fn confidence(evidence: &[Evidence]) -> Confidence {
    let log_odds: f32 = evidence.iter().map(|evidence| evidence.weight).sum();
    Confidence(1.0 / (1.0 + (-log_odds).exp()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A hunk of three rare lines, found whole in its place.
    const WHOLE: Agreement = Agreement {
        similarity: 1.0,
        strict_similarity: 1.0,
        agreed: 3.0,
        asked: 3.0,
        lead: 1.0,
        path: 1.0,
        context: 1.0,
    };

    fn of_hunk(agreement: Agreement) -> f32 {
        confidence(&HunkFeatures { agreement, rest: None }.evidence()).0
    }

    fn of_patch(agreement: Agreement) -> f32 {
        confidence(&PatchFeatures { agreement, hunks_present: 1.0 }.evidence()).0
    }

    #[test]
    fn what_agrees_wholly_is_all_but_certain() {
        assert!(of_hunk(WHOLE) > 0.98 && of_patch(WHOLE) > 0.98);
    }

    #[test]
    fn less_agreement_is_never_more_sure() {
        let worse = [
            Agreement { similarity: 0.5, strict_similarity: 0.5, agreed: 2.0, ..WHOLE },
            Agreement { strict_similarity: 0.5, ..WHOLE },
            Agreement { agreed: 0.5, asked: 0.5, ..WHOLE },
            Agreement { lead: 0.1, ..WHOLE },
            Agreement { lead: -0.5, ..WHOLE },
            Agreement { path: 0.3, ..WHOLE },
            Agreement { context: 0.0, ..WHOLE },
        ];
        for agreement in worse {
            assert!(of_hunk(agreement) < of_hunk(WHOLE), "{agreement:?}");
            assert!(of_patch(agreement) < of_patch(WHOLE), "{agreement:?}");
        }
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
        assert!(with(Some(0.9)) > with(None) && with(None) > with(Some(0.0)));
    }

    #[test]
    fn every_piece_of_evidence_has_a_weighing_and_words() {
        let hunk = HunkFeatures { agreement: WHOLE, rest: Some(1.0) }.evidence();
        let patch = PatchFeatures { agreement: WHOLE, hunks_present: 1.0 }.evidence();
        assert_eq!((hunk.len(), patch.len()), (HUNK_WEIGHINGS.len() + 1, PATCH_WEIGHINGS.len() + 1));
        for evidence in hunk.iter().chain(&patch) {
            assert!(!evidence.words().starts_with(evidence.name), "{evidence:?}");
        }
    }
}
