//! The types of values.
//!
//! A value holds lists and maps, which hold values: so the types stand here together, and what they
//! can do is in the files beside this one.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;

use indexmap::IndexMap;

use crate::vtl::ast::Block;
use crate::vtl::number::Number;

/// A value of a template.
#[derive(Debug, Clone)]
pub(crate) enum Value {
    /// Null: an unset variable, a missing key, JSON's `null`. Prints nothing and equals `""`.
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
    Entry(Rc<MapEntry>),
    /// `$foreach`.
    Loop(Rc<Loop>),
    /// The block of a `#define`.
    Block(Arc<Block>),
    /// The class of a value: it has a name and nothing else.
    Class(Class),
    /// An object of the host, such as `$input`.
    Object(Object),
}

/// An object of the host, by the number that the host gave it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Object(pub u32);

/// A Java class, by its name with the package: `java.lang.String`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Class(pub &'static str);

/// A round of `#foreach`.
#[derive(Debug)]
pub(crate) struct Loop {
    /// The round, from 1.
    pub count: Cell<usize>,
    /// Whether another round follows.
    pub has_next: Cell<bool>,
    /// The loop around this one.
    pub parent: Option<Rc<Loop>>,
}

/// The kind of a list, which decides how it prints and which methods it has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ListKind {
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
    /// An iterator, as `iterator()` returns.
    Iterator,
}

/// A list, shared.
#[derive(Debug, Clone)]
pub(crate) struct List(pub(super) Rc<ListCell>);

#[derive(Debug)]
pub(super) struct ListCell {
    pub(super) kind: ListKind,
    pub(super) items: ListItems,
    /// How often items were added or removed, so that a loop notices.
    pub(super) changes: Cell<u64>,
    /// Levels of lists and maps in the list, as far as known when it was made.
    pub(super) depth: usize,
}

#[derive(Debug)]
pub(super) enum ListItems {
    Own(RefCell<Vec<Value>>),
    /// A view of a map: a change of the map is a change of the list.
    View(Map, MapPart),
}

/// The part of a map that a view shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum MapPart {
    /// `keySet()`.
    Keys,
    /// `values()`.
    Values,
    /// `entrySet()`.
    Entries,
}

/// The kind of a map.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum MapKind {
    /// An ordinary map.
    Plain,
    /// A name is found in any case (headers, when the case that the client wrote is not known).
    AnyCase,
    /// Prints nothing (`$context.identity`).
    Silent,
    /// Prints nothing, and each key can be set only once (`$context.responseOverride`, which holds
    /// the status).
    SilentOnce,
    /// Each key can be set only once (`$context.requestOverride.header`).
    Once,
}

/// A map, shared.
#[derive(Debug, Clone)]
pub(crate) struct Map(pub(super) Rc<MapCell>);

#[derive(Debug)]
pub(super) struct MapCell {
    pub(super) kind: MapKind,
    pub(super) entries: RefCell<IndexMap<Key, Value>>,
    /// How often keys were added or removed, so that a loop notices.
    pub(super) changes: Cell<u64>,
    pub(super) depth: usize,
}

/// A key of a map. A list or map as a key keeps the hash code of the moment when it was put.
#[derive(Debug, Clone)]
pub(crate) struct Key(pub Value, pub(super) i32);

impl From<&str> for Key {
    fn from(text: &str) -> Key {
        Key(text.into(), 0)
    }
}

/// A key and its value, from `entrySet()`. Setting the value sets it in the map.
#[derive(Debug)]
pub(crate) struct MapEntry {
    pub(super) map: Map,
    pub(super) key: Value,
    pub(super) value: RefCell<Value>,
    pub(super) depth: usize,
}

impl Class {
    /// The name without the package: `String`.
    pub(crate) fn simple(self) -> &'static str {
        match self.0 {
            "[Ljava.lang.String;" => "String[]",
            "[B" => "byte[]",
            name => name.rsplit(['.', '$']).next().unwrap_or(name),
        }
    }
}

impl Value {
    /// A string.
    pub(crate) fn text(text: impl Into<Arc<str>>) -> Value {
        Value::Text(text.into())
    }

    /// An int.
    pub(crate) fn int(int: i32) -> Value {
        Value::Number(Number::Int(int))
    }

    /// A size or a position.
    pub(crate) fn size(size: usize) -> Value {
        Value::Number(Number::of(size))
    }

    /// Whether the value is null.
    pub(crate) fn is_null(&self) -> bool {
        matches!(self, Value::Null)
    }

    /// Whether the value is a list, a map or an entry, which is shared and can hold others.
    pub(crate) fn is_container(&self) -> bool {
        matches!(self, Value::List(_) | Value::Map(_) | Value::Entry(_))
    }

    /// Whether `#if($value)` holds: only false and null do not; even `""` and `0` do.
    pub(crate) fn is_true(&self) -> bool {
        !matches!(self, Value::Null | Value::Bool(false))
    }

    /// The class that Java would name.
    pub(crate) fn class(&self) -> Option<Class> {
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
