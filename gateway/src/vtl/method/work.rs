//! What methods share: what they may spend, what they return, and how they make values that are
//! paid for.

use std::rc::Rc;
use std::sync::Arc;

use kit::counted::counted;
use kit::java_regex::Regex;

use crate::vtl::limits::{Budget, Exceeded};
use crate::vtl::value::{List, ListKind, Value};

/// The state that the methods of one rendering share.
#[derive(Debug, Default)]
pub(crate) struct Work {
    /// Steps and bytes left.
    pub budget: Budget,
    /// Lists and maps into which others were put: they may hold one another, and are emptied after
    /// the rendering.
    pub linked: Vec<Value>,
    /// Regular expressions that were read.
    pub patterns: Vec<(Arc<str>, Rc<Regex>)>,
    /// How often a list or map was changed. The host compares the count to notice changes.
    pub edits: u64,
}

/// Why a method has no result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Thrown {
    /// Java would throw; the text says why.
    Exception(String),
    /// A bound of the rendering.
    Exceeded(Exceeded),
}

impl From<Exceeded> for Thrown {
    fn from(exceeded: Exceeded) -> Thrown {
        Thrown::Exceeded(exceeded)
    }
}

/// What a method returns; null when it does not take these arguments.
pub(crate) type MethodResult = Result<Value, Thrown>;

/// Java would throw; `message` says why.
pub(super) fn exception(message: impl Into<String>) -> Thrown {
    Thrown::Exception(message.into())
}

/// A place outside of a list.
pub(super) fn out_of_range(place: i64, length: usize) -> Thrown {
    exception(format!(
        "index {place} is out of range: the list has {}",
        counted(length, "item")
    ))
}

/// A new list, paid for.
pub(super) fn new_list(kind: ListKind, items: Vec<Value>, work: &mut Work) -> MethodResult {
    work.budget.bytes(48 + 32 * items.len())?;
    Ok(Value::List(List::new(kind, items)?))
}

/// A new string, paid for.
pub(super) fn new_text(text: impl Into<Arc<str>>, work: &mut Work) -> MethodResult {
    let text: Arc<str> = text.into();
    work.budget.bytes(16 + text.len())?;
    Ok(Value::Text(text))
}

/// Remembers a container into which another is put.
pub(super) fn link(container: &Value, item: &Value, work: &mut Work) -> Result<(), Exceeded> {
    if item.is_container() {
        work.budget.bytes(32)?;
        work.linked.push(container.clone());
    }
    Ok(())
}
