//! `#set` and `#if`, which the lexer knows by name; and `#end`.

use std::ops::Range;

use super::tokens::{Parsed, Parser};
use crate::vtl::ast::{Arm, Expression, If, Node, Set};
use crate::vtl::error::Failure;
use crate::vtl::lexer::TokenKind;

impl Parser<'_, '_, '_> {
    pub(super) fn set(&mut self) -> Parsed<Node> {
        let place = self.place_of_next()?;
        self.in_parentheses("#set(", &place, Self::assignment)
    }

    fn assignment(&mut self) -> Parsed<Node> {
        let open = self.take_written()?;
        self.skip_blanks()?;
        if !matches!(self.peek()?, TokenKind::Identifier | TokenKind::BraceOpen) {
            return Err(self.unexpected("expected a reference to assign to"));
        }
        let target = self.reference()?;
        self.skip_blanks()?;
        if self.peek()? == TokenKind::Equal {
            return Err(self
                .unexpected("expected `=`")
                .hint("`==` compares; `#set` assigns with one `=`"));
        }
        self.expect(TokenKind::Assign, "`=`")?;
        let value = self.expression()?;
        let close = self.close()?;
        self.lexer.leave_set();
        Ok(Node::Set(Box::new(Set {
            open,
            target,
            value,
            close,
        })))
    }

    /// The `)` after an expression, as written.
    fn close(&mut self) -> Parsed<Box<str>> {
        let start = self.end;
        self.expect(TokenKind::ParenClose, "`)` or an operator")?;
        Ok(self.source[start..self.end].into())
    }

    pub(super) fn conditional(&mut self) -> Parsed<Node> {
        let place = self.place_of_next()?;
        let mut arms = vec![self.arm()?];
        while self.peek()? == TokenKind::ElseIf {
            arms.push(self.arm()?);
        }
        let mut otherwise = None;
        if self.peek()? == TokenKind::Else {
            otherwise = Some((self.take_written()?, self.block()?));
        }
        let end = self.end_of("#if", &place)?;
        Ok(Node::If(Box::new(If {
            arms,
            otherwise,
            end,
        })))
    }

    fn arm(&mut self) -> Parsed<Arm> {
        let place = self.place_of_next()?;
        let name = match self.peek()? {
            TokenKind::ElseIf => "#elseif(",
            _ => "#if(",
        };
        let (open, condition, close) = self.in_parentheses(name, &place, Self::condition)?;
        Ok(Arm {
            open,
            condition,
            close,
            body: self.block()?,
        })
    }

    /// `#if (condition)`: what stands before the condition, the condition, and what closes it.
    fn condition(&mut self) -> Parsed<(Box<str>, Expression, Box<str>)> {
        let open = self.take_written()?;
        self.skip_blanks()?;
        self.expect(TokenKind::ParenOpen, "`(` and a condition")?;
        Ok((open, self.expression()?, self.close()?))
    }

    /// The `#end` of the directive `name` that stands at `place`.
    pub(super) fn end_of(&mut self, name: &str, place: &Range<usize>) -> Parsed<Box<str>> {
        match self.peek()? {
            TokenKind::EndDirective => self.take_written(),
            TokenKind::End => {
                let message = format!("`{name}` is never closed");
                let hint = self.misspelled(&["end"]);
                let hint = hint.unwrap_or_else(|| "write `#end` after its body".to_owned());
                Err(Failure::syntax(place.clone(), message).hint(hint))
            }
            TokenKind::Else | TokenKind::ElseIf if name == "#if" => {
                Err(self.unexpected("only `#end` may follow the body of `#else`"))
            }
            TokenKind::Else | TokenKind::ElseIf => {
                Err(self.unexpected(format!("`{name}` has no `#else`")))
            }
            _ => Err(self.unexpected("this is not allowed here")),
        }
    }
}
