//! Damage that was found while an index is open. From then on what is damaged gives no answers.

use std::sync::OnceLock;

/// What of an index is damaged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IndexPart {
    /// The commit messages, which most answers do without.
    Messages,
    /// What every answer needs.
    Core,
}

/// The first damage of each part.
#[derive(Default)]
pub struct KnownDamage {
    messages: OnceLock<String>,
    core: OnceLock<String>,
}

impl KnownDamage {
    /// Notes what is damaged; only the first damage of a part is kept.
    pub fn note(&self, part: IndexPart, message: &str) {
        self.slot(part).get_or_init(|| message.to_owned());
    }

    /// What is damaged of what answers from a part need.
    pub fn of(&self, part: IndexPart) -> Option<&str> {
        self.slot(part).get().or_else(|| self.core.get()).map(String::as_str)
    }

    /// What is damaged of the whole index.
    pub fn any(&self) -> Option<&str> {
        self.of(IndexPart::Messages)
    }

    fn slot(&self, part: IndexPart) -> &OnceLock<String> {
        match part {
            IndexPart::Messages => &self.messages,
            IndexPart::Core => &self.core,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn damaged_messages_leave_the_rest_and_a_damaged_core_leaves_nothing() {
        let damage = KnownDamage::default();
        assert_eq!(damage.any(), None);
        damage.note(IndexPart::Messages, "a");
        damage.note(IndexPart::Messages, "b");
        assert_eq!((damage.of(IndexPart::Core), damage.of(IndexPart::Messages)), (None, Some("a")));
        damage.note(IndexPart::Core, "c");
        assert_eq!((damage.of(IndexPart::Core), damage.any()), (Some("c"), Some("a")));

        let core = KnownDamage::default();
        core.note(IndexPart::Core, "c");
        assert_eq!(core.of(IndexPart::Messages), Some("c"));
    }
}
