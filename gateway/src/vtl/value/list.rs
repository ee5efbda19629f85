//! Lists: items of their own, or a view of a map.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use super::data::{List, ListCell, ListItems, ListKind, Map, MapEntry, MapPart, Value};
use super::depth::{deeper, nesting};
use crate::vtl::limits::Exceeded;

impl List {
    /// A list of these items. Fails when they are nested too deeply.
    pub(crate) fn new(kind: ListKind, items: Vec<Value>) -> Result<List, Exceeded> {
        let depth = nesting(items.iter())?;
        Ok(List(Rc::new(ListCell {
            kind,
            items: ListItems::Own(RefCell::new(items)),
            changes: Cell::new(0),
            depth,
        })))
    }

    /// Keys, values or entries of a map, now and later.
    pub(crate) fn view(map: &Map, part: MapPart) -> Result<List, Exceeded> {
        let depth = deeper(map.0.depth)?;
        let items = ListItems::View(map.clone(), part);
        Ok(List(Rc::new(ListCell {
            kind: ListKind::View,
            items,
            changes: Cell::new(0),
            depth,
        })))
    }

    /// The kind of the list.
    pub(crate) fn kind(&self) -> ListKind {
        self.0.kind
    }

    /// The map that the list is a view of, and the part of the map that it shows.
    pub(crate) fn viewed(&self) -> Option<(&Map, MapPart)> {
        match &self.0.items {
            ListItems::Own(_) => None,
            ListItems::View(map, part) => Some((map, *part)),
        }
    }

    /// The items, one after another. The list may change during the iteration.
    pub(crate) fn iter(&self) -> impl Iterator<Item = Value> + '_ {
        (0..).map_while(|place| self.get(place))
    }

    /// Whether the list is an array, which has a fixed length and equals only itself.
    pub(crate) fn is_array(&self) -> bool {
        matches!(self.kind(), ListKind::Array | ListKind::Bytes)
    }

    /// How many items the list has.
    pub(crate) fn len(&self) -> usize {
        match &self.0.items {
            ListItems::Own(items) => items.borrow().len(),
            ListItems::View(map, _) => map.len(),
        }
    }

    /// Whether the list has no items.
    pub(crate) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The item at `index`.
    pub(crate) fn get(&self, index: usize) -> Option<Value> {
        match &self.0.items {
            ListItems::Own(items) => items.borrow().get(index).cloned(),
            ListItems::View(map, MapPart::Keys) => map.at(index).map(|(key, _)| key),
            ListItems::View(map, MapPart::Values) => map.at(index).map(|(_, value)| value),
            ListItems::View(map, MapPart::Entries) => map
                .at(index)
                .map(|(key, value)| Value::Entry(Rc::new(MapEntry::new(map.clone(), key, value)))),
        }
    }

    /// Changes the items; `change` must not look at the list. A view has no items of its own.
    pub(crate) fn change<T>(&self, change: impl FnOnce(&mut Vec<Value>) -> T) -> T {
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

    /// How often the length of the list changed.
    pub(crate) fn changes(&self) -> u64 {
        self.0.changes.get() + self.viewed().map_or(0, |(map, _)| map.changes())
    }

    /// Whether both are the same list, not only equal ones.
    pub(crate) fn is(&self, other: &List) -> bool {
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
