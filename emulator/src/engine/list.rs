//! A doubly linked list through the records of a [`Slab`]: any record leaves in one step, wherever
//! it stands.
//!
//! The list owns nothing. A record can stand in one list of each kind of chain at a time.

use std::marker::PhantomData;

use super::slab::{NOWHERE, Slab, Slot};

/// The neighbours of a record in its list.
#[derive(Debug, Clone, Copy)]
pub(super) struct Links {
    previous: Slot,
    next: Slot,
}

impl Default for Links {
    fn default() -> Links {
        Links {
            previous: NOWHERE,
            next: NOWHERE,
        }
    }
}

/// A record that can stand in a [`List`] of this kind.
pub(super) trait Linked<Chain> {
    /// The links of this record.
    fn neighbours(&self) -> &Links;
    /// The links of this record, to be changed.
    fn neighbours_mut(&mut self) -> &mut Links;
}

/// First and last record.
pub(super) struct List<Chain> {
    first: Slot,
    last: Slot,
    chain: PhantomData<Chain>,
}

impl<Chain> Default for List<Chain> {
    fn default() -> List<Chain> {
        List {
            first: NOWHERE,
            last: NOWHERE,
            chain: PhantomData,
        }
    }
}

impl<Chain> List<Chain> {
    /// The first record's slot.
    pub(super) fn first(&self) -> Option<Slot> {
        (self.first != NOWHERE).then_some(self.first)
    }

    /// The last record's slot.
    pub(super) fn last(&self) -> Option<Slot> {
        (self.last != NOWHERE).then_some(self.last)
    }

    /// Whether no record stands here.
    pub(super) fn is_empty(&self) -> bool {
        self.first == NOWHERE
    }

    /// The slot after `slot`, which must stand in this list.
    pub(super) fn after<T: Linked<Chain>>(&self, slab: &Slab<T>, slot: Slot) -> Option<Slot> {
        let next = slab.get(slot)?.neighbours().next;
        (next != NOWHERE).then_some(next)
    }

    /// Appends a record that stands in no list.
    pub(super) fn push_back<T: Linked<Chain>>(&mut self, slab: &mut Slab<T>, slot: Slot) {
        *links(slab, slot) = Links {
            previous: self.last,
            next: NOWHERE,
        };
        match self.last {
            NOWHERE => self.first = slot,
            last => links(slab, last).next = slot,
        }
        self.last = slot;
    }

    /// Puts a record that stands in no list before all others.
    pub(super) fn push_front<T: Linked<Chain>>(&mut self, slab: &mut Slab<T>, slot: Slot) {
        *links(slab, slot) = Links {
            previous: NOWHERE,
            next: self.first,
        };
        match self.first {
            NOWHERE => self.last = slot,
            first => links(slab, first).previous = slot,
        }
        self.first = slot;
    }

    /// Takes a record of this list out of it.
    pub(super) fn remove<T: Linked<Chain>>(&mut self, slab: &mut Slab<T>, slot: Slot) {
        let Links { previous, next } = std::mem::take(links(slab, slot));
        match previous {
            NOWHERE => self.first = next,
            previous => links(slab, previous).next = next,
        }
        match next {
            NOWHERE => self.last = previous,
            next => links(slab, next).previous = previous,
        }
    }
}

fn links<Chain, T: Linked<Chain>>(slab: &mut Slab<T>, slot: Slot) -> &mut Links {
    slab.get_mut(slot)
        .expect("a listed record is in the slab")
        .neighbours_mut()
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Item(Links);

    impl Linked<()> for Item {
        fn neighbours(&self) -> &Links {
            &self.0
        }

        fn neighbours_mut(&mut self) -> &mut Links {
            &mut self.0
        }
    }

    #[test]
    fn leaves_from_anywhere() {
        let mut slab = Slab::default();
        let mut list = List::<()>::default();
        for _ in 0..4 {
            let slot = slab.insert(Item(Links::default()));
            list.push_back(&mut slab, slot);
        }
        for gone in [1, 3, 0] {
            list.remove(&mut slab, gone);
        }
        list.push_front(&mut slab, 3);
        assert_eq!(
            (list.first(), list.after(&slab, 3), list.after(&slab, 2)),
            (Some(3), Some(2), None)
        );
        list.remove(&mut slab, 3);
        list.remove(&mut slab, 2);
        assert!(list.is_empty() && list.first().is_none());
    }
}
