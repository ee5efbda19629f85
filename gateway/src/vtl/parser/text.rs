//! Text, comments, escapes: everything that goes out as it is, or not at all. And what to say about
//! text that is no VTL.

use super::super::ast::{Block, Node};
use super::super::lexer::Kind;
use super::{Parsed, Parser};

/// Directives that are part of the language (`#if`, `#else`, `#elseif`, `#end` and `#set` have
/// tokens of their own).
const DIRECTIVES: [&str; 9] = [
    "foreach", "include", "parse", "macro", "literal", "evaluate", "break", "define", "stop",
];
/// The same, of tokens of their own.
const KEYWORDS: [&str; 5] = ["if", "end", "set", "else", "elseif"];

/// Adds a node to a block; text joins the text before it.
pub fn push(block: &mut Block, node: Node) {
    match (block.last_mut(), node) {
        (Some(Node::Text(before)), Node::Text(text)) => before.push_str(&text),
        (_, node) => block.push(node),
    }
}

/// What to write instead of a token that does not fit.
pub fn advice(kind: Kind, image: &str) -> Option<String> {
    match (kind, image) {
        (Kind::Word, "null" | "nil" | "None" | "undefined") => Some(
            "there is no null literal: compare with `\"\"`, or leave the variable unset".to_owned(),
        ),
        (Kind::Word | Kind::BracketedWord, word) if word.contains('#') => {
            Some("no directives inside the parentheses, except in a string".to_owned())
        }
        (Kind::Word, word) => Some(format!(
            "write `${word}` for a variable, or quotes around text"
        )),
        (Kind::Assign, _) => Some("did you mean `==`?".to_owned()),
        (Kind::Integer | Kind::Float, number) if number.starts_with('-') => {
            Some(format!("put a blank after the minus: `- {}`", &number[1..]))
        }
        (Kind::Minus, _) => {
            Some("a minus before a reference or parenthesis: write `0 - …`".to_owned())
        }
        (Kind::LineComment | Kind::BlockComment, _) => {
            Some("no comments inside the parentheses".to_owned())
        }
        (Kind::IndexClose, _) => Some("an index is a number, a string or a reference".to_owned()),
        _ => None,
    }
}

/// Why no token begins here, and what to do.
pub fn unlexable(rest: &str) -> (String, Option<&'static str>) {
    match rest.chars().next() {
        None => ("the template ends too early".to_owned(), None),
        Some('$' | '#') if matches!(rest, "$" | "$!" | "#") => (
            format!("a template cannot end in `{rest}`"),
            Some(
                "put it into a variable: `#set($D='$')${D}`, or write a blank or newline after it",
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
            "no operators in an index or in the arguments of a method".to_owned(),
            Some("compute the value with `#set` first"),
        ),
        Some('.') => (
            "a literal has no properties or methods".to_owned(),
            Some("assign it with `#set` first"),
        ),
        Some(character) => (
            format!("`{}` cannot stand here", character.escape_debug()),
            None,
        ),
    }
}

impl Parser<'_, '_, '_> {
    /// Text, as it goes out.
    pub(super) fn text(&mut self) -> Parsed<Node> {
        let start = self.end;
        let token = self.take()?;
        let mut shown = String::new();
        for span in &token.schmoo {
            survivors(&self.source[span.clone()], &mut shown);
        }
        shown.push_str(self.image(&token));
        let written = &self.source[start..self.end];
        Ok(if shown == written {
            Node::Text(shown)
        } else {
            Node::Raw {
                written: written.into(),
                shown: shown.into(),
            }
        })
    }

    /// Comments show nothing but the characters that were read along before them.
    pub(super) fn comment(&mut self) -> Parsed<Node> {
        let start = self.end;
        let token = self.take()?;
        let image = self.image(&token);
        let line = token.kind == Kind::LineComment;
        let opening = image.find(if line { "##" } else { "#*" }).unwrap_or(0);
        if line {
            self.skip(Kind::LineCommentEnd)?;
        }
        Ok(self.raw(start, &image[..opening]))
    }

    pub(super) fn textblock(&mut self) -> Parsed<Node> {
        let start = self.end;
        let token = self.take()?;
        let image = self.image(&token);
        // Velocity cuts three characters at each end, whatever was read along before.
        Ok(self.raw(start, image.get(3..image.len().max(6) - 3).unwrap_or("")))
    }

    /// `\#if` shows `#if`; before anything that is no directive the backslashes stay.
    pub(super) fn escaped_directive(&mut self) -> Parsed<Node> {
        let start = self.end;
        let token = self.take()?;
        let image = self.image(&token);
        let backslashes = image.bytes().take_while(|&byte| byte == b'\\').count();
        let name = image[backslashes + 1..]
            .trim_start_matches('{')
            .trim_end_matches('}');
        if !KEYWORDS.contains(&name) && !self.is_directive(name) {
            return Ok(self.raw(start, image));
        }
        // Half of the backslashes, without the one that did the escaping.
        Ok(self.raw(
            start,
            &[&image[..(backslashes - 1) / 2], &image[backslashes..]].concat(),
        ))
    }

    /// `\\` before a directive shows one backslash, elsewhere both.
    pub(super) fn double_escape(&mut self) -> Parsed<Node> {
        let start = self.end;
        let token = self.take()?;
        let image = self.image(&token);
        let control = match self.peek()? {
            Kind::If | Kind::Else | Kind::ElseIf | Kind::EndDirective => true,
            _ => {
                let next = &self.source[self.ahead[0].span.clone()];
                next.get(1..).is_some_and(|name| self.is_directive(name))
            }
        };
        Ok(self.raw(
            start,
            if control {
                &image[..image.len() / 2]
            } else {
                image
            },
        ))
    }

    /// What was written since `start`, which shows something else.
    fn raw(&self, start: usize, shown: &str) -> Node {
        Node::Raw {
            written: self.source[start..self.end].into(),
            shown: shown.into(),
        }
    }

    fn is_directive(&self, name: &str) -> bool {
        DIRECTIVES.contains(&name) || self.shared.macros.contains_key(name)
    }
}

/// Of characters that began a reference or directive in vain, these go out: `#`, `$` and the
/// backslashes before a `$`.
fn survivors(span: &str, literal: &mut String) {
    let mut rest = span;
    while let Some(character) = rest.chars().next() {
        let backslashes = rest.bytes().take_while(|&byte| byte == b'\\').count();
        if backslashes > 0 && rest[backslashes..].starts_with('$') {
            literal.push_str(&rest[..=backslashes]);
            // Velocity skips the character after the dollar.
            let mut after = rest[backslashes + 1..].chars();
            after.next();
            rest = after.as_str();
            continue;
        }
        if matches!(character, '#' | '$') {
            literal.push(character);
        }
        rest = &rest[character.len_utf8()..];
    }
}
