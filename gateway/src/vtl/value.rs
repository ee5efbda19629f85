//! What a template can hold, and what it counts as true or equal.
//!
//! Lists and maps are shared, as in Java: whoever holds one sees what others put into it. A value
//! knows nothing of templates; objects of the host (`$input`, say) are only a number here, and
//! `eval` asks the host about them.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;

use super::ast::Block;
use super::limits::{Exceeded, VALUE_NESTING};
use super::number::Number;

mod entry;
mod equal;
mod json;
mod key;
mod map;
mod print;

pub use entry::Entry;
pub use equal::hash_code;
pub use json::write_json;
pub use key::Key;
pub use map::{Map, MapKind};

/// A value of a template.
#[derive(Debug, Clone)]
pub enum Value {
    /// Nothing: an unset variable, a missing key, JSON's `null`. Prints nothing and equals `""`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// Any number.
    Number(Number),
    /// A string.
    Text(Arc<str>),
    /// A list, an array, or what `keySet()` and its like return.
    List(List),
    /// A map.
    Map(Map),
    /// A key and its value, from `entrySet()`.
    Entry(Rc<Entry>),
    /// `$foreach`.
    Loop(Rc<Loop>),
    /// What `#define` made.
    Block(Arc<Block>),
    /// The class of a value: it has a name and nothing else.
    Class(Class),
    /// Something that the host answers for.
    Object(Object),
}

/// An object of the host, by the number that the host gave it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Object(pub u32);

/// A Java class, by its name with the package: `java.lang.String`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Class(pub &'static str);

impl Class {
    /// The name without the package: `String`.
    pub fn simple(self) -> &'static str {
        match self.0 {
            "[Ljava.lang.String;" => "String[]",
            "[B" => "byte[]",
            name => name.rsplit(['.', '$']).next().unwrap_or(name),
        }
    }
}

/// A round of `#foreach`.
#[derive(Debug)]
pub struct Loop {
    /// The round, from 1.
    pub count: Cell<usize>,
    /// Whether another round follows.
    pub has_next: Cell<bool>,
    /// The loop around this one.
    pub parent: Option<Rc<Loop>>,
}

/// What kind of list it is: they print differently, and know different methods.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ListKind {
    /// Made by a template: `[1, a]`.
    Plain,
    /// From JSON: prints as JSON.
    Json,
    /// An array, as `split` returns: prints as Java prints an array.
    Array,
    /// The bytes of a string.
    Bytes,
    /// Keys, values or entries of a map: cannot be indexed.
    View,
    /// What `iterator()` returns.
    Iterator,
}

/// A list, shared.
#[derive(Debug, Clone)]
pub struct List(Rc<ListCell>);

#[derive(Debug)]
struct ListCell {
    kind: ListKind,
    items: Items,
    /// How often items were added or removed, so that a loop notices.
    changes: Cell<u64>,
    /// Levels of lists and maps in it, as far as known when it was made.
    depth: usize,
}

#[derive(Debug)]
enum Items {
    Own(RefCell<Vec<Value>>),
    /// A map shows through: what happens to it happens here.
    Of(Map, Shown),
}

/// What of a map a view shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shown {
    /// `keySet()`.
    Keys,
    /// `values()`.
    Values,
    /// `entrySet()`.
    Entries,
}

impl List {
    /// A list of these items. Fails when they are nested too deeply.
    pub fn new(kind: ListKind, items: Vec<Value>) -> Result<List, Exceeded> {
        let depth = nesting(items.iter())?;
        Ok(List(Rc::new(ListCell {
            kind,
            items: Items::Own(RefCell::new(items)),
            changes: Cell::new(0),
            depth,
        })))
    }

    /// Keys, values or entries of a map, now and later.
    pub fn view(map: &Map, shown: Shown) -> Result<List, Exceeded> {
        let depth = deeper(map.depth() + 1)?;
        let items = Items::Of(map.clone(), shown);
        Ok(List(Rc::new(ListCell {
            kind: ListKind::View,
            items,
            changes: Cell::new(0),
            depth,
        })))
    }

    /// What kind of list it is.
    pub fn kind(&self) -> ListKind {
        self.0.kind
    }

    /// The map that shows through, and what of it.
    pub fn of(&self) -> Option<(&Map, Shown)> {
        match &self.0.items {
            Items::Own(_) => None,
            Items::Of(map, shown) => Some((map, *shown)),
        }
    }

