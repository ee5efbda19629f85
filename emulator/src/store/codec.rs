//! Effects to bytes and back. Pure.
//!
//! A tag, then the fields in order: numbers little-endian, texts with their length in front. Queues
//! and move tasks, which are rare, are written as JSON. A new form of an effect gets a new tag; old
//! tags stay readable.

use kit::time::Timestamp;

use crate::engine::{AttributeData, AttributeValue, Content, Effect, Key, Purge, Snapshot, Stored};

const COUNTERS: u8 = 1;
const QUEUE: u8 = 2;
const QUEUE_DELETED: u8 = 3;
const STORED: u8 = 4;
const RECEIVED: u8 = 5;
const HIDDEN: u8 = 6;
const MOVED: u8 = 7;
const RENEWED: u8 = 8;
const DELETED: u8 = 9;
const REMEMBERED: u8 = 10;
const BEGIN: u8 = 11;
const PURGED: u8 = 12;
const TASK: u8 = 13;

/// What the first record of a segment says of the one before, so that a loss at its end is noticed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Begin {
    /// The number of the segment before; 0 when there was none.
    pub(super) previous: u32,
    /// Where its last record ended.
    pub(super) end: u32,
    /// Whether the manifest was kept: older versions had none.
    pub(super) is_listed: bool,
}

/// As a record's payload.
pub(super) fn encode_begin(begin: Begin) -> Vec<u8> {
    let mut out = Writer(Vec::new());
    // Older versions read no further than the end.
    out.tag(BEGIN)
        .u32(begin.previous)
        .u32(begin.end)
        .tag(u8::from(begin.is_listed));
    out.0
}

/// The beginning that a payload tells of, if it is one.
pub(super) fn decode_begin(payload: &[u8]) -> Option<Begin> {
    let mut bytes = Reader(payload.strip_prefix(&[BEGIN])?);
    Some(Begin {
        previous: bytes.u32()?,
        end: bytes.u32()?,
        is_listed: bytes.u8() == Some(1),
    })
}

/// What a record is to the segment that it lies in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// What every segment begins with: queues, move tasks and counts. They may come later too.
    Checkpoint,
    /// A deduplication id without its message.
    Id,
    /// Anything else.
    Record,
}

/// What a payload is.
pub(super) fn kind(payload: &[u8]) -> Kind {
    match payload.first() {
        Some(&(BEGIN | COUNTERS | QUEUE | TASK)) => Kind::Checkpoint,
        Some(&REMEMBERED) => Kind::Id,
        _ => Kind::Record,
    }
}

/// The state of a stored message, if the payload is one. What it says is not looked at: a replay
/// has no need of it.
pub(super) fn decode_snapshot(payload: &[u8]) -> Option<Snapshot> {
    Reader(payload.strip_prefix(&[STORED])?).snapshot()
}

/// An effect as a record's payload.
pub(super) fn encode(effect: &Effect) -> Vec<u8> {
    let mut out = Writer(Vec::new());
    match effect {
        Effect::Counters {
            seed,
            serial,
            queue,
        } => {
            out.tag(COUNTERS).raw(seed).u64(*serial).u32(*queue);
        }
        Effect::Queue(definition) => {
            let json = serde_json::to_vec(definition).expect("a definition is plain data");
            out.tag(QUEUE).raw(&json);
        }
        Effect::Purged { queue, purge } => {
            out.tag(PURGED).u32(*queue).time(purge.at).u64(purge.below);
        }
        Effect::Task(task) => {
            let json = serde_json::to_vec(task).expect("a task is plain data");
            out.tag(TASK).raw(&json);
        }
        Effect::QueueDeleted { queue, at } => {
            out.tag(QUEUE_DELETED).u32(*queue).time(*at);
        }
        Effect::Stored(stored) => out.tag(STORED).stored(stored),
        Effect::Received {
            key,
            receives,
            at,
            due,
        } => {
            out.tag(RECEIVED)
                .key(*key)
                .u32(*receives)
                .time(*at)
                .time(*due);
        }
        Effect::Hidden { key, due } => {
            out.tag(HIDDEN).key(*key).time(*due);
        }
        Effect::Moved { key, to, at } => {
            out.tag(MOVED).key(*key).u32(*to).time(*at);
        }
        Effect::Renewed {
            key,
            serial,
            to,
            at,
        } => {
            out.tag(RENEWED).key(*key).u64(*serial).u32(*to).time(*at);
        }
        Effect::Deleted { key } => {
            out.tag(DELETED).key(*key);
        }
        Effect::Remembered {
            queue,
            id,
            serial,
            at,
        } => {
            out.tag(REMEMBERED)
                .u32(*queue)
                .u128(*id)
                .u64(*serial)
                .time(*at);
        }
    }
    out.0
}

