//! Alternatives that exclude each other share the probability: a line has one origin.
//!
//! Each candidate is judged by itself, so of two commits that make one change both may seem sure.

use crate::confidence::Confidence;
use crate::lookup::candidate::Candidate;
use crate::lookup::rivalry::Contender;

/// Candidates below this do not take anything from others that would be seen.
const LEAST_RIVAL: Confidence = Confidence(0.01);

/// From this share of a candidate's lines on another one that explains them excludes it: with less of them both may be right,
/// each for a part. Tuned: see `docs/constants.md`, `EXCLUDING_SHARE`.
const EXCLUDING_SHARE: f32 = 0.8;

/// Divides what candidates claim together of the same lines among them by their odds, where it is more than all;
/// `contenders` are what the candidates explain, in their order.
///
/// Whoever explains other lines takes nothing, and nobody gains: a sure answer beside a likely one stays nearly sure.
pub(super) fn share_probability(candidates: &mut [Candidate], contenders: &[&Contender<'_>]) {
    let before: Vec<Confidence> = candidates.iter().map(|candidate| candidate.confidence).collect();
    let rivals: Vec<usize> = (0..before.len()).filter(|place| before[*place] >= LEAST_RIVAL).collect();
    if rivals.len() < 2 {
        return;
    }
    for place in &rivals {
        let own = before[*place];
        let (mut claimed, mut odds) = (own.0, odds_of(own));
        for other in rivals.iter().filter(|other| *other != place) {
            let share = contenders[*place].share_with(contenders[*other]);
            if share < EXCLUDING_SHARE {
                continue;
            }
            claimed += before[*other].0 * share;
            odds += odds_of(before[*other]) * share;
        }
        if claimed > 1.0 {
            candidates[*place].confidence = Confidence((odds_of(own) / odds).min(own.0));
        }
    }
}

/// How much likelier a candidate is than not; never infinite.
fn odds_of(confidence: Confidence) -> f32 {
    confidence.0 / (1.0 - confidence.0).max(f32::EPSILON)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hunks::comparison::MatchKind;
    use hunktrace_indexer::graph::CommitOrdinal;
    use hunktrace_indexer::index::retrieval::HunkId;

    /// What candidates are left with that each have a confidence and explain these lines.
    fn shared<const N: usize>(claims: [(f32, [f32; 2]); N]) -> [f32; N] {
        let candidate = |confidence| Candidate {
            origin: CommitOrdinal(0),
            confidence: Confidence(confidence),
            kind: MatchKind::Exact,
            similarity: 1.0,
            file: "a.c".into(),
            best: (CommitOrdinal(0), HunkId(0)),
            evidence: Vec::new(),
        };
        let mut candidates = claims.map(|(confidence, _)| candidate(confidence));
        let contenders =
            claims.each_ref().map(|(_, lines)| Contender { score: 1.0, agreed: vec![(0, &lines[..])] });
        share_probability(&mut candidates, &contenders.each_ref()[..]);
        candidates.map(|candidate| (candidate.confidence.0 * 100.0).round() / 100.0)
    }

    #[test]
    fn equals_share_and_lesser_rivals_take_less() {
        let all = [3.0, 4.0];
        assert_eq!(shared([(0.98, all), (0.98, all)]), [0.5, 0.5]);
        assert_eq!(shared([(0.9, all), (0.6, all)]), [0.86, 0.14]);
        assert_eq!(shared([(0.999, all), (0.9, all)]), [0.99, 0.01], "a sure one stays nearly sure");
        assert_eq!(shared([(0.6, all), (0.3, all)]), [0.6, 0.3], "together no more than all");
        assert_eq!(shared([(0.98, all)]), [0.98]);
    }

    #[test]
    fn whoever_explains_other_lines_takes_nothing() {
        assert_eq!(shared([(0.98, [3.0, 0.0]), (0.97, [0.0, 4.0])]), [0.98, 0.97]);
        let [part, whole] = shared([(0.9, [3.0, 0.0]), (0.9, [3.0, 3.0])]);
        assert!(part < whole, "{part} {whole}");
    }
}
