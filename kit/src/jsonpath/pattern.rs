//! Regular expressions of filters: `[?(@.name =~ /a.*/i)]`, matched against the whole text.
//!
//! Jayway hands them to Java. What the linear engine understands, it matches; look-around and back-references, which it
//! does not, go to a backtracking one that gives up early.

use regex::RegexBuilder;

/// Memory of a compiled expression.
const SIZE: usize = 1 << 20;
/// Steps back of one match.
const BACKTRACKS: usize = 10_000;
/// What a match that may go back counts, in visits.
const VISITS: usize = 500;

/// A regular expression; two are equal when their texts are.
#[derive(Debug, Clone)]
pub(super) enum Pattern {
    Linear(regex::Regex),
    Backtracking(fancy_regex::Regex),
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Pattern) -> bool {
        self.source() == other.source()
    }
}

impl Pattern {
    /// Reads an expression; [`None`] when it is none.
    pub fn new(source: &str, ignore_case: bool) -> Option<Pattern> {
        let whole = format!("^(?:{source})$");
        if let Ok(regex) = RegexBuilder::new(&whole).case_insensitive(ignore_case).size_limit(SIZE).build() {
            return Some(Pattern::Linear(regex));
        }
        let flagged = if ignore_case { format!("(?i){whole}") } else { whole };
        let mut builder = fancy_regex::RegexBuilder::new(&flagged);
        let regex = builder.backtrack_limit(BACKTRACKS).delegate_size_limit(SIZE).build();
        regex.ok().map(Pattern::Backtracking)
    }

    /// Whether it matches the whole text, paid from `visits`.
    pub fn matches(&self, text: &str, visits: &mut usize) -> bool {
        *visits = visits.saturating_sub(1 + text.len() / 16);
        match self {
            Pattern::Linear(regex) => regex.is_match(text),
            Pattern::Backtracking(regex) => {
                *visits = visits.saturating_sub(VISITS);
                regex.is_match(text).unwrap_or(false)
            }
        }
    }

    fn source(&self) -> &str {
        match self {
            Pattern::Linear(regex) => regex.as_str(),
            Pattern::Backtracking(regex) => regex.as_str(),
        }
    }
}