/// The effect that a payload holds; `None` when it is not one that this version knows.
pub(super) fn decode(payload: &[u8]) -> Option<Effect> {
    let (tag, rest) = payload.split_first()?;
    let mut bytes = Reader(rest);
    let effect = match *tag {
        COUNTERS => Effect::Counters {
            seed: bytes.raw(16)?.try_into().ok()?,
            serial: bytes.u64()?,
            queue: bytes.u32()?,
        },
        QUEUE => {
            return serde_json::from_slice(rest)
                .ok()
                .map(|definition| Effect::Queue(Box::new(definition)));
        }
        TASK => {
            return serde_json::from_slice(rest)
                .ok()
                .map(|task| Effect::Task(Box::new(task)));
        }
        PURGED => Effect::Purged {
            queue: bytes.u32()?,
            purge: Purge {
                at: bytes.time()?,
                below: bytes.u64()?,
            },
        },
        QUEUE_DELETED => Effect::QueueDeleted {
            queue: bytes.u32()?,
            at: bytes.time()?,
        },
        STORED => Effect::Stored(Box::new(bytes.stored()?)),
        RECEIVED => Effect::Received {
            key: bytes.key()?,
            receives: bytes.u32()?,
            at: bytes.time()?,
            due: bytes.time()?,
        },
        HIDDEN => Effect::Hidden {
            key: bytes.key()?,
            due: bytes.time()?,
        },
        MOVED => Effect::Moved {
            key: bytes.key()?,
            to: bytes.u32()?,
            at: bytes.time()?,
        },
        RENEWED => Effect::Renewed {
            key: bytes.key()?,
            serial: bytes.u64()?,
            to: bytes.u32()?,
            at: bytes.time()?,
        },
        DELETED => Effect::Deleted { key: bytes.key()? },
        REMEMBERED => Effect::Remembered {
            queue: bytes.u32()?,
            id: bytes.u128()?,
            serial: bytes.u64()?,
            at: bytes.time()?,
        },
        _ => return None,
    };
    bytes.0.is_empty().then_some(effect)
}

struct Writer(Vec<u8>);

impl Writer {
    fn tag(&mut self, tag: u8) -> &mut Writer {
        self.0.push(tag);
        self
    }

    fn raw(&mut self, bytes: &[u8]) -> &mut Writer {
        self.0.extend_from_slice(bytes);
        self
    }

    fn u32(&mut self, number: u32) -> &mut Writer {
        self.raw(&number.to_le_bytes())
    }

    fn u64(&mut self, number: u64) -> &mut Writer {
        self.raw(&number.to_le_bytes())
    }

    fn u128(&mut self, number: u128) -> &mut Writer {
        self.raw(&number.to_le_bytes())
    }

    fn time(&mut self, at: Timestamp) -> &mut Writer {
        self.u64(at.as_millis())
    }

    fn key(&mut self, key: Key) -> &mut Writer {
        self.u32(key.slot).u64(key.serial)
    }

    fn bytes(&mut self, bytes: &[u8]) -> &mut Writer {
        let length = u32::try_from(bytes.len()).expect("a request has a few mebibytes at most");
        self.u32(length).raw(bytes)
    }

