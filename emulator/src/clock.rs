//! The emulator's own time, which measures delays, visibility, retention and deduplication.
//!
//! While the emulator runs, its time advances by elapsed time. At a start it continues from the
//! last known time; the wall clock is believed as long as it differs from that by less than
//! `--max-clock-step`. A larger difference, forward or back, is ignored, so that setting the clock
//! makes nothing expire and hides nothing longer. Clients see wall-clock times: [`Clock::ahead`] is
//! the difference to add.

mod mark;

use std::path::Path;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use kit::time::Timestamp;

use mark::{Mark, MarkFile};

/// The longest difference between the last known time and the time of a start that is believed by
/// default: longer than a restart, as long as the longest delay of a message, shorter than what a
/// wrong time zone makes.
pub(crate) const MAX_STEP: Duration = Duration::from_secs(15 * 60);

/// A step of the wall clock that is not worth showing other times for.
const TOLERATED: i64 = 1_000;

/// What a start finds out about the time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Start {
    /// The emulator's time.
    at: Timestamp,
    /// How much the wall clock is ahead of it.
    ahead: i64,
    /// Since when, by the wall clock, time has been counted without a gap.
    since: Timestamp,
    /// The last known time by the wall clock, when it is too far from what the wall clock says now.
    disbelieved: Option<Timestamp>,
}

/// Judges what the wall clock says at a start. `newest` is the latest of the emulator's times in
/// the store; `most` is the difference that is believed.
fn judge(wall: Timestamp, mark: Option<Mark>, newest: Timestamp, most: Duration) -> Start {
    let mark = mark.unwrap_or(Mark {
        at: newest,
        shown: newest,
        since: Timestamp::default(),
    });
    let at = mark.at.max(newest);
    if at == Timestamp::default() {
        return Start {
            at: wall,
            ahead: 0,
            since: wall,
            disbelieved: None,
        };
    }
    let shown = at.moved(mark.shown.ahead_of(mark.at));
    let gap = wall.ahead_of(shown);
    let most = i64::try_from(most.as_millis()).unwrap_or(i64::MAX);
    match gap {
        _ if (0..=most).contains(&gap) => Start {
            at: at.moved(gap),
            ahead: shown.ahead_of(at),
            since: mark.since,
            disbelieved: None,
        },
        _ if (-TOLERATED..0).contains(&gap) => Start {
            at,
            ahead: wall.ahead_of(at),
            since: mark.since,
            disbelieved: None,
        },
        _ => Start {
            at,
            ahead: wall.ahead_of(at),
            since: wall,
            disbelieved: Some(shown),
        },
    }
}

/// The emulator's time, and the file that keeps it over restarts.
#[derive(Debug)]
pub(crate) struct Clock {
    time: kit::time::Clock,
    ahead: AtomicI64,
    since: Timestamp,
    file: Option<MarkFile>,
}

/// What is known of the time before the store is read.
#[derive(Debug)]
pub(crate) struct Known {
    wall: Timestamp,
    /// Goes on from there while the store is read.
    reading: kit::time::Clock,
    mark: Option<Mark>,
    max_step: Duration,
}

impl Known {
    /// For a start at `wall`. Without a folder nothing is known, and any time is right.
    pub(crate) fn read(folder: Option<&Path>, wall: Timestamp, max_step: Duration) -> Known {
        let reading = kit::time::Clock::start(wall);
        Known {
            wall,
            reading,
            mark: folder.and_then(mark::read),
            max_step,
        }
    }

    /// The emulator's time, as far as it is known before the store is read.
    pub(crate) fn now(&self) -> Timestamp {
        judge(self.wall, self.mark, Timestamp::default(), self.max_step).at
    }

    /// Starts the clock, knowing that the latest time in the store is `newest`. Logs when the wall
    /// clock is not believed.
    pub(crate) fn start(self, folder: Option<&Path>, newest: Timestamp) -> Clock {
        let start = judge(self.wall, self.mark, newest, self.max_step);
        if let Some(last) = start.disbelieved {
            log_step(self.wall, last, self.max_step);
        }
        let file = folder.and_then(|folder| {
            MarkFile::open(folder)
                .inspect_err(|error| {
                    tracing::warn!("cannot record the time for the next start: {error}");
                })
                .ok()
        });
        let Start {
            at, ahead, since, ..
        } = start;
        let at = at + self.reading.now().since(self.wall);
        let clock = Clock {
            time: kit::time::Clock::start(at),
            ahead: AtomicI64::new(ahead),
            since,
            file,
        };
        clock.keep();
        clock
    }
}

fn log_step(wall: Timestamp, last: Timestamp, max_step: Duration) {
    let (gap, most) = (wall.ahead_of(last), max_step.as_secs());
    let seconds = (gap.unsigned_abs() + 500) / 1000;
    if gap < 0 {
        tracing::warn!(
            "the wall clock went back: it reads {wall}, {seconds} s before the emulator's last time, {last}; the emulator's \
             time continues from there, so no message stays hidden longer"
        );
    } else {
        tracing::warn!(
            "the wall clock reads {wall}, {seconds} s after the emulator's last time, {last}: more than the {most} s of \
             --max-clock-step, so the difference is ignored, and nothing expires or becomes visible because of it"
        );
    }
}

