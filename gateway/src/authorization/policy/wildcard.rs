//! Texts with `*` (any text) and `?` (any character), and with policy variables: `${aws:SourceIp}`.

use crate::authorization::facts::Facts;

/// A text to compare with, its variables filled in.
#[derive(Debug)]
pub(super) struct WildcardPattern(Vec<Piece>);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Piece {
    /// `*`
    Many,
    /// `?`
    One,
    Char(char),
}

impl WildcardPattern {
    /// Reads a pattern; with `facts`, it may hold variables. `None` when the request lacks one of
    /// them: such a pattern matches nothing.
    pub(super) fn new(text: &str, facts: Option<&Facts<'_>>) -> Option<WildcardPattern> {
        let mut pieces = Vec::with_capacity(text.len());
        let mut rest = text;
        while let Some(next) = rest.chars().next() {
            let variable = facts.zip(
                rest.strip_prefix("${")
                    .and_then(|rest| rest.split_once('}')),
            );
            if let Some((facts, (name, tail))) = variable {
                pieces.extend(filled(name, facts)?.chars().map(Piece::Char));
                rest = tail;
                continue;
            }
            pieces.push(match next {
                '*' => Piece::Many,
                '?' => Piece::One,
                other => Piece::Char(other),
            });
            rest = &rest[next.len_utf8()..];
        }
        Some(WildcardPattern(pieces))
    }

    /// Whether it matches the whole text.
    pub(super) fn matches(&self, text: &str) -> bool {
        let text: Vec<char> = text.chars().collect();
        let (mut piece, mut at) = (0, 0);
        // Where to go on when a later piece fails: behind the last `*`, one character further.
        let mut retry: Option<(usize, usize)> = None;
        while at < text.len() {
            match self.0.get(piece) {
                Some(Piece::Many) => {
                    retry = Some((piece, at));
                    piece += 1;
                }
                Some(Piece::One) => (piece, at) = (piece + 1, at + 1),
                Some(Piece::Char(wanted)) if *wanted == text[at] => {
                    (piece, at) = (piece + 1, at + 1);
                }
                _ => {
                    let Some((many, from)) = retry else {
                        return false;
                    };
                    retry = Some((many, from + 1));
                    (piece, at) = (many + 1, from + 1);
                }
            }
        }
        self.0[piece..].iter().all(|piece| *piece == Piece::Many)
    }
}

/// A variable's text: `*`, `?` and `$` stand for themselves, a default may follow: `${key, 'x'}`.
fn filled(name: &str, facts: &Facts<'_>) -> Option<String> {
    if matches!(name, "*" | "?" | "$") {
        return Some(name.to_owned());
    }
    let (key, default) = match name.split_once(',') {
        Some((key, default)) => (key.trim(), Some(default.trim().trim_matches('\''))),
        None => (name, None),
    };
    facts
        .key(&key.to_lowercase())
        .or_else(|| default.map(ToOwned::to_owned))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(pattern: &str, text: &str) -> bool {
        WildcardPattern::new(pattern, None).unwrap().matches(text)
    }

    #[test]
    fn stars_and_question_marks_match_any_text_and_any_character() {
        for (pattern, text) in [
            ("*", ""),
            ("*", "a:b/c"),
            ("a*c", "abbc"),
            ("a*b*c", "axbxbxc"),
            ("a?c", "abc"),
            ("?", "é"),
            ("arn:*:GET/?", "arn:x:GET/7"),
            ("", ""),
        ] {
            assert!(matches(pattern, text), "{pattern} {text}");
        }
        for (pattern, text) in [
            ("a", "A"),
            ("a?c", "ac"),
            ("a*c", "abcd"),
            ("", "a"),
            ("*/GET/token", "x/GET/token/other"),
            ("?", ""),
        ] {
            assert!(!matches(pattern, text), "{pattern} {text}");
        }
    }

    /// What goes back at every star takes time that grows with the number of stars.
    #[test]
    fn many_stars_do_not_take_long() {
        let (pattern, text) = ("*a".repeat(60), "a".repeat(20_000) + "b");
        assert!(!matches(&pattern, &text));
    }
}
