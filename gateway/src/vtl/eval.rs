//! Renders a tree with variables to text.
//!
//! The nulls are API Gateway's: a reference to nothing prints nothing and equals `""`. What the
//! template can reach beyond its own variables comes from a [`Host`]. Every step is paid from the
//! budget, so every rendering ends.

use super::ast::{Tree, VariableNames};
use super::error::Failure;
use super::value::Value;

mod block;
mod expression;
mod foreach;
mod host;
mod reference;
mod renderer;
mod scope;

pub(crate) use host::Host;

use renderer::{Halt, Renderer};

/// Renders a tree. A rendering that fails returns none of its output.
pub(super) fn render(
    tree: &Tree,
    names: &VariableNames,
    host: &mut dyn Host,
) -> Result<String, Box<Failure>> {
    let mut renderer = Renderer::new(tree, names, host);
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

/// Empties the containers that other containers were put into: containers that hold one another
/// would never be freed.
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
