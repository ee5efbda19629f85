//! Directives: `#set`, `#if`, `#foreach` and the rest; and calls of macros, or text that looks like
//! one.

use std::ops::Range;
use std::sync::Arc;

use super::super::ast::{
    Arm, Block, Break, Call, CallBody, Define, Evaluate, Expression, Foreach, Form, If, Macro,
    MacroDefinition, Name, Node, Reference, Set,
};
use super::super::error::Failure;
use super::super::lexer::Kind;
use super::reference::starts_parameter;
use super::{Parsed, Parser};

/// A directive's name and its parentheses.
struct Head {
    name: String,
    /// Where the name stands.
    span: Range<usize>,
    /// Where the name starts in the parser's text, and what lies before it and shows nothing.
    start: usize,
    before: usize,
    arguments: Option<Vec<Argument>>,
    /// Name and parentheses as written, with what lies before them and what they swallow.
    written: Box<str>,
}

/// An argument of a directive.
enum Argument {
    /// A bare word, and where it stands.
    Word(String, Range<usize>),
    Value(Expression),
}

impl Parser<'_, '_, '_> {
    pub(super) fn set(&mut self) -> Parsed<Node> {
        let open = self.take_written()?;
        self.skip_blanks()?;
        if !matches!(self.peek()?, Kind::Identifier | Kind::BraceOpen) {
            return Err(self.unexpected("expected a reference to assign to"));
        }
        let target = self.reference()?;
        self.skip_blanks()?;
        if self.peek()? == Kind::Equal {
            return Err(self
                .unexpected("expected `=`")
                .hint("`==` compares; `#set` assigns with one `=`"));
        }
        self.expect(Kind::Assign, "`=`")?;
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
        self.expect(Kind::ParenClose, "`)` or an operator")?;
        Ok(self.source[start..self.end].into())
    }

    pub(super) fn conditional(&mut self) -> Parsed<Node> {
        let place = self.place_of_next()?;
        let mut arms = vec![self.arm()?];
        while self.peek()? == Kind::ElseIf {
            arms.push(self.arm()?);
        }
        let mut otherwise = None;
        if self.peek()? == Kind::Else {
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
        let open = self.take_written()?;
        self.skip_blanks()?;
        self.expect(Kind::ParenOpen, "`(` and a condition")?;
        let condition = self.expression()?;
        Ok(Arm {
            open,
            condition,
            close: self.close()?,
            body: self.block()?,
        })
    }

    /// The `#end` of the directive `name` that stands at `place`.
    fn end_of(&mut self, name: &str, place: &Range<usize>) -> Parsed<Box<str>> {
        match self.peek()? {
            Kind::EndDirective => self.take_written(),
            Kind::End => {
                let message = format!("`{name}` is never closed");
                let hint = self.misspelled(&["end"]);
                let hint = hint.unwrap_or_else(|| "write `#end` after its body".to_owned());
                Err(Failure::syntax(place.clone(), message).hint(hint))
            }
            Kind::Else | Kind::ElseIf if name == "#if" => {
                Err(self.unexpected("nothing but `#end` may follow the body of `#else`"))
            }
            Kind::Else | Kind::ElseIf => Err(self.unexpected(format!("`{name}` has no `#else`"))),
            _ => Err(self.unexpected("this cannot stand here")),
        }
    }

    pub(super) fn directive(&mut self) -> Parsed<Node> {
        let head = self.head()?;
        match head.name.as_str() {
            "foreach" => self.foreach(head),
            "macro" => self.macro_definition(head),
            "define" => self.define(head),
            "literal" => self.literal_directive(head),
            "evaluate" => self.evaluate(head),
            "break" => Ok(Node::Break(Box::new(Break {
                target: head.first_value()?,
                head: head.written,
            }))),
            "stop" => Ok(Node::Stop(head.written)),
            "include" | "parse" => {
                let message = format!("API Gateway has nothing that `#{}` could read", head.name);
                Err(Failure::syntax(head.span, message))
            }
            _ => self.call(head),
        }
    }

    /// The name, and arguments if a parenthesis follows.
    fn head(&mut self) -> Parsed<Head> {
        let before = self.end;
        let word = self.take()?;
        let image = self.image(&word);
        let name = match word.kind {
            Kind::BracketedWord => image[2..image.len() - 1].to_owned(),
            _ => image.get(1..).unwrap_or_default().to_owned(),
        };
        self.lexer.expect_arguments();
        let arguments = if self.lexer.parenthesis_follows() {
            Some(self.directive_arguments()?)
        } else {
            self.lexer.leave_directive();
            None
        };
        let (start, span) = (word.span.start, self.place(word.span));
        Ok(Head {
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
        self.expect(Kind::ParenOpen, "`(`")?;
        let mut arguments = Vec::new();
        while self.argument_follows()? {
            arguments.push(self.argument()?);
        }
        self.skip_blanks()?;
        self.expect(Kind::ParenClose, "`)`")?;
        Ok(arguments)
    }

    /// Whether blanks, a comma and an argument follow, as far as two tokens tell.
    fn argument_follows(&mut self) -> Parsed<bool> {
        let starts = |kind| kind == Kind::Word || starts_parameter(kind);
        Ok(match self.peek()? {
            Kind::Whitespace => {
                let second = self.peek_at(1)?;
                second == Kind::Comma || starts(second)
            }
            Kind::Comma => {
                let second = self.peek_at(1)?;
                second == Kind::Whitespace || starts(second)
            }
            first => starts(first),
        })
    }

    fn argument(&mut self) -> Parsed<Argument> {
        self.skip_blanks()?;
        if self.skip(Kind::Comma)? {
            self.skip_blanks()?;
        }
        if self.peek()? == Kind::Word {
            let token = self.take()?;
            return Ok(Argument::Word(
                self.image(&token).to_owned(),
                self.place(token.span),
            ));
        }
        self.value().map(Argument::Value)
    }

    /// The body of a directive, and its `#end` as written.
    fn body(&mut self, head: &Head) -> Parsed<(Block, Box<str>)> {
        let block = self.block()?;
        let end = self.end_of(&format!("#{}", head.name), &head.span)?;
        Ok((block, end))
    }

    fn foreach(&mut self, mut head: Head) -> Parsed<Node> {
        let mut arguments = head.take_arguments("`#foreach($item in $list)`")?;
        for (position, argument) in arguments.iter().enumerate() {
            if let Argument::Word(word, place) = argument
                && position != 1
            {
                let failure =
                    Failure::syntax(place.clone(), format!("`{word}` cannot be looped over"));
                return Err(failure.hint(format!("write `${word}`")));
            }
        }
        if arguments.len() < 2 {
            return Err(head.failure("`#foreach` needs a variable and something to loop over"));
        }
        let item = self.variable(&arguments[0]);
        // With `in` left out, Velocity walks over the body itself: that is, over nothing.
        let over = if arguments.len() == 3 {
            arguments.pop().and_then(Argument::into_value)
        } else {
            None
        };
        let (body, end) = self.body(&head)?;
        Ok(Node::Foreach(Box::new(Foreach {
            span: head.span,
            item,
            over,
            head: head.written,
            body,
            end,
        })))
    }

    fn macro_definition(&mut self, mut head: Head) -> Parsed<Node> {
        let mut arguments = head
            .take_arguments("`#macro(name $parameter)`")?
            .into_iter();
        let name = match arguments.next() {
            Some(Argument::Word(name, _)) => name,
            Some(Argument::Value(_)) => {
                return Err(
                    head.failure("the name of a macro is a bare word, without `$` or quotes")
                );
            }
            None => return Err(head.failure("`#macro` needs a name")),
        };
        let mut parameters = Vec::new();
        for argument in arguments {
            if let Argument::Word(word, place) = &argument {
                let failure =
                    Failure::syntax(place.clone(), "a parameter of a macro begins with `$`");
                return Err(failure.hint(format!("write `${word}`")));
            }
            parameters.push(self.variable(&argument));
        }
        let (body, end) = self.body(&head)?;
        let definition = Arc::new(Macro { parameters, body });
        self.shared
            .macros
            .insert(name.as_str().into(), definition.clone());
        Ok(Node::Macro(Box::new(MacroDefinition {
            definition,
            head: head.written,
            end,
        })))
    }

    fn define(&mut self, mut head: Head) -> Parsed<Node> {
        let arguments = head.take_arguments("`#define($name)`")?;
        let name = match arguments.first() {
            Some(Argument::Word(word, place)) => {
                let failure = Failure::syntax(place.clone(), "`#define` names a variable");
                return Err(failure.hint(format!("write `${word}`")));
            }
            Some(argument) => self.variable(argument),
            None => return Err(head.failure("`#define` needs a variable")),
        };
        let (body, end) = self.body(&head)?;
        Ok(Node::Define(Box::new(Define {
            name,
            head: head.written,
            body: Arc::new(body),
            end,
        })))
    }

    /// `#literal() … #end` shows its body as written.
    fn literal_directive(&mut self, mut head: Head) -> Parsed<Node> {
        head.take_arguments("`#literal()`")?;
        let start = self.end;
        self.block()?;
        let end = self.end;
        self.end_of("#literal", &head.span)?;
        let (written, shown) = (
            &self.source[head.before..self.end],
            &self.source[start..end],
        );
        Ok(Node::Raw {
            written: written.into(),
            shown: shown.into(),
        })
    }

    fn evaluate(&mut self, mut head: Head) -> Parsed<Node> {
        let mut arguments = head.take_arguments("`#evaluate($text)`")?;
        let only = if arguments.len() == 1 {
            arguments.pop()
        } else {
            None
        };
        let text = only.and_then(Argument::into_value);
        let takes = |text: &Expression| {
            matches!(
                text,
                Expression::Text(_) | Expression::Interpolated(_) | Expression::Reference(_)
            )
        };
        let text = text
            .filter(takes)
            .ok_or_else(|| head.failure("`#evaluate` takes one string or reference"))?;
        Ok(Node::Evaluate(Box::new(Evaluate {
            span: head.span,
            text,
            head: head.written,
        })))
    }

    fn call(&mut self, head: Head) -> Parsed<Node> {
        let has_body = head.name.starts_with('@') && head.arguments.is_some();
        let name: Box<str> = head.name.trim_start_matches('@').into();
        let head_end = self.end;
        self.shared.calls.push(name.clone());
        let mut arguments = Vec::new();
        for argument in head.arguments.into_iter().flatten() {
            arguments.push(match argument {
                Argument::Value(value) => value,
                Argument::Word(word, place) => {
                    self.shared.bare_words.push((name.clone(), place));
                    Expression::Text(word.into())
                }
            });
        }
        let (before, source) = (
            &self.source[head.before..head.start],
            &self.source[head.start..head_end],
        );
        let mut body = None;
        if has_body {
            let block = Arc::new(self.block()?);
            self.end_of(&format!("#{}", head.name), &head.span)?;
            body = Some(CallBody {
                block,
                source: self.source[head_end..self.end].into(),
            });
        }
        Ok(Node::Call(Box::new(Call {
            span: head.span,
            name,
            arguments: arguments.into(),
            body,
            before: before.into(),
            head: source.into(),
        })))
    }

    /// The variable that an argument of `#foreach`, `#macro` or `#define` names.
    fn variable(&mut self, argument: &Argument) -> Name {
        match argument {
            Argument::Value(Expression::Reference(reference)) => reference.root,
            // Velocity takes anything here; nothing in a template can name it.
            _ => self.shared.names.intern(""),
        }
    }
}

impl Head {
    fn failure(&self, message: &str) -> Box<Failure> {
        Failure::syntax(self.span.clone(), message)
    }

    fn take_arguments(&mut self, usage: &str) -> Parsed<Vec<Argument>> {
        let name = &self.name;
        let message = format!("`#{name}` without its parentheses");
        self.arguments
            .take()
            .ok_or_else(|| self.failure(&message).hint(format!("write {usage}")))
    }

    /// The first argument, of `#break`.
    fn first_value(&self) -> Parsed<Option<Box<Reference>>> {
        match self.arguments.as_deref() {
            None | Some([]) => Ok(None),
            Some([Argument::Value(Expression::Reference(reference))])
                if reference.form != Form::Runt =>
            {
                Ok(Some(reference.clone()))
            }
            Some(_) => {
                Err(self.failure("`#break` takes nothing, or a loop such as `$foreach.parent`"))
            }
        }
    }
}

impl Argument {
    fn into_value(self) -> Option<Expression> {
        match self {
            Argument::Value(value) => Some(value),
            Argument::Word(..) => None,
        }
    }
}
