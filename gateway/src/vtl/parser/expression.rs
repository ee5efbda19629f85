//! Expressions: literals, references and the operators between them, by precedence.

use super::reference::starts_parameter;
use super::tokens::{Origin, Parsed, Parser};
use crate::vtl::ast::{Block, Chain, Expression, Interpolated, Node, Operator};
use crate::vtl::error::Failure;
use crate::vtl::lexer::TokenKind;
use crate::vtl::number::Number;
use crate::vtl::utf16;

/// Operators from the loosest level to the tightest.
const LEVELS: [&[(TokenKind, Operator)]; 6] = [
    &[(TokenKind::Or, Operator::Or)],
    &[(TokenKind::And, Operator::And)],
    &[
        (TokenKind::Equal, Operator::Equal),
        (TokenKind::NotEqual, Operator::NotEqual),
    ],
    &[
        (TokenKind::Less, Operator::Less),
        (TokenKind::LessEqual, Operator::LessEqual),
        (TokenKind::Greater, Operator::Greater),
        (TokenKind::GreaterEqual, Operator::GreaterEqual),
    ],
    &[
        (TokenKind::Plus, Operator::Add),
        (TokenKind::Minus, Operator::Subtract),
    ],
    &[
        (TokenKind::Times, Operator::Multiply),
        (TokenKind::Divide, Operator::Divide),
        (TokenKind::Modulus, Operator::Modulus),
    ],
];

