//! Door: reads the log back after a start, oldest record first.
//!
//! Damage is reported with file and offset, and costs only the records that it hit. Every segment
//! begins with the end of the one before, and the manifest lists the segments that must exist, so
//! that a lost end and a lost file are noticed too. Only behind the very last record, after a kill,
//! a torn write, which was never acknowledged, looks the same as a loss.

use std::collections::{BTreeMap, BTreeSet};
use std::io;

use kit::time::Timestamp;

use super::codec::{self, Begin, RecordKind};
use super::damage::{Damage, Report};
use super::manifest::{Extent, LogEnd};
use super::records::records;
use super::segment::Segments;
use crate::engine::{Effect, Engine, Location, Serial, limits};

/// What a replay found.
#[derive(Debug)]
pub(super) struct Replayed {
    /// The end of the log.
    pub(super) end: LogEnd,
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
        end: LogEnd::default(),
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
struct SegmentReplay {
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
    end: LogEnd,
    steps: Vec<SegmentReplay>,
    /// What segments say was before them, and was not found.
    skipped: Vec<u32>,
}

impl Walk<'_, '_> {
    /// Replays one. Returns where its last record ends.
    fn segment(&mut self, number: u32, bytes: &[u8]) -> u32 {
        let (path, mut lost) = (self.segments.path(number), Vec::new());
        let mut step = SegmentReplay {
            number,
            serials: (None, 0),
            is_listed: None,
        };
        let mut is_beginning = true;
        let take = |location: Location, payload: &[u8]| {
            let kind = codec::kind(payload);
            is_beginning &= kind == RecordKind::Checkpoint;
            if !is_beginning {
                self.segments.note(location);
            }
            if kind == RecordKind::Id {
                self.segments
                    .remember(location, self.now + limits::DEDUPLICATION);
            }
            if let Some(begin) = codec::decode_begin(payload) {
                step.is_listed = Some(begin.is_listed);
                self.check_previous(begin);
            } else if let Some(snapshot) = codec::decode_snapshot(payload) {
                self.engine.replay_stored(&snapshot, location, self.now);
            } else if let Some(effect) = codec::decode(payload) {
                if let Effect::Counters { serial, .. } = &effect {
                    step.serials.0.get_or_insert(*serial);
                }
                self.engine.replay(effect, location, self.now);
            } else {
                (self.report)(&path, Damage::Unknown(location.offset));
            }
        };
        let offset = records(bytes, number, take, |offset| lost.push(offset));
        lost.into_iter()
            .for_each(|offset| (self.report)(&path, Damage::Record(offset)));
        step.serials.1 = self.engine.next_serial();
        self.steps.push(step);
        self.end = LogEnd {
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

    /// Reports what is lost, and says what was found.
    fn finish(self, listed: Option<Extent>, torn: bool) -> Replayed {
        match listed.filter(|listed| self.is_current(listed)) {
            Some(listed) => self.finish_listed(listed, torn),
            None => self.finish_unlisted(torn),
        }
    }

    /// Whether what the manifest says still holds. A version without a manifest may have written
    /// after it was kept, and have removed what it speaks of.
    fn is_current(&self, listed: &Extent) -> bool {
        let is_newer =
            |step: &SegmentReplay| step.number > listed.newest && step.is_listed == Some(false);
        !self.steps.iter().any(is_newer)
    }

    /// Without a manifest: only the segments themselves say what was before them.
    fn finish_unlisted(mut self, torn: bool) -> Replayed {
        let newest = self.end.segment;
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
        Replayed {
            end: self.end,
            next: newest + 1,
            extent: Extent {
                oldest,
                newest,
                ..Extent::default()
            },
        }
    }

    /// With a manifest: what it lists must have been found.
    fn finish_listed(mut self, listed: Extent, torn: bool) -> Replayed {
        let newest = self.end.segment;
        let found: BTreeSet<u32> = self.steps.iter().map(|step| step.number).collect();
        let lost: BTreeSet<u32> = listed
            .required()
            .filter(|number| !found.contains(number))
            .collect();
        lost.iter().for_each(|number| self.miss(*number));
        self.check_end(&listed, torn);
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
        Replayed {
            end: self.end,
            next: newest.max(listed.newest) + 1,
            extent: Extent {
                oldest: listed.oldest,
                newest,
                end: None,
                lost,
            },
        }
    }

    /// Compares the end that the manifest lists, if it lists one, with the end that was found.
    fn check_end(&mut self, listed: &Extent, torn: bool) {
        let LogEnd {
            segment: newest,
            offset,
        } = self.end;
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