    fn optional<T>(&mut self, value: Option<T>, write: impl FnOnce(&mut Writer, T)) -> &mut Writer {
        self.tag(u8::from(value.is_some()));
        if let Some(value) = value {
            write(self, value);
        }
        self
    }

    fn text(&mut self, text: Option<&String>) -> &mut Writer {
        self.optional(text, |out, text| {
            out.bytes(text.as_bytes());
        })
    }

    fn stored(&mut self, stored: &Stored) {
        let Stored { snapshot, content } = stored;
        self.key(snapshot.key)
            .u32(snapshot.queue)
            .u32(snapshot.origin)
            .time(snapshot.sent_at)
            .time(snapshot.due);
        self.time(snapshot.first_received)
            .time(snapshot.received_at)
            .u32(snapshot.receives);
        for fingerprint in [snapshot.group, snapshot.deduplication] {
            self.optional(fingerprint, |out, fingerprint| {
                out.u128(fingerprint);
            });
        }
        self.bytes(content.body.as_bytes())
            .bytes(content.sender.as_bytes());
        for text in [
            &content.trace_header,
            &content.group,
            &content.deduplication,
        ] {
            self.text(text.as_ref());
        }
        self.u32(u32::try_from(content.attributes.len()).expect("ten at most"));
        for (name, value) in &content.attributes {
            self.bytes(name.as_bytes())
                .bytes(value.data_type.as_bytes());
            match &value.data {
                AttributeData::Text(text) => self.tag(0).bytes(text.as_bytes()),
                AttributeData::Binary(bytes) => self.tag(1).bytes(bytes),
            };
        }
    }
}

struct Reader<'b>(&'b [u8]);

