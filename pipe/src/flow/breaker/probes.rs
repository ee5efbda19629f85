//! While no message gets through: which message is sent next, and when, to find out whether one
//! would. Pure: time is an argument.
//!
//! There are two possibilities. If the target is down, each call is in vain, and there should be
//! few. If the messages that failed are bad ones, the next may be good, and many *different* ones
//! should be tried soon. So messages that were not tried yet are sent in rounds, each with twice as
//! many as the one before, until a budget is used up. The budget is large where bad messages in a
//! row are likely, and zero where no message can be at fault. After that, one message is sent at a
//! time, new and held ones in turn, with growing pauses.

use std::time::Duration;

use kit::time::Timestamp;

use super::super::backoff::Backoff;
use super::super::cause::Cause;

/// The pauses between probes, which are what a recovery may cost, where no answer comes.
const PAUSES: Backoff = Backoff {
    first: Duration::from_millis(500),
    longest: Duration::from_secs(5),
};

/// Where the target answers, each pause is longer than the one before by one in so many: a target
/// that fails many calls at random is found out soon, and one that is down sees a dozen more calls.
const GROWTH: u32 = 4;

/// The pause between two rounds.
const ROUND_PAUSE: Duration = Duration::from_millis(50);

/// Probes without an answer hang after this time: another round is sent beside them.
const PATIENCE: Duration = Duration::from_secs(1);

/// How many probes are sent in rounds before any answer is back.
const BLIND: usize = 63;

/// The most messages in a round.
const LARGEST_ROUND: usize = 64;

/// Where no message is likely to be at fault, how many held messages are tried for each new one.
const HELD_TURNS: usize = 3;

/// The longest `Retry-After` that is respected before the target is probed all the same, with one
/// message: a wrong clock at the target must not silence the pipe for hours.
const LONGEST_WAIT: Duration = Duration::from_secs(5 * 60);

/// The search for a message that gets through.
#[derive(Debug)]
pub(crate) struct Probes {
    /// When the search began.
    pub(super) since: Timestamp,
    /// When the first message that failed was sent.
    pub(super) run_begun: Timestamp,
    /// How many different messages are tried in rounds; unknown until the first failure after the
    /// start of a pipe.
    budget: Option<usize>,
    /// How many messages the next round has.
    round: usize,
    /// How many more messages may be sent in this round.
    left: usize,
    under_way: usize,
    round_began: Timestamp,
    sent: usize,
    pause: Duration,
    next_round: Timestamp,
    /// When a message that was tried may be tried again.
    next_held: Timestamp,
    /// After the rounds: how many held messages are tried before the next new one.
    held_turns: usize,
    was_held: bool,
    confirmed: bool,
    /// Whether a message is hardly at fault for the last failure.
    is_plain: bool,
    /// Whether the target can be reached; otherwise another message has no better chance.
    reachable: bool,
    /// Whether the target answers at once, and takes nothing.
    answers: bool,
}

impl Probes {
    /// For a pipe that starts: nothing is known of its target.
    pub(super) fn first(now: Timestamp) -> Probes {
        Probes {
            budget: None,
            next_round: now,
            next_held: now,
            ..Probes::new(now, now, Cause::Either, false, None)
        }
    }

    /// After a run of failures. The first message that failed was sent at `run_begun`, and the last
    /// failure suggests `cause`. `flowed` says whether messages got through until then. `pause` is
    /// that of an outage which ended just before.
    pub(super) fn new(
        now: Timestamp,
        run_begun: Timestamp,
        cause: Cause,
        flowed: bool,
        pause: Option<Duration>,
    ) -> Probes {
        let is_relapse = pause.is_some() && flowed;
        let pause = pause.map_or(PAUSES.first, |pause| PAUSES.after(pause));
        let budget = if is_relapse { 0 } else { budget(cause, flowed) };
        let first = if budget > 0 { ROUND_PAUSE } else { pause };
        Probes {
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
            answers: answers(cause),
        }
    }

    /// Whether a probe has failed since the breaker opened.
    pub(super) fn is_confirmed(&self) -> bool {
        self.confirmed
    }

    /// How many messages were sent.
    pub(super) fn sent(&self) -> usize {
        self.sent
    }

    /// The pause between probes now.
    pub(super) fn pause(&self) -> Duration {
        self.pause
    }

    /// Whether a held message is next, before one that was not tried yet.
    pub(crate) fn held_is_next(&self) -> bool {
        self.held_turns > 0 && !self.is_in_rounds()
    }

