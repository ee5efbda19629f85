//! While no message gets through: which message is sent next, and what is received to have another.

use kit::time::Timestamp;

use super::command::Poll;
use super::limits::MOST_BYTES;
use super::machine::Flow;
use super::rate::Rates;
use super::work::Work;

/// How many messages that failed are leased; for each new one beyond that, one is left to the
/// queue.
const MOST_TRIED: usize = 1000;

impl Flow {
    /// The message that is sent to find out if the target takes it.
    pub(super) fn next_probe(&mut self, now: Timestamp, rates: &Rates) -> Option<Work> {
        self.next_turn = None;
        let has_fresh = self.backlog.fresh() > 0;
        let has_tried = self.backlog.has_tried();
        if !has_fresh && !has_tried {
            return None;
        }
        let probes = self.breaker.probes()?;
        let held_first = probes.held_is_next() && has_tried;
        if !probes.is_due(now, has_fresh && !held_first) {
            return None;
        }
        if let Err(wait) = rates.take(now) {
            self.wait_for_turn(now, wait);
            return None;
        }
        let work = if has_fresh && !held_first && probes.take_fresh(now) {
            self.backlog.pop_fresh()
        } else if has_tried && probes.take_held(now) {
            self.backlog.pop_tried()
        } else {
            None
        }?;
        Some(self.begin(now, work, true))
    }

    /// Receives as many messages that were not tried yet as the next round needs.
    pub(super) fn next_candidates(&mut self, now: Timestamp) -> Option<Poll> {
        let has_tried = self.backlog.has_tried();
        let wanted = if self.leases.is_empty() {
            1
        } else {
            self.breaker.probes()?.wanted(has_tried)
        };
        let wanted = wanted.saturating_sub(self.backlog.fresh() + self.polls.expected());
        let poll = self.begin_poll(now, wanted)?;
        for _ in 0..poll.count {
            let is_enough = self.leases.len() >= MOST_TRIED || self.leases.bytes() >= MOST_BYTES;
            if is_enough && let Some(work) = self.backlog.pop_tried() {
                self.leave(now, &work, None);
            }
        }
        Some(poll)
    }
}
