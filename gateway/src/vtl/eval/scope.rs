//! Variables, and the parameters of macros.
//!
//! Variables are global to a rendering. A macro's parameters stand for the expressions of its call,
//! and are evaluated anew at each use; what is set inside a macro is set globally too, and hides
//! the parameter until the macro ends.

use std::collections::HashMap;
use std::sync::Arc;

use super::host::Host;
use crate::vtl::ast::{Block, Expression, Macro, Name, VariableNames};
use crate::vtl::value::Value;

/// A call of a macro that is running.
pub(super) struct Frame {
    /// The macro.
    pub definition: Arc<Macro>,
    /// The arguments of the call.
    pub arguments: Arc<[Expression]>,
    /// `$bodyContent`.
    pub body: Option<Arc<Block>>,
    /// Variables that were set since the call.
    pub locals: HashMap<Name, Value>,
}

/// All variables, macros and parameters that a name may stand for.
pub(super) struct Scope {
    variables: Vec<Value>,
    /// Macros that are running, the innermost last.
    pub frames: Vec<Frame>,
    /// Macros that `#evaluate` defined.
    pub macros: HashMap<Box<str>, Arc<Macro>>,
}

/// The thing that a name stands for.
pub(super) enum Binding {
    /// A value.
    Value(Value),
    /// Argument `.1` of the call in frame `.0`.
    Argument(usize, usize),
}

impl Scope {
    /// A scope that holds the host's variables and no others.
    pub(super) fn new(names: &VariableNames, host: &mut dyn Host) -> Scope {
        let mut scope = Scope {
            variables: Vec::new(),
            frames: Vec::new(),
            macros: HashMap::new(),
        };
        scope.grow(names, host);
        scope
    }

    /// Makes room for names that came up while rendering.
    pub(super) fn grow(&mut self, names: &VariableNames, host: &mut dyn Host) {
        for name in &names.all()[self.variables.len()..] {
            self.variables
                .push(host.variable(name).unwrap_or(Value::Null));
        }
    }

    /// The variable, whatever macros are running.
    pub(super) fn get(&self, name: Name) -> Value {
        self.variables[name.0 as usize].clone()
    }

    /// The cost of finding a name, in steps: parameters are compared one by one.
    pub(super) fn effort(&self) -> u64 {
        self.frames
            .iter()
            .map(|frame| frame.definition.parameters.len() as u64 / 16)
            .sum()
    }

    /// Finds `name` in the running macros, then among the variables.
    pub(super) fn find(&self, name: Name) -> Binding {
        for (depth, frame) in self.frames.iter().enumerate().rev() {
            if let Some(value) = frame.locals.get(&name).filter(|value| !value.is_null()) {
                return Binding::Value(value.clone());
            }
            if name == VariableNames::BODY_CONTENT
                && let Some(body) = &frame.body
            {
                return Binding::Value(Value::Block(body.clone()));
            }
            let parameter = frame
                .definition
                .parameters
                .iter()
                .rposition(|parameter| *parameter == name);
            if let Some(argument) = parameter.filter(|&argument| argument < frame.arguments.len()) {
                return Binding::Argument(depth, argument);
            }
        }
        Binding::Value(self.get(name))
    }

    /// Sets a variable, and hides the parameter of that name in every macro that is running.
    pub(super) fn set(&mut self, name: Name, value: Value) {
        for frame in &mut self.frames {
            frame.locals.insert(name, value.clone());
        }
        self.variables[name.0 as usize] = value;
    }
}
