//! Text, comments, escapes: everything that goes out as it is, or not at all.

use super::tokens::{Parsed, Parser};
use crate::vtl::ast::Node;
use crate::vtl::lexer::TokenKind;

/// Directives that are part of the language (`#if`, `#else`, `#elseif`, `#end` and `#set` have
/// tokens of their own).
const DIRECTIVES: [&str; 9] = [
    "foreach", "include", "parse", "macro", "literal", "evaluate", "break", "define", "stop",
];
/// Directives that have tokens of their own.
const KEYWORDS: [&str; 5] = ["if", "end", "set", "else", "elseif"];

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
        let line = token.kind == TokenKind::LineComment;
        let opening = image.find(if line { "##" } else { "#*" }).unwrap_or(0);
        if line {
            self.skip(TokenKind::LineCommentEnd)?;
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
            TokenKind::If | TokenKind::Else | TokenKind::ElseIf | TokenKind::EndDirective => true,
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

    /// The text written since `start`, which renders as `shown`.
    fn raw(&self, start: usize, shown: &str) -> Node {
        Node::Raw {
            written: self.source[start..self.end].into(),
            shown: shown.into(),
        }
    }

    fn is_directive(&self, name: &str) -> bool {
        DIRECTIVES.contains(&name) || self.symbols.macros.contains_key(name)
    }
}

/// Appends what is rendered of characters that began a reference or directive in vain: `#`, `$` and
/// the backslashes before a `$`.
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
