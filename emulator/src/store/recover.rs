//! Door: reads the log back after a start, oldest record first.
//!
//! Damage is reported with file and offset, and costs only the records that it hit. Every segment
//! begins with a word on where the one before ended, and the manifest says which there must be, so
//! that a lost end and a lost file are noticed too. Only behind the last record of all, after a
//! kill, nobody can tell a torn write, which nobody was answered for, from a loss.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::Path;

use kit::counted::counted;
use kit::time::Timestamp;

use super::codec::{self, Begin, Kind};
use super::frame::{self, ALIGN, Found};
use super::manifest::Extent;
use super::segment::Segments;
use crate::engine::{Effect, Engine, Place, Serial, limits};

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
    Missing {
        /// How many messages were sent while it was written, it and others that are missing beside
        /// it; unknown when there is nothing before or behind it.
        messages: Option<u64>,
    },
    /// The last write of all was not finished.
    Torn(u32),
    /// The manifest is gone: files at both ends of the log may be missing too, which nobody can
    /// tell.
    Unlisted,
}

/// Hears of damage: the file, and what is wrong with it.
pub(super) type Report<'a> = &'a mut dyn FnMut(&Path, Damage);

/// The segment that was written last, and where its last record ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct End {
    pub(super) segment: u32,
    pub(super) offset: u32,
}

/// What a replay found.
#[derive(Debug)]
pub(super) struct Replayed {
    /// The end of the log.
    pub(super) end: End,
    /// The number that the log may go on with, if not at its end: none before it was ever written
    /// and lost.
    pub(super) next: u32,
    /// What the manifest must say now.
    pub(super) extent: Extent,
}

/// Replays every segment. `listed` is what the manifest says, if it says anything. Segments behind
/// the end of the log hold nothing.
pub(super) fn replay(
    segments: &Segments,
    listed: Option<Extent>,
    engine: &mut Engine,
    now: Timestamp,
    report: Report<'_>,
) -> io::Result<Replayed> {
    let mut walk = Walk {
        segments,
        engine,
        now,
        report,
        end: End::default(),
        steps: Vec::new(),
        skipped: Vec::new(),
    };
    let (oldest, mut bytes, mut torn) = (
        listed.as_ref().map_or(0, |listed| listed.oldest),
        Vec::new(),
        false,
    );
    // What lies before the oldest was about to be removed, and may be wiped in part.
    for number in segments
        .numbers()
        .into_iter()
        .filter(|number| *number >= oldest)
    {
        segments.read(number, &mut bytes)?;
        // A reserve that was never used.
        if bytes.iter().any(|byte| *byte != 0) {
            let end = walk.segment(number, &bytes);
            torn = bytes
                .get(end as usize..)
                .is_some_and(|rest| rest.iter().any(|byte| *byte != 0));
        }
        if walk.engine.is_too_large() {
            return Err(io::ErrorKind::OutOfMemory.into());
        }
    }
    Ok(walk.finish(listed, torn))
}

/// What was found in one segment.
#[derive(Debug, Clone, Copy)]
struct Step {
    number: u32,
    /// The serial of the next message before and after it.
    serials: (Option<Serial>, Serial),
    /// Whether the manifest was kept when it began, as far as it says.
    is_listed: Option<bool>,
}

struct Walk<'w, 'r> {
    segments: &'w Segments,
    engine: &'w mut Engine,
    now: Timestamp,
    report: Report<'r>,
    end: End,
    steps: Vec<Step>,
    /// What segments say was before them, and was not found.
    skipped: Vec<u32>,
}

impl Walk<'_, '_> {
    /// Replays one. Returns where its last record ends.
    fn segment(&mut self, number: u32, bytes: &[u8]) -> u32 {
        let (path, mut lost) = (self.segments.path(number), Vec::new());
        let mut step = Step {
            number,
            serials: (None, 0),
            is_listed: None,
        };
        let mut is_beginning = true;
        let take = |place: Place, payload: &[u8]| {
            let kind = codec::kind(payload);
            is_beginning &= kind == Kind::Checkpoint;
            if !is_beginning {
                self.segments.note(place);
            }
            if kind == Kind::Id {
                self.segments
                    .remember(place, self.now + limits::DEDUPLICATION);
            }
            if let Some(begin) = codec::decode_begin(payload) {
                step.is_listed = Some(begin.is_listed);
                self.check_previous(begin);
            } else if let Some(snapshot) = codec::decode_snapshot(payload) {
                self.engine.replay_stored(&snapshot, place, self.now);
            } else if let Some(effect) = codec::decode(payload) {
                if let Effect::Counters { serial, .. } = &effect {
                    step.serials.0.get_or_insert(*serial);
                }
                self.engine.replay(effect, place, self.now);
            } else {
                (self.report)(&path, Damage::Unknown(place.offset));
            }
        };
        let offset = records(bytes, number, take, |offset| lost.push(offset));
        lost.into_iter()
            .for_each(|offset| (self.report)(&path, Damage::Record(offset)));
        step.serials.1 = self.engine.next_serial();
        self.steps.push(step);
        self.end = End {
            segment: number,
            offset,
        };
        offset
    }

