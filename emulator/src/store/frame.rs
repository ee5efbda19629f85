//! A record's frame: what makes it recognisable on disk. Pure.
//!
//! Sixteen bytes in front of the payload: a mark, the payload's length, its CRC-32, and a CRC-32 of
//! these together with the place where the record stands. A record is therefore valid at its own
//! place only: bytes that a segment held before, or that a payload happens to contain, are never
//! taken for one.

/// In front of every payload.
pub(super) const HEADER: usize = 16;

/// Records begin at multiples of this, so that a search after damage is quick.
pub(super) const ALIGN: usize = 8;

const MARK: u32 = 0x7469_6465;

/// Bytes that a record takes, frame and padding included.
pub(super) fn length(payload: usize) -> u32 {
    u32::try_from((HEADER + payload).next_multiple_of(ALIGN))
        .expect("payloads are far below four gibibytes")
}

/// Appends a framed payload to `out`. `segment` and `offset` are where it will stand.
pub(super) fn write(out: &mut Vec<u8>, segment: u32, offset: u32, payload: &[u8]) {
    let end = out.len() + length(payload.len()) as usize;
    let size = u32::try_from(payload.len()).expect("checked by length");
    let sum = crc32fast::hash(payload);
    for word in [MARK, size, sum, seal(segment, offset, size, sum)] {
        out.extend(word.to_le_bytes());
    }
    out.extend_from_slice(payload);
    out.resize(end, 0);
}

/// What stands at a place.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum FrameRead<'b> {
    /// A whole record.
    Record(&'b [u8]),
    /// A frame whose payload is damaged; the next record follows as usual.
    Damaged {
        /// Bytes of the whole record.
        length: u32,
    },
    /// No frame.
    Nothing,
}

/// Looks at the beginning of `bytes`, which stand at `offset` in `segment`.
pub(super) fn read(bytes: &[u8], segment: u32, offset: u32) -> FrameRead<'_> {
    let Some(header) = bytes.get(..HEADER) else {
        return FrameRead::Nothing;
    };
    let word = |index: usize| {
        u32::from_le_bytes(
            header[index * 4..index * 4 + 4]
                .try_into()
                .expect("four bytes"),
        )
    };
    let (size, sum) = (word(1), word(2));
    if word(0) != MARK || word(3) != seal(segment, offset, size, sum) {
        return FrameRead::Nothing;
    }
    match bytes.get(HEADER..HEADER + size as usize) {
        Some(payload) if crc32fast::hash(payload) == sum => FrameRead::Record(payload),
        _ => FrameRead::Damaged {
            length: length(size as usize),
        },
    }
}

fn seal(segment: u32, offset: u32, size: u32, sum: u32) -> u32 {
    let mut bytes = [0; 16];
    for (slot, word) in bytes.chunks_exact_mut(4).zip([segment, offset, size, sum]) {
        slot.copy_from_slice(&word.to_le_bytes());
    }
    crc32fast::hash(&bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_is_valid_at_its_own_place_only() {
        let mut bytes = Vec::new();
        write(&mut bytes, 7, 0, b"hello");
        assert_eq!(bytes.len() as u32, length(5));
        assert_eq!(read(&bytes, 7, 0), FrameRead::Record(b"hello"));
        assert_eq!(read(&bytes, 8, 0), FrameRead::Nothing);
        let moved = [&[0; 8][..], &bytes].concat();
        assert_eq!(read(&moved[8..], 7, 8), FrameRead::Nothing);
        for location in 0..bytes.len() {
            let mut flipped = bytes.clone();
            flipped[location] ^= 1;
            let found = read(&flipped, 7, 0);
            let padding = location >= HEADER + 5;
            assert_eq!(
                found == FrameRead::Record(b"hello"),
                padding,
                "flipped at {location}"
            );
        }
    }
}
