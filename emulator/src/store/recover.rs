//! Door: reads the log back after a start, oldest record first.
//!
//! A torn record at the very end is what a crash leaves behind and is passed over in silence: nobody was answered for
//! it. Damage before that is reported with file and offset, and costs only the records that it hit.

use std::io;

use super::codec;
use super::frame::{self, ALIGN, Found};
use super::segment::Segments;
use crate::engine::{Engine, Place};

pub(super) fn replay(segments: &Segments, engine: &mut Engine) -> io::Result<()> {
    for number in segments.numbers() {
        let bytes = segments.read(number)?;
        records(
            &bytes,
            number,
            |place, payload| match codec::decode(payload) {
                Some(effect) => engine.replay(effect, place),
                None => report(segments, number, place.offset, "holds something that this version does not know"),
            },
            |offset| report(segments, number, offset, "is damaged and lost"),
        );
    }
    Ok(())
}

fn report(segments: &Segments, number: u32, offset: u32, what: &str) {
    tracing::error!("{}: the record at offset {offset} {what}", segments.path(number).display());
}

/// Walks through a segment.
pub(super) fn records(bytes: &[u8], segment: u32, mut record: impl FnMut(Place, &[u8]), mut damaged: impl FnMut(u32)) {
    let mut offset = 0;
    while offset < bytes.len() {
        let at = u32::try_from(offset).expect("segments are far below four gibibytes");
        let length = match frame::read(&bytes[offset..], segment, at) {
            Found::Record(payload) => {
                let length = frame::length(payload.len());
                record(Place { segment, offset: at, length }, payload);
                length as usize
            }
            Found::Damaged { length } if next(bytes, segment, offset + length as usize).is_some() => {
                damaged(at);
                length as usize
            }
            Found::Damaged { .. } => return,
            Found::Nothing => match next(bytes, segment, offset + ALIGN) {
                Some(found) => {
                    damaged(at);
                    found - offset
                }
                None => return,
            },
        };
        offset += length;
    }
}

/// The next place from `offset` on where a frame stands.
fn next(bytes: &[u8], segment: u32, offset: usize) -> Option<usize> {
    (offset..bytes.len()).step_by(ALIGN).find(|&offset| {
        let at = u32::try_from(offset).unwrap_or(u32::MAX);
        frame::read(&bytes[offset..], segment, at) != Found::Nothing
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
                ["one", "two two two two", "three"].starts_with(&found.iter().map(String::as_str).collect::<Vec<_>>())
            );
        }
    }

    #[test]
    fn damage_in_the_middle_costs_only_itself() {
        let whole = segment();
        assert_eq!(walk(&whole), (vec!["one".into(), "two two two two".into(), "three".into()], vec![]));
        let second = frame::length(3) as usize;
        for place in second..second + frame::HEADER + 15 {
            let mut flipped = whole.clone();
            flipped[place] ^= 0x40;
            assert_eq!(walk(&flipped), (vec!["one".into(), "three".into()], vec![second as u32]), "flipped at {place}");
        }
    }
}
