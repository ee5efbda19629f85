//! A queue, a target, pipes and a clock for the tests of [`Flow`]: everything that workers have,
//! without waiting.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use kit::lock::Mutex;
use kit::time::Timestamp;
use serde_json::json;

use super::queue::{MAX_RECEIVE_COUNT, Queue};
use crate::event::Event;
use crate::flow::{
    BatchPosition, Command, Flow, FlowSettings, Order, Poll, Rate, Rates, Settle, TargetChange,
    Verdict, VerdictRule, Work,
};

pub(super) const VISIBILITY: Duration = Duration::from_secs(30);

/// How long the queue takes to say that it could not do what it was asked.
const REFUSAL: Duration = Duration::from_millis(50);

/// What the target does with a message at a time.
type Target = Box<dyn FnMut(Timestamp, &str) -> Verdict>;

/// How long it takes for a message at a time, if not as long as usual.
type Hangs = Box<dyn FnMut(Timestamp, &str) -> Option<Duration>>;

pub(super) struct World {
    pub(super) now: Timestamp,
    pub(super) pipes: Vec<Process>,
    pub(super) queue: Queue,
    target: Target,
    /// Whether the queue does what it is asked at a time.
    pub(super) queue_answers: Box<dyn FnMut(Timestamp) -> bool>,
    latency: Duration,
    pub(super) batches: Batches,
    /// How long the target takes for a message, if not as long as usual.
    pub(super) hangs: Hangs,
    /// How large messages are.
    pub(super) size: usize,
    counter: u64,
    /// Ids with the time of their delivery, in order.
    pub(super) delivered: Vec<(Timestamp, u64)>,
    pub(super) attempts: usize,
    /// When each of them was.
    pub(super) calls: Vec<Timestamp>,
    /// What the pipes believed, and when that changed.
    pub(super) changes: Vec<(Timestamp, TargetChange)>,
}

/// How many messages go into one call, and what a failure of one of them means for the others.
#[derive(Debug, Clone, Copy)]
pub(super) struct Batches {
    pub(super) size: usize,
    /// Whether the target names those that failed; otherwise all of them failed.
    pub(super) is_partial: bool,
}

impl Batches {
    pub(super) const NONE: Batches = Batches {
        size: 1,
        is_partial: false,
    };
}

/// One pipe at work.
pub(super) struct Process {
    pub(super) flow: Flow,
    rates: Rates,
    /// Messages that go into the next call.
    batch: Vec<Work>,
    finishing: BTreeMap<(Timestamp, u64), Finishing>,
    /// Receives that wait, with their ends.
    polls: VecDeque<(Timestamp, Poll)>,
    refusals: BTreeMap<(Timestamp, u64), Settle>,
}

/// A delivery that will end.
type Finishing = (Work, Verdict, BatchPosition);

pub(super) fn at(seconds: u64) -> Timestamp {
    Timestamp::from_millis(seconds * 1000)
}

impl World {
    /// With one pipe on a standard queue.
    pub(super) fn new(
        rate: u32,
        latency: Duration,
        target: impl FnMut(Timestamp, &str) -> Verdict + 'static,
    ) -> World {
        World::with(&[Order::Standard], rate, latency, target)
    }

    /// With a pipe for each of `orders`, which must be the same.
    pub(super) fn with(
        orders: &[Order],
        rate: u32,
        latency: Duration,
        target: impl FnMut(Timestamp, &str) -> Verdict + 'static,
    ) -> World {
        World {
            now: at(0),
            pipes: orders
                .iter()
                .map(|order| Process::new(at(0), *order, rate))
                .collect(),
            queue: Queue::new(VISIBILITY),
            target: Box::new(target),
            queue_answers: Box::new(|_| true),
            latency,
            batches: Batches::NONE,
            hangs: Box::new(|_, _| None),
            size: 1024,
            counter: 0,
            delivered: Vec::new(),
            attempts: 0,
            calls: Vec::new(),
            changes: Vec::new(),
        }
    }

