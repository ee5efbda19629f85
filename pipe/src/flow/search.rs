//! While no message gets through: which message goes out next, and when, to find out whether one
//! would. Pure.
//!
//! Two things may be so. The target is down: then each call is in vain, and few should be made. Or
//! the messages that failed are bad ones, and the next may be good: then many *different* ones
//! should be tried, soon. So there are rounds of messages that were not tried yet, of which each
//! has twice as many as the one before, until a budget is spent; it is large where a row of bad
//! messages is likely, and nothing where no message can be to blame. After that, one message at a
//! time goes out, with pauses of up to five seconds, new ones and held ones in turn.

use std::time::Duration;

use kit::time::Timestamp;

use crate::flow::verdict::Cause;

/// The first pause, and the longest: what recovery may cost.
const FIRST_PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// The pause between two rounds.
const ROUND_PAUSE: Duration = Duration::from_millis(100);

/// Messages that went out and are not back after this hang: another round goes out beside them.
const PATIENCE: Duration = Duration::from_secs(1);

/// So many go out in rounds before anything is back.
const BLIND: usize = 63;

/// A round has no more messages than this.
const MOST: usize = 64;

/// Where no message is likely to be to blame, held ones have so many turns for each new one.
const HELD_TURNS: usize = 3;

/// A target may ask for more patience than [`LONGEST_PAUSE`]; beyond this it is asked again all the
/// same, with one message. A wrong clock on its side must not silence the pipe for hours.
const LONGEST_WAIT: Duration = Duration::from_secs(5 * 60);

/// See the module.
#[derive(Debug)]
pub(super) struct Search {
    /// When it began.
    pub(super) since: Timestamp,
    /// When the first message went out that failed.
    pub(super) run_begun: Timestamp,
    /// How many different messages are tried in rounds; unknown until the first failure of a pipe
    /// that starts.
    budget: Option<usize>,
    /// How many messages the next round has, and how many more may go out in this one.
    round: usize,
    left: usize,
    under_way: usize,
    /// When the last round began.
    round_began: Timestamp,
    sent: usize,
    pause: Duration,
    next_round: Timestamp,
    /// When a message that was tried may be tried again.
    next_held: Timestamp,
    /// How many turns held messages have, when rounds are over, before one that was not tried yet
    /// has the next.
    held_turns: usize,
    was_held: bool,
    confirmed: bool,
    /// Whether the last failure is hardly the fault of a message.
    is_plain: bool,
    /// Whether the target can be reached: another message has no better chance otherwise.
    reachable: bool,
}

impl Search {
    /// Of a pipe that starts: nothing is known of its target.
    pub(super) fn first(now: Timestamp) -> Search {
        Search {
            budget: None,
            next_round: now,
            next_held: now,
            ..Search::new(now, now, Cause::Either, false, None)
        }
    }

    /// After a run of failures, the first of which went out at `run_begun`; the last suggests
    /// `cause`. `flowed` says that messages got through until then. `pause` is that of an outage
    /// which was over just before.
    pub(super) fn new(
        now: Timestamp,
        run_begun: Timestamp,
        cause: Cause,
        flowed: bool,
        pause: Option<Duration>,
    ) -> Search {
        let relapse = pause.is_some() && flowed;
        let pause = pause.map_or(FIRST_PAUSE, |pause| (pause * 2).min(LONGEST_PAUSE));
        let budget = if relapse { 0 } else { budget(cause, flowed) };
        let first = if budget > 0 { ROUND_PAUSE } else { pause };
        Search {
            since: now,
            run_begun,
            budget: Some(budget),
            round: 1,
            left: 0,
            under_way: 0,
            round_began: now,
            sent: 0,
            pause,
            next_round: now + first,
            next_held: now + pause,
            held_turns: 0,
            was_held: false,
            confirmed: false,
            is_plain: false,
            reachable: cause != Cause::Unreachable,
        }
    }

    /// Whether a probe failed since the belief changed.
    pub(super) fn is_confirmed(&self) -> bool {
        self.confirmed
    }

    /// How many messages went out.
    pub(super) fn probes(&self) -> usize {
        self.sent
    }

    /// The pause between probes by now.
    pub(super) fn pause(&self) -> Duration {
        self.pause
    }

    /// Whether a held message has its turn before one that was not tried yet.
    pub(super) fn held_is_next(&self) -> bool {
        self.held_turns > 0 && !self.is_in_rounds()
    }

    /// How many messages that were not tried yet are to be at hand; each of them is received for
    /// it.
    pub(super) fn wanted(&self, has_tried: bool) -> usize {
        match self.is_in_rounds() {
            true => self.round,
            false if has_tried && (self.held_turns > 0 || !self.reachable) => 0,
            false => 1,
        }
    }

