//! Java's syntax of regular expressions to a tree.
//!
//! The order in which signs are taken is that of `java.util.regex.Pattern`, so that what is refused
//! is refused in the same words and at the same index, and what is accepted by its leniency (`{2}`,
//! `x+{3}`, `]`) is accepted here.

use super::flags::Flags;
use super::source::Source;
use super::tree::Parsed;

mod class;
mod code;
mod escape;
mod group;
mod parser;
mod sequence;

use parser::{Parser, SyntaxResult};

/// Reads a pattern; the error says what is wrong.
pub(super) fn parse(pattern: &str, flags: Flags) -> SyntaxResult<Parsed> {
    let source = Source::new(pattern);
    let mut parser = Parser {
        source,
        flags,
        groups: 1,
        names: Vec::new(),
        depth: 0,
        properties: 0,
    };
    let node = parser.alternatives()?;
    if !parser.source.is_at_end() {
        return Err(parser.error("Unmatched closing ')'"));
    }
    Ok(Parsed {
        node,
        groups: parser.groups,
        names: parser.names,
        properties: parser.properties,
    })
}
