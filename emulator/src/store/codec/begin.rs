//! The first record of a segment.

use super::bytes::{ByteReader, ByteWriter};
use super::tag::BEGIN;

/// What the first record of a segment says of the segment before, so that a loss at its end is
/// noticed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Begin {
    /// The number of the segment before; 0 when there was none.
    pub(crate) previous: u32,
    /// Where its last record ended.
    pub(crate) end: u32,
    /// Whether the manifest was kept: older versions had none.
    pub(crate) is_listed: bool,
}

/// Writes the first record of a segment as a payload.
pub(crate) fn encode_begin(begin: Begin) -> Vec<u8> {
    let mut out = ByteWriter::default();
    // Older versions read no further than the end.
    out.tag(BEGIN)
        .u32(begin.previous)
        .u32(begin.end)
        .tag(u8::from(begin.is_listed));
    out.0
}

/// Reads the first record of a segment, if the payload is one.
pub(crate) fn decode_begin(payload: &[u8]) -> Option<Begin> {
    let mut bytes = ByteReader(payload.strip_prefix(&[BEGIN])?);
    Some(Begin {
        previous: bytes.u32()?,
        end: bytes.u32()?,
        is_listed: bytes.u8() == Some(1),
    })
}
