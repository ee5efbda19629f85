//! Wildcards: `*` matches any characters; `\*` and `\\` are an asterisk and a backslash.
//!
//! Matching searches for the pieces between the stars from left to right, without backtracking.

/// A parsed wildcard: the literal pieces between its stars.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Wildcard {
    pieces: Vec<String>,
}

impl Wildcard {
    /// Reads a wildcard.
    ///
    /// # Errors
    /// The reason in the engine's words; its positions are bytes after an opening quote.
    pub(super) fn parse(text: &str) -> Result<Wildcard, String> {
        let mut pieces = vec![String::new()];
        let mut chars = text.char_indices().peekable();
        while let Some((at, c)) = chars.next() {
            let piece = pieces.last_mut().expect("there is always a piece");
            match (c, chars.peek().map(|&(_, next)| next)) {
                ('*', Some('*')) => {
                    return Err(format!("Consecutive wildcard characters at pos {}", at + 1));
                }
                ('*', _) => pieces.push(String::new()),
                ('\\', Some(next @ ('*' | '\\'))) => {
                    piece.push(next);
                    chars.next();
                }
                ('\\', _) => return Err(format!("Invalid escape character at pos {}", at + 1)),
                (other, _) => piece.push(other),
            }
        }
        Ok(Wildcard { pieces })
    }

    /// The literal pieces between the stars: one more than there are stars.
    pub(super) fn pieces(&self) -> &[String] {
        &self.pieces
    }

    /// Whether the whole text matches.
    pub(super) fn fits(&self, text: &str) -> bool {
        let (first, rest) = self.pieces.split_first().expect("there is always a piece");
        let Some((last, middle)) = rest.split_last() else {
            return first == text;
        };
        let Some(mut left) = text.strip_prefix(first.as_str()) else {
            return false;
        };
        for piece in middle {
            match left.find(piece.as_str()) {
                Some(at) => left = &left[at + piece.len()..],
                None => return false,
            }
        }
        left.ends_with(last.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fits() {
        let cases = [
            ("/Users/*/doc.txt", "/Users/a/b/doc.txt", true),
            ("/Users/*/doc.txt", "/Users/a/notdoc.txt", false),
            ("*", "", true),
            ("", "", true),
            ("", "a", false),
            ("a*a", "a", false),
            ("*ab*ab", "xabab", true),
            ("a\\*b", "a*b", true),
            ("a\\\\*", "a\\x", true),
            ("é*日", "é…日", true),
        ];
        for (wildcard, text, expected) in cases {
            assert_eq!(
                Wildcard::parse(wildcard).unwrap().fits(text),
                expected,
                "{text} with {wildcard}"
            );
        }
    }

    #[test]
    fn refusals_in_the_engines_words() {
        let reason = |text| Wildcard::parse(text).unwrap_err();
        assert_eq!(
            reason("arn:aws:events:us-east-1:**:event-bus/*"),
            "Consecutive wildcard characters at pos 26"
        );
        assert_eq!(reason("a\\b"), "Invalid escape character at pos 2");
    }
}
