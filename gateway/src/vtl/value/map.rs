//! Maps: keys in the order in which they came, and any value as a key.
//!
//! A list or map as a key is found as Java finds it: by its hash code of the moment when it was
//! put, then by `equals`. Both walk through it, so both are paid for and know how deep they are.

use std::cell::{Cell, Ref, RefCell};
use std::hash::{BuildHasher, Hash, Hasher};
use std::rc::Rc;
use std::sync::Arc;

use indexmap::IndexMap;
use indexmap::map::RawEntryApiV1;
use indexmap::map::raw_entry_v1::RawEntryMut;

use super::data::{Key, Map, MapCell, MapEntry, MapKind, Value};
use super::depth::nesting;
use super::equal::{hash_within, same};
use super::key::{Text, hash_single, is_same_single};
use crate::vtl::limits::{Budget, Exceeded, VALUE_NESTING};

impl Map {
    /// A map of these entries. Fails when they are nested too deeply.
    pub(crate) fn new(kind: MapKind, entries: IndexMap<Key, Value>) -> Result<Map, Exceeded> {
        let depth = nesting(entries.iter().flat_map(|(key, value)| [&key.0, value]))?;
        Ok(Map(Rc::new(MapCell {
            kind,
            entries: RefCell::new(entries),
            changes: Cell::new(0),
            depth,
        })))
    }

    /// A map from names to values.
    pub(crate) fn of(
        kind: MapKind,
        entries: impl IntoIterator<Item = (Arc<str>, Value)>,
    ) -> Result<Map, Exceeded> {
        Map::new(
            kind,
            entries
                .into_iter()
                .map(|(name, value)| (Key(Value::Text(name), 0), value))
                .collect(),
        )
    }

    /// A map from names to texts.
    pub(crate) fn of_texts(
        kind: MapKind,
        texts: &IndexMap<String, String>,
    ) -> Result<Map, Exceeded> {
        Map::of(
            kind,
            texts
                .iter()
                .map(|(name, text)| (name.as_str().into(), text.as_str().into())),
        )
    }

    /// A map from any values to values.
    pub(crate) fn literal(
        entries: Vec<(Value, Value)>,
        budget: &mut Budget,
    ) -> Result<Map, Exceeded> {
        let depth = nesting(entries.iter().flat_map(|(key, value)| [key, value]))?;
        let room = RefCell::new(IndexMap::with_capacity(entries.len()));
        let map = Map(Rc::new(MapCell {
            kind: MapKind::Plain,
            entries: room,
            changes: Cell::new(0),
            depth,
        }));
        for (key, value) in entries {
            map.put(key, value, budget)?;
        }
        Ok(map)
    }

    /// The kind of the map.
    pub(crate) fn kind(&self) -> MapKind {
        self.0.kind
    }