    /// Whether a turn has come: of a message that was not tried yet, or of one that was.
    pub(super) fn is_due(&self, now: Timestamp, fresh: bool) -> bool {
        let round = self.left > 0 || self.round_is_due(now);
        fresh && round || self.held_is_due(now)
    }

    /// Takes the turn for a message that was not tried yet, if it has come.
    pub(super) fn take_fresh(&mut self, now: Timestamp) -> bool {
        if self.left == 0 && self.round_is_due(now) {
            if self.under_way > 0 {
                self.round = (self.round * 2).min(MOST);
            }
            (self.left, self.round_began) = (self.round, now);
        }
        let may = self.left > 0;
        if may {
            self.begin();
            (self.held_turns, self.was_held) = (if self.is_plain { HELD_TURNS } else { 1 }, false);
        }
        may
    }

    /// Takes the turn for a message that was tried, if it has come.
    pub(super) fn take_held(&mut self, now: Timestamp) -> bool {
        let may = self.held_is_due(now);
        if may {
            self.left = self.left.max(1);
            self.begin();
            (self.held_turns, self.was_held) = (self.held_turns.saturating_sub(1), true);
        }
        may
    }

    /// A message that went out failed. True the first time.
    pub(super) fn failed(
        &mut self,
        now: Timestamp,
        cause: Cause,
        receives: u32,
        retry_after: Option<Duration>,
    ) -> bool {
        self.under_way = self.under_way.saturating_sub(1);
        self.reachable = cause != Cause::Unreachable;
        let is_first = self.budget.is_none();
        // A message that was received before may have met the same outage then: others would be
        // received in vain, too.
        let is_repeated = is_first && receives > 1;
        let most = if retry_after.is_some() || is_repeated {
            0
        } else {
            budget(cause, false)
        };
        self.is_plain = !self.reachable || is_repeated || self.is_plain && self.was_held;
        self.budget = Some(self.budget.map_or(most, |budget| budget.min(most)));
        if self.under_way == 0 {
            self.left = 0;
            let asked = now + retry_after.unwrap_or_default().min(LONGEST_WAIT);
            let pause = if is_first || self.is_in_rounds() && !self.was_held {
                self.pause
            } else {
                self.longer_pause()
            };
            self.next_held = self.next_held.max(now + pause).max(asked);
            if self.is_in_rounds() {
                self.round = (self.round * 2).min(MOST);
                self.next_round = asked.max(now + ROUND_PAUSE);
            } else {
                self.round = 1;
                self.next_round = self.next_held;
            }
        }
        !std::mem::replace(&mut self.confirmed, true)
    }

    /// A message that went out has no result: nothing was learned, and another may go out at once.
    pub(super) fn lost(&mut self, now: Timestamp) {
        self.under_way = self.under_way.saturating_sub(1);
        if self.under_way == 0 {
            (self.left, self.next_round, self.next_held) = (0, now, now);
        }
    }

    /// When the next turn after `now` comes: of a round, or of a message that was tried.
    pub(super) fn next(&self, now: Timestamp) -> Option<Timestamp> {
        let turns = match self.under_way {
            0 => [self.next_round, self.next_held.max(self.next_round)],
            _ => [self.round_began + PATIENCE; 2],
        };
        turns.into_iter().filter(|&turn| turn > now).min()
    }

    fn round_is_due(&self, now: Timestamp) -> bool {
        match self.under_way {
            0 => now >= self.next_round,
            _ => self.is_in_rounds() && now >= self.round_began + PATIENCE,
        }
    }

    fn held_is_due(&self, now: Timestamp) -> bool {
        self.under_way == 0 && now >= self.next_held && now >= self.next_round
    }

    /// Whether messages that were not tried yet go out in rounds.
    pub(super) fn is_in_rounds(&self) -> bool {
        self.sent < self.budget.unwrap_or(BLIND)
    }

    fn begin(&mut self) {
        self.left -= 1;
        self.under_way += 1;
        self.sent += 1;
    }

    fn longer_pause(&mut self) -> Duration {
        self.pause = (self.pause * 2).min(LONGEST_PAUSE);
        self.pause
    }
}

/// How many different messages are tried in rounds. A dead target sees some fifty calls more in 200
/// seconds.
fn budget(cause: Cause, flowed: bool) -> usize {
    match (cause, flowed) {
        // Nothing is gained by haste.
        (Cause::Unreachable | Cause::Pace, _) | (Cause::Silence, true) => 0,
        (Cause::Silence, false) => BLIND,
        (Cause::Target | Cause::Either, true) => 15,
        (Cause::Target, false) => 7,
        (Cause::Message, true) => 127,
        (Cause::Message, false) => 180,
        // What a row of bad messages looks like: one good one in a thousand is to be found.
        (Cause::Either, false) => 1200,
    }
}
