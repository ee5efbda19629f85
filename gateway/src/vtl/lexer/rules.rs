//! The rules of each mode: the longest rule that fits wins, and of two equally
//! long ones the first.
//!
//! The rules have no state; the machine in `lexer.rs` decides what follows from a match.

use super::literals::{bracketed_word, count, float, identifier, integer, starts, string, word};
use super::mode::Mode;
use super::token::TokenKind;

/// The kind of a match.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rule {
    /// A whole token (or the end of one whose start was opened before).
    Token(TokenKind),
    /// A character of a comment.
    Skip,
    /// `$` or `$!` (with backslashes): a reference may follow.
    Dollar,
    /// `#`: a directive may follow.
    Hash,
    /// `#[[`.
    TextblockOpen,
    /// A character of a text block.
    TextblockBody,
    /// `#*`.
    BlockCommentOpen,
    /// `#**` and one character more.
    FormalCommentOpen,
    /// A character that cannot be part of a reference.
    EndsReference,
    /// A character that cannot be part of a directive's name.
    EndsHash,
}

type Match = Option<(Rule, usize)>;

/// The longest match at the start of `rest`, and its length in bytes.
pub(super) fn longest(mode: Mode, rest: &str) -> Match {
    let bytes = rest.as_bytes();
    let of_mode = match mode {
        Mode::Text => text(bytes),
        Mode::Hash => hash(bytes),
        Mode::Directive => directive(bytes),
        Mode::Reference => reference(bytes, false),
        Mode::Member => reference(bytes, true),
        Mode::Arguments => arguments(bytes),
        Mode::Index => index(bytes),
        Mode::Textblock => longer(
            token(TokenKind::Textblock, starts(bytes, b"]]#")),
            body(Rule::TextblockBody, bytes, b']'),
        ),
        Mode::BlockComment => longer(
            token(TokenKind::BlockComment, starts(bytes, b"*#")),
            body(Rule::Skip, bytes, b'*'),
        ),
        Mode::LineComment => {
            token(TokenKind::LineCommentEnd, newline(bytes)).or_else(|| line_comment(bytes))
        }
    };
    let no_name = match mode {
        Mode::Text | Mode::Reference => token(TokenKind::Text, nameless(bytes)),
        _ => None,
    };
    longer(
        longer(opener(mode, bytes), of_mode),
        longer(no_name, otherwise(mode, rest)),
    )
}

/// A `$` that goes on like a reference without a name, such as the JSON path `$.id`: text.
fn nameless(bytes: &[u8]) -> usize {
    let prefixes: [&[u8]; 4] = [b"$.", b"$[", b"$![", b"$\\!["];
    prefixes
        .into_iter()
        .map(|prefix| starts(bytes, prefix))
        .max()
        .unwrap_or(0)
}

/// The rule for a character that no other rule of the mode matches.
fn otherwise(mode: Mode, rest: &str) -> Match {
    let rule = match mode {
        Mode::Reference | Mode::Member => Rule::EndsReference,
        Mode::Hash => Rule::EndsHash,
        _ => return None,
    };
    rest.chars()
        .next()
        .map(|character| (rule, character.len_utf8()))
}

/// Matches the body of a comment or text block, up to a character that may end it or open
/// something.
fn body(rule: Rule, bytes: &[u8], end: u8) -> Match {
    let length = memchr::memchr3(end, b'#', b'$', bytes).unwrap_or(bytes.len());
    if length > 0 {
        return Some((rule, length));
    }
    (bytes.first() == Some(&end)).then_some((rule, 1))
}

fn line_comment(bytes: &[u8]) -> Match {
    let length = bytes
        .iter()
        .position(|byte| matches!(byte, b'\n' | b'\r' | b'#' | b'$'))
        .unwrap_or(bytes.len());
    (length > 0).then_some((Rule::Skip, length))
}

/// `$` and `#` in all their forms.
fn opener(mode: Mode, bytes: &[u8]) -> Match {
    let set = match mode {
        Mode::Text | Mode::Reference | Mode::Member | Mode::Arguments => {
            token(TokenKind::Set, set(bytes))
        }
        _ => None,
    };
    if bytes.first() == Some(&b'#') {
        let comment = matches!(
            mode,
            Mode::Text | Mode::Reference | Mode::Directive | Mode::Hash
        );
        return longer(set, hash_opener(bytes, comment));
    }
    let backslashes = match mode {
        // Nothing in there is escaped.
        Mode::Textblock | Mode::BlockComment | Mode::LineComment => 0,
        _ => count(bytes, |byte| byte == b'\\'),
    };
    if bytes.get(backslashes) != Some(&b'$') {
        return set;
    }
    let dollar = backslashes + 1;
    let inner = count(&bytes[dollar..], |byte| byte == b'\\');
    let quiet = bytes.get(dollar + inner) == Some(&b'!');
    Some((
        Rule::Dollar,
        if quiet { dollar + inner + 1 } else { dollar },
    ))
}

