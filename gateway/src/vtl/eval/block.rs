//! Blocks: text and directives, one after another. `#foreach` has a file of its own.

use std::collections::HashMap;

use super::renderer::{Halt, Ran, Renderer};
use super::scope::Frame;
use crate::vtl::ast::{Block, CallBody, Evaluate, If, MacroCall, Node, Reference, Set};
use crate::vtl::error::Failure;
use crate::vtl::parser;
use crate::vtl::value::Value;

impl Renderer<'_> {
    pub(super) fn block(&mut self, block: &Block) -> Ran<()> {
        self.level(|renderer| renderer.nodes(block))
    }

    fn nodes(&mut self, block: &Block) -> Ran<()> {
        for node in block {
            self.step()?;
            match node {
                Node::Text(text) => self.write(text)?,
                Node::Raw { shown, .. } => self.write(shown)?,
                Node::Reference(reference) => self.print(reference)?,
                Node::Set(set) => self.set(set)?,
                Node::If(conditional) => self.conditional(conditional)?,
                Node::Foreach(foreach) => self.foreach(foreach)?,
                Node::Define(define) => self.assign(define.name, Value::Block(define.body.clone())),
                Node::Macro(_) => {}
                Node::Call(call) => self.call(call)?,
                Node::Evaluate(evaluate) => self.evaluate(evaluate)?,
                Node::Break(end) => match &end.target {
                    Some(target) => return Err(self.break_loop(target)?),
                    None => return Err(Halt::Break),
                },
                Node::Stop(_) => return Err(Halt::Stop),
            }
        }
        Ok(())
    }

    fn set(&mut self, set: &Set) -> Ran<()> {
        self.at = set.target.span.clone();
        match self.value(&set.value)? {
            // As in Velocity, nothing leaves the variable as it was.
            Value::Null => Ok(()),
            value => self.assign_reference(&set.target, value),
        }
    }

    fn conditional(&mut self, conditional: &If) -> Ran<()> {
        for arm in &conditional.arms {
            if self.holds(&arm.condition)? {
                return self.block(&arm.body);
            }
        }
        conditional
            .otherwise
            .as_ref()
            .map_or(Ok(()), |(_, block)| self.block(block))
    }

    fn break_loop(&mut self, target: &Reference) -> Ran<Halt> {
        match self.value_of(target)? {
            Value::Loop(round) => Ok(Halt::BreakLoop(round)),
            _ => Err(Failure::render(target.span.clone(), "`#break` can end only a loop").into()),
        }
    }

    /// A macro, or the text of the call when there is none of this name.
    fn call(&mut self, call: &MacroCall) -> Ran<()> {
        let Some(definition) = self
            .scope
            .macros
            .get(&call.name)
            .or_else(|| self.macros.get(&call.name))
            .cloned()
        else {
            self.write(&call.head)?;
            return call
                .body
                .as_ref()
                .map_or(Ok(()), |CallBody { source, .. }| self.write(source));
        };
        self.at = call.span.clone();
        let body = call.body.as_ref().map(|body| body.block.clone());
        let frame = Frame {
            definition: definition.clone(),
            arguments: call.arguments.clone(),
            body,
            locals: HashMap::default(),
        };
        self.deeper(|renderer| {
            renderer.scope.frames.push(frame);
            let ran = renderer.block(&definition.body);
            renderer.scope.frames.pop();
            ran
        })
    }

    fn evaluate(&mut self, evaluate: &Evaluate) -> Ran<()> {
        let value = self.value(&evaluate.text)?;
        let source = self.text_of(&value)?;
        self.at = evaluate.span.clone();
        // Reading takes about as long as eight steps a byte.
        self.pay_bytes(8 * source.len() + 64 * self.macros.len())?;
        let mut macros = self.macros.clone();
        macros.extend(self.scope.macros.drain());
        let place = |failure: Box<Failure>| {
            let message = format!("in the text given to `#evaluate`: {}", failure.message);
            Halt::from(Box::new(Failure {
                span: evaluate.span.clone(),
                message,
                ..*failure
            }))
        };
        let parsed = parser::parse(&source, self.names.to_mut(), macros);
        let tree = parsed.map_err(place)?;
        self.scope.grow(&self.names, self.host);
        self.scope.macros = tree.macros;
        self.deeper(|renderer| renderer.block(&tree.block))
            .map_err(|halt| match halt {
                Halt::Failed(failure) => place(failure),
                halt => halt,
            })
    }
}
