//! Sets of characters: `[a-z&&[^x]]`, `\d`, `\p{Lu}`.
//!
//! Worked out once, when the pattern is read, to sorted ranges: a search asks for a character by halving.

use regex_syntax::hir::{self, ClassUnicode, ClassUnicodeRange, HirKind};

/// A set while a pattern is read.
pub type Set = ClassUnicode;

/// Ranges from which on looking one up takes noticeably longer.
const MANY: usize = 64;

/// Which letters are the same in a pattern.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Case {
    /// Each only itself.
    #[default]
    Exact,
    /// `(?i)`: those of ASCII, big or small.
    Ascii,
    /// `(?iu)`: all.
    Unicode,
}

/// A set, ready to be asked.
#[derive(Debug)]
pub struct Class {
    set: Set,
    /// The answers for ASCII, a bit each.
    ascii: u128,
}

impl Class {
    /// Of a set that is complete.
    pub fn of(set: Set) -> Class {
        let mut ascii = 0;
        for range in set.ranges().iter().take_while(|range| range.start().is_ascii()) {
            let end = if range.end().is_ascii() { range.end() as u32 } else { 127 };
            ascii |= (u128::MAX >> (127 - end)) & (u128::MAX << (range.start() as u32));
        }
        Class { set, ascii }
    }

    /// Whether the set has `character`.
    pub fn contains(&self, character: char) -> bool {
        if character.is_ascii() {
            return self.ascii >> (character as u32) & 1 == 1;
        }
        let ranges = self.set.ranges();
        let after = ranges.partition_point(|range| range.end() < character);
        ranges.get(after).is_some_and(|range| range.start() <= character)
    }

    /// Whether it has many ranges.
    pub fn is_large(&self) -> bool {
        self.set.ranges().len() > MANY
    }
}

/// A set of ranges, or of everything else.
pub fn ranges(ranges: &[(char, char)], negated: bool) -> Set {
    let mut set = of_ranges(ranges.iter().copied());
    if negated {
        set.negate();
    }
    set
}

/// A set of ranges in which letters of either case are the same.
pub fn of_case(ranges: &[(char, char)], case: Case) -> Set {
    let mut set = of_ranges(ranges.iter().copied());
    match case {
        Case::Exact => {}
        Case::Ascii => set.union(&swapped(&set)),
        Case::Unicode => set.case_fold_simple(),
    }
    set
}

fn of_ranges(ranges: impl IntoIterator<Item = (char, char)>) -> Set {
    ClassUnicode::new(ranges.into_iter().map(|(from, to)| ClassUnicodeRange::new(from, to)))
}

/// The letters of ASCII in a set, in the other case.
fn swapped(set: &Set) -> Set {
    let mut letters = of_ranges([('A', 'Z'), ('a', 'z')]);
    letters.intersect(set);
    of_ranges(letters.iter().map(|range| (swap_case(range.start()), swap_case(range.end()))))
}

/// A Unicode property, by the name that the `regex` crate gives it.
pub fn property(name: &str, negated: bool) -> Option<Set> {
    let mut set = match regex_syntax::parse(&format!("\\p{{{name}}}")).ok()?.into_kind() {
        HirKind::Class(hir::Class::Unicode(set)) => set,
        // A property of one character.
        HirKind::Literal(literal) => {
            let character = std::str::from_utf8(&literal.0).ok()?.chars().next()?;
            of_ranges([(character, character)])
        }
        _ => return None,
    };
    if negated {
        set.negate();
    }
    Some(set)
}

/// The other case of a letter of ASCII.
pub fn swap_case(character: char) -> char {
    if character.is_ascii_lowercase() { character.to_ascii_uppercase() } else { character.to_ascii_lowercase() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ascii_is_answered_as_the_ranges_are() {
        for set in [ranges(&[('\0', 'a'), ('z', 'é')], false), ranges(&[('b', 'y')], true), ranges(&[], true)] {
            let class = Class::of(set);
            for character in (0..300).filter_map(char::from_u32) {
                let listed = class.set.iter().any(|range| (range.start()..=range.end()).contains(&character));
                assert_eq!(class.contains(character), listed, "{character:?}");
            }
        }
    }

    #[test]
    fn letters_in_either_case() {
        let has = |set: Set, character| Class::of(set).contains(character);
        assert!(has(of_case(&[('a', 'c')], Case::Ascii), 'B') && !has(of_case(&[('é', 'é')], Case::Ascii), 'É'));
        assert!(has(of_case(&[('é', 'é')], Case::Unicode), 'É') && !has(of_case(&[('a', 'a')], Case::Exact), 'A'));
    }
}
