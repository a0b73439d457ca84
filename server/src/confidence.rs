//! How sure an answer is: a logistic model over named evidence.
//!
//! The log-odds that a candidate is the origin are a weighted sum of what speaks for and against it. The weights
//! were fitted with `tests/fit-confidence` (its head states the data and the split).

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
    /// What it adds to the log-odds.
    pub weight: f32,
}

impl Evidence {
    /// The evidence in words.
    pub fn words(&self) -> String {
        let percent = (self.value * 100.0).round();
        match self.name {
            "prior" => "what a candidate without any evidence starts from".to_owned(),
            "similarity" => format!("{percent} % of the changed lines agree, adapted lines counted in part"),
            "equal lines" => format!("{percent} % of the changed lines are equal"),
            "covered" => format!("the candidate has {percent} % of this hunk's changed lines"),
            "rarity" => format!("the changed lines say {:.1} nats together", self.value.exp() - 1.0),
            "lead" if self.value >= 0.0 => format!("{percent} points ahead of the next candidate"),
            "lead" => format!("{} points behind the first candidate", -percent),
            "context" => format!("{percent} % of the context lines agree"),
            "path" => format!("the paths agree to {percent} %"),
            "patch" => format!("the commit explains {percent} % of the whole patch"),
            "hunks found" => format!("{percent} % of the patch's hunks are found in the commit"),
            "hunks present" => format!("{percent} % of the commit's hunks are found in the patch"),
            name => format!("{name}: {:.2}", self.value),
        }
    }
}

/// What is known of a candidate for a single hunk.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct HunkFeatures {
    /// Similarity of the changed lines, adapted lines counted in part.
    pub similarity: f32,
    /// Similarity of the changed lines, equal lines only.
    pub strict_similarity: f32,
    /// Share of the query's changed lines that the candidate has.
    pub covered: f32,
    /// Total weight of the query's changed lines, in nats.
    pub rarity: f32,
    /// Score ahead of the best other candidate; negative for all but the first.
    pub lead: f32,
    /// Agreement of the context lines.
    pub context: f32,
    /// Agreement of the paths.
    pub path: f32,
    /// How well the candidate explains the patch as a whole.
    pub patch: f32,
}

/// What is known of a candidate for a whole patch.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PatchFeatures {
    /// Weighted mean of the hunks' scores.
    pub score: f32,
    /// Score ahead of the best other candidate; negative for all but the first.
    pub lead: f32,
    /// Total weight of the patch's changed lines, in nats.
    pub rarity: f32,
    /// Share of the patch's hunks that are found in the candidate.
    pub hunks_found: f32,
    /// Share of the candidate's hunks that are found in the patch.
    pub hunks_present: f32,
    /// Weighted mean of the paths' agreement.
    pub path: f32,
}

/// Leads beyond this say no more.
const MAX_LEAD: f32 = 0.5;

/// The logarithm of the rarity, so that long hunks do not drown everything else.
fn log_rarity(rarity: f32) -> f32 {
    (1.0 + rarity).ln()
}

impl HunkFeatures {
    /// The evidence, in a fixed order.
    pub fn evidence(&self) -> [Evidence; 9] {
        let lead = self.lead.clamp(-MAX_LEAD, MAX_LEAD);
        let term = |name, value: f32, coefficient: f32| Evidence { name, value, weight: value * coefficient };
        [
            term("prior", 1.0, HUNK_COEFFICIENTS[0]),
            term("similarity", self.similarity, HUNK_COEFFICIENTS[1]),
            term("equal lines", self.strict_similarity, HUNK_COEFFICIENTS[2]),
            term("covered", self.covered, HUNK_COEFFICIENTS[3]),
            term("rarity", log_rarity(self.rarity), HUNK_COEFFICIENTS[4]),
            term("lead", lead, HUNK_COEFFICIENTS[5]),
            term("context", self.context, HUNK_COEFFICIENTS[6]),
            term("path", self.path, HUNK_COEFFICIENTS[7]),
            term("patch", self.patch, HUNK_COEFFICIENTS[8]),
        ]
    }
}

impl PatchFeatures {
    /// The evidence, in a fixed order.
    pub fn evidence(&self) -> [Evidence; 7] {
        let lead = self.lead.clamp(-MAX_LEAD, MAX_LEAD);
        let term = |name, value: f32, coefficient: f32| Evidence { name, value, weight: value * coefficient };
        [
            term("prior", 1.0, PATCH_COEFFICIENTS[0]),
            term("similarity", self.score, PATCH_COEFFICIENTS[1]),
            term("lead", lead, PATCH_COEFFICIENTS[2]),
            term("rarity", log_rarity(self.rarity), PATCH_COEFFICIENTS[3]),
            term("hunks found", self.hunks_found, PATCH_COEFFICIENTS[4]),
            term("hunks present", self.hunks_present, PATCH_COEFFICIENTS[5]),
            term("path", self.path, PATCH_COEFFICIENTS[6]),
        ]
    }
}

/// In the order of [`HunkFeatures::evidence`].
const HUNK_COEFFICIENTS: [f32; 9] = [-7.506, -0.306, -0.068, 1.173, -0.168, 6.005, 2.098, 1.385, 5.955];

/// In the order of [`PatchFeatures::evidence`].
const PATCH_COEFFICIENTS: [f32; 7] = [-6.250, 3.655, 6.345, -0.079, -0.936, 3.547, 1.321];

/// The probability that goes with evidence.
pub fn confidence(evidence: &[Evidence]) -> Confidence {
    let log_odds: f32 = evidence.iter().map(|evidence| evidence.weight).sum();
    Confidence(1.0 / (1.0 + (-log_odds).exp()))
}