    pub(super) fn send(&mut self, group: Option<&str>) {
        self.queue.send(group);
    }

    /// Lets the queue move a message to the dead-letter queue when it was received so often.
    pub(super) fn set_max_receives(&mut self, most: u32) {
        self.queue.max_receives = most;
        self.pipes
            .iter_mut()
            .for_each(|pipe| pipe.flow.set_queue(VISIBILITY, Some(most)));
    }

    /// One pipe is told to stop; the receives that it waits for are cut off.
    pub(super) fn stop(&mut self, index: usize) {
        let pipe = &mut self.pipes[index];
        pipe.flow.stop(self.now);
        for (_, poll) in pipe.polls.drain(..) {
            pipe.flow.poll_failed(self.now, poll.count);
        }
    }

    /// One pipe ends without a word, as by a crash, and starts again.
    pub(super) fn crash(&mut self, index: usize, order: Order, rate: u32) {
        let most = self.queue.max_receives;
        self.pipes[index] = Process::new(self.now, order, rate);
        self.pipes[index].flow.set_queue(VISIBILITY, Some(most));
    }

    pub(super) fn left(&self) -> usize {
        self.queue.len()
    }

    pub(super) fn dead(&self) -> &[u64] {
        &self.queue.dead
    }

    /// What was delivered, each message once, in the order of first deliveries.
    pub(super) fn delivered_ids(&self) -> Vec<u64> {
        let mut seen = std::collections::HashSet::new();
        self.delivered
            .iter()
            .map(|(_, id)| *id)
            .filter(|id| seen.insert(*id))
            .collect()
    }

    /// Lets time pass until `end`.
    pub(super) fn run_until(&mut self, end: Timestamp) {
        loop {
            self.settle_time();
            let now = self.now;
            let wakes = self.pipes.iter_mut().filter_map(|pipe| pipe.wake(now));
            match wakes.chain(self.queue.next_visible()).min() {
                Some(next) if next <= end => {
                    self.now = next.max(self.now + Duration::from_millis(1));
                }
                _ => {
                    self.now = end;
                    return;
                }
            }
        }
    }

    /// Does everything that can be done now.
    fn settle_time(&mut self) {
        loop {
            self.queue.show(self.now);
            let mut idle = true;
            for index in 0..self.pipes.len() {
                while let Some((work, verdict, position)) =
                    due(&mut self.pipes[index].finishing, self.now)
                {
                    if verdict == Verdict::Delivered {
                        self.delivered
                            .push((self.now, work.id.parse().expect("an id of ours")));
                    }
                    let change = self.pipes[index]
                        .flow
                        .finished(self.now, work, &verdict, position);
                    self.changes.extend(change.map(|change| (self.now, change)));
                    idle = false;
                }
                while let Some(settle) = due(&mut self.pipes[index].refusals, self.now) {
                    self.pipes[index].flow.settle_failed(self.now, settle);
                }
                while let Some(step) = self.next_step(index) {
                    self.act(index, step);
                    idle = false;
                }
                self.call(index);
                idle &= !self.answer_polls(index);
            }
            if idle {
                return;
            }
        }
    }

    fn next_step(&mut self, index: usize) -> Option<Command> {
        let pipe = &mut self.pipes[index];
        pipe.flow.next(self.now, &pipe.rates)
    }

    fn act(&mut self, index: usize, step: Command) {
        self.counter += 1;
        let pipe = &mut self.pipes[index];
        match step {
            Command::Deliver(work) => {
                let is_alone = work.is_probe || work.alone || self.batches.size == 1;
                if is_alone {
                    let others = std::mem::replace(&mut pipe.batch, vec![work]);
                    self.call(index);
                    self.pipes[index].batch = others;
                } else {
                    pipe.batch.push(work);
                    if pipe.batch.len() == self.batches.size {
                        self.call(index);
                    }
                }
            }
            Command::Poll(poll) => pipe.polls.push_back((self.now + poll.wait, poll)),
            Command::Settle(settle) => {
                let done = (self.queue_answers)(self.now) && self.queue.settle(self.now, &settle);
                if !done {
                    pipe.refusals
                        .insert((self.now + REFUSAL, self.counter), settle);
                }
            }
        }
    }

