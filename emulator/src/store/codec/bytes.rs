//! The fields of which records are made, to bytes and back.

use kit::time::Timestamp;
use serde::Serialize;

use crate::engine::MessageKey;

/// Appends the fields of a record.
#[derive(Default)]
pub(super) struct ByteWriter(pub(super) Vec<u8>);

impl ByteWriter {
    pub(super) fn tag(&mut self, tag: u8) -> &mut ByteWriter {
        self.0.push(tag);
        self
    }

    pub(super) fn raw(&mut self, bytes: &[u8]) -> &mut ByteWriter {
        self.0.extend_from_slice(bytes);
        self
    }

    pub(super) fn u32(&mut self, number: u32) -> &mut ByteWriter {
        self.raw(&number.to_le_bytes())
    }

    pub(super) fn u64(&mut self, number: u64) -> &mut ByteWriter {
        self.raw(&number.to_le_bytes())
    }

    pub(super) fn u128(&mut self, number: u128) -> &mut ByteWriter {
        self.raw(&number.to_le_bytes())
    }

    pub(super) fn time(&mut self, at: Timestamp) -> &mut ByteWriter {
        self.u64(at.as_millis())
    }

    pub(super) fn key(&mut self, key: MessageKey) -> &mut ByteWriter {
        self.u32(key.slot).u64(key.serial)
    }

    pub(super) fn bytes(&mut self, bytes: &[u8]) -> &mut ByteWriter {
        let length = u32::try_from(bytes.len()).expect("a request has a few mebibytes at most");
        self.u32(length).raw(bytes)
    }

    /// The last field of a record: it has no length in front.
    pub(super) fn json(&mut self, value: &impl Serialize) -> &mut ByteWriter {
        let json = serde_json::to_vec(value).expect("queues and move tasks are plain data");
        self.raw(&json)
    }

    pub(super) fn optional<T>(
        &mut self,
        value: Option<T>,
        write: impl FnOnce(&mut ByteWriter, T),
    ) -> &mut ByteWriter {
        self.tag(u8::from(value.is_some()));
        if let Some(value) = value {
            write(self, value);
        }
        self
    }

    pub(super) fn text(&mut self, text: Option<&String>) -> &mut ByteWriter {
        self.optional(text, |out, text| {
            out.bytes(text.as_bytes());
        })
    }
}

/// Reads the fields of a record; every method returns `None` at the end of the bytes.
pub(super) struct ByteReader<'b>(pub(super) &'b [u8]);

impl<'b> ByteReader<'b> {
    pub(super) fn raw(&mut self, length: usize) -> Option<&'b [u8]> {
        let (head, tail) = self.0.split_at_checked(length)?;
        self.0 = tail;
        Some(head)
    }

    pub(super) fn u8(&mut self) -> Option<u8> {
        Some(self.raw(1)?[0])
    }

    pub(super) fn u32(&mut self) -> Option<u32> {
        Some(u32::from_le_bytes(self.raw(4)?.try_into().ok()?))
    }

    pub(super) fn u64(&mut self) -> Option<u64> {
        Some(u64::from_le_bytes(self.raw(8)?.try_into().ok()?))
    }

    pub(super) fn u128(&mut self) -> Option<u128> {
        Some(u128::from_le_bytes(self.raw(16)?.try_into().ok()?))
    }

    pub(super) fn time(&mut self) -> Option<Timestamp> {
        Some(Timestamp::from_millis(self.u64()?))
    }

    pub(super) fn key(&mut self) -> Option<MessageKey> {
        Some(MessageKey {
            slot: self.u32()?,
            serial: self.u64()?,
        })
    }

    pub(super) fn bytes(&mut self) -> Option<&'b [u8]> {
        let length = self.u32()? as usize;
        self.raw(length)
    }

    pub(super) fn string(&mut self) -> Option<String> {
        String::from_utf8(self.bytes()?.to_vec()).ok()
    }

    /// `Some(None)` for a value that was not there.
    pub(super) fn optional<T>(
        &mut self,
        read: impl FnOnce(&mut Self) -> Option<T>,
    ) -> Option<Option<T>> {
        match self.u8()? {
            0 => Some(None),
            1 => read(self).map(Some),
            _ => None,
        }
    }
}
