//! Lines that a vendor has left out, added, or found around the change.

use fastrand::Rng;
use hunktrace_indexer::hunk::Sign;

use super::{Strangers, is_empty, places_of, quarter};
use crate::accuracy::fragment::{Fragment, Line};

/// The farthest that a drifting hunk is moved in its file, in lines.
const FARTHEST_DRIFT: u32 = 200;

/// The fragment without a quarter of its changed lines; none if nothing would be left.
pub fn dropped(fragment: &Fragment, rng: &mut Rng) -> Option<Fragment> {
    let mut changed = places_of(fragment, Sign::is_change);
    rng.shuffle(&mut changed);
    changed.truncate(quarter(changed.len()));
    let mut dropped = fragment.clone();
    let mut place = 0;
    dropped.lines.retain(|_| {
        place += 1;
        !changed.contains(&(place - 1))
    });
    (!is_empty(&dropped.lines)).then_some(dropped)
}

/// The fragment with lines from elsewhere added among its changed ones: a quarter of their number.
pub fn added(fragment: &Fragment, strangers: &Strangers<'_>, rng: &mut Rng) -> Option<Fragment> {
    let mut added = fragment.clone();
    for _ in 0..quarter(places_of(fragment, Sign::is_change).len()) {
        let place = *rng.choice(&places_of(&added, Sign::is_change))?;
        added.lines.insert(place + 1, Line { sign: Sign::Added, text: strangers.any(rng)? });
    }
    Some(added)
}

/// The fragment with one to three other context lines, elsewhere in the file; none if it has no context.
pub fn drifted(fragment: &Fragment, strangers: &Strangers<'_>, rng: &mut Rng) -> Option<Fragment> {
    let mut context = places_of(fragment, |sign| !sign.is_change());
    if context.is_empty() {
        return None;
    }
    let mut drifted = fragment.clone();
    rng.shuffle(&mut context);
    context.truncate(rng.usize(1..=3));
    for place in context {
        drifted.lines[place].text = strangers.any(rng)?;
    }
    let distance = rng.u32(1..=FARTHEST_DRIFT);
    for start in [&mut drifted.old_start, &mut drifted.new_start] {
        *start = if *start > distance && distance.is_multiple_of(2) {
            *start - distance
        } else {
            *start + distance
        };
    }
    Some(drifted)
}

/// Two hunks of one file as one, the upper one first.
pub fn squashed(fragment: &Fragment, partner: &Fragment) -> Fragment {
    let (upper, lower) =
        if fragment.old_start <= partner.old_start { (fragment, partner) } else { (partner, fragment) };
    let mut squashed = upper.clone();
    (squashed.old_path, squashed.new_path) = (fragment.old_path.clone(), fragment.new_path.clone());
    squashed.lines.extend(lower.lines.iter().cloned());
    squashed
}

/// The first or the last half of the changed lines, with the context on that side.
pub fn half(fragment: &Fragment, rng: &mut Rng) -> Option<Fragment> {
    let changed = places_of(fragment, Sign::is_change);
    let middle = *changed.get(changed.len() / 2)?;
    let mut half = fragment.clone();
    if rng.bool() {
        half.lines.truncate(middle);
    } else {
        let left_out = half.lines.drain(..middle);
        let old = left_out.as_slice().iter().filter(|line| line.sign != Sign::Added).count() as u32;
        let new = left_out.as_slice().iter().filter(|line| line.sign != Sign::Removed).count() as u32;
        drop(left_out);
        half.old_start += old;
        half.new_start += new;
    }
    (!is_empty(&half.lines)).then_some(half)
}
