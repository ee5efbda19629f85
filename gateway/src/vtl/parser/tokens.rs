//! The tokens of a template: looking ahead, taking one after the other, and errors that point at
//! them.

use std::collections::{HashMap, VecDeque};
use std::ops::Range;
use std::sync::Arc;

use kit::suggest::nearest;

use super::advice::{advice, shortened, unlexable};
use crate::vtl::ast::{Macro, VariableNames};
use crate::vtl::error::{ErrorKind, Failure};
use crate::vtl::lexer::{Lexer, Token, TokenKind};
use crate::vtl::limits;

/// A parsed part, or the failure.
pub(super) type Parsed<T> = Result<T, Box<Failure>>;

/// The names, macros and calls of a template, shared with the strings inside it.
pub(super) struct Symbols<'n> {
    pub(super) names: &'n mut VariableNames,
    pub(super) macros: HashMap<Box<str>, Arc<Macro>>,
    /// Calls with a bare word among their arguments: an error if it turns out that the macro
    /// exists.
    pub(super) bare_words: Vec<(Box<str>, Range<usize>)>,
    /// Names of calls so far: one may be a misspelled directive.
    pub(super) calls: Vec<Box<str>>,
}

/// How a place in the parsed text becomes a place in the template.
#[derive(Debug, Clone)]
pub(super) enum Origin {
    /// The place lies this many bytes further.
    Exact(usize),
    /// The text was unescaped first: all that is known is where the literal stands.
    Within(Range<usize>),
}

/// Reads the tokens of one text: the template, or a string inside it.
pub(super) struct Parser<'s, 'p, 'n> {
    pub(super) source: &'s str,
    pub(super) lexer: Lexer<'s>,
    pub(super) ahead: VecDeque<Token>,
    pub(super) origin: Origin,
    pub(super) depth: usize,
    /// Where the token that was taken last ends.
    pub(super) end: usize,
    pub(super) symbols: &'p mut Symbols<'n>,
}

impl<'s, 'p, 'n> Parser<'s, 'p, 'n> {
    pub(super) fn new(
        source: &'s str,
        origin: Origin,
        depth: usize,
        symbols: &'p mut Symbols<'n>,
    ) -> Self {
        Parser {
            source,
            lexer: Lexer::new(source),
            ahead: VecDeque::new(),
            origin,
            depth,
            end: 0,
            symbols,
        }
    }

    /// Goes one level deeper, if the template may.
    pub(super) fn nested<T>(&mut self, parse: impl FnOnce(&mut Self) -> Parsed<T>) -> Parsed<T> {
        if self.depth == limits::NESTING {
            let message = format!(
                "directives, parentheses and lists are nested more than {} deep",
                limits::NESTING
            );
            let place = self.place_of_next()?;
            return Err(Failure::limit(place, message));
        }
        self.depth += 1;
        let result = parse(self);
        self.depth -= 1;
        result
    }

    /// Parses what stands in the parentheses of the directive at `place`. Where it fails on a later
    /// line because the parenthesis was never closed, the failure is that of the directive.
    pub(super) fn in_parentheses<T>(
        &mut self,
        directive: &str,
        place: &Range<usize>,
        parse: impl FnOnce(&mut Self) -> Parsed<T>,
    ) -> Parsed<T> {
        let parsed = parse(self);
        parsed.map_err(|failure| {
            let is_open = failure.kind == ErrorKind::Syntax
                && match &self.origin {
                    Origin::Exact(offset) => {
                        let from = place.start.saturating_sub(*offset);
                        let to = failure.span.start.saturating_sub(*offset);
                        is_left_open(self.source, from..to)
                    }
                    Origin::Within(_) => false,
                };
            if !is_open {
                return failure;
            }
            Failure::syntax(place.clone(), format!("`{directive}` is never closed"))
                .hint("write `)` at its end, on the same line")
        })
    }

    /// The kind of the next token.
    pub(super) fn peek(&mut self) -> Parsed<TokenKind> {
        self.peek_at(0)
    }

    /// The kind of the token `distance` after the next.
    pub(super) fn peek_at(&mut self, distance: usize) -> Parsed<TokenKind> {
        while self.ahead.len() <= distance {
            match self.lexer.next() {
                Ok(token) => self.ahead.push_back(token),
                Err(unlexable) => return Err(self.unlexable(unlexable.0)),
            }
        }
        Ok(self.ahead[distance].kind)
    }

