//! References: `$name`, `${name}`, and what follows a name.
//!
//! The first token may hold more than the name: backslashes, a `#` or `$` that led nowhere. What is
//! before the last dollar goes out as text.

use super::tokens::{Parsed, Parser};
use crate::vtl::ast::{Expression, Member, Reference, ReferenceForm, ReferencePart};
use crate::vtl::lexer::TokenKind;

/// The head of a reference, taken apart.
struct ReferenceHead {
    form: ReferenceForm,
    /// Length of what stands before the reference proper.
    before: usize,
    /// The part of it that is rendered.
    prefix: String,
    /// The name, unless it is the next token.
    name: Option<String>,
}

impl Parser<'_, '_, '_> {
    pub(super) fn reference(&mut self) -> Parsed<Reference> {
        let braced = self.peek()? == TokenKind::BraceOpen;
        let before = self.end;
        let first = self.take()?;
        let head = head(self.image(&first), braced);
        let name = if braced {
            let token = self.expect(TokenKind::Identifier, "a name after `${`")?;
            head.name.unwrap_or_else(|| self.image(&token).to_owned())
        } else {
            head.name.unwrap_or_default()
        };
        let mut steps = Vec::new();
        self.indexes(&mut steps)?;
        while self.peek()? == TokenKind::Dot && self.peek_at(1)? == TokenKind::Identifier {
            self.take()?;
            steps.push(self.member()?);
            self.indexes(&mut steps)?;
        }
        if braced {
            self.expect(TokenKind::BraceClose, "`}` at the end of the reference")?;
        }
        let (start, end) = (first.span.start + head.before, self.end);
        Ok(Reference {
            span: self.place(start..end),
            form: head.form,
            prefix: head.prefix.into(),
            root: self.symbols.names.intern(&name),
            steps,
            source: self.source[start..end].into(),
            written: self.source[before..end].into(),
        })
    }

    fn member(&mut self) -> Parsed<ReferencePart> {
        let method = self.peek_at(1)? == TokenKind::ParenOpen && {
            let third = self.peek_at(2)?;
            third == TokenKind::ArgumentsClose
                || third == TokenKind::Whitespace
                || starts_parameter(third)
        };
        let token = self.take()?;
        let name = self.image(&token).into();
        let access = if method {
            Member::Method(name, self.nested(Self::arguments)?)
        } else {
            Member::Property(name)
        };
        Ok(ReferencePart {
            span: self.place(token.span),
            access,
        })
    }

    /// `(a, b)`.
    fn arguments(&mut self) -> Parsed<Vec<Expression>> {
        self.take()?;
        let mut arguments = Vec::new();
        if self.peek()? != TokenKind::ArgumentsClose {
            arguments.push(self.parameter()?);
            while self.skip(TokenKind::Comma)? {
                arguments.push(self.parameter()?);
            }
        }
        self.expect(TokenKind::ArgumentsClose, "`,` or `)`")?;
        Ok(arguments)
    }

    fn indexes(&mut self, steps: &mut Vec<ReferencePart>) -> Parsed<()> {
        while self.peek()? == TokenKind::IndexOpen {
            let step = self.nested(Self::index)?;
            steps.push(step);
        }
        Ok(())
    }

    /// `[a]`.
    fn index(&mut self) -> Parsed<ReferencePart> {
        let open = self.take()?;
        self.skip_blanks()?;
        let index = match self.peek()? {
            TokenKind::Str => self.string()?,
            TokenKind::Integer => self.number()?,
            TokenKind::Identifier | TokenKind::BraceOpen => {
                Expression::Reference(Box::new(self.reference()?))
            }
            _ => return Err(self.unexpected("expected an index")),
        };
        self.skip_blanks()?;
        let close = self.expect(TokenKind::IndexClose, "`]`")?;
        Ok(ReferencePart {
            span: self.place(open.span.start..close.span.end),
            access: Member::Index(index),
        })
    }
}

/// Whether a value may start with this token.
pub(super) fn starts_parameter(kind: TokenKind) -> bool {
    matches!(
        kind,
        TokenKind::Str
            | TokenKind::Integer
            | TokenKind::Float
            | TokenKind::ListOpen
            | TokenKind::MapOpen
            | TokenKind::True
            | TokenKind::False
            | TokenKind::Identifier
            | TokenKind::BraceOpen
    )
}

/// Takes the first token of a reference apart.
fn head(image: &str, braced: bool) -> ReferenceHead {
    if image.contains("\\!") {
        return ReferenceHead {
            form: ReferenceForm::Dead,
            before: 0,
            prefix: String::new(),
            name: Some(image.to_owned()),
        };
    }
    let backslashes = image.bytes().take_while(|&byte| byte == b'\\').count();
    let dollar = image.rfind('$').unwrap_or(backslashes).max(backslashes);
    let reference = &image[dollar..];
    let escaped = backslashes % 2 == 1;
    // Velocity drops what stands between the backslashes and an escaped reference.
    let between = if escaped {
        ""
    } else {
        &image[backslashes..dollar]
    };
    let prefix = [&image[..backslashes / 2], between].concat();
    let (form, name) = match reference.strip_prefix('$') {
        None => (ReferenceForm::Runt, reference),
        Some(name) => match name.strip_prefix('!') {
            Some(name) => (ReferenceForm::Quiet, name),
            None => (ReferenceForm::Plain, name),
        },
    };
    let form = if escaped && form != ReferenceForm::Runt {
        ReferenceForm::Escaped
    } else {
        form
    };
    let name = if braced && form != ReferenceForm::Runt {
        None
    } else {
        Some(name.to_owned())
    };
    ReferenceHead {
        form,
        before: dollar,
        prefix,
        name,
    }
}
