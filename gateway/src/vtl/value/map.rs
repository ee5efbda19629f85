//! Maps: keys in the order in which they came, and any value as a key.

use std::cell::{Cell, Ref, RefCell};
use std::hash::{Hash, Hasher};
use std::rc::Rc;
use std::sync::Arc;

use indexmap::{Equivalent, IndexMap};

use super::{Exceeded, Value, nesting};
use crate::vtl::limits::Budget;

/// What kind of map it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MapKind {
    /// An ordinary map.
    Plain,
    /// Prints nothing (`$context.identity`).
    Silent,
    /// Prints nothing, and each key can be set only once (`$context.responseOverride`, which holds the status).
    SilentOnce,
    /// Each key can be set only once (`$context.requestOverride.header`).
    Once,
}

/// A key. Text finds text without allocating; a list or a map as a key is known by its text.
#[derive(Debug, Clone)]
pub struct Key(pub Value);

/// A map, shared.
#[derive(Debug, Clone)]
pub struct Map(Rc<MapCell>);

#[derive(Debug)]
struct MapCell {
    kind: MapKind,
    entries: RefCell<IndexMap<Key, Value>>,
    changes: Cell<u64>,
    depth: usize,
}

impl Map {
    /// A map of these entries. Fails when they are nested too deeply.
    pub fn new(kind: MapKind, entries: IndexMap<Key, Value>) -> Result<Map, Exceeded> {
        let depth = nesting(entries.values())?;
        Ok(Map(Rc::new(MapCell { kind, entries: RefCell::new(entries), changes: Cell::new(0), depth })))
    }

    /// A map from names to values.
    pub fn of(kind: MapKind, entries: impl IntoIterator<Item = (Arc<str>, Value)>) -> Result<Map, Exceeded> {
        Map::new(kind, entries.into_iter().map(|(name, value)| (Key(Value::Text(name)), value)).collect())
    }

    /// What kind of map it is.
    pub fn kind(&self) -> MapKind {
        self.0.kind
    }

    /// Its entries now.
    pub fn entries(&self) -> Ref<'_, IndexMap<Key, Value>> {
        self.0.entries.borrow()
    }

    /// The value of a text key.
    pub fn get_text(&self, key: &str) -> Option<Value> {
        self.entries().get(&Text(key)).cloned()
    }

    /// The value of any key.
    pub fn get(&self, key: &Value) -> Option<Value> {
        match key {
            Value::Text(text) => self.get_text(text),
            _ => self.entries().get(&Key(key.clone())).cloned(),
        }
    }

    /// Sets a key, and returns what it held before.
    pub fn put(&self, key: Value, value: Value) -> Option<Value> {
        let mut entries = self.0.entries.borrow_mut();
        let before = entries.len();
        let old = entries.insert(Key(key), value);
        if entries.len() != before {
            self.0.changes.set(self.0.changes.get() + 1);
        }
        old
    }

    /// Takes a key out; the others keep their order.
    pub fn remove(&self, key: &Value) -> Option<Value> {
        let removed = self.0.entries.borrow_mut().shift_remove(&Key(key.clone()));
        if removed.is_some() {
            self.0.changes.set(self.0.changes.get() + 1);
        }
        removed
    }

    /// Takes all keys out.
    pub fn clear(&self) {
        self.0.entries.borrow_mut().clear();
        self.0.changes.set(self.0.changes.get() + 1);
    }

    /// How often its length changed.
    pub fn changes(&self) -> u64 {
        self.0.changes.get()
    }

    /// Whether both are the same map, not only equal ones.
    pub fn is(&self, other: &Map) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }

    pub(super) fn depth(&self) -> usize {
        self.0.depth
    }
}

/// A text key to look up.
struct Text<'k>(&'k str);

impl Hash for Text<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}

impl Equivalent<Key> for Text<'_> {
    fn equivalent(&self, key: &Key) -> bool {
        matches!(&key.0, Value::Text(text) if **text == *self.0)
    }
}

impl Hash for Key {
    fn hash<H: Hasher>(&self, state: &mut H) {
        match &self.0 {
            Value::Text(text) => text.hash(state),
            Value::Bool(bool) => bool.hash(state),
            Value::Number(number) => number.to_long().hash(state),
            // Containers may change or hold themselves: their kind must do.
            other => std::mem::discriminant(other).hash(state),
        }
    }
}

impl PartialEq for Key {
    fn eq(&self, other: &Key) -> bool {
        self.0.same(&other.0, &mut Budget::for_a_key()).unwrap_or(false)
    }
}

impl Eq for Key {}
