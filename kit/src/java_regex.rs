//! Regular expressions as `java.util.regex` understands them: back-references, look-around,
//! possessive quantifiers, class intersections, Unicode properties by Java's names.
//!
//! API Gateway runs templates, selection patterns and JSON paths on a JVM, so that all three speak
//! this dialect. No crate offers it, and none lets a caller pay for the search by the step: a
//! pattern may be as hostile as the text. So this is a backtracking matcher of its own, which
//! spends a [`Budget`].
//!
//! ```
//! use kit::java_regex::{Regex, Steps};
//!
//! let date = Regex::new(r"(?<year>\d{4})-(\d\d)").unwrap();
//! let mut steps = Steps(10_000);
//! assert!(date.matches("2024-05", &mut steps).unwrap());
//! assert_eq!(date.replace_all("on 2024-05", "$2/${year}", &mut steps).unwrap(), "on 05/2024");
//! ```
//!
//! The measure is OpenJDK 17, with which `tests/java_regex` was recorded. What differs: a text is
//! UTF-8, so that an empty match never stands between the halves of a surrogate pair; Unicode's
//! tables are newer; `\N{name}`, `CANON_EQ` and groups more than 100 deep are refused; what a JVM
//! refuses with a `StackOverflowError` matches here.

mod budget;
mod error;
mod flags;
mod machine;
mod matcher;
mod parse;
mod program;
mod replace;
mod set;
mod source;
mod start;
mod tree;
mod width;

pub use budget::{Budget, Steps, TooManySteps};
pub use error::SyntaxError;
pub use flags::Flags;
pub use matcher::Matcher;
pub use replace::{ReplaceError, Replaced};

use program::Program;
use start::Start;

/// Bytes of a pattern.
const PATTERN_LENGTH: usize = 10_000;

/// A pattern, ready to search.
#[derive(Debug)]
pub struct Regex {
    pattern: String,
    program: Program,
    start: Start,
    /// Unicode properties in it, which are tables.
    properties: usize,
}

impl Regex {
    /// Reads a pattern; the error says what is wrong with it.
    pub fn new(pattern: &str) -> Result<Regex, SyntaxError> {
        Regex::with_flags(pattern, Flags::default())
    }

    /// Reads a pattern with these flags set from the start.
    pub fn with_flags(pattern: &str, flags: Flags) -> Result<Regex, SyntaxError> {
        if pattern.len() > PATTERN_LENGTH {
            return Err(SyntaxError::at(
                format!("The pattern is longer than {PATTERN_LENGTH} bytes"),
                None,
            ));
        }
        let parsed = parse::parse(pattern, flags)?;
        let program = Program::compile(&parsed)
            .map_err(|program::TooLarge| SyntaxError::at("The pattern is too large", None))?;
        Ok(Regex {
            pattern: pattern.to_owned(),
            program,
            start: Start::of(&parsed.node),
            properties: parsed.properties,
        })
    }

    /// The pattern as it was written.
    pub fn as_str(&self) -> &str {
        &self.pattern
    }

    /// About how much work it was to read it, in steps.
    pub fn cost(&self) -> u64 {
        self.program.steps.len() as u64 + 3_000 * self.properties as u64
    }

    /// Groups, the whole match included.
    pub fn groups(&self) -> usize {
        self.program.groups
    }

    /// The number of the group of that name.
    pub fn group_named(&self, name: &str) -> Option<usize> {
        self.program
            .names
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, group)| *group)
    }

    /// Starts to search `text`.
    pub fn matcher<'m>(&'m self, text: &'m str) -> Matcher<'m> {
        Matcher::new(self, text)
    }

    /// Whether the pattern matches the whole text.
    pub fn matches<B: Budget>(&self, text: &str, budget: &mut B) -> Result<bool, B::Exceeded> {
        self.matcher(text).matches(budget)
    }

    /// The first match, as byte offsets.
    pub fn find<B: Budget>(
        &self,
        text: &str,
        budget: &mut B,
    ) -> Result<Option<(usize, usize)>, B::Exceeded> {
        let mut matcher = self.matcher(text);
        Ok(if matcher.find(budget)? {
            matcher.group(0)
        } else {
            None
        })
    }
}

#[cfg(test)]
mod tests;
