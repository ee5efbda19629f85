//! The rate that a target takes which answers some calls with 429, learned from what it took. Pure:
//! time is an argument.
//!
//! When a good part of the answers is 429, deliveries are spaced at nearly the rate at which the
//! target took messages in the last second. From there the rate grows, slowly at first, until the
//! target answers 429 again or the rate is practically unlimited.

use std::collections::VecDeque;
use std::time::Duration;

use kit::time::Timestamp;

use super::rate::Rate;

/// One 429 in so many answers is ignored: a limit that concerns few messages must not delay the
/// rest.
const TOLERATED: u32 = 10;

/// The share of the last rate that the target is given next.
const CAUTION: f64 = 0.95;

/// How the rate grows: by this share each second, times the seconds since it was cut.
const GROWTH: f64 = 0.05;

/// A rate beyond this is no limit.
const FREE: f64 = 100_000.0;

/// Answers are counted in slots of so many milliseconds, for one second.
const SLOT: u64 = 100;
const SLOTS: u64 = 10;

/// The shortest span that a rate is computed for.
const LEAST_SPAN: Duration = Duration::from_millis(10);

/// The rate that the target takes.
#[derive(Debug, Default)]
pub(super) struct Throttle {
    limit: Option<Limit>,
    /// The slots of the last second, oldest first.
    slots: VecDeque<Slot>,
}

#[derive(Debug)]
struct Limit {
    per_second: f64,
    turns: Rate,
    cut_at: Timestamp,
    grown_at: Timestamp,
}

#[derive(Debug)]
struct Slot {
    number: u64,
    begun: Timestamp,
    taken: u32,
    refused: u32,
}

impl Throttle {
    /// How long until the next delivery may go out, when not at once.
    pub(super) fn wait(&self, now: Timestamp) -> Option<Duration> {
        let wait = self.limit.as_ref()?.turns.wait(now);
        (!wait.is_zero()).then_some(wait)
    }

    /// A message is sent.
    pub(super) fn take(&mut self, now: Timestamp) {
        if let Some(limit) = &mut self.limit {
            limit.turns.take(now);
        }
    }

    /// The target took a message.
    pub(super) fn answered(&mut self, now: Timestamp) {
        self.slot(now).taken += 1;
        if self
            .limit
            .as_mut()
            .is_some_and(|limit| limit.grow(now) > FREE)
        {
            self.limit = None;
        }
    }

    /// The target answered 429 to a message that was sent at `begun`.
    pub(super) fn refused(&mut self, now: Timestamp, begun: Timestamp) {
        let rate = self.limit.as_ref().map_or(FREE, |limit| limit.per_second);
        if self
            .limit
            .as_ref()
            .is_some_and(|limit| begun <= limit.cut_at)
        {
            // It was sent at the former rate.
            return;
        }
        self.slot(now).refused += 1;
        let (taken, refused) = self.slots.iter().fold((0, 0), |sum, slot| {
            (sum.0 + slot.taken, sum.1 + slot.refused)
        });
        if refused * TOLERATED < taken {
            return;
        }
        let span = self
            .slots
            .front()
            .map_or(LEAST_SPAN, |slot| now.since(slot.begun).max(LEAST_SPAN));
        let per_second = (f64::from(taken) / span.as_secs_f64()).min(rate) * CAUTION;
        let per_second = per_second.max(1.0);
        let mut turns = Rate::new(1);
        turns.set(per_second);
        turns.take(now);
        self.limit = Some(Limit {
            per_second,
            turns,
            cut_at: now,
            grown_at: now,
        });
        self.slots.iter_mut().for_each(|slot| slot.refused = 0);
    }

    /// The target went away: what was learned no longer holds.
    pub(super) fn forget(&mut self) {
        *self = Throttle::default();
    }

    fn slot(&mut self, now: Timestamp) -> &mut Slot {
        let number = now.as_millis() / SLOT;
        while self
            .slots
            .front()
            .is_some_and(|slot| slot.number + SLOTS <= number)
        {
            self.slots.pop_front();
        }
        if self.slots.back().is_none_or(|slot| slot.number != number) {
            self.slots.push_back(Slot {
                number,
                begun: now,
                taken: 0,
                refused: 0,
            });
        }
        self.slots.back_mut().expect("one was pushed")
    }
}

impl Limit {
    fn grow(&mut self, now: Timestamp) -> f64 {
        let passed = now.since(self.grown_at).as_secs_f64().min(1.0);
        self.per_second *= 1.0 + GROWTH * passed * now.since(self.cut_at).as_secs_f64();
        self.grown_at = now;
        self.turns.set(self.per_second);
        self.per_second
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: u64) -> Timestamp {
        Timestamp::from_millis(millis)
    }

    /// Ten seconds in which `answer` decides for each message whether it is taken: how many were
    /// sent, and how many taken.
    fn run(throttle: &mut Throttle, mut answer: impl FnMut(u64) -> bool) -> (u32, u32) {
        let (mut sent, mut taken) = (0, 0);
        for now in 20_000..30_000 {
            // A thousand a second if nothing holds them back.
            if throttle.wait(at(now)).is_none() {
                throttle.take(at(now));
                sent += 1;
                if answer(now) {
                    taken += 1;
                    throttle.answered(at(now));
                } else {
                    throttle.refused(at(now), at(now));
                }
            }
        }
        (sent, taken)
    }

    #[test]
    fn a_target_that_takes_a_hundred_a_second_gets_nearly_that_and_little_more() {
        let mut last = 0;
        let bucket = |now: u64| now >= last + 10 && std::mem::replace(&mut last, now) <= now;
        let (sent, taken) = run(&mut Throttle::default(), bucket);
        assert!(taken >= 800 && sent <= 1200, "{sent} sent, {taken} taken");
    }

    #[test]
    fn a_complaint_now_and_then_slows_nothing() {
        let mut count = 0;
        let one_in_fifty = |_| {
            count += 1;
            count % 50 != 0
        };
        assert_eq!(run(&mut Throttle::default(), one_in_fifty).0, 10_000);
    }

    #[test]
    fn a_target_without_a_limit_any_more_is_at_full_speed_within_seconds() {
        let mut throttle = Throttle::default();
        (190..200).for_each(|n| throttle.answered(at(n * 100)));
        throttle.refused(at(19_999), at(19_998));
        let pace = |throttle: &Throttle| throttle.limit.as_ref().map(|limit| limit.per_second);
        assert!(pace(&throttle).unwrap() < 10.0);
        run(&mut throttle, |_| true);
        assert!(pace(&throttle).unwrap() > 100.0, "{:?}", pace(&throttle));
        throttle.forget();
        assert_eq!(throttle.wait(at(30_000)), None);
    }

    #[test]
    fn what_went_out_before_a_cut_does_not_cut_again() {
        let mut throttle = Throttle::default();
        (0..100).for_each(|n| throttle.answered(at(n * 10)));
        (0..50).for_each(|_| throttle.refused(at(1000), at(990)));
        let limit = throttle.limit.unwrap();
        assert!(
            (90.0..110.0).contains(&limit.per_second),
            "{}",
            limit.per_second
        );
    }
}
