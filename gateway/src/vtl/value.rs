//! What a template can hold, and what it counts as true or equal.
//!
//! Lists and maps are shared, as in Java: whoever holds one sees what others put into it. A value knows nothing of
//! templates; objects of the host (`$input`, say) are only a number here, and `eval` asks the host about them.

use std::cell::{Cell, Ref, RefCell};
use std::rc::Rc;
use std::sync::Arc;

use super::ast::Block;
use super::limits::{Exceeded, VALUE_NESTING};
use super::number::Number;

mod json;
mod map;
mod print;

pub use map::{Key, Map, MapKind};
pub use print::{json_string, quote};

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
    Entry(Rc<(Value, Value)>),
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

/// A Java class, by its names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Class {
    /// With the package: `java.lang.String`.
    pub name: &'static str,
    /// Without: `String`.
    pub simple: &'static str,
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
    items: RefCell<Vec<Value>>,
    /// How often items were added or removed, so that a loop notices.
    changes: Cell<u64>,
    /// Levels of lists and maps in it, as far as known when it was made.
    depth: usize,
    /// The map whose keys, values or entries these are.
    of: Option<Map>,
}

impl List {
    /// A list of these items. Fails when they are nested too deeply.
    pub fn new(kind: ListKind, items: Vec<Value>) -> Result<List, Exceeded> {
        List::made(kind, items, None)
    }

    /// Keys, values or entries of a map as they are now. A loop over them notices when the map changes.
    pub fn view(map: &Map, items: Vec<Value>) -> Result<List, Exceeded> {
        List::made(ListKind::View, items, Some(map.clone()))
    }

    fn made(kind: ListKind, items: Vec<Value>, of: Option<Map>) -> Result<List, Exceeded> {
        let depth = nesting(items.iter())?;
        Ok(List(Rc::new(ListCell { kind, items: RefCell::new(items), changes: Cell::new(0), depth, of })))
    }

    /// What kind of list it is.
    pub fn kind(&self) -> ListKind {
        self.0.kind
    }

    /// Its items now.
    pub fn items(&self) -> Ref<'_, Vec<Value>> {
        self.0.items.borrow()
    }

    /// Whether it is an array: that has a fixed length, and equals only itself.
    pub fn is_array(&self) -> bool {
        matches!(self.kind(), ListKind::Array | ListKind::Bytes)
    }

    /// How many items it has.
    pub fn len(&self) -> usize {
        self.items().len()
    }

    /// Whether it has none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The item at `index`.
    pub fn get(&self, index: usize) -> Option<Value> {
        self.items().get(index).cloned()
    }

    /// Changes its items; `change` must not look at the list.
    pub fn change<T>(&self, change: impl FnOnce(&mut Vec<Value>) -> T) -> T {
        let mut items = self.0.items.borrow_mut();
        let before = items.len();
        let result = change(&mut items);
        if items.len() != before {
            self.0.changes.set(self.0.changes.get() + 1);
        }
        result
    }

    /// How often its length changed.
    pub fn changes(&self) -> u64 {
        self.0.changes.get() + self.0.of.as_ref().map_or(0, Map::changes)
    }

    /// Whether both are the same list, not only equal ones.
    pub fn is(&self, other: &List) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
}

