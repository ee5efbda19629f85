//! What `entrySet()` is made of.

use std::cell::RefCell;

use super::{Map, Value};

/// A key and its value, from `entrySet()`. Setting the value sets it in the map.
#[derive(Debug)]
pub struct Entry {
    of: Map,
    key: Value,
    value: RefCell<Value>,
    depth: usize,
}

impl Entry {
    /// An entry of a map.
    pub(super) fn new(of: Map, key: Value, value: Value) -> Entry {
        let depth = 1 + of.depth().max(key.depth()).max(value.depth());
        Entry {
            of,
            key,
            value: RefCell::new(value),
            depth,
        }
    }

    /// The map.
    pub fn of(&self) -> &Map {
        &self.of
    }

    /// Its key.
    pub fn key(&self) -> &Value {
        &self.key
    }

    /// The value when the entry was asked for, or what was set since.
    pub fn value(&self) -> Value {
        self.value.borrow().clone()
    }

    /// Sets the value here, not in the map.
    pub fn set(&self, value: Value) {
        drop(self.value.replace(value));
    }

    pub(super) fn depth(&self) -> usize {
        self.depth
    }
}
