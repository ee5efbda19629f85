//! The head of a directive: its name, and the arguments in parentheses after it.

use std::ops::Range;

use super::reference::starts_parameter;
use super::tokens::{Parsed, Parser};
use crate::vtl::ast::{Expression, Reference, ReferenceForm};
use crate::vtl::error::Failure;
use crate::vtl::lexer::TokenKind;

/// A directive's name and its parentheses.
pub(super) struct DirectiveHead {
    pub(super) name: String,
    /// Where the name stands.
    pub(super) span: Range<usize>,
    /// Where the name starts in the parser's text, and what lies before it and shows nothing.
    pub(super) start: usize,
    pub(super) before: usize,
    pub(super) arguments: Option<Vec<Argument>>,
    /// Name and parentheses as written, with what lies before them and what they swallow.
    pub(super) written: Box<str>,
}

/// An argument of a directive.
pub(super) enum Argument {
    /// A bare word, and where it stands.
    Word(String, Range<usize>),
    Value(Expression),
}

impl Parser<'_, '_, '_> {
    /// The name, and arguments if a parenthesis follows.
    pub(super) fn head(&mut self) -> Parsed<DirectiveHead> {
        let before = self.end;
        let word = self.take()?;
        let image = self.image(&word);
        let name = match word.kind {
            TokenKind::BracketedWord => image[2..image.len() - 1].to_owned(),
            _ => image.get(1..).unwrap_or_default().to_owned(),
        };
        self.lexer.expect_arguments();
        let arguments = if self.lexer.parenthesis_follows() {
            let (name, place) = (format!("#{name}("), self.place(word.span.clone()));
            Some(self.in_parentheses(&name, &place, Self::directive_arguments)?)
        } else {
            self.lexer.leave_directive();
            None
        };
        let (start, span) = (word.span.start, self.place(word.span));
        Ok(DirectiveHead {
            name,
            span,
            start,
            before,
            arguments,
            written: self.source[before..self.end].into(),
        })
    }

    fn directive_arguments(&mut self) -> Parsed<Vec<Argument>> {
        self.skip_blanks()?;
        self.expect(TokenKind::ParenOpen, "`(`")?;
        let mut arguments = Vec::new();
        while self.argument_follows()? {
            arguments.push(self.argument()?);
        }
        self.skip_blanks()?;
        self.expect(TokenKind::ParenClose, "`)`")?;
        Ok(arguments)
    }

    /// Whether blanks, a comma and an argument follow, as far as two tokens tell.
    fn argument_follows(&mut self) -> Parsed<bool> {
        let starts = |kind| kind == TokenKind::Word || starts_parameter(kind);
        Ok(match self.peek()? {
            TokenKind::Whitespace => {
                let second = self.peek_at(1)?;
                second == TokenKind::Comma || starts(second)
            }
            TokenKind::Comma => {
                let second = self.peek_at(1)?;
                second == TokenKind::Whitespace || starts(second)
            }
            first => starts(first),
        })
    }

    fn argument(&mut self) -> Parsed<Argument> {
        self.skip_blanks()?;
        if self.skip(TokenKind::Comma)? {
            self.skip_blanks()?;
        }
        if self.peek()? == TokenKind::Word {
            let token = self.take()?;
            return Ok(Argument::Word(
                self.image(&token).to_owned(),
                self.place(token.span),
            ));
        }
        self.value().map(Argument::Value)
    }
}

impl DirectiveHead {
    pub(super) fn failure(&self, message: &str) -> Box<Failure> {
        Failure::syntax(self.span.clone(), message)
    }

    pub(super) fn take_arguments(&mut self, usage: &str) -> Parsed<Vec<Argument>> {
        let name = &self.name;
        let message = format!("`#{name}` needs parentheses");
        self.arguments
            .take()
            .ok_or_else(|| self.failure(&message).hint(format!("write {usage}")))
    }

    /// The first argument, of `#break`.
    pub(super) fn first_value(&self) -> Parsed<Option<Box<Reference>>> {
        match self.arguments.as_deref() {
            None | Some([]) => Ok(None),
            Some([Argument::Value(Expression::Reference(reference))])
                if reference.form != ReferenceForm::Runt =>
            {
                Ok(Some(reference.clone()))
            }
            Some(_) => {
                Err(self.failure("`#break` takes no argument, or a loop such as `$foreach.parent`"))
            }
        }
    }
}

impl Argument {
    pub(super) fn into_value(self) -> Option<Expression> {
        match self {
            Argument::Value(value) => Some(value),
            Argument::Word(..) => None,
        }
    }
}