impl Parser<'_, '_, '_> {
    /// An expression, as in `#set(… = here)` and `#if(here)`.
    pub(super) fn expression(&mut self) -> Parsed<Expression> {
        self.nested(|parser| parser.level(0))
    }

    fn level(&mut self, level: usize) -> Parsed<Expression> {
        let Some(operators) = LEVELS.get(level) else {
            return self.unary();
        };
        let first = self.level(level + 1)?;
        let mut rest = Vec::new();
        loop {
            let kind = self.peek()?;
            let Some(&(_, operator)) = operators.iter().find(|(token, _)| *token == kind) else {
                break;
            };
            self.take()?;
            rest.push((operator, self.level(level + 1)?));
        }
        Ok(if rest.is_empty() {
            first
        } else {
            Expression::Chain(Box::new(Chain { first, rest }))
        })
    }

    fn unary(&mut self) -> Parsed<Expression> {
        let blank = self.peek()? == TokenKind::Whitespace;
        if self.peek_at(usize::from(blank))? != TokenKind::Not {
            return self.primary();
        }
        self.skip_blanks()?;
        self.take()?;
        Ok(Expression::Not(Box::new(self.nested(Self::unary)?)))
    }

    fn primary(&mut self) -> Parsed<Expression> {
        self.skip_blanks()?;
        let value = if self.skip(TokenKind::ParenOpen)? {
            let inner = self.expression()?;
            self.expect(TokenKind::ParenClose, "`)`")?;
            Expression::Group(Box::new(inner))
        } else {
            self.value()?
        };
        self.skip_blanks()?;
        Ok(value)
    }

    /// A value among arguments, with the blanks around it.
    pub(super) fn parameter(&mut self) -> Parsed<Expression> {
        self.skip_blanks()?;
        let value = self.value()?;
        self.skip_blanks()?;
        Ok(value)
    }

    /// A literal or a reference.
    pub(super) fn value(&mut self) -> Parsed<Expression> {
        match self.peek()? {
            TokenKind::Str => self.string(),
            TokenKind::Integer | TokenKind::Float => self.number(),
            TokenKind::True => self.take().map(|_| Expression::Bool(true)),
            TokenKind::False => self.take().map(|_| Expression::Bool(false)),
            TokenKind::Identifier | TokenKind::BraceOpen => {
                Ok(Expression::Reference(Box::new(self.reference()?)))
            }
            TokenKind::ListOpen => self.nested(Self::list_or_range),
            TokenKind::MapOpen => self.nested(Self::map),
            _ => Err(self.unexpected("expected a value")),
        }
    }

    pub(super) fn number(&mut self) -> Parsed<Expression> {
        let token = self.take()?;
        let image = self.image(&token);
        let number = match token.kind {
            TokenKind::Integer => Number::integer(image),
            _ => image.parse().ok().map(Number::Double),
        };
        number
            .map(Expression::Number)
            .ok_or_else(|| Failure::limit(self.place(token.span), "the number has too many digits"))
    }

    /// A string; one in double quotes with `$` or `#` inside is a template of its own.
    pub(super) fn string(&mut self) -> Parsed<Expression> {
        let token = self.take()?;
        let image = self.image(&token);
        let (quote, content) = (&image[..1], &image[1..image.len() - 1]);
        let single = content.replace(&quote.repeat(2), quote);
        if quote == "'" {
            return Ok(Expression::Text(single.into()));
        }
        let text = unicode(&single).ok_or_else(|| {
            let place = self.place(token.span.clone());
            Failure::syntax(place, "`\\u` must be followed by four hexadecimal digits")
        })?;
        if !content.contains(['$', '#']) {
            return Ok(Expression::Text(text.into()));
        }
        let origin = match (&self.origin, text == content) {
            (Origin::Exact(offset), true) => Origin::Exact(offset + token.span.start + 1),
            _ => Origin::Within(self.place(token.span.clone())),
        };
        let block = self.interpolated(&text, origin)?;
        Ok(Expression::Interpolated(Box::new(Interpolated {
            source: text.into(),
            block,
        })))
    }

    /// Velocity reads the content with a blank behind it, and drops that again: so `"$"` and `"a#"`
    /// are text. With a line comment inside, it does not.
    fn interpolated(&mut self, text: &str, origin: Origin) -> Parsed<Block> {
        if text.contains("##") {
            return self.inner(text, origin);
        }
        let mut block = self.inner(&format!("{text} "), origin)?;
        match block.last_mut() {
            Some(Node::Text(last)) => last.truncate(last.strip_suffix(' ').unwrap_or(last).len()),
            Some(Node::Raw { shown, .. }) => {
                *shown = shown.strip_suffix(' ').unwrap_or(shown).into();
            }
            _ => {}
        }
        Ok(block)
    }

    fn list_or_range(&mut self) -> Parsed<Expression> {
        if self.range_follows()? {
            return self.range();
        }
        self.take()?;
        let mut items = Vec::new();
        let first = self.peek()?;
        if first == TokenKind::Whitespace || starts_parameter(first) {
            items.push(self.parameter()?);
            while self.skip(TokenKind::Comma)? {
                items.push(self.parameter()?);
            }
        }
        self.expect(TokenKind::ListClose, "`,` or `]`")?;
        Ok(Expression::List(items))
    }

    fn range(&mut self) -> Parsed<Expression> {
        self.take()?;
        let from = self.bound()?;
        self.expect(TokenKind::DoubleDot, "`..`")?;
        let to = self.bound()?;
        self.expect(TokenKind::ListClose, "`]`")?;
        Ok(Expression::Range(Box::new((from, to))))
    }

    fn bound(&mut self) -> Parsed<Expression> {
        self.skip_blanks()?;
        let bound = match self.peek()? {
            TokenKind::Integer => self.number()?,
            TokenKind::Identifier | TokenKind::BraceOpen => {
                Expression::Reference(Box::new(self.reference()?))
            }
            _ => return Err(self.unexpected("expected a whole number or a reference")),
        };
        self.skip_blanks()?;
        Ok(bound)
    }

    /// Whether `[`, a number or a reference, and `..` follow. Looks only; a reference may be long.
    fn range_follows(&mut self) -> Parsed<bool> {
        let mut at = 1;
        if self.peek_at(at)? == TokenKind::Whitespace {
            at += 1;
        }
        let after = match self.peek_at(at)? {
            TokenKind::Integer => Some(at + 1),
            TokenKind::Identifier | TokenKind::BraceOpen => self.scan_reference(at)?,
            _ => None,
        };
        let Some(mut at) = after else {
            return Ok(false);
        };
        if self.peek_at(at)? == TokenKind::Whitespace {
            at += 1;
        }
        Ok(self.peek_at(at)? == TokenKind::DoubleDot)
    }

    /// Where the reference that starts at token `at` ends. [`None`] when there is no whole one.
    fn scan_reference(&mut self, mut at: usize) -> Parsed<Option<usize>> {
        let braced = self.peek_at(at)? == TokenKind::BraceOpen;
        at += usize::from(braced) + 1;
        let mut open = 0_usize;
        loop {
            let kind = self.peek_at(at)?;
            match kind {
                TokenKind::ParenOpen | TokenKind::IndexOpen => open += 1,
                TokenKind::ArgumentsClose | TokenKind::IndexClose if open > 0 => open -= 1,
                TokenKind::End => return Ok(None),
                TokenKind::Dot | TokenKind::Identifier if open == 0 => {}
                TokenKind::BraceClose if braced && open == 0 => return Ok(Some(at + 1)),
                _ if open == 0 => return Ok((!braced).then_some(at)),
                _ => {}
            }
            at += 1;
        }
    }

    /// `{a: b, c: d}`.
    fn map(&mut self) -> Parsed<Expression> {
        self.take()?;
        let mut entries = Vec::new();
        let blank = self.peek()? == TokenKind::Whitespace;
        if starts_parameter(self.peek_at(usize::from(blank))?) {
            entries.push(self.entry()?);
            while self.skip(TokenKind::Comma)? {
                entries.push(self.entry()?);
            }
        } else {
            self.skip_blanks()?;
        }
        if !self.skip(TokenKind::BraceClose)? {
            self.expect(TokenKind::MapClose, "`,` or `}`")?;
        }
        Ok(Expression::Map(entries))
    }

    fn entry(&mut self) -> Parsed<(Expression, Expression)> {
        let key = self.parameter()?;
        self.expect(TokenKind::Colon, "`:` after a key")?;
        Ok((key, self.parameter()?))
    }
}

/// Decodes `\uXXXX`, the one escape of strings in double quotes. [`None`] when digits are missing.
fn unicode(content: &str) -> Option<String> {
    let mut pieces = content.split("\\u");
    let mut units: Vec<u16> = pieces.next().unwrap_or_default().encode_utf16().collect();
    for piece in pieces {
        let (digits, rest) = piece.split_at_checked(4)?;
        units.push(u16::from_str_radix(digits, 16).ok()?);
        units.extend(rest.encode_utf16());
    }
    Some(utf16::text(&units))
}
