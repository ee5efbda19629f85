//! References: what they stand for, what they print, and what `#set` does to them.

use std::ops::Range;

use super::renderer::{Ran, Renderer};
use super::scope::Binding;
use crate::vtl::ast::{Expression, Member, Reference, ReferenceForm, ReferencePart};
use crate::vtl::method;
use crate::vtl::value::Value;

impl Renderer<'_> {
    /// Prints a reference that stands in text.
    pub(super) fn print(&mut self, reference: &Reference) -> Ran<()> {
        match reference.form {
            ReferenceForm::Plain | ReferenceForm::Quiet => {
                let value = self.value_of(reference)?;
                self.write(&reference.prefix)?;
                self.show(&value)
            }
            ReferenceForm::Escaped => {
                // `\$name` shows `$name` when there is such a thing, else the backslash too.
                let value = self.value_of(reference)?;
                self.write(&reference.prefix)?;
                self.write(if value.is_null() { "\\" } else { "" })?;
                self.write(&reference.source)
            }
            ReferenceForm::Runt => {
                let name = self.names.text(reference.root).to_owned();
                self.write(&name)
            }
            ReferenceForm::Dead => Ok(()),
        }
    }

    fn show(&mut self, value: &Value) -> Ran<()> {
        match value {
            Value::Text(text) => self.write(text),
            Value::Block(block) => {
                let block = block.clone();
                self.deeper(|renderer| renderer.block(&block))
            }
            Value::Null => Ok(()),
            _ => {
                let value = self.plain(value.clone())?;
                let text = self.within(value.shown())?;
                self.pay_bytes(text.len())?;
                self.write(&text)
            }
        }
    }

    /// The text of a value; a block is rendered for it.
    pub(super) fn text_of(&mut self, value: &Value) -> Ran<String> {
        let text = match value {
            Value::Block(block) => {
                let block = block.clone();
                self.aside(|renderer| renderer.deeper(|renderer| renderer.block(&block)))?
            }
            _ => {
                let value = self.plain(value.clone())?;
                let text = self.within(value.shown())?.into_owned();
                self.pay_bytes(text.len())?;
                text
            }
        };
        Ok(text)
    }

    /// The value of a reference.
    pub(super) fn value_of(&mut self, reference: &Reference) -> Ran<Value> {
        if matches!(reference.form, ReferenceForm::Runt | ReferenceForm::Dead) {
            return Ok(Value::Null);
        }
        self.follow(reference, &reference.steps)
    }

    fn follow(&mut self, reference: &Reference, steps: &[ReferencePart]) -> Ran<Value> {
        self.at = reference.span.clone();
        let paid = self.work.budget.steps(1 + self.scope.effort());
        self.within(paid)?;
        let mut value = match self.scope.find(reference.root) {
            Binding::Value(value) => value,
            Binding::Argument(frame, argument) => self.argument(frame, argument)?,
        };
        for step in steps {
            if value.is_null() {
                break;
            }
            value = self.access(value, step)?;
        }
        Ok(value)
    }

    /// Evaluates an argument of a macro where the macro was called.
    fn argument(&mut self, frame: usize, argument: usize) -> Ran<Value> {
        let arguments = self.scope.frames[frame].arguments.clone();
        let inner = self.scope.frames.split_off(frame);
        let value = self.value(&arguments[argument]);
        self.scope.frames.extend(inner);
        value
    }

    fn access(&mut self, receiver: Value, step: &ReferencePart) -> Ran<Value> {
        self.step()?;
        let outcome = match &step.access {
            Member::Property(name) => match receiver {
                Value::Object(object) => self.host.property(object, name),
                receiver => method::property(&receiver, name),
            },
            Member::Index(index) => {
                let index = self.value(index)?;
                let receiver = self.plain(receiver)?;
                method::index(&receiver, &index, &mut self.work)
            }
            Member::Method(name, arguments) => {
                return self.invoke(&receiver, name, arguments, &step.span);
            }
        };
        outcome.map_err(|thrown| self.thrown(&step.span, thrown))
    }

    fn invoke(
        &mut self,
        receiver: &Value,
        name: &str,
        arguments: &[Expression],
        place: &Range<usize>,
    ) -> Ran<Value> {
        let outcome = match arguments {
            [] => self.invoke_with(receiver, name, &[]),
            [only] => {
                let only = self.value(only)?;
                self.invoke_with(receiver, name, &[only])
            }
            _ => {
                let mut values = Vec::with_capacity(arguments.len());
                for argument in arguments {
                    values.push(self.value(argument)?);
                }
                self.invoke_with(receiver, name, &values)
            }
        };
        outcome.map_err(|thrown| self.thrown(place, thrown))
    }

    fn invoke_with(
        &mut self,
        receiver: &Value,
        name: &str,
        arguments: &[Value],
    ) -> method::MethodResult {
        let Value::Object(object) = receiver else {
            return method::call(receiver, name, arguments, &mut self.work);
        };
        if let Some(outcome) = self.host.call(*object, name, arguments, &mut self.work) {
            return outcome;
        }
        match self.host.map(*object) {
            Some(map) => method::call(&Value::Map(map?), name, arguments, &mut self.work),
            None => Ok(Value::Null),
        }
    }

    /// An object of the host that is a map, as a map.
    fn plain(&mut self, value: Value) -> Ran<Value> {
        match value {
            Value::Object(object) => match self.host.map(object) {
                Some(map) => Ok(Value::Map(self.within(map)?)),
                None => Ok(value),
            },
            value => Ok(value),
        }
    }

    /// `#set`. What cannot be assigned to stays as it is, without an error.
    pub(super) fn assign_reference(&mut self, target: &Reference, value: Value) -> Ran<()> {
        let Some((last, steps)) = target.steps.split_last() else {
            // Velocity 1.7 takes `{x` or `!x` for the name of `${x}` and `$!x`, so that they assign
            // nothing.
            if !target.source.starts_with("${") && !target.source.starts_with("$!") {
                self.assign(target.root, value);
            }
            return Ok(());
        };
        let holder = self.follow(target, steps)?;
        if holder.is_null() {
            return Ok(());
        }
        let holder = self.plain(holder)?;
        let done = match &last.access {
            Member::Index(index) => {
                let index = self.value(index)?;
                method::set_index(&holder, &index, value, &mut self.work).map(drop)
            }
            // A method is taken for a property here.
            Member::Property(name) | Member::Method(name, _) => match &holder {
                Value::Map(map) => {
                    method::put(map, Value::Text(name.clone()), value, &mut self.work).map(drop)
                }
                _ => Ok(()),
            },
        };
        done.map_err(|thrown| self.thrown(&last.span, thrown))
    }
}