impl Clock {
    /// The emulator's time.
    pub(crate) fn now(&self) -> Timestamp {
        self.time.now()
    }

    /// How many milliseconds to add to the emulator's time for what the wall clock shows. Follows a
    /// wall clock that was set, so that the times that clients see stay right.
    pub(crate) fn ahead(&self) -> i64 {
        let (known, ahead) = (
            self.ahead.load(Ordering::Relaxed),
            Timestamp::wall().ahead_of(self.now()),
        );
        if known.abs_diff(ahead) < TOLERATED.unsigned_abs() {
            return known;
        }
        self.ahead.store(ahead, Ordering::Relaxed);
        ahead
    }

    /// Since when, by the wall clock, no time was left out: what began before is as old as this.
    pub(crate) fn since(&self) -> Timestamp {
        self.since
    }

    /// Makes the present time durable, for the next start.
    pub(crate) fn keep(&self) {
        let Some(file) = &self.file else { return };
        let at = self.now();
        file.write(Mark {
            at,
            shown: at.moved(self.ahead()),
            since: self.since,
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LAST: Timestamp = Timestamp::from_millis(1_700_000_000_000);
    const HOUR: i64 = 3_600_000;
    const YEAR: i64 = 365 * 24 * HOUR;

    fn mark(ahead: i64) -> Option<Mark> {
        Some(Mark {
            at: LAST,
            shown: LAST.moved(ahead),
            since: Timestamp::default(),
        })
    }

    /// How far the emulator's time goes on, and whether the wall clock is believed, when it is
    /// `gap` from the last time.
    fn start(gap: i64) -> (i64, bool) {
        let wall = LAST.moved(gap);
        let start = judge(wall, mark(0), Timestamp::default(), MAX_STEP);
        assert_eq!(
            start.at.moved(start.ahead),
            wall,
            "clients see the wall clock"
        );
        assert_eq!(start.since == wall, start.disbelieved.is_some());
        (start.at.ahead_of(LAST), start.disbelieved.is_none())
    }

    #[test]
    fn a_time_that_can_be_is_believed_and_no_other() {
        let most = i64::try_from(MAX_STEP.as_millis()).unwrap();
        for gap in [0, 1, 60_000, most] {
            assert_eq!(start(gap), (gap, true), "{gap}");
        }
        assert_eq!(start(-500), (0, true), "a clock that was slewed");
        for gap in [most + 1, HOUR, YEAR, -1_001, -HOUR, -YEAR] {
            assert_eq!(start(gap), (0, false), "{gap}");
        }
    }

    #[test]
    fn what_was_not_counted_is_not_counted_later() {
        let start = judge(
            LAST.moved(YEAR + 5_000),
            mark(YEAR),
            Timestamp::default(),
            MAX_STEP,
        );
        assert_eq!(
            start,
            Start {
                at: LAST.moved(5_000),
                ahead: YEAR,
                since: Timestamp::default(),
                disbelieved: None
            }
        );
        let back = judge(
            LAST.moved(5_000),
            mark(YEAR),
            Timestamp::default(),
            MAX_STEP,
        );
        assert_eq!(
            (back.at, back.ahead, back.disbelieved),
            (LAST, 5_000, Some(LAST.moved(YEAR)))
        );
    }

    #[test]
    fn the_store_may_know_a_later_time_than_the_mark() {
        let newest = LAST.moved(40_000);
        let start = judge(LAST.moved(10_000), mark(0), newest, MAX_STEP);
        assert_eq!(
            (start.at, start.ahead, start.disbelieved),
            (newest, -30_000, Some(newest))
        );
        let start = judge(LAST.moved(YEAR), None, LAST, MAX_STEP);
        assert_eq!(
            (start.at, start.disbelieved),
            (LAST, Some(LAST)),
            "a folder of an older version has no mark"
        );
    }

    #[test]
    fn in_an_empty_folder_any_time_is_right() {
        let start = judge(LAST, None, Timestamp::default(), MAX_STEP);
        assert_eq!(
            start,
            Start {
                at: LAST,
                ahead: 0,
                since: LAST,
                disbelieved: None
            }
        );
    }

    #[test]
    fn the_time_goes_on_over_restarts() {
        let folder = tempfile::tempdir().unwrap();
        let open = |wall| {
            let known = Known::read(Some(folder.path()), wall, MAX_STEP);
            (
                known.now(),
                known.start(Some(folder.path()), Timestamp::default()),
            )
        };
        let wall = Timestamp::wall();
        let (_, first) = open(wall);
        let last = first.now();
        drop(first);
        for wall in [wall.moved(YEAR), wall.moved(-YEAR)] {
            let (before, clock) = open(wall);
            assert!(
                before.ahead_of(last).abs() < HOUR && clock.now().ahead_of(last).abs() < HOUR,
                "at {wall}"
            );
            assert_eq!(clock.since(), wall);
        }
    }
}