impl<'b> Reader<'b> {
    fn raw(&mut self, length: usize) -> Option<&'b [u8]> {
        let (head, tail) = self.0.split_at_checked(length)?;
        self.0 = tail;
        Some(head)
    }

    fn u8(&mut self) -> Option<u8> {
        Some(self.raw(1)?[0])
    }

    fn u32(&mut self) -> Option<u32> {
        Some(u32::from_le_bytes(self.raw(4)?.try_into().ok()?))
    }

    fn u64(&mut self) -> Option<u64> {
        Some(u64::from_le_bytes(self.raw(8)?.try_into().ok()?))
    }

    fn u128(&mut self) -> Option<u128> {
        Some(u128::from_le_bytes(self.raw(16)?.try_into().ok()?))
    }

    fn time(&mut self) -> Option<Timestamp> {
        Some(Timestamp::from_millis(self.u64()?))
    }

    fn key(&mut self) -> Option<Key> {
        Some(Key {
            slot: self.u32()?,
            serial: self.u64()?,
        })
    }

    fn bytes(&mut self) -> Option<&'b [u8]> {
        let length = self.u32()? as usize;
        self.raw(length)
    }

    fn string(&mut self) -> Option<String> {
        String::from_utf8(self.bytes()?.to_vec()).ok()
    }

    /// `Some(None)` for a value that was not there.
    fn optional<T>(&mut self, read: impl FnOnce(&mut Self) -> Option<T>) -> Option<Option<T>> {
        match self.u8()? {
            0 => Some(None),
            1 => read(self).map(Some),
            _ => None,
        }
    }

    fn snapshot(&mut self) -> Option<Snapshot> {
        Some(Snapshot {
            key: self.key()?,
            queue: self.u32()?,
            origin: self.u32()?,
            sent_at: self.time()?,
            due: self.time()?,
            first_received: self.time()?,
            received_at: self.time()?,
            receives: self.u32()?,
            group: self.optional(Reader::u128)?,
            deduplication: self.optional(Reader::u128)?,
        })
    }

    fn stored(&mut self) -> Option<Stored> {
        let snapshot = self.snapshot()?;
        let (body, sender) = (self.string()?, self.string()?);
        let trace_header = self.optional(Reader::string)?;
        let (group, deduplication) = (
            self.optional(Reader::string)?,
            self.optional(Reader::string)?,
        );
        let count = self.u32()?;
        let attributes = (0..count)
            .map(|_| self.attribute())
            .collect::<Option<_>>()?;
        Some(Stored {
            snapshot,
            content: Content {
                body,
                attributes,
                trace_header,
                sender,
                group,
                deduplication,
            },
        })
    }

    fn attribute(&mut self) -> Option<(String, AttributeValue)> {
        let (name, data_type) = (self.string()?, self.string()?);
        let data = match self.u8()? {
            0 => AttributeData::Text(self.string()?),
            1 => AttributeData::Binary(self.bytes()?.to_vec()),
            _ => return None,
        };
        Some((name, AttributeValue { data_type, data }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stored() -> Stored {
        let at = Timestamp::from_millis;
        let key = Key {
            slot: 3,
            serial: u64::MAX,
        };
        let snapshot = Snapshot {
            key,
            queue: 1,
            origin: 2,
            sent_at: at(4),
            due: at(5),
            first_received: at(6),
            received_at: at(7),
            receives: 8,
            group: Some(u128::MAX),
            deduplication: None,
        };
        let text = AttributeValue {
            data_type: "String.x".into(),
            data: AttributeData::Text("é".into()),
        };
        let binary = AttributeValue {
            data_type: "Binary".into(),
            data: AttributeData::Binary(vec![0, 255]),
        };
        let content = Content {
            body: "한국어 🌊".into(),
            attributes: vec![("a".into(), text), ("b".into(), binary)],
            trace_header: Some("Root=1".into()),
            sender: "000000000000".into(),
            group: Some("g".into()),
            deduplication: None,
        };
        Stored { snapshot, content }
    }

    #[test]
    fn every_effect_comes_back() {
        let (key, at) = (Key { slot: 1, serial: 2 }, Timestamp::from_millis(3));
        for effect in [
            Effect::Counters {
                seed: [7; 16],
                serial: 9,
                queue: 4,
            },
            Effect::QueueDeleted { queue: 1, at },
            Effect::Purged {
                queue: 1,
                purge: Purge { at, below: 4 },
            },
            Effect::Stored(Box::new(stored())),
            Effect::Received {
                key,
                receives: 2,
                at,
                due: at,
            },
            Effect::Hidden { key, due: at },
            Effect::Moved { key, to: 5, at },
            Effect::Renewed {
                key,
                serial: 6,
                to: 5,
                at,
            },
            Effect::Deleted { key },
            Effect::Remembered {
                queue: 1,
                id: 2,
                serial: 3,
                at,
            },
        ] {
            let bytes = encode(&effect);
            assert_eq!(decode(&bytes).as_ref(), Some(&effect));
            for cut in 0..bytes.len() {
                assert_eq!(decode(&bytes[..cut]), None, "{effect:?} cut at {cut}");
            }
        }
    }

    #[test]
    fn a_snapshot_is_read_without_the_content() {
        let whole = encode(&Effect::Stored(Box::new(stored())));
        assert_eq!(decode_snapshot(&whole), Some(stored().snapshot));
        assert_eq!(
            decode_snapshot(&encode(&Effect::Deleted {
                key: stored().snapshot.key
            })),
            None
        );
    }

    #[test]
    fn a_beginning_comes_back_and_is_no_effect() {
        let begin = Begin {
            previous: 7,
            end: 4096,
            is_listed: true,
        };
        let bytes = encode_begin(begin);
        // As an older version wrote it.
        assert_eq!(
            decode_begin(&bytes[..9]),
            Some(Begin {
                is_listed: false,
                ..begin
            })
        );
        assert_eq!((decode_begin(&bytes), decode(&bytes)), (Some(begin), None));
        assert_eq!(
            decode_begin(&encode(&Effect::Deleted {
                key: stored().snapshot.key
            })),
            None
        );
    }

    #[test]
    fn unknown_tags_are_not_effects() {
        assert_eq!(decode(&[]), None);
        assert_eq!(decode(&[200, 1, 2]), None);
        assert_eq!(decode(&[QUEUE, b'{']), None);
    }
}