    /// Calls the target with the messages that wait for it.
    fn call(&mut self, index: usize) {
        let pipe = &mut self.pipes[index];
        let batch = std::mem::take(&mut pipe.batch);
        if batch.is_empty() {
            return;
        }
        self.attempts += 1;
        self.calls.push(self.now);
        let mut latency = self.latency;
        let mut verdicts = Vec::new();
        for work in &batch {
            verdicts.push((self.target)(self.now, &work.id));
            latency = latency.max((self.hangs)(self.now, &work.id).unwrap_or(self.latency));
        }
        let failed = verdicts
            .iter()
            .find(|said| **said != Verdict::Delivered)
            .cloned();
        if let Some(failed) = failed.filter(|_| !self.batches.is_partial) {
            verdicts.fill(failed);
        }
        let is_alone = batch.len() == 1;
        for (place, (work, verdict)) in batch.into_iter().zip(verdicts).enumerate() {
            self.counter += 1;
            let position = match place {
                _ if is_alone => BatchPosition::Alone,
                0 => BatchPosition::First,
                _ => BatchPosition::Other,
            };
            let at = (self.now + latency, self.counter);
            pipe.finishing.insert(at, (work, verdict, position));
        }
    }

    /// Whether one was answered.
    fn answer_polls(&mut self, index: usize) -> bool {
        let pipe = &mut self.pipes[index];
        // One that is over, or else the oldest.
        let over = pipe.polls.iter().position(|&(end, _)| end <= self.now);
        let place = over.unwrap_or(0);
        let Some(&(end, poll)) = pipe.polls.get(place) else {
            return false;
        };
        if !(self.queue_answers)(self.now) {
            pipe.polls.remove(place);
            pipe.flow.poll_failed(self.now, poll.count);
            return true;
        }
        let deliveries = self.queue.receive(self.now, poll.count);
        if deliveries.is_empty() && self.now < end {
            return false;
        }
        pipe.polls.remove(place);
        pipe.flow.received(poll.count, deliveries.len());
        for (id, receipt, group) in deliveries {
            let mut work = Work::new(
                id.to_string(),
                group,
                Event::from_record(json!({})),
                self.size,
            );
            let receives = receipt
                .split_once('/')
                .and_then(|(_, count)| count.parse().ok());
            work.receives = receives.expect("a receipt of ours");
            pipe.flow.accept(self.now, work, receipt);
        }
        true
    }
}

impl Process {
    fn new(now: Timestamp, order: Order, rate: u32) -> Process {
        let terms = FlowSettings {
            order,
            visibility: VISIBILITY,
            max_receives: Some(MAX_RECEIVE_COUNT),
            concurrency: 100,
            rule: VerdictRule::Comparison,
        };
        Process {
            flow: Flow::new(now, terms),
            rates: Rates::new([Arc::new(Mutex::new(Rate::new(rate)))]),
            batch: Vec::new(),
            finishing: BTreeMap::new(),
            polls: VecDeque::new(),
            refusals: BTreeMap::new(),
        }
    }

    fn wake(&mut self, now: Timestamp) -> Option<Timestamp> {
        let finish = self.finishing.keys().next().map(|&(at, _)| at);
        let refusal = self.refusals.keys().next().map(|&(at, _)| at);
        let poll = self.polls.iter().map(|&(end, _)| end).min();
        [self.flow.wake(now), finish, refusal, poll]
            .into_iter()
            .flatten()
            .min()
    }
}

fn due<T>(waiting: &mut BTreeMap<(Timestamp, u64), T>, now: Timestamp) -> Option<T> {
    let entry = waiting.first_entry().filter(|entry| entry.key().0 <= now)?;
    Some(entry.remove())
}
