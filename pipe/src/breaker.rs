//! When to stop asking for messages, and when to try again. Pure: time is told.
//!
//! Closed, everything flows. When the target is down it opens: nothing is received, so no receive count rises. After a
//! pause one message goes out as a probe; the pauses grow up to a few seconds, so that full speed is back within
//! seconds of the target's recovery. What the worker does with messages that it holds is not known here.

use std::collections::VecDeque;
use std::time::Duration;

use kit::time::Timestamp;

/// So many failures in a row open the breaker when nothing was answered for [`SILENCE`] either: of a target that fails
/// half of the time, with one of two machines behind it down, five in a row are nothing unusual.
const IN_A_ROW: usize = 5;
const SILENCE: Duration = Duration::from_secs(1);

/// So do failures that are nearly all of so many results.
const WINDOW: usize = 20;
const MOST_OF_WINDOW: usize = 18;

/// The first pause.
const FIRST_PAUSE: Duration = Duration::from_millis(500);

/// The longest pause: what recovery may cost.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// A target may ask for more patience than that; beyond this it is asked again all the same, with one message. A wrong
/// clock on its side must not silence the pipe for hours.
const LONGEST_WAIT: Duration = Duration::from_secs(5 * 60);

/// A breaker that opens again within this time goes on with the pauses it had.
const RELAPSE: Duration = Duration::from_secs(10);

/// What may be done now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Permit {
    /// Receive and deliver.
    Full,
    /// Deliver one message, and tell how it went.
    Probe,
    /// Nothing before this time.
    Wait(Timestamp),
    /// Nothing before the probe that is under way is back.
    Probing,
}

/// The state of one target.
#[derive(Debug)]
pub struct Breaker {
    state: State,
    /// Results while closed, oldest first.
    recent: VecDeque<Outcome>,
    answered_at: Option<Timestamp>,
    pause: Duration,
    closed_at: Option<Timestamp>,
}

/// Why the target did not take a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    /// It is down.
    Down,
    /// It had enough for the moment. While it takes others, that is no outage.
    Throttled,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Answered,
    Failed(Failure),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Closed,
    Open { until: Timestamp },
    Probing,
}

impl Default for Breaker {
    /// Closed: a target is taken to be up until it shows otherwise.
    fn default() -> Breaker {
        Breaker {
            state: State::Closed,
            recent: VecDeque::new(),
            answered_at: None,
            pause: FIRST_PAUSE,
            closed_at: None,
        }
    }
}

impl Breaker {
    /// What may be done at `now`. [`Permit::Probe`] is given once; its result must be told.
    pub fn permit(&mut self, now: Timestamp) -> Permit {
        let permit = self.permit_at(now);
        if permit == Permit::Probe {
            self.state = State::Probing;
        }
        permit
    }

    /// What [`Breaker::permit`] would say, without taking the probe.
    pub fn permit_at(&self, now: Timestamp) -> Permit {
        match self.state {
            State::Closed => Permit::Full,
            State::Probing => Permit::Probing,
            State::Open { until } if now < until => Permit::Wait(until),
            State::Open { .. } => Permit::Probe,
        }
    }

    /// Whether the result of a probe is awaited.
    pub fn is_probing(&self) -> bool {
        self.state == State::Probing
    }

    /// Whether everything flows.
    pub fn is_closed(&self) -> bool {
        self.state == State::Closed
    }

    /// The target took a message or rejected it for what it is: it is up. True when that closed the breaker.
    pub fn answered(&mut self, now: Timestamp) -> bool {
        match self.state {
            State::Closed => {
                self.remember(Outcome::Answered);
                self.answered_at = Some(now);
            }
            State::Probing => {
                *self =
                    Breaker { pause: self.pause, answered_at: Some(now), closed_at: Some(now), ..Breaker::default() };
                return true;
            }
            // From before it opened: says nothing about now.
            State::Open { .. } => {}
        }
        false
    }

    /// The target did not take a message; it may have said for how long. True when that opened the breaker.
    pub fn failed(&mut self, now: Timestamp, failure: Failure, retry_after: Option<Duration>) -> bool {
        match self.state {
            State::Closed => {
                self.remember(Outcome::Failed(failure));
                let opens = self.must_open(now);
                if opens {
                    self.open(now, failure, retry_after);
                }
                opens
            }
            State::Probing => {
                self.pause = (self.pause * 2).min(LONGEST_PAUSE);
                self.wait(now, retry_after);
                false
            }
            State::Open { .. } => false,
        }
    }

    /// The probe could not be made: nothing was learned, it may be tried again at once.
    pub fn probe_lost(&mut self, now: Timestamp) {
        if self.state == State::Probing {
            self.state = State::Open { until: now };
        }
    }

    fn open(&mut self, now: Timestamp, failure: Failure, retry_after: Option<Duration>) {
        let relapse = failure == Failure::Down && self.closed_at.is_some_and(|at| now.since(at) < RELAPSE);
        self.pause = if relapse { (self.pause * 2).min(LONGEST_PAUSE) } else { FIRST_PAUSE };
        self.recent.clear();
        self.wait(now, retry_after);
    }

    fn wait(&mut self, now: Timestamp, retry_after: Option<Duration>) {
        self.state = State::Open { until: now + retry_after.unwrap_or_default().min(LONGEST_WAIT).max(self.pause) };
    }

    fn remember(&mut self, outcome: Outcome) {
        if self.recent.len() == WINDOW {
            self.recent.pop_front();
        }
        self.recent.push_back(outcome);
    }

