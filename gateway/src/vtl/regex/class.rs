//! Sets of characters: `[a-z&&[^x]]`, `\d`, `\p{Lu}`.

use regex::Regex;

/// A set of characters.
#[derive(Debug, Clone, Default)]
pub struct Class {
    items: Vec<Item>,
    negated: bool,
    /// The set is what this and every one of these have in common.
    also: Vec<Class>,
    ignore_case: bool,
    /// The answers for ASCII, a bit each.
    ascii: u128,
}

#[derive(Debug, Clone)]
enum Item {
    Range(char, char),
    Nested(Class),
    Property(Regex),
}

impl Class {
    /// A set to add to.
    pub fn new(ignore_case: bool) -> Class {
        Class { ignore_case, ..Class::default() }
    }

    /// A set of ranges.
    pub fn ranges(ranges: &[(char, char)], negated: bool) -> Class {
        let items = ranges.iter().map(|&(from, to)| Item::Range(from, to)).collect();
        Class { items, negated, ..Class::default() }.ready()
    }

    /// A Unicode property, by the name that the `regex` crate gives it.
    pub fn property(name: &str, negated: bool) -> Option<Class> {
        let regex = Regex::new(&format!("^\\p{{{name}}}$")).ok()?;
        Some(Class { items: vec![Item::Property(regex)], negated, ..Class::default() }.ready())
    }

    /// Turns it into its opposite.
    pub fn negate(&mut self) {
        self.negated = !self.negated;
    }

    /// Adds a range.
    pub fn add(&mut self, from: char, to: char) {
        self.items.push(Item::Range(from, to));
    }

    /// Adds a set.
    pub fn add_class(&mut self, class: Class) {
        self.items.push(Item::Nested(class));
    }

    /// Keeps only what the other set has too.
    pub fn intersect(&mut self, other: Class) {
        self.also.push(other);
    }

    /// Works out the answers for ASCII; to be called when the set is complete.
    pub fn ready(mut self) -> Class {
        self.ascii = (0..128_u8).filter(|&byte| self.decide(char::from(byte))).fold(0, |bits, byte| bits | 1 << byte);
        self
    }

    /// Whether the set has `character`.
    pub fn contains(&self, character: char) -> bool {
        if character.is_ascii() { self.ascii >> (character as u32) & 1 == 1 } else { self.decide(character) }
    }

    fn decide(&self, character: char) -> bool {
        let listed = self.lists(character) || (self.ignore_case && self.lists(swap_case(character)));
        (listed && self.also.iter().all(|class| class.decide(character))) != self.negated
    }

    fn lists(&self, character: char) -> bool {
        self.items.iter().any(|item| match item {
            Item::Range(from, to) => (*from..=*to).contains(&character),
            Item::Nested(class) => class.decide(character),
            Item::Property(regex) => regex.is_match(character.encode_utf8(&mut [0; 4])),
        })
    }
}

/// The other case of an ASCII letter: what `(?i)` means without `(?u)`.
pub fn swap_case(character: char) -> char {
    if character.is_ascii_lowercase() { character.to_ascii_uppercase() } else { character.to_ascii_lowercase() }
}