fn hash_opener(bytes: &[u8], comment: bool) -> Match {
    let formal = bytes.get(3).is_some_and(|&byte| byte != b'#');
    match bytes {
        [_, b'[', b'[', ..] => Some((Rule::TextblockOpen, 3)),
        [_, b'*', b'*', rest @ ..] if formal => {
            Some((Rule::FormalCommentOpen, 3 + character_length(rest)))
        }
        [_, b'*', ..] => Some((Rule::BlockCommentOpen, 2)),
        [_, b'#', ..] if comment => Some((Rule::Token(TokenKind::LineComment), 2)),
        _ => Some((Rule::Hash, 1)),
    }
}

/// `#set(` with blanks before it and before the parenthesis.
fn set(bytes: &[u8]) -> usize {
    let before = blanks(bytes);
    let name = starts(&bytes[before..], b"#set").max(starts(&bytes[before..], b"#{set}"));
    let end = before + name + blanks(&bytes[before + name..]);
    if name > 0 && bytes.get(end) == Some(&b'(') {
        end + 1
    } else {
        0
    }
}

fn text(bytes: &[u8]) -> Match {
    let plain = memchr::memchr3(b'$', b'#', b'\\', bytes).unwrap_or(bytes.len());
    let text = token(TokenKind::Text, plain);
    let backslashes = count(bytes, |byte| byte == b'\\');
    if backslashes == 0 {
        return text;
    }
    let after = &bytes[backslashes..];
    let name = match after.first() {
        Some(b'#') => word(&after[1..]).max(bracketed_word(&after[1..])),
        _ => 0,
    };
    if backslashes % 2 == 1 && name > 0 {
        return token(TokenKind::EscapedDirective, backslashes + 1 + name);
    }
    if backslashes > 1 {
        token(TokenKind::DoubleEscape, backslashes / 2 * 2)
    } else {
        token(TokenKind::Escape, 1)
    }
}

fn hash(bytes: &[u8]) -> Match {
    let number = longer(
        token(TokenKind::Integer, integer(bytes)),
        token(TokenKind::Float, float(bytes)),
    );
    let name = match word(bytes) {
        0 => bracketed_word(bytes),
        length => length,
    };
    let kind = match &bytes[..name] {
        b"if" | b"{if}" => TokenKind::If,
        b"elseif" | b"{elseif}" => TokenKind::ElseIf,
        b"else" | b"{else}" => return token(TokenKind::Else, name + swallowed(&bytes[name..])),
        b"end" | b"{end}" => {
            return token(TokenKind::EndDirective, name + swallowed(&bytes[name..]));
        }
        [b'{', ..] => TokenKind::BracketedWord,
        _ => TokenKind::Word,
    };
    longer(number, token(kind, name))
}

fn directive(bytes: &[u8]) -> Match {
    let literal = longer(literal(bytes), punctuation(bytes));
    let parenthesis = match bytes.first() {
        Some(b'(') => token(TokenKind::ParenOpen, 1),
        Some(b')') => token(TokenKind::ParenClose, 1 + swallowed(&bytes[1..])),
        _ => operator(bytes),
    };
    let name = word(bytes);
    let named = match &bytes[..name] {
        b"and" => TokenKind::And,
        b"or" => TokenKind::Or,
        b"not" => TokenKind::Not,
        b"eq" => TokenKind::Equal,
        b"ne" => TokenKind::NotEqual,
        b"lt" => TokenKind::Less,
        b"le" => TokenKind::LessEqual,
        b"gt" => TokenKind::Greater,
        b"ge" => TokenKind::GreaterEqual,
        b"true" => TokenKind::True,
        b"false" => TokenKind::False,
        _ => TokenKind::Word,
    };
    let words = longer(
        token(named, name),
        token(TokenKind::BracketedWord, bracketed_word(bytes)),
    );
    longer(longer(literal, parenthesis), words)
}