    /// Its items, one after another; it may change meanwhile.
    pub fn iter(&self) -> impl Iterator<Item = Value> + '_ {
        (0..).map_while(|place| self.get(place))
    }

    /// Whether it is an array: that has a fixed length, and equals only itself.
    pub fn is_array(&self) -> bool {
        matches!(self.kind(), ListKind::Array | ListKind::Bytes)
    }

    /// How many items it has.
    pub fn len(&self) -> usize {
        match &self.0.items {
            Items::Own(items) => items.borrow().len(),
            Items::Of(map, _) => map.len(),
        }
    }

    /// Whether it has none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The item at `index`.
    pub fn get(&self, index: usize) -> Option<Value> {
        match &self.0.items {
            Items::Own(items) => items.borrow().get(index).cloned(),
            Items::Of(map, Shown::Keys) => map.at(index).map(|(key, _)| key),
            Items::Of(map, Shown::Values) => map.at(index).map(|(_, value)| value),
            Items::Of(map, Shown::Entries) => map
                .at(index)
                .map(|(key, value)| Value::Entry(Rc::new(Entry::new(map.clone(), key, value)))),
        }
    }

    /// Changes its items; `change` must not look at the list. A view has none of its own.
    pub fn change<T>(&self, change: impl FnOnce(&mut Vec<Value>) -> T) -> T {
        let Items::Own(items) = &self.0.items else {
            return change(&mut Vec::new());
        };
        let mut items = items.borrow_mut();
        let before = items.len();
        let result = change(&mut items);
        if items.len() != before {
            self.0.changes.set(self.0.changes.get() + 1);
        }
        result
    }

    /// How often its length changed.
    pub fn changes(&self) -> u64 {
        self.0.changes.get() + self.of().map_or(0, |(map, _)| map.changes())
    }

    /// Whether both are the same list, not only equal ones.
    pub fn is(&self, other: &List) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
}

/// One more than the deepest of `items`.
fn nesting<'v>(items: impl Iterator<Item = &'v Value>) -> Result<usize, Exceeded> {
    deeper(1 + items.map(Value::depth).max().unwrap_or(0))
}

fn deeper(depth: usize) -> Result<usize, Exceeded> {
    if depth > VALUE_NESTING {
        Err(Exceeded::Nesting)
    } else {
        Ok(depth)
    }
}

impl Value {
    /// A string.
    pub fn text(text: impl Into<Arc<str>>) -> Value {
        Value::Text(text.into())
    }

    /// An int.
    pub fn int(int: i32) -> Value {
        Value::Number(Number::Int(int))
    }

    /// A size or a position.
    pub fn size(size: usize) -> Value {
        Value::Number(Number::of(size))
    }

    /// Whether it is nothing.
    pub fn is_null(&self) -> bool {
        matches!(self, Value::Null)
    }

    /// Whether it is a list or a map: something that others may hold too, and that may hold others.
    pub fn is_container(&self) -> bool {
        matches!(self, Value::List(_) | Value::Map(_) | Value::Entry(_))
    }

    /// What `#if($value)` asks: false and nothing are false, all else is true, even `""` and `0`.
    pub fn is_true(&self) -> bool {
        !matches!(self, Value::Null | Value::Bool(false))
    }

    fn depth(&self) -> usize {
        match self {
            Value::List(list) => list.0.depth,
            Value::Map(map) => map.depth(),
            Value::Entry(entry) => entry.depth(),
            _ => 0,
        }
    }

    /// The class that Java would name.
    pub fn class(&self) -> Option<Class> {
        let name = match self {
            Value::Bool(_) => "java.lang.Boolean",
            Value::Number(number) => number.class(),
            Value::Text(_) => "java.lang.String",
            Value::List(list) => match list.kind() {
                ListKind::Plain => "java.util.ArrayList",
                ListKind::Json => "net.minidev.json.JSONArray",
                ListKind::Array => "[Ljava.lang.String;",
                ListKind::Bytes => "[B",
                ListKind::View => "java.util.LinkedHashSet",
                ListKind::Iterator => "java.util.ArrayList$Itr",
            },
            Value::Map(_) => "java.util.LinkedHashMap",
            Value::Entry(_) => "java.util.LinkedHashMap$Entry",
            Value::Class(_) => "java.lang.Class",
            Value::Null | Value::Loop(_) | Value::Block(_) | Value::Object(_) => return None,
        };
        Some(Class(name))
    }
}

impl From<bool> for Value {
    fn from(bool: bool) -> Value {
        Value::Bool(bool)
    }
}

impl From<String> for Value {
    fn from(text: String) -> Value {
        Value::text(text)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Value {
        Value::text(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_may_not_be_nested_without_end() {
        let mut list = List::new(ListKind::Plain, vec![]).unwrap();
        for _ in 1..VALUE_NESTING {
            list = List::new(ListKind::Plain, vec![Value::List(list)]).unwrap();
        }
        assert_eq!(
            List::new(ListKind::Plain, vec![Value::List(list)]).unwrap_err(),
            Exceeded::Nesting
        );
    }
}
