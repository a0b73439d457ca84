//! How far a candidate is ahead of those that explain the same lines.
//!
//! A rival that explains other lines of a hunk is none: both may be right, as where two commits have been squashed.

/// What a candidate explains of the query, and how well.
#[derive(Clone, Debug)]
pub struct Contender<'a> {
    /// By this candidates are ranked; from 0.
    pub score: f32,
    /// For each hunk that the candidate explains its place in the query, and how much of each line's weight agrees;
    /// sorted by place.
    pub agreed: Vec<(usize, &'a [f32])>,
}

impl Contender<'_> {
    /// The weight that agrees, in nats.
    pub fn agreed_weight(&self) -> f32 {
        self.agreed.iter().flat_map(|(_, lines)| *lines).sum()
    }

    /// How far it is ahead of the strongest of the others, as a share of its own score: 1 where nobody else explains
    /// any of the same lines, 0 where an equal explains them all, down to -1 where another explains them better.
    pub fn lead<'a>(&self, others: impl Iterator<Item = &'a Contender<'a>>) -> f32 {
        let own_weight = self.agreed_weight();
        if own_weight <= 0.0 || self.score <= 0.0 {
            return 0.0;
        }
        let threat =
            |other: &Contender<'_>| other.score / self.score * self.common_weight(other) / own_weight;
        let strongest = others.map(threat).fold(0.0, f32::max);
        (1.0 - strongest).max(-1.0)
    }

    /// Which share of what it explains another one explains as well, from 0 to 1.
    pub fn share_with(&self, other: &Contender<'_>) -> f32 {
        let own = self.agreed_weight();
        if own <= 0.0 { 0.0 } else { (self.common_weight(other) / own).min(1.0) }
    }

    /// The weight that agrees with both.
    fn common_weight(&self, other: &Contender<'_>) -> f32 {
        let mut theirs = other.agreed.iter().peekable();
        let mut sum = 0.0;
        for (place, lines) in &self.agreed {
            while theirs.next_if(|(their_place, _)| their_place < place).is_some() {}
            if let Some((_, their_lines)) = theirs.next_if(|(their_place, _)| their_place == place) {
                sum += lines.iter().zip(*their_lines).map(|(own, their)| own.min(*their)).sum::<f32>();
            }
        }
        sum
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn contender<'a>(score: f32, lines: &'a [f32]) -> Contender<'a> {
        Contender { score, agreed: vec![(0, lines)] }
    }

    fn lead(own: &Contender<'_>, other: &Contender<'_>) -> f32 {
        own.lead(std::iter::once(other))
    }

    #[test]
    fn a_candidate_alone_is_ahead_by_its_whole_score() {
        assert_eq!(contender(0.7, &[5.0, 3.0]).lead(std::iter::empty()), 1.0);
    }

    #[test]
    fn who_explains_the_same_lines_as_well_takes_the_lead_away() {
        let own = contender(0.8, &[5.0, 3.0]);
        assert_eq!(lead(&own, &contender(0.8, &[5.0, 3.0])), 0.0);
        assert_eq!(lead(&own, &contender(0.4, &[5.0, 3.0])), 0.5);
        assert_eq!(lead(&contender(0.2, &[5.0, 3.0]), &own), -1.0);
    }

    #[test]
    fn who_explains_other_lines_is_no_rival() {
        let own = contender(0.5, &[5.0, 0.0]);
        assert_eq!(lead(&own, &contender(0.9, &[0.0, 7.0])), 1.0);
        let elsewhere = Contender { score: 0.9, agreed: vec![(1, &[9.0, 9.0])] };
        assert_eq!(lead(&own, &elsewhere), 1.0);
    }
}
