//! What a connection waits for, and for how long it may.
//!
//! The times are in milliseconds since the connection began, so that a connection needs one timer,
//! which is set again only when it has run out.

use std::collections::BTreeMap;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use tokio::time::Instant;

use super::http1::Fields;
use super::refusal::Refusal;
use crate::lock::Mutex;

/// How long the phases of a connection may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// For the head of a request, from the connection's beginning or the head's first byte on; also
    /// for a TLS handshake and for what else comes in front.
    pub head: Duration,
    /// Without a request.
    pub idle: Duration,
    /// For the client to take bytes of an answer.
    pub write: Duration,
}

impl Patience {
    pub(super) fn shortest(&self) -> Duration {
        self.head.min(self.idle).min(self.write)
    }
}

impl Default for Patience {
    fn default() -> Patience {
        Patience {
            head: Duration::from_secs(30),
            idle: Duration::from_secs(60),
            write: Duration::from_secs(30),
        }
    }
}

/// A moment, or none: 0.
#[derive(Debug, Default)]
struct Since(AtomicU64);

impl Since {
    fn set(&self, now: Duration) {
        let now = u64::try_from(now.as_millis()).unwrap_or(u64::MAX);
        self.0.store(now + 1, Ordering::Relaxed);
    }

    /// Something is so, since now unless it was so already; or it is not.
    fn is(&self, so: bool, now: impl FnOnce() -> Duration) {
        match (so, self.0.load(Ordering::Relaxed)) {
            (true, 0) => self.set(now()),
            (true, _) | (false, 0) => {}
            (false, _) => self.0.store(0, Ordering::Relaxed),
        }
    }

    fn get(&self) -> Option<Duration> {
        let set = self.0.load(Ordering::Relaxed).checked_sub(1)?;
        Some(Duration::from_millis(set))
    }
}

/// What one connection does now.
#[derive(Debug)]
pub(super) struct Activity {
    begun: Instant,
    /// Requests that a handler has, or whose answers are being sent.
    under_way: AtomicUsize,
    idle: Since,
    head: Since,
    write: Since,
    /// Since when a part of an answer waits for the client to take it, by the request's number.
    untaken: Mutex<BTreeMap<usize, Duration>>,
    /// Requests that came to a handler.
    requests: AtomicUsize,
    /// The request that is refused, counted from 0, and why.
    refused: OnceLock<(usize, Refusal)>,
    /// Fields that came beside the HTTP library, by the request's number.
    fields: Mutex<BTreeMap<usize, Fields>>,
    lingers: AtomicBool,
}

/// Whether a connection may go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Until this long after its beginning; then ask again.
    Until(Duration),
    /// It has had no request for too long.
    Idle,
    /// The client takes too long for a head or an answer.
    Stuck,
}

impl Activity {
    pub(super) fn new() -> Activity {
        let activity = Activity {
            begun: Instant::now(),
            under_way: AtomicUsize::new(0),
            idle: Since::default(),
            head: Since::default(),
            write: Since::default(),
            untaken: Mutex::default(),
            requests: AtomicUsize::new(0),
            refused: OnceLock::new(),
            fields: Mutex::default(),
            lingers: AtomicBool::new(false),
        };
        activity.idle.set(Duration::ZERO);
        activity
    }

    fn now(&self) -> Duration {
        self.begun.elapsed()
    }

    /// When `after` the beginning is.
    pub(super) fn at(&self, after: Duration) -> Instant {
        self.begun + after
    }

    /// A request has come to a handler. Returns its number.
    pub(super) fn begin(&self) -> usize {
        self.under_way.fetch_add(1, Ordering::Relaxed);
        self.requests.fetch_add(1, Ordering::Relaxed)
    }

    /// A request has been answered.
    pub(super) fn end(&self) {
        self.end_at(self.now());
    }

    fn end_at(&self, now: Duration) {
        if self.under_way.fetch_sub(1, Ordering::Relaxed) == 1 {
            self.idle.set(now);
        }
    }

    /// Some bytes of a head have come, or all of it.
    pub(super) fn head(&self, is_partial: bool) {
        self.head.is(is_partial, || self.now());
    }

    /// The client takes bytes, or does not.
    pub(super) fn write(&self, is_blocked: bool) {
        self.write_at(is_blocked, || self.now());
    }

    fn write_at(&self, is_blocked: bool, now: impl Fn() -> Duration) {
        // The answer is handed over long before a slow client has it: until then, it is not idle.
        if !is_blocked && self.write.get().is_some() {
            self.idle.set(now());
        }
        self.write.is(is_blocked, now);
    }

    /// A part of the answer to the request with this number is to be sent.
    pub(super) fn handed(&self, number: usize) {
        self.handed_at(number, self.now());
    }

    fn handed_at(&self, number: usize, now: Duration) {
        self.untaken.lock().insert(number, now);
    }

    /// The client has taken that part, or its stream is over.
    pub(super) fn taken(&self, number: usize) {
        self.untaken.lock().remove(&number);
    }

    /// The request with this number is refused, as the last of the connection.
    pub(super) fn refuse(&self, number: usize, refusal: Refusal) {
        // An error means that an earlier one is refused already.
        let _ = self.refused.set((number, refusal));
        self.linger();
    }