    /// Compares what a segment says of the one before with what was found there.
    fn check_previous(&mut self, begin: Begin) {
        let found = self.end;
        // Before the oldest there may have been others, which were not needed any more.
        if found.segment == 0 || begin.previous == 0 {
            return;
        }
        if found.segment < begin.previous {
            self.skipped.push(begin.previous);
        } else if found.segment == begin.previous && found.offset < begin.end {
            let cut = Damage::Cut {
                from: found.offset,
                to: begin.end,
            };
            (self.report)(&self.segments.path(begin.previous), cut);
        }
    }

    fn finish(mut self, listed: Option<Extent>, torn: bool) -> Replayed {
        let End {
            segment: newest,
            offset,
        } = self.end;
        // A version without a manifest may have written after it was kept, and have removed what it
        // speaks of.
        let is_newer = |step: &Step, listed: &Extent| {
            step.number > listed.newest && step.is_listed == Some(false)
        };
        let is_current = |listed: &Extent| !self.steps.iter().any(|step| is_newer(step, listed));
        let Some(listed) = listed.filter(is_current) else {
            if self
                .steps
                .last()
                .is_some_and(|step| step.is_listed == Some(true))
            {
                (self.report)(self.segments.manifest().path(), Damage::Unlisted);
            }
            std::mem::take(&mut self.skipped)
                .into_iter()
                .for_each(|number| self.miss(number));
            self.torn(torn);
            let oldest = self.steps.first().map_or(1, |step| step.number);
            let extent = Extent {
                oldest,
                newest,
                ..Extent::default()
            };
            return Replayed {
                end: self.end,
                next: newest + 1,
                extent,
            };
        };
        let found: BTreeSet<u32> = self.steps.iter().map(|step| step.number).collect();
        let lost: BTreeSet<u32> = listed
            .required()
            .filter(|number| !found.contains(number))
            .collect();
        lost.iter().for_each(|number| self.miss(*number));
        match listed
            .end
            .filter(|end| newest == listed.newest && offset < *end)
        {
            Some(to) => (self.report)(
                &self.segments.path(newest),
                Damage::Cut { from: offset, to },
            ),
            None => self.torn(torn),
        }
        if newest < listed.newest {
            // Numbers of what is lost are known outside: no new message may have one of them.
            self.engine.skip_serials();
        }
        let lost = listed
            .lost
            .into_iter()
            .chain(lost)
            .filter(|number| !found.contains(number))
            .collect();
        let next = newest.max(listed.newest) + 1;
        Replayed {
            end: self.end,
            next,
            extent: Extent {
                oldest: listed.oldest,
                newest,
                end: None,
                lost,
            },
        }
    }

    fn torn(&mut self, torn: bool) {
        if torn {
            (self.report)(
                &self.segments.path(self.end.segment),
                Damage::Torn(self.end.offset),
            );
        }
    }

    fn miss(&mut self, number: u32) {
        let by_number: BTreeMap<u32, (Option<Serial>, Serial)> = self
            .steps
            .iter()
            .map(|step| (step.number, step.serials))
            .collect();
        let before = by_number
            .range(..number)
            .next_back()
            .map(|(_, serials)| serials.1);
        let behind = by_number
            .range(number..)
            .next()
            .and_then(|(_, serials)| serials.0);
        let messages = before
            .zip(behind)
            .map(|(before, behind)| behind.saturating_sub(before));
        (self.report)(&self.segments.path(number), Damage::Missing { messages });
    }
}

/// Tells the log of the process.
pub(super) fn tell(file: &Path, damage: Damage) {
    let file = file.display();
    if !matches!(damage, Damage::Torn(_) | Damage::Unlisted) {
        metrics::counter!("emulator_log_damaged_total").increment(1);
    }
    match damage {
        Damage::Record(offset) => {
            tracing::error!("{file}: the record at offset {offset} is damaged and lost");
        }
        Damage::Unknown(offset) => {
            tracing::error!(
                "{file}: the record at offset {offset} holds something that this version does not know"
            );
        }
        Damage::Cut { from, to } => {
            tracing::error!("{file}: everything from offset {from} to {to} is lost");
        }
        Damage::Missing { messages } => {
            let messages = match messages {
                Some(messages) => format!("at most {}", counted(messages, "message")),
                None => "messages, nobody knows how many".to_owned(),
            };
            tracing::error!(
                "{file}: the file is missing or empty, what it held is lost: {messages}, and what was received, \
                 deleted or changed meanwhile, so that older messages may come again. Everything else is read. \
                 If there is a copy of the file, stop the emulator at once, put it back and start again"
            );
        }
        Damage::Torn(offset) => {
            tracing::warn!(
                "{file}: the last write, at offset {offset}, was not finished and is passed over"
            );
        }
        Damage::Unlisted => tracing::warn!(
            "{file}: the file was removed or emptied; it says which files of the log there must be, so that a lost \
             one at the beginning or the end of the log would not be noticed this time"
        ),
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
                record(
                    Place {
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
        for place in second..second + frame::HEADER + 15 {
            let mut flipped = whole.clone();
            flipped[place] ^= 0x40;
            assert_eq!(
                walk(&flipped),
                (vec!["one".into(), "three".into()], vec![second as u32]),
                "flipped at {place}"
            );
        }
    }
}
