//! A slab in chunks: stable numbers for many small records, without a hash table and without moving
//! anything.
//!
//! Growing never copies, an empty chunk goes back to the allocator, and the lowest free number is
//! used first, so memory follows the number of records that live now. The numbers survive a
//! restart, see [`Slab::insert_at`].

use std::collections::BTreeSet;

/// The number of a record in its slab. Numbers are used again after [`Slab::remove`].
pub(super) type Slot = u32;

/// No slot at all: the end of a list.
pub(super) const NOWHERE: Slot = Slot::MAX;

const CHUNK: usize = 1024;

struct Chunk<T> {
    used: usize,
    cells: Box<[Option<T>]>,
    /// Where to look first for a free cell; every cell below it is taken.
    hint: usize,
}

/// Records by [`Slot`].
pub(super) struct Slab<T> {
    chunks: Vec<Option<Chunk<T>>>,
    /// Chunks with room, those not allocated included.
    roomy: BTreeSet<usize>,
    len: usize,
    /// Chunks that are allocated.
    allocated: usize,
}

impl<T> Default for Slab<T> {
    fn default() -> Slab<T> {
        Slab {
            chunks: Vec::new(),
            roomy: BTreeSet::new(),
            len: 0,
            allocated: 0,
        }
    }
}

impl<T> Slab<T> {
    /// How many records live here.
    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// Bytes that the records take.
    pub(super) fn bytes(&self) -> usize {
        self.allocated * CHUNK * size_of::<Option<T>>()
    }

    /// The record at `slot`, if there is one.
    pub(super) fn get(&self, slot: Slot) -> Option<&T> {
        let (chunk, cell) = place(slot);
        self.chunks.get(chunk)?.as_ref()?.cells[cell].as_ref()
    }

    /// The record at `slot`, to be changed.
    pub(super) fn get_mut(&mut self, slot: Slot) -> Option<&mut T> {
        let (chunk, cell) = place(slot);
        self.chunks.get_mut(chunk)?.as_mut()?.cells[cell].as_mut()
    }

    /// Keeps `value` in the lowest free slot.
    pub(super) fn insert(&mut self, value: T) -> Slot {
        let index = self.roomy.first().copied().unwrap_or(self.chunks.len());
        let cell = self.chunk(index).free_cell();
        let slot =
            Slot::try_from(index * CHUNK + cell).expect("four billion messages do not fit a disk");
        self.insert_at(slot, value);
        slot
    }

    /// Keeps `value` at a slot that was chosen earlier, replacing what is there: how a restart puts
    /// records back.
    pub(super) fn insert_at(&mut self, slot: Slot, value: T) {
        let (index, cell) = place(slot);
        let chunk = self.chunk(index);
        if chunk.cells[cell].replace(value).is_some() {
            return;
        }
        chunk.used += 1;
        let full = chunk.used == CHUNK;
        self.len += 1;
        if full {
            self.roomy.remove(&index);
        }
    }

    /// Takes the record out; its slot is free from now on.
    pub(super) fn remove(&mut self, slot: Slot) -> Option<T> {
        let (index, cell) = place(slot);
        let chunk = self.chunks.get_mut(index)?.as_mut()?;
        let value = chunk.cells[cell].take()?;
        chunk.used -= 1;
        chunk.hint = chunk.hint.min(cell);
        if chunk.used == 0 {
            self.chunks[index] = None;
            self.allocated -= 1;
        }
        self.roomy.insert(index);
        self.len -= 1;
        Some(value)
    }

    /// Every record with its slot, lowest slot first.
    pub(super) fn iter(&self) -> impl Iterator<Item = (Slot, &T)> {
        let chunks = self
            .chunks
            .iter()
            .enumerate()
            .filter_map(|(index, chunk)| Some((index, chunk.as_ref()?)));
        chunks.flat_map(|(index, chunk)| {
            let slots = (index * CHUNK) as Slot..;
            slots
                .zip(&chunk.cells)
                .filter_map(|(slot, cell)| Some((slot, cell.as_ref()?)))
        })
    }

    fn chunk(&mut self, index: usize) -> &mut Chunk<T> {
        while self.chunks.len() <= index {
            self.roomy.insert(self.chunks.len());
            self.chunks.push(None);
        }
        self.allocated += usize::from(self.chunks[index].is_none());
        self.chunks[index].get_or_insert_with(|| Chunk {
            used: 0,
            cells: std::iter::repeat_with(|| None).take(CHUNK).collect(),
            hint: 0,
        })
    }
}

impl<T> Chunk<T> {
    fn free_cell(&mut self) -> usize {
        let free = self.cells[self.hint..].iter().position(Option::is_none);
        self.hint += free.expect("a roomy chunk has a free cell at or after its hint");
        self.hint
    }
}

fn place(slot: Slot) -> (usize, usize) {
    (slot as usize / CHUNK, slot as usize % CHUNK)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lowest_free_slot_first_and_numbers_stay() {
        let mut slab = Slab::default();
        for n in 0..3000u32 {
            assert_eq!(slab.insert(n), n);
        }
        assert_eq!(slab.remove(7), Some(7));
        assert_eq!(slab.remove(2050), Some(2050));
        assert_eq!(slab.remove(7), None);
        assert_eq!(
            (slab.insert(90), slab.insert(91), slab.insert(92)),
            (7, 2050, 3000)
        );
        assert_eq!(
            (slab.len(), slab.get(7), slab.get(99_999)),
            (3001, Some(&90), None)
        );
    }

    #[test]
    fn an_empty_chunk_is_given_back() {
        let mut slab = Slab::default();
        (0..2048u32).for_each(|n| _ = slab.insert(n));
        (1024..2048).for_each(|n| _ = slab.remove(n));
        assert!(slab.chunks[1].is_none());
        slab.insert_at(1500, 1);
        assert_eq!(slab.insert(2), 1024);
        assert_eq!(
            slab.iter().skip(1024).collect::<Vec<_>>(),
            [(1024, &2), (1500, &1)]
        );
    }
}
