//! A walk through the bytes of one segment, record by record. Pure.

use super::frame::{self, ALIGN, FrameRead};
use crate::engine::Location;

/// Walks through a segment. Returns where its last record ends.
pub(super) fn records(
    bytes: &[u8],
    segment: u32,
    mut record: impl FnMut(Location, &[u8]),
    mut damaged: impl FnMut(u32),
) -> u32 {
    let (mut offset, mut end) = (0, 0);
    while offset < bytes.len() {
        let at = u32::try_from(offset).expect("segments are far below four gibibytes");
        let next_frame = match frame::read(&bytes[offset..], segment, at) {
            FrameRead::Record(payload) => {
                let length = frame::length(payload.len());
                record(
                    Location {
                        segment,
                        offset: at,
                        length,
                    },
                    payload,
                );
                offset += length as usize;
                end = at + length;
                continue;
            }
            FrameRead::Damaged { length } => next(bytes, segment, offset + length as usize),
            FrameRead::Nothing => next(bytes, segment, offset + ALIGN),
        };
        let Some(found) = next_frame else { break };
        damaged(at);
        offset = found;
    }
    end
}

/// The next place from `offset` on where a frame stands.
fn next(bytes: &[u8], segment: u32, offset: usize) -> Option<usize> {
    (offset..bytes.len()).step_by(ALIGN).find(|&offset| {
        let at = u32::try_from(offset).unwrap_or(u32::MAX);
        frame::read(&bytes[offset..], segment, at) != FrameRead::Nothing
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn segment() -> Vec<u8> {
        let mut bytes = Vec::new();
        for payload in ["one", "two two two two", "three"] {
            let offset = bytes.len() as u32;
            frame::write(&mut bytes, 1, offset, payload.as_bytes());
        }
        bytes.resize(bytes.len() + 256, 0);
        bytes
    }

    fn walk(bytes: &[u8]) -> (Vec<String>, Vec<u32>) {
        let (mut found, mut lost) = (Vec::new(), Vec::new());
        let record = |_, payload: &[u8]| found.push(String::from_utf8(payload.to_vec()).unwrap());
        records(bytes, 1, record, |offset| lost.push(offset));
        (found, lost)
    }

    #[test]
    fn a_torn_tail_is_cut_in_silence() {
        let whole = segment();
        let end = whole.len() - 256;
        for cut in 0..end {
            let (found, lost) = walk(&whole[..cut]);
            assert!(lost.is_empty(), "cut at {cut}");
            assert!(
                ["one", "two two two two", "three"]
                    .starts_with(&found.iter().map(String::as_str).collect::<Vec<_>>())
            );
        }
    }

    #[test]
    fn damage_in_the_middle_costs_only_itself() {
        let whole = segment();
        assert_eq!(
            walk(&whole),
            (
                vec!["one".into(), "two two two two".into(), "three".into()],
                vec![]
            )
        );
        let second = frame::length(3) as usize;
        for location in second..second + frame::HEADER + 15 {
            let mut flipped = whole.clone();
            flipped[location] ^= 0x40;
            assert_eq!(
                walk(&flipped),
                (vec!["one".into(), "three".into()], vec![second as u32]),
                "flipped at {location}"
            );
        }
    }
}
