//! Cached responses within bounded memory. Pure: time is an argument.
//!
//! When there is no room, the response that was asked for longest ago goes.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use kit::time::Timestamp;

use crate::method_response::MethodResponse;

/// Bytes that an entry takes beside its key and its response.
const OVERHEAD: usize = 256;

/// A response as it is kept.
#[derive(Debug)]
pub(super) struct Entry {
    /// The response, without its request's trace id.
    pub response: MethodResponse,
    /// Whether its clients get a trace id.
    pub is_traced: bool,
    /// Whether the backend encoded it.
    pub is_encoded: bool,
}

#[derive(Debug)]
struct KeptEntry {
    entry: Arc<Entry>,
    until: Timestamp,
    size: usize,
    turn: u64,
}

/// All cached responses.
#[derive(Debug)]
pub(super) struct Entries {
    memory: usize,
    taken: usize,
    next_turn: u64,
    by_key: HashMap<Arc<str>, KeptEntry>,
    /// The keys by their last use.
    by_turn: BTreeMap<u64, Arc<str>>,
}

impl Entries {
    pub(super) fn new(memory: usize) -> Entries {
        Entries {
            memory,
            taken: 0,
            next_turn: 0,
            by_key: HashMap::new(),
            by_turn: BTreeMap::new(),
        }
    }

    /// The response under a key, unless it is too old.
    pub(super) fn get(&mut self, key: &str, now: Timestamp) -> Option<Arc<Entry>> {
        if self.by_key.get(key)?.until <= now {
            self.remove(key);
            return None;
        }
        let turn = self.take_turn();
        let kept = self.by_key.get_mut(key)?;
        if let Some(name) = self.by_turn.remove(&kept.turn) {
            self.by_turn.insert(turn, name);
        }
        kept.turn = turn;
        Some(kept.entry.clone())
    }

    /// Keeps a response until that time.
    pub(super) fn put(&mut self, key: String, entry: Entry, until: Timestamp, now: Timestamp) {
        self.remove(&key);
        let size = size(&key, &entry.response);
        if until <= now || size > self.memory {
            return;
        }
        while self.taken + size > self.memory {
            let Some((_, oldest)) = self.by_turn.pop_first() else {
                break;
            };
            self.remove(&oldest);
        }
        let (turn, key) = (self.take_turn(), Arc::<str>::from(key));
        self.taken += size;
        self.by_turn.insert(turn, key.clone());
        let kept = KeptEntry {
            entry: Arc::new(entry),
            until,
            size,
            turn,
        };
        self.by_key.insert(key, kept);
    }

    /// Forgets the responses whose key begins like this, or all; returns how many there were.
    pub(super) fn flush(&mut self, prefix: Option<&str>) -> usize {
        let prefix = prefix.unwrap_or_default();
        let keys = self.by_key.keys().filter(|key| key.starts_with(prefix));
        let keys: Vec<Arc<str>> = keys.cloned().collect();
        keys.iter().for_each(|key| self.remove(key));
        keys.len()
    }

    fn remove(&mut self, key: &str) {
        if let Some(kept) = self.by_key.remove(key) {
            self.taken -= kept.size;
            self.by_turn.remove(&kept.turn);
        }
    }

    fn take_turn(&mut self) -> u64 {
        self.next_turn += 1;
        self.next_turn
    }

    #[cfg(test)]
    pub(super) fn taken(&self) -> (usize, usize, usize) {
        (self.taken, self.by_key.len(), self.by_turn.len())
    }
}

fn size(key: &str, response: &MethodResponse) -> usize {
    let headers = response.headers.iter();
    let headers: usize = headers
        .map(|(name, value)| name.len() + value.len() + 48)
        .sum();
    OVERHEAD + 2 * key.len() + headers + response.body.len()
}
