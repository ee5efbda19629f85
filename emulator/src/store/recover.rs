//! Door: reads the log back after a start, oldest record first.
//!
//! Damage is reported with file and offset, and costs only the records that it hit. Every segment begins with a word on
//! where the one before ended, so that a lost end and a lost file are noticed too. Only behind the last record of all
//! nobody can tell a torn write, which a crash leaves behind and nobody was answered for, from a loss.

use std::io;
use std::path::Path;

use kit::time::Timestamp;

use super::codec::{self, Begin};
use super::frame::{self, ALIGN, Found};
use super::segment::Segments;
use crate::engine::{Engine, Place};

/// What is wrong with a segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Damage {
    /// The record at this offset.
    Record(u32),
    /// The record at this offset holds something that this version does not know.
    Unknown(u32),
    /// Records are missing at its end.
    Cut {
        /// Where reading stopped.
        from: u32,
        /// Where the last record ended.
        to: u32,
    },
    /// There is no such file, or nothing in it.
    Missing,
    /// The last write of all was not finished.
    Torn(u32),
}

/// Hears of damage: the file, and what is wrong with it.
pub(super) type Report<'a> = &'a mut dyn FnMut(&Path, Damage);

/// The segment that was written last, and where its last record ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct End {
    pub(super) segment: u32,
    pub(super) offset: u32,
}

/// Replays every segment. Returns the end of the log; segments behind it hold nothing.
pub(super) fn replay(segments: &Segments, engine: &mut Engine, now: Timestamp, report: Report<'_>) -> io::Result<End> {
    let (mut end, mut bytes, mut torn) = (End::default(), Vec::new(), false);
    for number in segments.numbers() {
        segments.read(number, &mut bytes)?;
        // A reserve that was never used.
        if bytes.iter().all(|byte| *byte == 0) {
            continue;
        }
        let (path, mut lost) = (segments.path(number), Vec::new());
        let take = |place: Place, payload: &[u8]| {
            if let Some(begin) = codec::decode_begin(payload) {
                if let Some(damage) = check_previous(begin, end) {
                    report(&segments.path(begin.previous), damage);
                }
            } else if let Some(snapshot) = codec::decode_snapshot(payload) {
                engine.replay_stored(&snapshot, place, now);
            } else if let Some(effect) = codec::decode(payload) {
                engine.replay(effect, place, now);
            } else {
                report(&path, Damage::Unknown(place.offset));
            }
        };
        let offset = records(&bytes, number, take, |offset| lost.push(offset));
        lost.into_iter().for_each(|offset| report(&path, Damage::Record(offset)));
        torn = bytes.get(offset as usize..).is_some_and(|rest| rest.iter().any(|byte| *byte != 0));
        end = End { segment: number, offset };
        if engine.is_too_large() {
            return Err(io::ErrorKind::OutOfMemory.into());
        }
    }
    if torn {
        report(&segments.path(end.segment), Damage::Torn(end.offset));
    }
    Ok(end)
}

/// Compares what a segment says of the one before with what was found there.
fn check_previous(begin: Begin, found: End) -> Option<Damage> {
    // Before the oldest there may have been others, which were not needed any more.
    if found.segment == 0 || begin.previous == 0 {
        return None;
    }
    if found.segment < begin.previous {
        return Some(Damage::Missing);
    }
    let is_cut = found.segment == begin.previous && found.offset < begin.end;
    is_cut.then_some(Damage::Cut { from: found.offset, to: begin.end })
}

/// Tells the log of the process.
pub(super) fn tell(file: &Path, damage: Damage) {
    let file = file.display();
    match damage {
        Damage::Record(offset) => tracing::error!("{file}: the record at offset {offset} is damaged and lost"),
        Damage::Unknown(offset) => {
            tracing::error!("{file}: the record at offset {offset} holds something that this version does not know");
        }
        Damage::Cut { from, to } => tracing::error!("{file}: everything from offset {from} to {to} is lost"),
        Damage::Missing => tracing::error!("{file}: the file is missing or empty, what it held is lost"),
        Damage::Torn(offset) => {
            tracing::warn!("{file}: the last write, at offset {offset}, was not finished and is passed over");
        }
    }
}

/// Walks through a segment. Returns where its last record ends.
pub(super) fn records(
    bytes: &[u8],
    segment: u32,
    mut record: impl FnMut(Place, &[u8]),
    mut damaged: impl FnMut(u32),
) -> u32 {
    let (mut offset, mut end) = (0, 0);
    while offset < bytes.len() {
        let at = u32::try_from(offset).expect("segments are far below four gibibytes");
        let next_frame = match frame::read(&bytes[offset..], segment, at) {
            Found::Record(payload) => {
                let length = frame::length(payload.len());
                record(Place { segment, offset: at, length }, payload);
                offset += length as usize;
                end = at + length;
                continue;
            }
            Found::Damaged { length } => next(bytes, segment, offset + length as usize),
            Found::Nothing => next(bytes, segment, offset + ALIGN),
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