/// One more than the deepest of `items`.
fn nesting<'v>(items: impl Iterator<Item = &'v Value>) -> Result<usize, Exceeded> {
    let depth = 1 + items.map(Value::depth).max().unwrap_or(0);
    if depth > VALUE_NESTING { Err(Exceeded::Nesting) } else { Ok(depth) }
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
            Value::Entry(entry) => entry.1.depth(),
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
                ListKind::Array => return Some(Class { name: "[Ljava.lang.String;", simple: "String[]" }),
                ListKind::Bytes => return Some(Class { name: "[B", simple: "byte[]" }),
                ListKind::View => "java.util.LinkedHashSet",
                ListKind::Iterator => return Some(Class { name: "java.util.ArrayList$Itr", simple: "Itr" }),
            },
            Value::Map(_) => "java.util.LinkedHashMap",
            Value::Entry(_) => {
                return Some(Class { name: "java.util.LinkedHashMap$Entry", simple: "Entry" });
            }
            Value::Class(_) => "java.lang.Class",
            Value::Null | Value::Loop(_) | Value::Block(_) | Value::Object(_) => return None,
        };
        Some(Class { name, simple: name.rsplit('.').next().unwrap_or(name) })
    }

    /// What `==` says: numbers by value, the same kinds as `equals`, other kinds by their text. Nothing equals `""`.
    pub fn equals(&self, other: &Value) -> Result<bool, Exceeded> {
        Ok(match (self, other) {
            (Value::Null, Value::Null) => true,
            (Value::Null, Value::Text(text)) | (Value::Text(text), Value::Null) => text.is_empty(),
            (Value::Null, other) | (other, Value::Null) => other.shown()?.is_empty(),
            (Value::Number(one), Value::Number(two)) => one.compare(two) == Some(std::cmp::Ordering::Equal),
            _ => match self.same_within(other, 0)? {
                Some(equal) => equal,
                None => self.shown()? == other.shown()?,
            },
        })
    }

    /// Java's `equals`: same kind, same content.
    pub fn same(&self, other: &Value) -> Result<bool, Exceeded> {
        Ok(self.same_within(other, 0)?.unwrap_or(false))
    }

    /// [`None`] when the kinds differ.
    fn same_within(&self, other: &Value, depth: usize) -> Result<Option<bool>, Exceeded> {
        if depth > VALUE_NESTING {
            return Err(Exceeded::Nesting);
        }
        Ok(Some(match (self, other) {
            (Value::Null, Value::Null) => true,
            (Value::Bool(one), Value::Bool(two)) => one == two,
            (Value::Number(one), Value::Number(two)) => one.same(two),
            (Value::Text(one), Value::Text(two)) => one == two,
            (Value::Class(one), Value::Class(two)) => one == two,
            (Value::Object(one), Value::Object(two)) => one == two,
            (Value::Entry(one), Value::Entry(two)) => {
                one.0.same_within(&two.0, depth + 1)? == Some(true)
                    && one.1.same_within(&two.1, depth + 1)? == Some(true)
            }
            (Value::List(one), Value::List(two)) => one.is(two) || one.same_items(two, depth + 1)?,
            (Value::Map(one), Value::Map(two)) => one.is(two) || one.same_entries(two, depth + 1)?,
            _ => return Ok(None),
        }))
    }
}

impl List {
    fn same_items(&self, other: &List, depth: usize) -> Result<bool, Exceeded> {
        if self.len() != other.len() || self.is_array() || other.is_array() {
            return Ok(false);
        }
        for (one, two) in self.items().iter().zip(other.items().iter()) {
            if one.same_within(two, depth)? != Some(true) {
                return Ok(false);
            }
        }
        Ok(true)
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

    fn number(text: &str) -> Value {
        Value::Number(Number::json(text).unwrap())
    }

    #[test]
    fn equal_across_kinds() {
        assert!(number("7").equals(&number("7.0")).unwrap());
        assert!(number("7").equals(&"7".into()).unwrap());
        assert!(Value::Bool(true).equals(&"true".into()).unwrap());
        assert!(!number("7").same(&number("7.0")).unwrap());
    }

    #[test]
    fn nothing_equals_the_empty_string() {
        assert!(Value::Null.equals(&"".into()).unwrap());
        assert!(Value::Null.equals(&Value::Null).unwrap());
        assert!(!Value::Null.equals(&number("0")).unwrap());
    }

    #[test]
    fn a_list_may_not_be_nested_without_end() {
        let mut list = List::new(ListKind::Plain, vec![]).unwrap();
        for _ in 1..VALUE_NESTING {
            list = List::new(ListKind::Plain, vec![Value::List(list)]).unwrap();
        }
        assert_eq!(List::new(ListKind::Plain, vec![Value::List(list)]).unwrap_err(), Exceeded::Nesting);
    }
}