    /// Why the request with this number is refused.
    pub(super) fn refusal(&self, number: usize) -> Option<Refusal> {
        let (refused, refusal) = self.refused.get()?;
        (*refused == number).then_some(*refusal)
    }

    /// The request with this number has these fields, too.
    pub(super) fn add_fields(&self, number: usize, fields: Fields) {
        self.fields.lock().insert(number, fields);
    }

    /// The further fields of the request with this number.
    pub(super) fn take_fields(&self, number: usize) -> Fields {
        self.fields.lock().remove(&number).unwrap_or_default()
    }

    /// What the client still sends is to be read, so that its system does not throw the answer
    /// away.
    pub(super) fn linger(&self) {
        self.lingers.store(true, Ordering::Relaxed);
    }

    pub(super) fn lingers(&self) -> bool {
        self.lingers.load(Ordering::Relaxed)
    }

    /// Whether the connection may go on.
    pub(super) fn verdict(&self, patience: &Patience) -> Verdict {
        self.verdict_at(self.now(), patience)
    }

    fn verdict_at(&self, now: Duration, patience: &Patience) -> Verdict {
        let is_idle = self.under_way.load(Ordering::Relaxed) == 0 && self.write.get().is_none();
        let idle = self.idle.get().filter(|_| is_idle);
        let first = self.requests.load(Ordering::Relaxed) == 0;
        // Of a new connection the head is due: who opens one has something to send.
        let idle_for = if first { patience.head } else { patience.idle };
        let untaken = self.untaken.lock().values().min().copied();
        let waits = [
            (self.head.get(), patience.head, Verdict::Stuck),
            (self.write.get(), patience.write, Verdict::Stuck),
            (untaken, patience.write, Verdict::Stuck),
            (idle, idle_for, Verdict::Idle),
        ];
        let mut next = now + patience.shortest();
        for (since, patience, verdict) in waits {
            let Some(end) = since.map(|since| since + patience) else {
                continue;
            };
            if end <= now {
                return verdict;
            }
            next = next.min(end);
        }
        Verdict::Until(next)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATIENCE: Patience = Patience {
        head: Duration::from_secs(3),
        idle: Duration::from_secs(10),
        write: Duration::from_secs(5),
    };

    const fn at(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn verdict(activity: &Activity, seconds: u64) -> Verdict {
        activity.verdict_at(at(seconds), &PATIENCE)
    }

    fn until(seconds: u64) -> Verdict {
        Verdict::Until(at(seconds))
    }

    #[test]
    fn a_connection_may_be_silent_for_as_long_as_it_has_a_request() {
        let activity = Activity::new();
        assert_eq!(verdict(&activity, 2), until(3));
        assert_eq!(verdict(&activity, 3), Verdict::Idle);
        assert_eq!(activity.begin(), 0);
        assert_eq!(verdict(&activity, 22), until(25));
        activity.end_at(at(22));
        assert_eq!(verdict(&activity, 30), until(32));
        assert_eq!(verdict(&activity, 32), Verdict::Idle);
        assert_eq!(activity.begin(), 1);
        assert_eq!(verdict(&activity, 33), until(36));
    }

    #[test]
    fn a_head_has_its_time_however_its_bytes_come() {
        let activity = Activity::new();
        activity.begin();
        activity.head.is(true, || at(1));
        assert_eq!(verdict(&activity, 3), until(4));
        activity.head.is(true, || at(3));
        assert_eq!(verdict(&activity, 4), Verdict::Stuck);
        activity.head(false);
        assert_eq!(verdict(&activity, 4), until(7));
    }

    #[test]
    fn an_answer_that_nobody_takes_ends() {
        let activity = Activity::new();
        activity.begin();
        activity.write.is(true, || at(0));
        assert_eq!(verdict(&activity, 4), until(5));
        activity.write(false);
        activity.write.is(true, || at(4));
        assert_eq!(verdict(&activity, 8), until(9));
        assert_eq!(verdict(&activity, 9), Verdict::Stuck);
    }

    #[test]
    fn a_client_that_takes_an_answer_slowly_is_not_idle() {
        let activity = Activity::new();
        activity.begin();
        activity.end_at(at(1));
        activity.write_at(true, || at(1));
        activity.write_at(false, || at(5));
        activity.write_at(true, || at(6));
        assert_eq!(verdict(&activity, 10), until(11));
        activity.write_at(false, || at(10));
        assert_eq!(verdict(&activity, 18), until(20));
        assert_eq!(verdict(&activity, 20), Verdict::Idle);
    }

    #[test]
    fn every_stream_must_take_its_answer() {
        let activity = Activity::new();
        for number in [activity.begin(), activity.begin()] {
            activity.handed_at(number, at(1));
        }
        activity.taken(0);
        activity.handed_at(0, at(5));
        assert_eq!(verdict(&activity, 5), until(6));
        assert_eq!(verdict(&activity, 6), Verdict::Stuck);
        activity.taken(1);
        assert_eq!(verdict(&activity, 8), until(10));
    }

    #[test]
    fn only_the_refused_request_is_refused() {
        let activity = Activity::new();
        activity.refuse(1, Refusal::BadRequest);
        let refusals = [0, 1, 2].map(|number| activity.refusal(number));
        assert_eq!(refusals, [None, Some(Refusal::BadRequest), None]);
        assert!(activity.lingers());
    }
}
