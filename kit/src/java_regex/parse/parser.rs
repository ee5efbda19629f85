//! The parser's state: where it is in the pattern, and the flags that hold there.

use crate::java_regex::error::SyntaxError;
use crate::java_regex::flags::Flags;
use crate::java_regex::source::{Sign, Source};

/// Groups or classes inside one another. Java's bound is its stack.
pub(super) const NESTING: usize = 100;

/// Reads one pattern.
pub(super) struct Parser {
    pub(super) source: Source,
    pub(super) flags: Flags,
    pub(super) groups: usize,
    pub(super) names: Vec<(String, usize)>,
    pub(super) depth: usize,
    pub(super) properties: usize,
}

/// A parsed part, or what is wrong with the pattern.
pub(super) type SyntaxResult<T> = Result<T, SyntaxError>;

impl Parser {
    pub(super) fn peek(&mut self) -> Sign {
        self.source.peek(self.flags)
    }

    pub(super) fn read(&mut self) -> Sign {
        self.source.read(self.flags)
    }

    pub(super) fn next(&mut self) -> Sign {
        self.source.next(self.flags)
    }

    pub(super) fn takes(&mut self, wanted: char) -> bool {
        self.source.takes(wanted, self.flags)
    }

    pub(super) fn error(&self, description: impl Into<String>) -> SyntaxError {
        self.source.error(description)
    }
}
