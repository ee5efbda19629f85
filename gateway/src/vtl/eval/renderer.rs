//! One rendering: its output, its budget, and how it ends early.

use std::borrow::Cow;
use std::collections::HashMap;
use std::ops::Range;
use std::rc::Rc;
use std::sync::Arc;

use super::host::Host;
use super::scope::Scope;
use crate::vtl::ast::{Macro, Name, Tree, VariableNames};
use crate::vtl::error::Failure;
use crate::vtl::limits::{self, Exceeded};
use crate::vtl::method::{Thrown, Work};
use crate::vtl::value::{Loop, Value};

/// Why a block did not run to its end.
pub(super) enum Halt {
    /// The rendering failed.
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

/// The result of a part of a rendering, or why the rendering halts.
pub(super) type Ran<T> = Result<T, Halt>;

/// A rendering under way.
pub(super) struct Renderer<'t> {
    pub(super) macros: &'t HashMap<Box<str>, Arc<Macro>>,
    pub(super) names: Cow<'t, VariableNames>,
    pub(super) scope: Scope,
    pub(super) host: &'t mut dyn Host,
    pub(super) out: String,
    /// Strings that are being rendered inside one another. Their text becomes a value, which is
    /// paid for.
    asides: usize,
    pub(super) work: Work,
    pub(super) innermost: Option<Rc<Loop>>,
    /// Macros, blocks and `#evaluate` inside one another now.
    calls: usize,
    /// Blocks and expressions inside one another now, over all calls.
    depth: usize,
    /// The last place that was passed: an error about a bound points there.
    pub(super) at: Range<usize>,
}

impl<'t> Renderer<'t> {
    /// Starts a rendering of `tree` with the variables of the host.
    pub(super) fn new(
        tree: &'t Tree,
        names: &'t VariableNames,
        host: &'t mut dyn Host,
    ) -> Renderer<'t> {
        Renderer {
            macros: &tree.macros,
            names: Cow::Borrowed(names),
            scope: Scope::new(names, host),
            host,
            out: String::new(),
            asides: 0,
            work: Work::default(),
            innermost: None,
            calls: 0,
            depth: 0,
            at: 0..0,
        }
    }

    /// Goes one level deeper into the tree: the tree is not deep, but macros call one another.
    pub(super) fn level<T>(&mut self, run: impl FnOnce(&mut Self) -> Ran<T>) -> Ran<T> {
        if self.depth == limits::DEPTH {
            return Err(self.exceeded(Exceeded::Depth));
        }
        self.depth += 1;
        let ran = run(self);
        self.depth -= 1;
        ran
    }

    pub(super) fn step(&mut self) -> Ran<()> {
        match self.work.budget.step() {
            Ok(()) => Ok(()),
            Err(exceeded) => Err(self.exceeded(exceeded)),
        }
    }

    pub(super) fn write(&mut self, text: &str) -> Ran<()> {
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
    pub(super) fn exceeded(&self, exceeded: Exceeded) -> Halt {
        Failure::limit(self.at.clone(), exceeded.to_string()).into()
    }

    pub(super) fn within<T>(&self, result: Result<T, Exceeded>) -> Ran<T> {
        result.map_err(|exceeded| self.exceeded(exceeded))
    }

    pub(super) fn thrown(&self, place: &Range<usize>, thrown: Thrown) -> Halt {
        match thrown {
            Thrown::Exception(message) => Failure::render(place.clone(), message).into(),
            Thrown::Exceeded(exceeded) => {
                Failure::limit(place.clone(), exceeded.to_string()).into()
            }
        }
    }

    pub(super) fn pay_bytes(&mut self, count: usize) -> Ran<()> {
        let paid = self.work.budget.bytes(count);
        self.within(paid)
    }

    /// Runs `render` with an output of its own, and returns that output.
    pub(super) fn aside(&mut self, render: impl FnOnce(&mut Self) -> Ran<()>) -> Ran<String> {
        let before = std::mem::take(&mut self.out);
        self.asides += 1;
        let ran = render(self);
        self.asides -= 1;
        let printed = std::mem::replace(&mut self.out, before);
        ran.map(|()| printed)
    }

    /// Runs a macro or a block: not too deep, and `#break` ends no more than that.
    pub(super) fn deeper(&mut self, run: impl FnOnce(&mut Self) -> Ran<()>) -> Ran<()> {
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

    pub(super) fn assign(&mut self, name: Name, value: Value) {
        self.scope.set(name, value);
    }
}
