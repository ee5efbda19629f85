//! The store without a disk: contents by number, everything else is forgotten at once.

use std::collections::BTreeMap;

use kit::lock::Mutex;

use crate::engine::{AttributeData, AttributeValue, Content, Effect, Engine, Location};

/// Contents in memory.
#[derive(Debug, Default)]
pub(crate) struct MemoryStore {
    contents: Mutex<Contents>,
}

#[derive(Debug, Default)]
struct Contents {
    next: u64,
    /// A tree and not a hash table, which would take three times its size while it grows.
    by_number: BTreeMap<u64, Box<Content>>,
    bytes: usize,
}

/// Bytes that a content takes beside its texts, about: itself, its entry in the tree, and what
/// allocations cost.
const OWN: usize = size_of::<Content>() + 120;

/// Bytes that a content takes.
fn bytes(content: &Content) -> usize {
    let text = |text: &Option<String>| text.as_ref().map_or(0, |text| text.capacity() + 16);
    let attribute = |(name, value): &(String, AttributeValue)| {
        let data = match &value.data {
            AttributeData::Text(text) => text.capacity(),
            AttributeData::Binary(bytes) => bytes.capacity(),
        };
        name.capacity()
            + value.data_type.capacity()
            + data
            + size_of::<(String, AttributeValue)>()
            + 48
    };
    let texts = [
        &content.trace_header,
        &content.group,
        &content.deduplication,
    ]
    .map(text)
    .iter()
    .sum::<usize>();
    let attributes = content.attributes.iter().map(attribute).sum::<usize>();
    OWN + content.body.capacity() + content.sender.capacity() + texts + attributes
}

impl MemoryStore {
    pub(super) fn take(&self, engine: &mut Engine, effects: Vec<Effect>, dropped: &[Location]) {
        let mut contents = self.contents.lock();
        for effect in effects {
            if let Effect::Stored(stored) = effect {
                contents.next += 1;
                let number = contents.next;
                contents.bytes += bytes(&stored.content);
                contents.by_number.insert(number, Box::new(stored.content));
                engine.set_location(stored.snapshot.key, to_location(number));
            }
        }
        for location in dropped {
            if let Some(content) = contents.by_number.remove(&to_number(*location)) {
                contents.bytes -= bytes(&content);
            }
        }
    }

    pub(super) fn read(&self, location: Location) -> Option<Content> {
        let contents = self.contents.lock();
        contents
            .by_number
            .get(&to_number(location))
            .map(|content| Content::clone(content))
    }

    /// Bytes that all contents take.
    pub(super) fn bytes(&self) -> usize {
        self.contents.lock().bytes
    }
}

fn to_location(number: u64) -> Location {
    Location {
        segment: (number >> 32) as u32,
        offset: number as u32,
        length: 0,
    }
}

fn to_number(location: Location) -> u64 {
    u64::from(location.segment) << 32 | u64::from(location.offset)
}
