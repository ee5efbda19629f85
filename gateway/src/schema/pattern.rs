//! Patterns of schemas are ECMA 262's; the engine is Java's. Most patterns mean the same in both:
//! here is what does not.

use kit::java_regex::{Regex, Steps, SyntaxError};

/// Steps of one search.
const STEPS: u64 = 100_000;

/// A regular expression as the schema has it, and as it runs.
#[derive(Debug)]
pub(super) struct Pattern {
    pub(super) text: String,
    pub(super) regex: Regex,
}

impl Pattern {
    /// Compiles a pattern.
    pub(super) fn new(text: &str) -> Result<Pattern, SyntaxError> {
        Ok(Pattern {
            text: text.to_owned(),
            regex: Regex::new(&java(text))?,
        })
    }

    /// Whether it is found in a text. A search that takes too long finds nothing.
    pub(super) fn fits(&self, text: &str) -> bool {
        let mut matcher = self.regex.matcher(text);
        matcher.find(&mut Steps(STEPS)).unwrap_or_default()
    }
}

/// The pattern in Java's dialect.
fn java(pattern: &str) -> String {
    let mut out = String::with_capacity(pattern.len() + 8);
    let mut rest = pattern.chars().peekable();
    let mut in_class = false;
    while let Some(sign) = rest.next() {
        match sign {
            '\\' => escape(rest.next(), rest.peek().copied(), &mut out),
            // Java begins a class within the class, or an intersection of two.
            '[' if in_class => out.push_str("\\["),
            '&' if in_class => out.push_str("\\&"),
            ']' if in_class => {
                in_class = false;
                out.push(']');
            }
            '[' => match class_that_is_whole(&mut rest) {
                Some(whole) => out.push_str(whole),
                None => {
                    in_class = true;
                    out.push('[');
                    if rest.peek() == Some(&'^') {
                        rest.next();
                        out.push('^');
                    }
                }
            },
            // Java's also stands before a line break at the end.
            '$' if !in_class => out.push_str("\\z"),
            _ => out.push(sign),
        }
    }
    out
}

/// `[]` fits nothing, `[^]` everything; Java reads the bracket as a member of the class.
fn class_that_is_whole(
    rest: &mut std::iter::Peekable<std::str::Chars<'_>>,
) -> Option<&'static str> {
    let ahead = rest.clone().take(2).collect::<String>();
    if ahead.starts_with(']') {
        rest.next();
        Some("(?!)")
    } else if ahead == "^]" {
        rest.next();
        rest.next();
        Some("[\\s\\S]")
    } else {
        None
    }
}

/// An escape: Java refuses those of letters that mean nothing, and needs digits behind `\0`.
fn escape(sign: Option<char>, next: Option<char>, out: &mut String) {
    match sign {
        Some('0') if !next.is_some_and(|next| next.is_ascii_digit()) => out.push_str("\\x00"),
        Some(letter) if letter.is_ascii_alphabetic() && !"bBcdDfknrsStuvwWxpP".contains(letter) => {
            out.push(letter);
        }
        // Java's is any vertical space.
        Some('v') => out.push_str("\\x0B"),
        Some(sign) => {
            out.push('\\');
            out.push(sign);
        }
        None => out.push('\\'),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_mean_what_ecma_262_says() {
        let fits = |pattern: &str, text: &str| Pattern::new(pattern).unwrap().fits(text);
        for (pattern, text) in [
            ("^[A-Z]{3}$", "ABC"),
            ("b", "abc"),
            ("^[[a]+$", "[a["),
            ("^[a&&b]$", "&"),
            ("^[^]$", "\n"),
            (r"^\/a\_\-$", "/a_-"),
            (r"^\0$", "\0"),
            (r"[$]", "$"),
        ] {
            assert!(fits(pattern, text), "{pattern}");
        }
        for (pattern, text) in [("^a$", "a\n"), ("[]", "a"), ("^[A-Z]{3}$", "abc")] {
            assert!(!fits(pattern, text), "{pattern}");
        }
    }
}
