//! In which order a search takes the terms of its query.

use crate::index::retrieval::WeightedTerm;

/// The terms of a query, from the rarest on. A term's rank is its place in this order.
pub struct TermOrder {
    /// The place in the query of the term at each rank.
    places: Vec<usize>,
    /// How many of the rarest terms bring in hunks; the others only add to hunks that were found.
    pub affordable: usize,
    /// What the term at each rank and all commoner ones weigh together; one more at the end, 0.
    weights_from: Vec<f32>,
    /// Places of the terms in the order in which they are summed up: by their own order, those that bring in hunks first.
    pub summing: Vec<usize>,
}

impl TermOrder {
    /// The order of some terms, of which the rarest bring in hunks: as many as have no more postings than `budget`.
    pub fn new(terms: &[WeightedTerm], budget: u64) -> TermOrder {
        let mut places: Vec<usize> = (0..terms.len()).collect();
        places.sort_by_key(|place| terms[*place].frequency);
        let affordable = affordable(places.iter().map(|place| terms[*place].frequency), budget);
        let mut weights_from = vec![0.0; terms.len() + 1];
        for (rank, place) in places.iter().enumerate().rev() {
            weights_from[rank] = weights_from[rank + 1] + terms[*place].weight;
        }
        let mut summing = places.clone();
        summing[..affordable].sort_unstable();
        summing[affordable..].sort_unstable();
        TermOrder { places, affordable, weights_from, summing }
    }

    /// How many terms there are.
    pub fn len(&self) -> usize {
        self.places.len()
    }

    /// The place in the query of the term at a rank.
    pub fn place(&self, rank: usize) -> usize {
        self.places[rank]
    }

    /// The places in the query of the terms from a rank on.
    pub fn places_from(&self, rank: usize) -> &[usize] {
        &self.places[rank..]
    }

    /// What the terms from a rank on weigh together.
    pub fn weight_from(&self, rank: usize) -> f32 {
        self.weights_from[rank]
    }
}

/// How many of the terms, from the rarest on, stay within the budget together.
fn affordable(frequencies: impl Iterator<Item = u32>, budget: u64) -> usize {
    let sums = frequencies.scan(0, |sum, frequency| {
        *sum += u64::from(frequency);
        Some(*sum)
    });
    sums.take_while(|sum| *sum <= budget).count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fingerprint::LineHash;

    fn terms(frequencies: &[u32]) -> Vec<WeightedTerm> {
        let term = |frequency: &u32| WeightedTerm {
            term: LineHash(u64::from(*frequency) << 32).into(),
            weight: 1.0,
            frequency: *frequency,
        };
        frequencies.iter().map(term).collect()
    }

    #[test]
    fn terms_are_taken_from_the_rarest_on_and_equals_in_their_own_order() {
        let order = TermOrder::new(&terms(&[9, 2, 9, 1]), u64::MAX);
        assert_eq!(order.places_from(0), [3, 1, 0, 2]);
        assert_eq!((order.place(1), order.weight_from(1), order.weight_from(4)), (1, 3.0, 0.0));
    }

    #[test]
    fn the_budget_is_spent_on_the_rarest_terms() {
        for (budget, affordable) in [(0, 0), (1, 1), (2, 1), (3, 2), (12, 3), (21, 4)] {
            assert_eq!(TermOrder::new(&terms(&[9, 2, 9, 1]), budget).affordable, affordable, "{budget}");
        }
    }

    #[test]
    fn affordable_terms_are_summed_up_first() {
        assert_eq!(TermOrder::new(&terms(&[9, 2, 9, 1]), 3).summing, [1, 3, 0, 2]);
    }
}
