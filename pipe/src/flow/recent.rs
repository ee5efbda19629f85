//! The messages that were delivered recently: when deleting one of them fails, it comes again.

use std::collections::{HashSet, VecDeque};

/// How many delivered messages are remembered.
const REMEMBERED: usize = 4096;

/// The ids of the last messages that were delivered.
#[derive(Debug, Default)]
pub(super) struct Recent {
    known: HashSet<String>,
    order: VecDeque<String>,
}

impl Recent {
    /// Whether this message was delivered recently.
    pub(super) fn contains(&self, id: &str) -> bool {
        self.known.contains(id)
    }

    /// A message was delivered.
    pub(super) fn insert(&mut self, id: &str) {
        if !self.known.insert(id.to_owned()) {
            return;
        }
        self.order.push_back(id.to_owned());
        if self.order.len() > REMEMBERED
            && let Some(oldest) = self.order.pop_front()
        {
            self.known.remove(&oldest);
        }
    }
}