    /// Takes the next token.
    pub(super) fn take(&mut self) -> Parsed<Token> {
        self.peek()?;
        let token = self.ahead.pop_front().expect("a token was just looked at");
        self.end = token.span.end;
        Ok(token)
    }

    /// Takes the next token, and returns it as written, with what lies before it and shows nothing.
    pub(super) fn take_written(&mut self) -> Parsed<Box<str>> {
        let start = self.end;
        self.take()?;
        Ok(self.source[start..self.end].into())
    }

    /// Takes the next token, which must be of this kind.
    pub(super) fn expect(&mut self, kind: TokenKind, what: &str) -> Parsed<Token> {
        if self.peek()? == kind {
            self.take()
        } else {
            Err(self.unexpected(format!("expected {what}")))
        }
    }

    pub(super) fn skip(&mut self, kind: TokenKind) -> Parsed<bool> {
        let found = self.peek()? == kind;
        if found {
            self.take()?;
        }
        Ok(found)
    }

    pub(super) fn skip_blanks(&mut self) -> Parsed<bool> {
        self.skip(TokenKind::Whitespace)
    }

    pub(super) fn image(&self, token: &Token) -> &'s str {
        &self.source[token.span.clone()]
    }

    pub(super) fn place(&self, span: Range<usize>) -> Range<usize> {
        match &self.origin {
            Origin::Exact(offset) => span.start + offset..span.end + offset,
            Origin::Within(literal) => literal.clone(),
        }
    }

    pub(super) fn place_of_next(&mut self) -> Parsed<Range<usize>> {
        self.peek()?;
        let span = self.ahead[0].span.clone();
        Ok(self.place(span))
    }

    /// The next token does not fit.
    pub(super) fn unexpected(&mut self, message: impl Into<String>) -> Box<Failure> {
        let message = message.into();
        let Some(token) = self.ahead.front() else {
            let end = self.source.len();
            return Failure::syntax(self.place(end..end), message);
        };
        let image = self.source[token.span.clone()].trim();
        let message = match token.kind {
            TokenKind::End => format!("{message}, but the template ends"),
            _ if message.starts_with("expected") => {
                format!("{message}, found `{}`", shortened(image))
            }
            _ => message,
        };
        let failure = Failure::syntax(self.place(token.span.clone()), message);
        match advice(token.kind, image) {
            Some(advice) => failure.hint(advice),
            None => failure,
        }
    }

    /// A call so far that was probably meant to be one of these directives.
    pub(super) fn misspelled(&self, directives: &[&'static str]) -> Option<String> {
        let unknown = self
            .symbols
            .calls
            .iter()
            .filter(|call| !self.symbols.macros.contains_key(*call));
        unknown.rev().find_map(|call| {
            let meant = nearest(call, directives.iter().copied())?;
            Some(format!("did you mean `#{meant}` where `#{call}` stands?"))
        })
    }

    /// No token begins at this place.
    pub(super) fn unlexable(&self, offset: usize) -> Box<Failure> {
        let rest = &self.source[offset..];
        let end = offset + rest.chars().next().map_or(0, char::len_utf8);
        let (message, hint) = unlexable(rest);
        let failure = Failure::syntax(self.place(offset..end), message);
        match hint {
            Some(hint) => failure.hint(hint),
            None => failure,
        }
    }
}

/// Whether a directive up to a token that does not fit looks as if its parenthesis should have been
/// closed on an earlier line: the token begins a line that does not close it, or another directive
/// stands in between. A list or a map may go over several lines.
fn is_left_open(source: &str, directive: Range<usize>) -> bool {
    let Some(text) = source.get(directive.clone()) else {
        return false;
    };
    let Some((_, rest)) = text.split_once('\n') else {
        return false;
    };
    let is_over = |text: &str, one: char, other: char| {
        text.matches(one).count() > text.matches(other).count()
    };
    let in_list = is_over(text, '[', ']') || is_over(text, '{', '}');
    let begins_line = rest
        .rsplit('\n')
        .next()
        .unwrap_or_default()
        .trim()
        .is_empty();
    let line = source[directive.end..].lines().next().unwrap_or_default();
    let is_closed = is_over(line, ')', '(');
    !in_list && (rest.contains('#') || (begins_line && !is_closed))
}
