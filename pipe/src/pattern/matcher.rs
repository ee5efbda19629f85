//! Matches one alternative of a pattern's list against one leaf of an event.
//!
//! A leaf is a string, number, boolean or null. Its place in the event is not known here.

use serde_json::Value;

use super::address::{self, Block};
use super::number::{Decimal, Range};
use super::wildcard::Wildcard;

/// One alternative.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Matcher {
    /// This text, code point by code point.
    Text(String),
    /// Text that is this IP address, in any spelling.
    Address(Vec<u8>),
    /// This number, in any spelling.
    Number(Decimal),
    /// A number beyond those that are compared: in this spelling only.
    NumberText(String),
    /// This boolean.
    Boolean(bool),
    /// `null`.
    Null,
    /// Text that starts like this.
    Prefix(String),
    /// Text that starts like this, ignoring case; kept folded.
    PrefixIgnoreCase(String),
    /// Text that ends like this.
    Suffix(String),
    /// Text that ends like this, ignoring case; kept folded.
    SuffixIgnoreCase(String),
    /// This text, ignoring case; kept folded.
    EqualsIgnoreCase(String),
    /// A number within bounds.
    Numeric(Range),
    /// An IP address within a block.
    Cidr(Block),
    /// Text that fits a wildcard.
    Wildcard(Wildcard),
    /// Any leaf.
    Exists,
    /// No leaf: `tree` decides this, never a leaf.
    Absent,
    /// A leaf that none of these matches.
    AnythingBut(Vec<Matcher>),
}

impl Matcher {
    /// An exact text. The event rules engine reads text that is an IP address as that address.
    pub(super) fn text(text: &str) -> Matcher {
        address::bytes(text).map_or_else(|| Matcher::Text(text.to_owned()), Matcher::Address)
    }

    /// A number, by the text that it has in the pattern.
    pub(super) fn number(text: &str) -> Matcher {
        let number = Decimal::parse(text);
        if number.is_comparable() {
            Matcher::Number(number)
        } else {
            Matcher::NumberText(text.to_owned())
        }
    }

    /// Whether this alternative makes the engine compare the values of its field as numbers.
    pub(super) fn is_numeric(&self) -> bool {
        match self {
            Matcher::Number(_) | Matcher::Numeric(_) => true,
            Matcher::AnythingBut(excluded) => excluded.iter().any(Matcher::is_numeric),
            _ => false,
        }
    }

    /// Whether it has a wildcard.
    pub(super) fn has_wildcard(&self) -> bool {
        match self {
            Matcher::Wildcard(_) => true,
            Matcher::AnythingBut(excluded) => excluded.iter().any(Matcher::has_wildcard),
            _ => false,
        }
    }

    /// Whether it matches this leaf.
    pub(super) fn accepts(&self, leaf: &Value) -> bool {
        match self {
            Matcher::Exists => true,
            Matcher::Absent => false,
            Matcher::Null => leaf.is_null(),
            Matcher::Boolean(expected) => leaf.as_bool() == Some(*expected),
            Matcher::AnythingBut(excluded) => !excluded.iter().any(|matcher| matcher.accepts(leaf)),
            _ => match leaf {
                Value::Number(number) => self.accepts_number(number.as_str()),
                Value::String(text) => self.accepts_text(text),
                _ => false,
            },
        }
    }

    fn accepts_number(&self, text: &str) -> bool {
        match self {
            Matcher::Number(expected) => *expected == Decimal::parse(text),
            Matcher::NumberText(expected) => expected == text,
            Matcher::Numeric(range) => range.contains(&Decimal::parse(text)),
            Matcher::Cidr(block) => block.takes_number(text),
            Matcher::Address(address) => address::takes_number(address, text),
            _ => false,
        }
    }

    fn accepts_text(&self, text: &str) -> bool {
        match self {
            Matcher::Text(expected) => expected == text,
            Matcher::Address(expected) => address::bytes(text).as_ref() == Some(expected),
            Matcher::Prefix(start) => text.starts_with(start),
            Matcher::PrefixIgnoreCase(start) => fold(text).starts_with(start),
            Matcher::Suffix(end) => text.ends_with(end),
            Matcher::SuffixIgnoreCase(end) => fold(text).ends_with(end),
            Matcher::EqualsIgnoreCase(expected) => &fold(text) == expected,
            Matcher::Cidr(block) => block.contains(text),
            Matcher::Wildcard(wildcard) => wildcard.fits(text),
            _ => false,
        }
    }
}

/// Text in lower case, character by character, so that context (a final sigma) changes nothing.
pub(super) fn fold(text: &str) -> String {
    text.chars().flat_map(char::to_lowercase).collect()
}
