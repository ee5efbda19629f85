//! Effects to bytes and back. Pure.
//!
//! A tag, then the fields in order: numbers little-endian, texts with their length in front. Queues
//! and move tasks, which are rare, are written as JSON. A new form of an effect gets a new tag; old
//! tags stay readable.

mod begin;
mod bytes;
mod message;
mod tag;
#[cfg(test)]
mod tests;

use crate::engine::{Effect, Purge};
use bytes::{ByteReader, ByteWriter};
use tag::*;

pub(super) use begin::{Begin, decode_begin, encode_begin};
pub(super) use message::decode_snapshot;
pub(super) use tag::{RecordKind, kind};

/// An effect as a record's payload.
pub(super) fn encode(effect: &Effect) -> Vec<u8> {
    let mut out = ByteWriter::default();
    match effect {
        Effect::Counters {
            seed,
            serial,
            queue,
        } => out.tag(COUNTERS).raw(seed).u64(*serial).u32(*queue),
        Effect::Queue(definition) => out.tag(QUEUE).json(definition),
        Effect::Purged { queue, purge } => {
            out.tag(PURGED).u32(*queue).time(purge.at).u64(purge.below)
        }
        Effect::Task(task) => out.tag(TASK).json(task),
        Effect::QueueDeleted { queue, at } => out.tag(QUEUE_DELETED).u32(*queue).time(*at),
        Effect::Stored(stored) => message::write(out.tag(STORED), stored),
        Effect::Received {
            key,
            receives,
            at,
            due,
        } => out
            .tag(RECEIVED)
            .key(*key)
            .u32(*receives)
            .time(*at)
            .time(*due),
        Effect::Hidden { key, due } => out.tag(HIDDEN).key(*key).time(*due),
        Effect::Moved { key, to, at } => out.tag(MOVED).key(*key).u32(*to).time(*at),
        Effect::Renewed {
            key,
            serial,
            to,
            at,
        } => out.tag(RENEWED).key(*key).u64(*serial).u32(*to).time(*at),
        Effect::Deleted { key } => out.tag(DELETED).key(*key),
        Effect::Remembered {
            queue,
            id,
            serial,
            at,
        } => out
            .tag(REMEMBERED)
            .u32(*queue)
            .u128(*id)
            .u64(*serial)
            .time(*at),
    };
    out.0
}

/// The effect that a payload holds; `None` when it is not one that this version knows.
pub(super) fn decode(payload: &[u8]) -> Option<Effect> {
    let (tag, rest) = payload.split_first()?;
    match *tag {
        QUEUE => serde_json::from_slice(rest).ok().map(Effect::Queue),
        TASK => serde_json::from_slice(rest).ok().map(Effect::Task),
        tag => {
            let mut bytes = ByteReader(rest);
            let effect = read_fields(tag, &mut bytes)?;
            bytes.0.is_empty().then_some(effect)
        }
    }
}

/// The effect of this tag, from its fields: any effect that is not written as JSON.
fn read_fields(tag: u8, bytes: &mut ByteReader<'_>) -> Option<Effect> {
    Some(match tag {
        COUNTERS => Effect::Counters {
            seed: bytes.raw(16)?.try_into().ok()?,
            serial: bytes.u64()?,
            queue: bytes.u32()?,
        },
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
        STORED => Effect::Stored(Box::new(message::read(bytes)?)),
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
    })
}
