//! While no message gets through: which one goes out, and what is received to have another.

use kit::time::Timestamp;

use super::{Flow, MOST_BYTES, Poll, Step, Work, since_epoch, turn_after};
use crate::flow::pace::Rates;

/// So many messages that failed are held; for each new one beyond that, one is left to the queue.
const MOST_TRIED: usize = 1000;

impl Flow {
    /// The message that goes out to see if the target takes it.
    pub(super) fn next_probe(&mut self, now: Timestamp, rates: &Rates) -> Option<Work> {
        self.next_turn = None;
        let (has_fresh, has_tried) = (self.backlog.fresh() > 0, self.backlog.has_tried());
        if !has_fresh && !has_tried {
            return None;
        }
        let search = self.belief.search()?;
        let held_first = search.held_is_next() && has_tried;
        if !search.is_due(now, has_fresh && !held_first) {
            return None;
        }
        if let Err(wait) = rates.take(since_epoch(now)) {
            self.next_turn = Some(turn_after(now, wait));
            return None;
        }
        let work = if has_fresh && !held_first && search.take_fresh(now) {
            self.backlog.pop_fresh()
        } else if has_tried && search.take_held(now) {
            self.backlog.pop_tried()
        } else {
            None
        }?;
        Some(self.begin(now, work, true))
    }

    /// Receives messages that were not tried yet, as many as the next round needs.
    pub(super) fn next_candidates(&mut self, now: Timestamp) -> Option<Step> {
        let has_tried = self.backlog.has_tried();
        let wanted = if self.held.is_empty() {
            1
        } else {
            self.belief.search()?.wanted(has_tried)
        };
        let wanted = wanted.saturating_sub(self.backlog.fresh() + self.polls.expected());
        let (most, wait) = self.poll_shape(now);
        let count = self.polls.begin(now, wanted, most)?;
        for _ in 0..count {
            if (self.held.len() >= MOST_TRIED || self.held.bytes() >= MOST_BYTES)
                && let Some(work) = self.backlog.pop_tried()
            {
                self.leave(now, &work, None);
            }
        }
        Some(Step::Poll(Poll { count, wait }))
    }
}
