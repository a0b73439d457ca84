//! A kernel's configuration: which options are set.

use std::collections::BTreeSet;

/// Which options of a configuration are set, to `y` or `m`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Configuration(BTreeSet<String>);

impl Configuration {
    /// Reads a `.config`; none where no line is of one.
    pub fn parse(text: &str) -> Option<Configuration> {
        let mut is_one = false;
        let mut set = BTreeSet::new();
        for line in text.lines() {
            let line = line.trim();
            is_one |= line.starts_with("# CONFIG_") && line.ends_with(" is not set");
            let Some((name, value)) = line.split_once('=').filter(|(name, _)| name.starts_with("CONFIG_"))
            else {
                continue;
            };
            is_one = true;
            if matches!(value, "y" | "m") {
                set.insert(name.to_owned());
            }
        }
        is_one.then_some(Configuration(set))
    }

    /// Whether an option is set.
    pub fn is_set(&self, name: &str) -> bool {
        self.0.contains(name)
    }
}
