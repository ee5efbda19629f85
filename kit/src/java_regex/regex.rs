//! A pattern, read and compiled.

use super::error::SyntaxError;
use super::flags::Flags;
use super::parse;
use super::program::{CompiledPattern, TooLarge};
use super::start::Start;

/// Bytes of a pattern.
const PATTERN_LENGTH: usize = 10_000;

/// A pattern, ready to search.
#[derive(Debug)]
pub struct Regex {
    pattern: String,
    pub(super) program: CompiledPattern,
    pub(super) start: Start,
    /// Unicode properties in it, which are tables.
    properties: usize,
}

impl Regex {
    /// Reads a pattern.
    ///
    /// # Errors
    /// The pattern is not valid in Java, or larger than this engine allows.
    pub fn new(pattern: &str) -> Result<Regex, SyntaxError> {
        Regex::with_flags(pattern, Flags::default())
    }

    /// Reads a pattern with these flags set from the start.
    ///
    /// # Errors
    /// As for [`Regex::new`].
    pub fn with_flags(pattern: &str, flags: Flags) -> Result<Regex, SyntaxError> {
        if pattern.len() > PATTERN_LENGTH {
            return Err(SyntaxError::at(
                format!("The pattern is longer than {PATTERN_LENGTH} bytes"),
                None,
            ));
        }
        let parsed = parse::parse(pattern, flags)?;
        let program = CompiledPattern::compile(&parsed)
            .map_err(|TooLarge| SyntaxError::at("The pattern is too large", None))?;
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

    /// About how much work reading the pattern was, in steps of a budget.
    pub fn cost(&self) -> u64 {
        self.program.instructions.len() as u64 + 3_000 * self.properties as u64
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
}
