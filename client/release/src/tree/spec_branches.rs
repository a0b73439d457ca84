//! The conditions of a spec file that are open at a line.

use super::spec_macros::Macros;

/// The `%if`s that are not closed yet, the outermost first.
#[derive(Debug, Default)]
pub(super) struct Branches {
    open: Vec<Branch>,
}

/// An `%if` that is not closed yet.
#[derive(Clone, Copy, Debug)]
struct Branch {
    /// Whether the lines that come now count, if that is certain.
    is_active: Option<bool>,
    /// Whether an earlier part of it counted.
    had_active: Option<bool>,
}

impl Branches {
    /// Whether a line that stands here counts.
    pub fn is_active(&self) -> Option<bool> {
        let states = || self.open.iter().map(|branch| branch.is_active);
        if states().any(|state| state == Some(false)) {
            return Some(false);
        }
        states().all(|state| state == Some(true)).then_some(true)
    }

    /// Whether a line was a condition; a line that closes what is not open gives `None`.
    pub fn follow(&mut self, word: &str, rest: &str, macros: &Macros) -> Option<bool> {
        match word {
            "%if" => {
                let holds = macros.holds(rest);
                self.open.push(Branch { is_active: holds, had_active: holds });
            }
            "%ifarch" | "%ifnarch" | "%ifos" | "%ifnos" => {
                self.open.push(Branch { is_active: None, had_active: None });
            }
            "%else" | "%elif" | "%elifarch" | "%elifos" => {
                let holds = match word {
                    "%else" => Some(true),
                    "%elif" => macros.holds(rest),
                    _ => None,
                };
                let branch = self.open.last_mut()?;
                branch.is_active = match (branch.had_active, holds) {
                    (Some(true), _) | (_, Some(false)) => Some(false),
                    (Some(false), holds) => holds,
                    (None, _) => None,
                };
                branch.had_active = match (branch.had_active, holds) {
                    (Some(true), _) | (_, Some(true)) => Some(true),
                    (Some(false), Some(false)) => Some(false),
                    _ => None,
                };
            }
            "%endif" => drop(self.open.pop()?),
            _ => return Some(false),
        }
        Some(true)
    }
}