    fn must_open(&self, now: Timestamp) -> bool {
        let takes_some = self.recent.contains(&Outcome::Answered);
        let failed = |outcome: &&Outcome| match outcome {
            Outcome::Answered => false,
            Outcome::Failed(Failure::Down) => true,
            Outcome::Failed(Failure::Throttled) => !takes_some,
        };
        let in_a_row = self.recent.iter().rev().take_while(failed).count();
        let failures = self.recent.iter().filter(failed).count();
        let is_silent = self.answered_at.is_none_or(|at| now.since(at) >= SILENCE);
        (in_a_row >= IN_A_ROW && is_silent) || failures >= MOST_OF_WINDOW
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: u64) -> Timestamp {
        Timestamp::from_millis(millis)
    }

    fn down(breaker: &mut Breaker, now: Timestamp) -> bool {
        breaker.failed(now, Failure::Down, None)
    }

    fn opened() -> Breaker {
        let mut breaker = Breaker::default();
        let opened: Vec<bool> = (0..5).map(|_| down(&mut breaker, at(0))).collect();
        assert_eq!(opened, [false, false, false, false, true]);
        breaker
    }

    #[test]
    fn failures_now_and_then_do_not_open_it() {
        let mut breaker = Breaker::default();
        for round in 0..1000 {
            assert!(!down(&mut breaker, at(round)));
            breaker.answered(at(round));
            breaker.answered(at(round));
        }
        assert_eq!(breaker.permit(at(1000)), Permit::Full);
    }

    #[test]
    fn a_target_that_fails_half_of_the_time_is_up_and_one_that_fails_nearly_always_is_down() {
        let mut breaker = Breaker::default();
        for round in 0..1000 {
            breaker.answered(at(round));
            assert!(!(0..5).any(|_| down(&mut breaker, at(round))), "five of six");
        }
        assert!((0..20).any(|_| down(&mut breaker, at(1000))), "all of them");
    }

    #[test]
    fn five_failures_are_enough_when_there_is_little_to_judge_by() {
        let mut breaker = Breaker::default();
        assert!((0..20).all(|_| !breaker.answered(at(0))));
        let opened: Vec<bool> = (1..=6).map(|n| down(&mut breaker, at(n * 250))).collect();
        assert_eq!(opened, [false, false, false, false, true, false]);
    }

    #[test]
    fn pauses_grow_to_a_bound_and_one_success_closes_it() {
        let mut breaker = opened();
        let (mut now, mut pauses) = (at(0), Vec::new());
        for _ in 0..6 {
            let Permit::Wait(until) = breaker.permit(now) else { panic!("open") };
            pauses.push(until.since(now).as_millis());
            now = until;
            assert_eq!(breaker.permit(now), Permit::Probe);
            assert_eq!(breaker.permit(now), Permit::Probing);
            down(&mut breaker, now);
        }
        assert_eq!(pauses, [500, 1000, 2000, 4000, 5000, 5000]);
        let Permit::Wait(until) = breaker.permit(now) else { panic!("open") };
        assert_eq!(breaker.permit(until), Permit::Probe);
        assert!(breaker.answered(until));
        assert_eq!(breaker.permit(until), Permit::Full);
    }

    #[test]
    fn an_hour_of_outage_is_some_seven_hundred_probes() {
        let mut breaker = opened();
        let (mut now, mut probes) = (at(0), 0);
        while now < at(3_600_000) {
            match breaker.permit(now) {
                Permit::Wait(until) => now = until,
                Permit::Probe => {
                    probes += 1;
                    down(&mut breaker, now);
                }
                other => panic!("{other:?}"),
            }
        }
        assert!((700..750).contains(&probes), "{probes}");
    }

    #[test]
    fn a_relapse_goes_on_with_the_pauses_it_had() {
        let mut breaker = opened();
        assert_eq!(breaker.permit(at(500)), Permit::Probe);
        down(&mut breaker, at(500));
        assert_eq!(breaker.permit(at(1500)), Permit::Probe);
        assert!(breaker.answered(at(1500)));
        (0..5).for_each(|_| {
            down(&mut breaker, at(2600));
        });
        assert_eq!(breaker.permit(at(2600)), Permit::Wait(at(4600)));
    }

    #[test]
    fn retry_after_is_kept_and_a_lost_probe_is_made_again() {
        let mut breaker = Breaker::default();
        (0..5).for_each(|_| {
            breaker.failed(at(0), Failure::Down, Some(Duration::from_secs(60)));
        });
        assert_eq!(breaker.permit(at(10)), Permit::Wait(at(60_000)));
        assert_eq!(breaker.permit(at(60_000)), Permit::Probe);
        breaker.probe_lost(at(61_000));
        assert_eq!(breaker.permit(at(61_000)), Permit::Probe);
        breaker.failed(at(61_000), Failure::Down, Some(Duration::from_secs(12 * 60 * 60)));
        assert_eq!(breaker.permit(at(61_000)), Permit::Wait(at(361_000)), "twelve hours are not believed");
    }

    #[test]
    fn a_target_that_is_asked_too_often_is_not_down_while_it_takes_some() {
        let mut breaker = Breaker::default();
        for round in 0..1000 {
            assert!(!breaker.failed(at(round), Failure::Throttled, None), "{round}");
            if round % 10 == 0 {
                breaker.answered(at(round));
            }
        }
        let opened = (0..20).any(|_| breaker.failed(at(2000), Failure::Throttled, None));
        assert!(opened, "it takes none any more");
    }
}