    /// The entries as they are now.
    pub(crate) fn entries(&self) -> Ref<'_, IndexMap<Key, Value>> {
        self.0.entries.borrow()
    }

    /// How many entries the map has.
    pub(crate) fn len(&self) -> usize {
        self.entries().len()
    }

    /// Whether the map has no entries.
    pub(crate) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The entry at a place.
    pub(crate) fn at(&self, place: usize) -> Option<(Value, Value)> {
        self.entries()
            .get_index(place)
            .map(|(key, value)| (key.0.clone(), value.clone()))
    }

    /// The value of a text key.
    pub(crate) fn get_text(&self, key: &str) -> Option<Value> {
        let entries = self.entries();
        match entries.get(&Text(key)) {
            None if self.kind() == MapKind::AnyCase => {
                let is_same = |known: &Key| match &known.0 {
                    Value::Text(known) => known.eq_ignore_ascii_case(key),
                    _ => false,
                };
                entries
                    .iter()
                    .find(|(known, _)| is_same(known))
                    .map(|(_, value)| value.clone())
            }
            found => found.cloned(),
        }
    }

    /// The value of any key.
    pub(crate) fn get(&self, key: &Value, budget: &mut Budget) -> Result<Option<Value>, Exceeded> {
        self.get_within(key, budget, 0)
    }

    pub(super) fn get_within(
        &self,
        key: &Value,
        budget: &mut Budget,
        depth: usize,
    ) -> Result<Option<Value>, Exceeded> {
        match key {
            Value::Text(text) => Ok(self.get_text(text)),
            _ => {
                let place = self.place(key, code(key, budget, depth)?, budget, depth)?;
                Ok(place
                    .ok()
                    .and_then(|place| self.at(place))
                    .map(|(_, value)| value))
            }
        }
    }

    /// Sets a key, and returns what it held before.
    pub(crate) fn put(
        &self,
        key: Value,
        value: Value,
        budget: &mut Budget,
    ) -> Result<Option<Value>, Exceeded> {
        if key.depth().max(value.depth()) >= VALUE_NESTING {
            return Err(Exceeded::Nesting);
        }
        let hash = code(&key, budget, 0)?;
        // The entries are not borrowed mutably while keys are compared: a key may hold this very
        // map.
        match self.place(&key, hash, budget, 0)? {
            Ok(place) => {
                let mut entries = self.0.entries.borrow_mut();
                Ok(entries
                    .get_index_mut(place)
                    .map(|(_, old)| std::mem::replace(old, value)))
            }
            Err(in_table) => {
                let mut entries = self.0.entries.borrow_mut();
                if let RawEntryMut::Vacant(free) =
                    entries.raw_entry_mut_v1().from_hash(in_table, |_| false)
                {
                    free.insert_hashed_nocheck(in_table, Key(key, hash), value);
                }
                self.0.changes.set(self.0.changes.get() + 1);
                Ok(None)
            }
        }
    }

    /// Takes a key out; the others keep their order.
    pub(crate) fn remove(
        &self,
        key: &Value,
        budget: &mut Budget,
    ) -> Result<Option<Value>, Exceeded> {
        let hash = code(key, budget, 0)?;
        let Ok(place) = self.place(key, hash, budget, 0)? else {
            return Ok(None);
        };
        Ok(self.remove_at(place, budget)?.map(|(_, value)| value))
    }

    /// Takes the entry at a place out; the others keep their order.
    pub(crate) fn remove_at(
        &self,
        place: usize,
        budget: &mut Budget,
    ) -> Result<Option<(Value, Value)>, Exceeded> {
        budget.steps(self.len() as u64 / 16)?;
        let removed = self.0.entries.borrow_mut().shift_remove_index(place);
        self.0
            .changes
            .set(self.0.changes.get() + u64::from(removed.is_some()));
        Ok(removed.map(|(key, value)| (key.0, value)))
    }

    /// Takes all keys out.
    pub(crate) fn clear(&self) {
        let entries = std::mem::take(&mut *self.0.entries.borrow_mut());
        self.0.changes.set(self.0.changes.get() + 1);
        drop(entries);
    }

    /// How often the length of the map changed.
    pub(crate) fn changes(&self) -> u64 {
        self.0.changes.get()
    }

    /// Whether both are the same map, not only equal ones.
    pub(crate) fn is(&self, other: &Map) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }

    /// Where a key of this hash code is; else the hash in the table, under which it would be.
    fn place(
        &self,
        key: &Value,
        code: i32,
        budget: &mut Budget,
        depth: usize,
    ) -> Result<Result<usize, u64>, Exceeded> {
        let entries = self.entries();
        let mut hasher = entries.hasher().build_hasher();
        match key {
            _ if key.is_container() => code.hash(&mut hasher),
            Value::Text(text) => Text(text).hash(&mut hasher),
            other => hash_single(other, &mut hasher),
        }
        let hash = hasher.finish();
        let mut failed = None;
        let found = entries.raw_entry_v1().index_from_hash(hash, |candidate| {
            if !key.is_container() || candidate.1 != code {
                return is_same_single(&candidate.0, key);
            }
            let paid = failed.map_or_else(|| budget.steps(2), Err);
            let equal = paid.and_then(|()| same(&candidate.0, key, budget, depth + 1));
            failed = failed.or(equal.err());
            equal == Ok(Some(true))
        });
        failed.map_or(Ok(found.ok_or(hash)), Err)
    }
}

