//! Numbers of things in texts that people read: `1 queue`, `2 queues`, `0 retries`.

use std::fmt;

/// A number with the noun that it counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counted<'n> {
    count: u64,
    noun: &'n str,
}

/// `count` of what `noun` names in the singular; prints as `3 queues`.
pub fn counted(count: impl TryInto<u64>, noun: &str) -> Counted<'_> {
    // A number that is too large for 64 bits is at least not one.
    Counted {
        count: count.try_into().unwrap_or(u64::MAX),
        noun,
    }
}

impl fmt::Display for Counted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Counted { count, noun } = self;
        if *count == 1 {
            return write!(f, "1 {noun}");
        }
        let is_vowel = |letter: char| "aeiou".contains(letter);
        match noun.strip_suffix('y') {
            Some(stem) if !stem.ends_with(is_vowel) => write!(f, "{count} {stem}ies"),
            _ if ["s", "x", "ch", "sh"].iter().any(|end| noun.ends_with(end)) => {
                write!(f, "{count} {noun}es")
            }
            _ => write!(f, "{count} {noun}s"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_singular_and_everything_else_plural() {
        for (count, noun, text) in [
            (0, "pipe", "0 pipes"),
            (1, "pipe", "1 pipe"),
            (2, "pipe", "2 pipes"),
            (1, "delivery", "1 delivery"),
            (3, "delivery", "3 deliveries"),
            (3, "key", "3 keys"),
            (2, "batch", "2 batches"),
            (2, "open file", "2 open files"),
        ] {
            assert_eq!(counted(count, noun).to_string(), text);
        }
        assert_eq!(
            counted(u128::MAX, "byte").to_string(),
            "18446744073709551615 bytes"
        );
    }
}
