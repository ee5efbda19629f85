//! Sets as ranges of characters, and a class that is quick to ask.

use regex_syntax::hir::{ClassUnicode, ClassUnicodeRange};

use crate::java_regex::flags::Case;

/// A set while a pattern is read.
pub(crate) type Set = ClassUnicode;

/// Ranges from which on looking one up takes noticeably longer.
const MANY: usize = 64;

/// A set with its answers for ASCII worked out.
#[derive(Debug)]
pub(crate) struct Class {
    set: Set,
    /// The answers for ASCII.
    ascii: [bool; 128],
}

impl Class {
    /// The class of a complete set.
    pub(crate) fn of(set: Set) -> Class {
        let mut ascii = [false; 128];
        for range in set
            .ranges()
            .iter()
            .take_while(|range| range.start().is_ascii())
        {
            let end = if range.end().is_ascii() {
                range.end() as usize
            } else {
                127
            };
            ascii[range.start() as usize..=end].fill(true);
        }
        Class { set, ascii }
    }

    /// Whether the set has this character of ASCII; no other is in the table.
    pub(crate) fn contains_byte(&self, byte: u8) -> bool {
        self.ascii.get(usize::from(byte)).copied().unwrap_or(false)
    }

    /// Whether the set has `character`.
    pub(crate) fn contains(&self, character: char) -> bool {
        if character.is_ascii() {
            return self.ascii[character as usize];
        }
        let ranges = self.set.ranges();
        let after = ranges.partition_point(|range| range.end() < character);
        ranges
            .get(after)
            .is_some_and(|range| range.start() <= character)
    }

    /// Whether it has many ranges.
    pub(crate) fn is_large(&self) -> bool {
        self.set.ranges().len() > MANY
    }
}

/// A set of ranges.
pub(crate) fn ranges(ranges: &[(char, char)]) -> Set {
    ClassUnicode::new(
        ranges
            .iter()
            .map(|&(from, to)| ClassUnicodeRange::new(from, to)),
    )
}

/// The code points `from` to `to`, without those that are halves of surrogate pairs.
pub(crate) fn of_codes(from: u32, to: u32, case: Case) -> Set {
    let from = char::from_u32(from).unwrap_or('\u{E000}');
    let to = char::from_u32(to).unwrap_or('\u{D7FF}');
    if from > to {
        return ranges(&[]);
    }
    let mut set = ranges(&[(from, to)]);
    match case {
        Case::Exact => {}
        Case::Ascii => set.union(&swapped(&set)),
        // A letter without another case is compared as it is, though others may be mapped to it:
        // `ß`, not `ẞ`.
        Case::Unicode if from == to && upper(from) == from && folded(from) == from => {}
        Case::Unicode => fold(&mut set),
    }
    set
}

/// Everything that `set` has not.
pub(crate) fn negated(mut set: Set) -> Set {
    set.negate();
    set
}

/// The characters of both sets.
pub(crate) fn union(mut one: Set, other: &Set) -> Set {
    one.union(other);
    one
}

/// The letters of ASCII in a set, in the other case.
fn swapped(set: &Set) -> Set {
    let mut letters = ranges(&[('A', 'Z'), ('a', 'z')]);
    letters.intersect(set);
    let swapped: Vec<_> = letters
        .iter()
        .map(|range| (swap_case(range.start()), swap_case(range.end())))
        .collect();
    ranges(&swapped)
}

/// The other case of a letter of ASCII.
pub(crate) fn swap_case(character: char) -> char {
    if character.is_ascii_lowercase() {
        character.to_ascii_uppercase()
    } else {
        character.to_ascii_lowercase()
    }
}

/// The dotted and the dotless i are, to Java's `toLowerCase(toUpperCase(c))`, two more cases of
/// `i`.
const TURKISH: [char; 2] = ['\u{130}', '\u{131}'];

/// Adds the other cases of every letter.
fn fold(set: &mut Set) {
    let has = |character| Class::of(set.clone()).contains(character);
    let (dotted, plain) = (TURKISH.into_iter().any(has), has('i') || has('I'));
    set.case_fold_simple();
    if dotted || plain {
        set.union(&ranges(&[('i', 'i'), ('I', 'I'), (TURKISH[0], TURKISH[1])]));
    }
}

/// A letter as all of its cases are compared.
pub(crate) fn folded(character: char) -> char {
    if character.is_ascii() {
        return character.to_ascii_lowercase();
    }
    if TURKISH.contains(&character) {
        return 'i';
    }
    alone(upper(character).to_lowercase()).unwrap_or(upper(character))
}

fn upper(character: char) -> char {
    alone(character.to_uppercase()).unwrap_or(character)
}

/// The only one.
fn alone(mut characters: impl Iterator<Item = char>) -> Option<char> {
    characters.next().filter(|_| characters.next().is_none())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ascii_is_answered_as_the_ranges_are() {
        let all = [
            ranges(&[('\0', 'a'), ('z', 'é')]),
            negated(ranges(&[('b', 'y')])),
            negated(ranges(&[])),
        ];
        for set in all {
            let class = Class::of(set);
            for character in (0..300).filter_map(char::from_u32) {
                let listed = class
                    .set
                    .iter()
                    .any(|range| (range.start()..=range.end()).contains(&character));
                assert_eq!(class.contains(character), listed, "{character:?}");
            }
        }
    }

    #[test]
    fn letters_in_either_case() {
        let has = |from: char, case, character| {
            Class::of(of_codes(from.into(), from.into(), case)).contains(character)
        };
        assert!(
            has('b', Case::Ascii, 'B')
                && !has('é', Case::Ascii, 'É')
                && !has('a', Case::Exact, 'A')
        );
        assert!(
            has('é', Case::Unicode, 'É')
                && has('i', Case::Unicode, 'ı')
                && has('İ', Case::Unicode, 'I')
        );
    }

    #[test]
    fn a_set_and_a_back_reference_agree_on_cases() {
        for character in (0..0x3000)
            .filter_map(char::from_u32)
            .filter(|character| character.is_alphabetic())
        {
            let class = Class::of(of_codes(character.into(), character.into(), Case::Unicode));
            assert!(class.contains(folded(character)), "{character:?}");
        }
    }

    #[test]
    fn halves_of_surrogate_pairs_are_in_no_set() {
        assert!(of_codes(0xD800, 0xDFFF, Case::Exact).ranges().is_empty());
        assert_eq!(
            of_codes(0xD83C, 0x10_FC00, Case::Exact),
            ranges(&[('\u{E000}', '\u{10FC00}')])
        );
    }
}
