//! Lists: items of their own, or a view of a map.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use super::data::{List, ListCell, ListItems, ListKind, Map, MapEntry, MapPart, Value};
use super::depth::{deeper, nesting};
use crate::vtl::limits::Exceeded;

impl List {
    /// A list of these items. Fails when they are nested too deeply.
    pub fn new(kind: ListKind, items: Vec<Value>) -> Result<List, Exceeded> {
        let depth = nesting(items.iter())?;
        Ok(List(Rc::new(ListCell {
            kind,
            items: ListItems::Own(RefCell::new(items)),
            changes: Cell::new(0),
            depth,
        })))
    }

    /// Keys, values or entries of a map, now and later.
    pub fn view(map: &Map, part: MapPart) -> Result<List, Exceeded> {
        let depth = deeper(map.0.depth)?;
        let items = ListItems::View(map.clone(), part);
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
    pub fn viewed(&self) -> Option<(&Map, MapPart)> {
        match &self.0.items {
            ListItems::Own(_) => None,
            ListItems::View(map, part) => Some((map, *part)),
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
            ListItems::Own(items) => items.borrow().len(),
            ListItems::View(map, _) => map.len(),
        }
    }

    /// Whether it has none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The item at `index`.
    pub fn get(&self, index: usize) -> Option<Value> {
        match &self.0.items {
            ListItems::Own(items) => items.borrow().get(index).cloned(),
            ListItems::View(map, MapPart::Keys) => map.at(index).map(|(key, _)| key),
            ListItems::View(map, MapPart::Values) => map.at(index).map(|(_, value)| value),
            ListItems::View(map, MapPart::Entries) => map
                .at(index)
                .map(|(key, value)| Value::Entry(Rc::new(MapEntry::new(map.clone(), key, value)))),
        }
    }

    /// Changes its items; `change` must not look at the list. A view has none of its own.
    pub fn change<T>(&self, change: impl FnOnce(&mut Vec<Value>) -> T) -> T {
        let ListItems::Own(items) = &self.0.items else {
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
        self.0.changes.get() + self.viewed().map_or(0, |(map, _)| map.changes())
    }

    /// Whether both are the same list, not only equal ones.
    pub fn is(&self, other: &List) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vtl::limits::VALUE_NESTING;

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