    /// How many messages that were not tried yet are needed; each of them has to be received.
    pub(crate) fn wanted(&self, has_tried: bool) -> usize {
        match self.is_in_rounds() {
            true => self.round,
            false if has_tried && (self.held_turns > 0 || !self.reachable) => 0,
            false => 1,
        }
    }

    /// Whether a probe is due: with a message that was not tried yet, or with one that was.
    pub(crate) fn is_due(&self, now: Timestamp, fresh: bool) -> bool {
        let round = self.left > 0 || self.round_is_due(now);
        fresh && round || self.held_is_due(now)
    }

    /// Begins a probe with a message that was not tried yet, if one is due.
    pub(crate) fn take_fresh(&mut self, now: Timestamp) -> bool {
        if self.left == 0 && self.round_is_due(now) {
            if self.under_way > 0 {
                self.round = (self.round * 2).min(LARGEST_ROUND);
            }
            (self.left, self.round_began) = (self.round, now);
        }
        let may = self.left > 0;
        if may {
            self.begin();
            self.held_turns = if self.is_plain { HELD_TURNS } else { 1 };
            self.was_held = false;
        }
        may
    }

    /// Begins a probe with a message that was tried before, if one is due.
    pub(crate) fn take_held(&mut self, now: Timestamp) -> bool {
        let may = self.held_is_due(now);
        if may {
            self.left = self.left.max(1);
            self.begin();
            self.held_turns = self.held_turns.saturating_sub(1);
            self.was_held = true;
        }
        may
    }

    /// A probe failed. Returns whether it is the first failure.
    pub(super) fn failed(
        &mut self,
        now: Timestamp,
        cause: Cause,
        receives: u32,
        retry_after: Option<Duration>,
    ) -> bool {
        self.under_way = self.under_way.saturating_sub(1);
        (self.reachable, self.answers) = (cause != Cause::Unreachable, answers(cause));
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
            self.plan_next(now, is_first, retry_after);
        }
        !std::mem::replace(&mut self.confirmed, true)
    }

    /// All probes have failed: decides when the next ones are sent.
    fn plan_next(&mut self, now: Timestamp, is_first: bool, retry_after: Option<Duration>) {
        self.left = 0;
        let asked = now + retry_after.unwrap_or_default().min(LONGEST_WAIT);
        if !is_first && (!self.is_in_rounds() || self.was_held) {
            self.pause = match self.answers {
                true => (self.pause + self.pause / GROWTH).min(PAUSES.longest),
                false => PAUSES.after(self.pause),
            };
        }
        self.next_held = self.next_held.max(now + self.pause).max(asked);
        if self.is_in_rounds() {
            self.round = (self.round * 2).min(LARGEST_ROUND);
            self.next_round = asked.max(now + ROUND_PAUSE);
        } else {
            self.round = 1;
            self.next_round = self.next_held;
        }
    }

    /// A probe ended without a result: nothing was learned, and another may be sent at once.
    pub(super) fn lost(&mut self, now: Timestamp) {
        self.under_way = self.under_way.saturating_sub(1);
        if self.under_way == 0 {
            self.left = 0;
            self.next_round = now;
            self.next_held = now;
        }
    }

    /// When the next probe after `now` is due.
    pub(crate) fn next(&self, now: Timestamp) -> Option<Timestamp> {
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

    /// Whether messages that were not tried yet are sent in rounds.
    pub(super) fn is_in_rounds(&self) -> bool {
        self.sent < self.budget.unwrap_or(BLIND)
    }

    fn begin(&mut self) {
        self.left -= 1;
        self.under_way += 1;
        self.sent += 1;
    }
}

fn answers(cause: Cause) -> bool {
    matches!(cause, Cause::Target | Cause::Either | Cause::Message)
}

/// How many different messages are tried in rounds. A target that is down sees some fifty calls
/// more in 200 seconds.
fn budget(cause: Cause, flowed: bool) -> usize {
    match (cause, flowed) {
        // Nothing is gained by haste.
        (Cause::Unreachable | Cause::Throttled, _) | (Cause::Timeout, true) => 0,
        (Cause::Timeout, false) => BLIND,
        (Cause::Target | Cause::Either, true) => 15,
        (Cause::Target, false) => 15,
        (Cause::Message, true) => 127,
        (Cause::Message, false) => 180,
        // What bad messages in a row look like: one good message in a thousand is to be found.
        (Cause::Either, false) => 1200,
    }
}
