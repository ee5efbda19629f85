//! A stored message: its state, which a replay reads, and its content behind it.

use super::bytes::{ByteReader, ByteWriter};
use super::tag::STORED;
use crate::engine::{AttributeData, AttributeValue, Content, Snapshot, StoredMessage};

/// The state of a stored message, if the payload is one. The content is skipped: a replay does not
/// need it.
pub(crate) fn decode_snapshot(payload: &[u8]) -> Option<Snapshot> {
    read_snapshot(&mut ByteReader(payload.strip_prefix(&[STORED])?))
}

/// Appends all of a stored message, and returns what it was appended to.
pub(super) fn write<'o>(out: &'o mut ByteWriter, stored: &StoredMessage) -> &'o mut ByteWriter {
    let StoredMessage { snapshot, content } = stored;
    out.key(snapshot.key)
        .u32(snapshot.queue)
        .u32(snapshot.origin)
        .time(snapshot.sent_at)
        .time(snapshot.due);
    out.time(snapshot.first_received)
        .time(snapshot.received_at)
        .u32(snapshot.receives);
    for fingerprint in [snapshot.group, snapshot.deduplication] {
        out.optional(fingerprint, |out, fingerprint| {
            out.u128(fingerprint);
        });
    }
    out.bytes(content.body.as_bytes())
        .bytes(content.sender.as_bytes());
    for text in [
        &content.trace_header,
        &content.group,
        &content.deduplication,
    ] {
        out.text(text.as_ref());
    }
    out.u32(u32::try_from(content.attributes.len()).expect("ten at most"));
    for (name, value) in &content.attributes {
        out.bytes(name.as_bytes()).bytes(value.data_type.as_bytes());
        match &value.data {
            AttributeData::Text(text) => out.tag(0).bytes(text.as_bytes()),
            AttributeData::Binary(bytes) => out.tag(1).bytes(bytes),
        };
    }
    out
}

fn read_snapshot(bytes: &mut ByteReader<'_>) -> Option<Snapshot> {
    Some(Snapshot {
        key: bytes.key()?,
        queue: bytes.u32()?,
        origin: bytes.u32()?,
        sent_at: bytes.time()?,
        due: bytes.time()?,
        first_received: bytes.time()?,
        received_at: bytes.time()?,
        receives: bytes.u32()?,
        group: bytes.optional(ByteReader::u128)?,
        deduplication: bytes.optional(ByteReader::u128)?,
    })
}

pub(super) fn read(bytes: &mut ByteReader<'_>) -> Option<StoredMessage> {
    let snapshot = read_snapshot(bytes)?;
    let (body, sender) = (bytes.string()?, bytes.string()?);
    let trace_header = bytes.optional(ByteReader::string)?;
    let (group, deduplication) = (
        bytes.optional(ByteReader::string)?,
        bytes.optional(ByteReader::string)?,
    );
    let count = bytes.u32()?;
    let attributes = (0..count)
        .map(|_| read_attribute(bytes))
        .collect::<Option<_>>()?;
    Some(StoredMessage {
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

fn read_attribute(bytes: &mut ByteReader<'_>) -> Option<(String, AttributeValue)> {
    let (name, data_type) = (bytes.string()?, bytes.string()?);
    let data = match bytes.u8()? {
        0 => AttributeData::Text(bytes.string()?),
        1 => AttributeData::Binary(bytes.bytes()?.to_vec()),
        _ => return None,
    };
    Some((name, AttributeValue { data_type, data }))
}
