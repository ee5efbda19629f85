//! Messages and hints for text that is not valid VTL.

use crate::vtl::lexer::TokenKind;

/// A hint for a token that does not fit: what to write instead.
pub(super) fn advice(kind: TokenKind, image: &str) -> Option<String> {
    match (kind, image) {
        (TokenKind::Word, "null" | "nil" | "None" | "undefined") => Some(
            "there is no null literal: compare with `\"\"`, or leave the variable unset".to_owned(),
        ),
        (TokenKind::Word | TokenKind::BracketedWord, word) if word.contains('#') => {
            Some("directives are not allowed inside the parentheses, except in a string".to_owned())
        }
        (TokenKind::Word, word) => Some(format!(
            "write `${word}` for a variable, or quotes around text"
        )),
        (TokenKind::Assign, _) => Some("did you mean `==`?".to_owned()),
        (TokenKind::Integer | TokenKind::Float, number) if number.starts_with('-') => {
            Some(format!("put a space after the minus: `- {}`", &number[1..]))
        }
        (TokenKind::Minus, _) => {
            Some("to negate a reference or parenthesis, write `0 - …`".to_owned())
        }
        (TokenKind::LineComment | TokenKind::BlockComment, _) => {
            Some("comments are not allowed inside the parentheses".to_owned())
        }
        (TokenKind::IndexClose, _) => {
            Some("an index is a number, a string or a reference".to_owned())
        }
        _ => None,
    }
}

/// Why no token begins here, and what to do.
pub(super) fn unlexable(rest: &str) -> (String, Option<&'static str>) {
    match rest.chars().next() {
        None => ("the template ends too early".to_owned(), None),
        Some('$' | '#') if matches!(rest, "$" | "$!" | "#") => (
            format!("a template cannot end in `{rest}`"),
            Some(
                "put it into a variable: `#set($D='$')${D}`, or write a space or newline after it",
            ),
        ),
        Some('\\')
            if rest.trim_start_matches('\\') == "$" || rest.trim_start_matches('\\') == "#" =>
        {
            (
                format!("a template cannot end in `{}`", &rest[rest.len() - 1..]),
                Some("write a newline after it"),
            )
        }
        Some('#') if rest.starts_with("#[[") => (
            "`#[[` is never closed".to_owned(),
            Some("write `]]#` after the text"),
        ),
        Some('#') if rest.starts_with("#*") => (
            "`#*` is never closed".to_owned(),
            Some("write `*#` after the comment"),
        ),
        Some('#') => (
            "a template cannot end in a comment that ends in `#`".to_owned(),
            Some("add a newline"),
        ),
        Some('$') => (
            "a template cannot end in a comment that ends in `$`".to_owned(),
            Some("add a newline"),
        ),
        Some('"' | '\'') => (
            "the string is never closed".to_owned(),
            Some("a quote inside a string is doubled"),
        ),
        Some('+' | '-' | '*' | '/' | '%' | '<' | '>' | '=' | '!' | '&' | '|') => (
            "operators are not allowed in an index or in the arguments of a method".to_owned(),
            Some("compute the value with `#set` first"),
        ),
        Some('.') => (
            "a literal has no properties or methods".to_owned(),
            Some("assign it with `#set` first"),
        ),
        Some(character) => (
            format!("`{}` is not allowed here", character.escape_debug()),
            None,
        ),
    }
}

/// An error message quotes at most this much.
pub(super) fn shortened(image: &str) -> String {
    let mut lines = image.chars();
    let start: String = lines
        .by_ref()
        .take(40)
        .take_while(|&character| character != '\n')
        .collect();
    if start.len() < image.len() {
        format!("{start}…")
    } else {
        start
    }
}
