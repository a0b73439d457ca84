//! Code that a vendor has indented anew.

use fastrand::Rng;

use crate::accuracy::fragment::Fragment;

/// The fragment with every line indented by one more tab, or with eight blanks for each leading tab; none if no
/// changed line is indented.
pub fn changed(fragment: &Fragment, rng: &mut Rng) -> Option<Fragment> {
    let mut changed = fragment.clone();
    let is_deeper = rng.bool();
    for line in changed.lines.iter_mut().filter(|line| !line.text.is_empty()) {
        let tabs = line.text.iter().take_while(|byte| **byte == b'\t').count();
        let width = if is_deeper { "\t".repeat(tabs + 1) } else { "        ".repeat(tabs) };
        line.text = [width.as_bytes(), &line.text[tabs..]].concat().into();
    }
    let differs =
        changed.lines.iter().zip(&fragment.lines).any(|(new, old)| old.says_something() && new != old);
    differs.then_some(changed)
}
