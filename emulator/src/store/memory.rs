//! The store without a disk: contents by number, everything else is forgotten at once.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use crate::engine::{Content, Effect, Engine, Place};

/// Contents in memory.
#[derive(Debug, Default)]
pub struct Memory {
    contents: Mutex<Contents>,
}

#[derive(Debug, Default)]
struct Contents {
    next: u64,
    by_number: HashMap<u64, Content>,
}

impl Memory {
    pub(super) fn take(&self, engine: &mut Engine, effects: Vec<Effect>, dropped: &[Place]) {
        let mut contents = self.contents.lock().unwrap_or_else(PoisonError::into_inner);
        for effect in effects {
            if let Effect::Stored(stored) = effect {
                contents.next += 1;
                let number = contents.next;
                contents.by_number.insert(number, stored.content);
                engine.place(stored.snapshot.key, to_place(number));
            }
        }
        for place in dropped {
            contents.by_number.remove(&to_number(*place));
        }
    }

    pub(super) fn read(&self, place: Place) -> Option<Content> {
        let contents = self.contents.lock().unwrap_or_else(PoisonError::into_inner);
        contents.by_number.get(&to_number(place)).cloned()
    }
}

fn to_place(number: u64) -> Place {
    Place { segment: (number >> 32) as u32, offset: number as u32, length: 0 }
}

fn to_number(place: Place) -> u64 {
    u64::from(place.segment) << 32 | u64::from(place.offset)
}