impl MapEntry {
    /// An entry of a map.
    pub(super) fn new(map: Map, key: Value, value: Value) -> MapEntry {
        let depth = 1 + map.0.depth.max(key.depth()).max(value.depth());
        MapEntry {
            map,
            key,
            value: RefCell::new(value),
            depth,
        }
    }

    /// The map that holds the entry.
    pub(crate) fn map(&self) -> &Map {
        &self.map
    }

    /// The key of the entry.
    pub(crate) fn key(&self) -> &Value {
        &self.key
    }

    /// The value when the entry was asked for, or what was set since.
    pub(crate) fn value(&self) -> Value {
        self.value.borrow().clone()
    }

    /// Sets the value here, not in the map.
    pub(crate) fn set(&self, value: Value) {
        drop(self.value.replace(value));
    }
}

/// The hash code of a list or map that is to be a key; other keys do without.
fn code(key: &Value, budget: &mut Budget, depth: usize) -> Result<i32, Exceeded> {
    if key.is_container() {
        hash_within(key, budget, depth)
    } else {
        Ok(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vtl::number::Number;

    fn map() -> Map {
        Map::new(MapKind::Plain, IndexMap::new()).unwrap()
    }

    #[test]
    fn a_map_may_be_its_own_key() {
        let (map, empty, budget) = (map(), map(), &mut Budget::default());
        map.put(Value::Map(empty.clone()), Value::int(1), budget)
            .unwrap();
        map.put(Value::Map(map.clone()), Value::int(2), budget)
            .unwrap();
        assert_eq!(map.len(), 2);
        assert!(map.get(&Value::Map(empty), budget).unwrap().is_some());
        assert_eq!(
            map.remove(&Value::Map(map.clone()), budget).unwrap_err(),
            Exceeded::Nesting
        );
        map.clear();
    }

    #[test]
    fn keys_that_are_equal_are_one() {
        let (map, budget) = (map(), &mut Budget::default());
        let list = |text: &str| Value::from_json(&serde_json::from_str(text).unwrap()).unwrap();
        assert!(
            map.put(list("[1,[2]]"), Value::Null, budget)
                .unwrap()
                .is_none()
        );
        assert!(
            map.put(list("[1,[2]]"), Value::Null, budget)
                .unwrap()
                .is_some()
        );
        assert!(
            map.put(list("{\"a\":1}"), Value::Null, budget)
                .unwrap()
                .is_none()
        );
        assert!(
            map.put(list("{\"a\":1}"), Value::Null, budget)
                .unwrap()
                .is_some()
        );
    }

    #[test]
    fn small_fractions_as_keys_do_not_collide() {
        // If they did, the budget would not last for comparing each with all.
        let (map, budget) = (map(), &mut Budget::default());
        for step in 0..10_000 {
            map.put(
                Value::Number(Number::Double(f64::from(step) / 1e6)),
                Value::Null,
                budget,
            )
            .unwrap();
        }
        assert_eq!(map.len(), 10_000);
    }

    #[test]
    fn nesting_counts_keys_too() {
        let mut inner = Value::Map(map());
        for _ in 1..VALUE_NESTING {
            inner = Value::Map(
                Map::literal(vec![(inner, Value::int(1))], &mut Budget::default()).unwrap(),
            );
        }
        assert_eq!(
            Map::literal(vec![(inner, Value::Null)], &mut Budget::default()).unwrap_err(),
            Exceeded::Nesting
        );
    }
}
