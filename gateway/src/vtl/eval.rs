//! Tree and variables to text.
//!
//! The nulls are API Gateway's: a reference to nothing prints nothing and equals `""`. What the
//! template can reach beyond its own variables comes from a [`Host`]. Every step is paid from the
//! budget, so any template ends.

use std::collections::HashMap;
use std::ops::Range;
use std::rc::Rc;
use std::sync::Arc;

use super::ast::{Block, Call, CallBody, Evaluate, If, Name, Names, Node, Reference, Set};
use super::error::Failure;
use super::limits::{self, Exceeded};
use super::method::{Outcome, Thrown, Work};
use super::parser::{self, Tree};
use super::value::{Loop, Map, Object, Value};

mod expression;
mod foreach;
mod reference;
mod scope;

use scope::{Frame, Scope};

/// What a template finds around it: variables, and objects with methods of their own.
pub trait Host {
    /// The variable `name`, if the host has one.
    fn variable(&mut self, name: &str) -> Option<Value>;
    /// A property of an object; nothing when it has none of this name.
    fn property(&mut self, object: Object, name: &str) -> Outcome;
    /// A method of an object; [`None`] when it has none of this name for these arguments.
    fn call(
        &mut self,
        object: Object,
        name: &str,
        arguments: &[Value],
        work: &mut Work,
    ) -> Option<Outcome>;
    /// The object as a map, if it is one.
    fn map(&mut self, object: Object) -> Option<Result<Map, Exceeded>>;
    /// The template has been rendered, and what it put into lists and maps is still there.
    fn rendered(&mut self);
}

/// Why a block did not run to its end.
enum Halt {
    /// It failed.
    Failed(Box<Failure>),
    /// `#break`: ends the innermost loop, macro or block.
    Break,
    /// `#break($foreach.parent)`: ends that loop.
    BreakLoop(Rc<Loop>),
    /// `#stop`: ends the rendering.
    Stop,
}

impl From<Box<Failure>> for Halt {
    fn from(failure: Box<Failure>) -> Halt {
        Halt::Failed(failure)
    }
}

type Ran<T> = Result<T, Halt>;

/// Renders a tree. What it printed is lost when it fails.
pub fn render(tree: &Tree, names: &Names, host: &mut dyn Host) -> Result<String, Box<Failure>> {
    let mut renderer = Renderer {
        macros: &tree.macros,
        names: std::borrow::Cow::Borrowed(names),
        scope: Scope::new(names, host),
        host,
        out: String::new(),
        asides: 0,
        work: Work::default(),
        innermost: None,
        calls: 0,
        depth: 0,
        at: 0..0,
    };
    let ran = renderer.block(&tree.block);
    let Renderer {
        out, work, host, ..
    } = renderer;
    let result = match ran {
        Ok(()) | Err(Halt::Break | Halt::BreakLoop(_) | Halt::Stop) => Ok(out),
        Err(Halt::Failed(failure)) => Err(failure),
    };
    if result.is_ok() {
        host.rendered();
    }
    unlink(work.linked);
    result
}

/// Empties the containers that others were put into: they may hold one another, and would never be
/// freed.
fn unlink(linked: Vec<Value>) {
    for container in linked {
        match container {
            Value::List(list) => list.change(Vec::clear),
            Value::Map(map) => map.clear(),
            Value::Entry(entry) => entry.set(Value::Null),
            _ => {}
        }
    }
}

struct Renderer<'t> {
    macros: &'t HashMap<Box<str>, Arc<super::ast::Macro>>,
    names: std::borrow::Cow<'t, Names>,
    scope: Scope,
    host: &'t mut dyn Host,
    out: String,
    /// Strings that are being rendered inside one another: what goes there is a value, and paid
    /// for.
    asides: usize,
    work: Work,
    innermost: Option<Rc<Loop>>,
    /// Macros, blocks and `#evaluate` inside one another now.
    calls: usize,
    /// Blocks and expressions inside one another now, over all calls.
    depth: usize,
    /// The last place that was passed: where to point when a bound is hit.
    at: Range<usize>,
}

impl Renderer<'_> {
    /// Goes one level deeper into the tree: the tree is not deep, but macros call one another.
    fn level<T>(&mut self, run: impl FnOnce(&mut Self) -> Ran<T>) -> Ran<T> {
        if self.depth == limits::DEPTH {
            return Err(self.exceeded(Exceeded::Depth));
        }
        self.depth += 1;
        let ran = run(self);
        self.depth -= 1;
        ran
    }

    fn block(&mut self, block: &Block) -> Ran<()> {
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

    fn step(&mut self) -> Ran<()> {
        match self.work.budget.step() {
            Ok(()) => Ok(()),
            Err(exceeded) => Err(self.exceeded(exceeded)),
        }
    }

    fn write(&mut self, text: &str) -> Ran<()> {
        if self.out.len() + text.len() > limits::OUTPUT_BYTES {
            return Err(self.exceeded(Exceeded::Output));
        }
        if self.asides > 0 {
            self.pay_bytes(text.len())?;
        }
        self.out.push_str(text);
        Ok(())
    }

    /// A bound was hit at the last place.
    fn exceeded(&self, exceeded: Exceeded) -> Halt {
        Failure::limit(self.at.clone(), exceeded.to_string()).into()
    }

    fn within<T>(&self, result: Result<T, Exceeded>) -> Ran<T> {
        result.map_err(|exceeded| self.exceeded(exceeded))
    }

    fn thrown(&self, place: &Range<usize>, thrown: Thrown) -> Halt {
        match thrown {
            Thrown::Exception(message) => Failure::render(place.clone(), message).into(),
            Thrown::Exceeded(exceeded) => {
                Failure::limit(place.clone(), exceeded.to_string()).into()
            }
        }
    }

    /// What `write` prints into, aside: returns what `render` printed.
    fn aside(&mut self, render: impl FnOnce(&mut Self) -> Ran<()>) -> Ran<String> {
        let before = std::mem::take(&mut self.out);
        self.asides += 1;
        let ran = render(self);
        self.asides -= 1;
        let printed = std::mem::replace(&mut self.out, before);
        ran.map(|()| printed)
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
            _ => Err(Failure::render(target.span.clone(), "`#break` can end a loop only").into()),
        }
    }

    /// A macro, or the text of the call when there is none of this name.
    fn call(&mut self, call: &Call) -> Ran<()> {
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

    /// Runs a macro or a block: not too deep, and `#break` ends no more than that.
    fn deeper(&mut self, run: impl FnOnce(&mut Self) -> Ran<()>) -> Ran<()> {
        if self.calls == limits::CALL_DEPTH {
            return Err(self.exceeded(Exceeded::Calls));
        }
        self.calls += 1;
        let ran = run(self);
        self.calls -= 1;
        match ran {
            Err(Halt::Break) => Ok(()),
            ran => ran,
        }
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
            let message = format!("in the text that `#evaluate` reads: {}", failure.message);
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

    fn assign(&mut self, name: Name, value: Value) {
        self.scope.set(name, value);
    }
}
