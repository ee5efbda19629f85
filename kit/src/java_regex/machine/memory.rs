//! Remembers where rounds of loops failed.

use crate::java_regex::budget::Budget;

/// For each loop, a bit for every place of the text.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    failed: Vec<Vec<u64>>,
}

impl Memory {
    pub(crate) fn forget(&mut self) {
        self.failed.clear();
    }

    pub(crate) fn has(&self, number: usize, place: usize) -> bool {
        let word = self
            .failed
            .get(number)
            .and_then(|bits| bits.get(place / 64));
        word.is_some_and(|word| word >> (place % 64) & 1 == 1)
    }

    /// Remembers a failure at `place`, in a text of `length` bytes.
    pub(crate) fn note<B: Budget>(
        &mut self,
        number: usize,
        place: usize,
        length: usize,
        budget: &mut B,
    ) -> Result<(), B::Exceeded> {
        if self.failed.len() <= number {
            self.failed.resize_with(number + 1, Vec::new);
        }
        let bits = &mut self.failed[number];
        if bits.is_empty() {
            budget.steps(1 + length as u64 / 512)?;
            bits.resize(length / 64 + 1, 0);
        }
        if let Some(word) = bits.get_mut(place / 64) {
            *word |= 1 << (place % 64);
        }
        Ok(())
    }
}