fn operator(bytes: &[u8]) -> Match {
    let (kind, length) = match bytes {
        [b'&', b'&', ..] => (TokenKind::And, 2),
        [b'|', b'|', ..] => (TokenKind::Or, 2),
        [b'=', b'=', ..] => (TokenKind::Equal, 2),
        [b'!', b'=', ..] => (TokenKind::NotEqual, 2),
        [b'<', b'=', ..] => (TokenKind::LessEqual, 2),
        [b'>', b'=', ..] => (TokenKind::GreaterEqual, 2),
        [b'<', ..] => (TokenKind::Less, 1),
        [b'>', ..] => (TokenKind::Greater, 1),
        [b'!', ..] => (TokenKind::Not, 1),
        [b'=', ..] => (TokenKind::Assign, 1),
        [b'+', ..] => (TokenKind::Plus, 1),
        [b'-', ..] => (TokenKind::Minus, 1),
        [b'*', ..] => (TokenKind::Times, 1),
        [b'/', ..] => (TokenKind::Divide, 1),
        [b'%', ..] => (TokenKind::Modulus, 1),
        _ => return None,
    };
    token(kind, length)
}

/// Lists, maps, ranges and what separates their parts.
fn punctuation(bytes: &[u8]) -> Match {
    let (kind, length) = match bytes {
        [b'[', ..] => (TokenKind::ListOpen, 1),
        [b']', ..] => (TokenKind::ListClose, 1),
        [b'{', ..] => (TokenKind::MapOpen, 1),
        [b'}', ..] => (TokenKind::MapClose, 1),
        [b',', ..] => (TokenKind::Comma, 1),
        [b':', ..] => (TokenKind::Colon, 1),
        [b'.', b'.', ..] => (TokenKind::DoubleDot, 2),
        _ => return None,
    };
    token(kind, length)
}

/// Strings, numbers, blanks.
fn literal(bytes: &[u8]) -> Match {
    let number = longer(
        token(TokenKind::Integer, integer(bytes)),
        token(TokenKind::Float, float(bytes)),
    );
    let blank = count(bytes, |byte| matches!(byte, b' ' | b'\t' | b'\r' | b'\n'));
    longer(
        longer(number, token(TokenKind::Whitespace, blank)),
        token(TokenKind::Str, string(bytes)),
    )
}

fn reference(bytes: &[u8], member: bool) -> Match {
    let single = match bytes {
        [b'{', ..] => TokenKind::BraceOpen,
        [b'}', ..] => TokenKind::BraceClose,
        [b'[', ..] => TokenKind::IndexOpen,
        [b'(', ..] if member => TokenKind::ParenOpen,
        _ => return name_or_dot(bytes),
    };
    token(single, 1)
}

fn arguments(bytes: &[u8]) -> Match {
    let close = token(TokenKind::ArgumentsClose, starts(bytes, b")"));
    longer(
        longer(literal(bytes), punctuation(bytes)),
        longer(close, name_or_dot(bytes)),
    )
}

fn name_or_dot(bytes: &[u8]) -> Match {
    match bytes {
        [b'.', letter, ..] if letter.is_ascii_alphabetic() => token(TokenKind::Dot, 2),
        _ => {
            let name = identifier(bytes);
            match &bytes[..name] {
                b"true" => token(TokenKind::True, name),
                b"false" => token(TokenKind::False, name),
                _ => token(TokenKind::Identifier, name),
            }
        }
    }
}

fn index(bytes: &[u8]) -> Match {
    let close = token(TokenKind::IndexClose, starts(bytes, b"]"));
    let boolean = longer(
        token(TokenKind::True, starts(bytes, b"true")),
        token(TokenKind::False, starts(bytes, b"false")),
    );
    longer(longer(literal(bytes), close), boolean)
}

/// Blanks and one newline, if the newline is there.
fn swallowed(bytes: &[u8]) -> usize {
    let blank = blanks(bytes);
    match newline(&bytes[blank..]) {
        0 => 0,
        newline => blank + newline,
    }
}

fn newline(bytes: &[u8]) -> usize {
    match bytes {
        [b'\r', b'\n', ..] => 2,
        [b'\r' | b'\n', ..] => 1,
        _ => 0,
    }
}

fn blanks(bytes: &[u8]) -> usize {
    count(bytes, |byte| matches!(byte, b' ' | b'\t'))
}

fn token(kind: TokenKind, length: usize) -> Match {
    (length > 0).then_some((Rule::Token(kind), length))
}

fn longer(first: Match, second: Match) -> Match {
    match (first, second) {
        (Some((_, one)), Some((_, two))) if two > one => second,
        (None, _) => second,
        _ => first,
    }
}

fn character_length(bytes: &[u8]) -> usize {
    1 + count(&bytes[1..], |byte| byte & 0b1100_0000 == 0b1000_0000)
}
