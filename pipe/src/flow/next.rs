//! The next thing to do.

use std::time::Duration;

use kit::time::Timestamp;

use super::command::{Command, Settle};
use super::machine::Flow;
use super::rate::Rates;
use super::work::Work;

impl Flow {
    /// The next thing to do at `now`; `None` when there is nothing to do until
    /// [`wake`](Flow::wake) or the next event.
    pub(crate) fn next(&mut self, now: Timestamp, rates: &Rates) -> Option<Command> {
        self.extend_leases(now);
        self.hand_back_the_rest(now);
        if let Some(settle) = self.next_settle(now) {
            return Some(Command::Settle(settle));
        }
        match (self.stopping, self.breaker.is_closed()) {
            (None, true) => self
                .next_delivery(now, rates)
                .map(Command::Deliver)
                .or_else(|| self.next_poll(now).map(Command::Poll)),
            (None, false) => self
                .next_probe(now, rates)
                .map(Command::Deliver)
                .or_else(|| self.next_candidates(now).map(Command::Poll)),
            (Some(until), true) if now < until => {
                self.next_delivery(now, rates).map(Command::Deliver)
            }
            (Some(_), _) => None,
        }
    }

    fn extend_leases(&mut self, now: Timestamp) {
        let (due, span) = self.leases.extend(now);
        let hides = due
            .into_iter()
            .map(|(id, receipt)| Settle::Hide { id, receipt, span });
        self.settles.extend(hides);
    }

    /// At the end of the last deliveries: gives up what was received and not delivered. A receive
    /// that still waits would bring it again at once.
    fn hand_back_the_rest(&mut self, now: Timestamp) {
        let is_over = |until| now >= until || !self.breaker.is_closed();
        if !self.stopping.is_some_and(is_over) || !self.polls.is_idle() {
            return;
        }
        for work in self.backlog.drain() {
            // Where no message gets through, the next process should find other messages.
            if self.breaker.is_closed() {
                self.hand_back(&work.id);
            } else {
                self.leave_to_rest(now, &work);
            }
        }
    }

    fn next_settle(&mut self, now: Timestamp) -> Option<Settle> {
        self.settles
            .pop_front()
            .or_else(|| self.delete_retries.pop(now))
    }

    fn next_delivery(&mut self, now: Timestamp, rates: &Rates) -> Option<Work> {
        self.next_turn = None;
        // Half of the slots are for messages that will hardly hang.
        let only_new = self.may_hang > self.concurrency.limit() / 2;
        let is_ready = self.backlog.is_ready(now);
        self.is_saturated =
            is_ready && (self.is_full(now) || only_new && self.backlog.fresh() == 0);
        if self.is_saturated || !is_ready {
            return None;
        }
        let wait = self.throttle.wait(now);
        if let Some(wait) = wait.or_else(|| rates.take(now).err()) {
            self.wait_for_turn(now, wait);
            return None;
        }
        self.throttle.take(now);
        let work = self.backlog.pop(now, only_new)?;
        Some(self.begin(now, work, false))
    }

    /// A rate asked to wait.
    pub(super) fn wait_for_turn(&mut self, now: Timestamp, wait: Duration) {
        self.next_turn = Some(now + wait.max(Duration::from_millis(1)));
    }

    /// A message is sent.
    pub(super) fn begin(&mut self, now: Timestamp, work: Work, is_probe: bool) -> Work {
        let failed_before = work.failed_before();
        self.may_hang += usize::from(work.may_hang);
        Work {
            is_probe,
            begun: now,
            ticket: self.under_way.begin(now),
            alone: work.alone || failed_before,
            ..work
        }
    }
}
