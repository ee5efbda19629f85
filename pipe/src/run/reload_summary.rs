//! What a reload of the definition changed, in words for the log.

use std::fmt;

use kit::counted::counted;

/// How many pipes a definition added, changed, removed and left as they were.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct ReloadSummary {
    /// Pipes that were not there before.
    pub(crate) new: usize,
    /// Pipes that have another definition than before, and start again with it.
    pub(crate) changed: usize,
    /// Pipes that are not in the definition any more.
    pub(crate) removed: usize,
    /// Pipes that go on.
    pub(crate) same: usize,
}

impl fmt::Display for ReloadSummary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ReloadSummary {
            new,
            changed,
            removed,
            same,
        } = *self;
        if (new, changed, removed) == (0, 0, 0) {
            return write!(
                f,
                "the definition was read again and is the same: {}",
                counted(same, "pipe")
            );
        }
        let parts = [
            (new, "new"),
            (changed, "changed"),
            (removed, "removed"),
            (same, "unchanged"),
        ];
        let parts = parts.into_iter().filter(|(count, _)| *count > 0);
        let parts: Vec<String> = parts
            .map(|(count, what)| format!("{} {what}", counted(count, "pipe")))
            .collect();
        write!(f, "the definition has changed: {}", parts.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_definition_that_is_the_same_has_not_changed() {
        let same = ReloadSummary {
            same: 1,
            ..ReloadSummary::default()
        };
        assert_eq!(
            same.to_string(),
            "the definition was read again and is the same: 1 pipe"
        );
        let all = ReloadSummary {
            new: 1,
            changed: 2,
            removed: 1,
            same: 3,
        };
        let text = "the definition has changed: 1 pipe new, 2 pipes changed, 1 pipe removed, 3 pipes unchanged";
        assert_eq!(all.to_string(), text);
    }
}
