//! Regular expressions of filters: `[?(@.name =~ /a.*/i)]`, matched against the whole text.
//!
//! Jayway hands them to Java, with the flags that follow the closing slash.

use std::sync::Arc;

use crate::java_regex::{Flags, Regex, Steps};

/// Steps of one match; a text that needs more does not match.
const STEPS: u64 = 20_000;
/// Steps that are one visit.
const STEPS_EACH: u64 = 20;

/// A regular expression; two are equal when their texts and flags are.
#[derive(Debug, Clone)]
pub(super) struct Pattern {
    regex: Arc<Regex>,
    flags: Flags,
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Pattern) -> bool {
        self.regex.as_str() == other.regex.as_str() && self.flags == other.flags
    }
}

impl Pattern {
    /// Reads an expression; the error says what is wrong with it.
    pub(super) fn new(source: &str, flags: Flags) -> Result<Pattern, String> {
        let regex = Regex::with_flags(source, flags).map_err(|error| error.to_string())?;
        Ok(Pattern {
            regex: Arc::new(regex),
            flags,
        })
    }

    /// Whether it matches the whole text, paid from `visits`.
    pub(super) fn matches(&self, text: &str, visits: &mut usize) -> bool {
        let mut steps = Steps(STEPS);
        let matches = self.regex.matches(text, &mut steps).unwrap_or_default();
        let spent = usize::try_from((STEPS - steps.0) / STEPS_EACH).unwrap_or(usize::MAX);
        *visits = visits.saturating_sub(1 + text.len() / 16 + spent);
        matches
    }
}
