//! Unicode blocks by name: `\p{InGreek}`, `\p{blk=Latin-1 Supplement}`.
//!
//! The list is the Unicode Character Database's `Blocks.txt`, version 14. Names are compared as
//! `Character.UnicodeBlock.forName` compares them: as written there, without blanks, or as Java's
//! constant.

use super::class::{Set, of_codes};
use crate::java_regex::flags::Case;

const BLOCKS: &str = include_str!("blocks.txt");

/// Names that older versions of Unicode had, which Java goes on to understand.
const FORMER: [(&str, &str); 3] = [
    ("Greek", "Greek and Coptic"),
    (
        "Combining Marks for Symbols",
        "Combining Diacritical Marks for Symbols",
    ),
    ("Cyrillic Supplementary", "Cyrillic Supplement"),
];

/// The characters of a block.
pub(crate) fn of_name(name: &str) -> Option<Set> {
    let name = FORMER
        .iter()
        .find(|(former, _)| is_named(former, name))
        .map_or(name, |(_, now)| now);
    BLOCKS.lines().find_map(|line| {
        let (range, known) = line.split_once("; ")?;
        let (from, to) = range.split_once("..").filter(|_| is_named(known, name))?;
        let code = |digits| u32::from_str_radix(digits, 16).ok();
        Some(of_codes(code(from)?, code(to)?, Case::Exact))
    })
}

fn is_named(known: &str, name: &str) -> bool {
    let without_blanks = || {
        known
            .chars()
            .filter(|&character| character != ' ')
            .collect::<String>()
    };
    let constant = || known.replace([' ', '-'], "_");
    known.eq_ignore_ascii_case(name)
        || without_blanks().eq_ignore_ascii_case(name)
        || constant().eq_ignore_ascii_case(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn by_each_of_its_names() {
        let greek = Some(super::super::class::ranges(&[('\u{370}', '\u{3FF}')]));
        for name in ["Greek", "Greek and Coptic", "GreekandCoptic", "GREEK"] {
            assert_eq!(of_name(name), greek, "{name}");
        }
        for name in [
            "Latin-1 Supplement",
            "Latin-1Supplement",
            "LATIN_1_SUPPLEMENT",
        ] {
            assert!(of_name(name).is_some(), "{name}");
        }
        assert_eq!(of_name("Latin"), None);
        assert!(of_name("High Surrogates").unwrap().ranges().is_empty());
    }

    #[test]
    fn every_line_is_a_block() {
        for line in BLOCKS.lines() {
            let name = line.split_once("; ").unwrap().1;
            assert!(of_name(name).is_some(), "{line}");
        }
    }
}
