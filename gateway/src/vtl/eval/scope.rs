//! Variables, and the parameters of macros.
//!
//! Variables are global to a rendering. A macro's parameters stand for the expressions of its call, and are evaluated
//! anew at each use; what is set inside a macro is set globally too, and hides the parameter until the macro ends.

use std::collections::HashMap;
use std::sync::Arc;

use super::Host;
use crate::vtl::ast::{Block, Expression, Macro, Name, Names};
use crate::vtl::value::Value;

/// A call of a macro that is running.
pub struct Frame {
    /// The macro.
    pub definition: Arc<Macro>,
    /// What it was called with.
    pub arguments: Arc<[Expression]>,
    /// `$bodyContent`.
    pub body: Option<Arc<Block>>,
    /// What was set since it runs.
    pub locals: Vec<(Name, Value)>,
}

/// Everything that has a name.
pub struct Scope {
    variables: Vec<Value>,
    /// Macros that are running, the innermost last.
    pub frames: Vec<Frame>,
    /// Macros that `#evaluate` defined.
    pub macros: HashMap<Box<str>, Arc<Macro>>,
}

/// What a name stands for.
pub enum Found {
    /// A value.
    Value(Value),
    /// Argument `.1` of the call in frame `.0`.
    Argument(usize, usize),
}

impl Scope {
    /// A scope that holds the host's variables and no others.
    pub fn new(names: &Names, host: &mut dyn Host) -> Scope {
        let mut scope = Scope { variables: Vec::new(), frames: Vec::new(), macros: HashMap::new() };
        scope.grow(names, host);
        scope
    }

    /// Makes room for names that came up while rendering.
    pub fn grow(&mut self, names: &Names, host: &mut dyn Host) {
        for name in &names.all()[self.variables.len()..] {
            self.variables.push(host.variable(name).unwrap_or(Value::Null));
        }
    }

    /// The variable, whatever macros are running.
    pub fn get(&self, name: Name) -> Value {
        self.variables[name.0 as usize].clone()
    }

    /// What `name` stands for here.
    pub fn find(&self, name: Name) -> Found {
        for (depth, frame) in self.frames.iter().enumerate().rev() {
            if let Some((_, value)) =
                frame.locals.iter().rev().find(|(local, value)| *local == name && !value.is_null())
            {
                return Found::Value(value.clone());
            }
            if name == Names::BODY_CONTENT
                && let Some(body) = &frame.body
            {
                return Found::Value(Value::Block(body.clone()));
            }
            let parameter = frame.definition.parameters.iter().rposition(|parameter| *parameter == name);
            if let Some(argument) = parameter.filter(|&argument| argument < frame.arguments.len()) {
                return Found::Argument(depth, argument);
            }
        }
        Found::Value(self.get(name))
    }

    /// Sets a variable, and hides the parameter of that name in every macro that is running.
    pub fn set(&mut self, name: Name, value: Value) {
        for frame in &mut self.frames {
            match frame.locals.iter_mut().find(|(local, _)| *local == name) {
                Some((_, local)) => *local = value.clone(),
                None => frame.locals.push((name, value.clone())),
            }
        }
        self.variables[name.0 as usize] = value;
    }
}
