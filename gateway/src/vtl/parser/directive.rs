//! Directives that are known by their name alone: `#foreach`, `#macro` and the rest; and calls of
//! macros, or text that looks like one.

use std::sync::Arc;

use super::head::{Argument, DirectiveHead};
use super::tokens::{Parsed, Parser};
use crate::vtl::ast::{
    Block, Break, CallBody, Define, Evaluate, Expression, Foreach, Macro, MacroCall,
    MacroDefinition, Name, Node,
};
use crate::vtl::error::Failure;

impl Parser<'_, '_, '_> {
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
                let message = format!(
                    "`#{}` is not available: API Gateway has no files to read",
                    head.name
                );
                Err(Failure::syntax(head.span, message))
            }
            _ => self.call(head),
        }
    }

    /// The body of a directive, and its `#end` as written.
    fn body(&mut self, head: &DirectiveHead) -> Parsed<(Block, Box<str>)> {
        let block = self.block()?;
        let end = self.end_of(&format!("#{}", head.name), &head.span)?;
        Ok((block, end))
    }

    fn foreach(&mut self, mut head: DirectiveHead) -> Parsed<Node> {
        let mut arguments = head.take_arguments("`#foreach($item in $list)`")?;
        for (position, argument) in arguments.iter().enumerate() {
            if let Argument::Word(word, place) = argument
                && position != 1
            {
                let failure = Failure::syntax(
                    place.clone(),
                    format!(
                        "`{word}` is a bare word: `#foreach` needs a reference, a list or a range"
                    ),
                );
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

    fn macro_definition(&mut self, mut head: DirectiveHead) -> Parsed<Node> {
        let mut arguments = head
            .take_arguments("`#macro(name $parameter)`")?
            .into_iter();
        let name = match arguments.next() {
            Some(Argument::Word(name, _)) => name,
            Some(Argument::Value(_)) => {
                return Err(
                    head.failure("the name of a macro must be a bare word, without `$` or quotes")
                );
            }
            None => return Err(head.failure("`#macro` needs a name")),
        };
        let mut parameters = Vec::new();
        for argument in arguments {
            if let Argument::Word(word, place) = &argument {
                let failure =
                    Failure::syntax(place.clone(), "a parameter of a macro must begin with `$`");
                return Err(failure.hint(format!("write `${word}`")));
            }
            parameters.push(self.variable(&argument));
        }
        let (body, end) = self.body(&head)?;
        let definition = Arc::new(Macro { parameters, body });
        self.symbols
            .macros
            .insert(name.as_str().into(), definition.clone());
        Ok(Node::Macro(Box::new(MacroDefinition {
            definition,
            head: head.written,
            end,
        })))
    }

    fn define(&mut self, mut head: DirectiveHead) -> Parsed<Node> {
        let arguments = head.take_arguments("`#define($name)`")?;
        let name = match arguments.first() {
            Some(Argument::Word(word, place)) => {
                let failure =
                    Failure::syntax(place.clone(), "`#define` needs a variable, not a bare word");
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
    fn literal_directive(&mut self, mut head: DirectiveHead) -> Parsed<Node> {
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

    fn evaluate(&mut self, mut head: DirectiveHead) -> Parsed<Node> {
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
            .ok_or_else(|| head.failure("`#evaluate` needs one string or reference"))?;
        Ok(Node::Evaluate(Box::new(Evaluate {
            span: head.span,
            text,
            head: head.written,
        })))
    }

    fn call(&mut self, head: DirectiveHead) -> Parsed<Node> {
        let has_body = head.name.starts_with('@') && head.arguments.is_some();
        let name: Box<str> = head.name.trim_start_matches('@').into();
        let head_end = self.end;
        self.symbols.calls.push(name.clone());
        let mut arguments = Vec::new();
        for argument in head.arguments.into_iter().flatten() {
            arguments.push(match argument {
                Argument::Value(value) => value,
                Argument::Word(word, place) => {
                    self.symbols.bare_words.push((name.clone(), place));
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
        Ok(Node::Call(Box::new(MacroCall {
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
            _ => self.symbols.names.intern(""),
        }
    }
}
