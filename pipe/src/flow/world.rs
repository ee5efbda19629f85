//! A queue, a target, pipes and a clock for the tests of [`Flow`]: everything that workers have, without waiting.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use kit::time::Timestamp;
use serde_json::json;

use super::queue::Queue;
use super::{Flow, Order, Poll, Settle, Step, Work};
use crate::event::Event;
use crate::pace::{Rate, Rates};
use crate::retry::Verdict;

pub const VISIBILITY: Duration = Duration::from_secs(30);

/// How long the queue takes to say that it could not do what it was asked.
const REFUSAL: Duration = Duration::from_millis(50);

/// What the target does with a message at a time.
type Target = Box<dyn FnMut(Timestamp, &str) -> Verdict>;

pub struct World {
    pub now: Timestamp,
    pub pipes: Vec<Process>,
    pub queue: Queue,
    target: Target,
    /// Whether the queue does what it is asked at a time.
    pub queue_answers: Box<dyn FnMut(Timestamp) -> bool>,
    latency: Duration,
    /// How large messages are.
    pub size: usize,
    counter: u64,
    /// Ids with the time of their delivery, in order.
    pub delivered: Vec<(Timestamp, u64)>,
    pub attempts: usize,
}

/// One pipe at work.
pub struct Process {
    pub flow: Flow,
    rates: Rates,
    finishing: BTreeMap<(Timestamp, u64), (Work, Verdict)>,
    /// Receives that wait, with their ends.
    polls: VecDeque<(Timestamp, Poll)>,
    refusals: BTreeMap<(Timestamp, u64), Settle>,
}

pub fn at(seconds: u64) -> Timestamp {
    Timestamp::from_millis(seconds * 1000)
}

impl World {
    /// With one pipe on a standard queue.
    pub fn new(rate: u32, latency: Duration, target: impl FnMut(Timestamp, &str) -> Verdict + 'static) -> World {
        World::with(&[Order::Standard], rate, latency, target)
    }

    /// With a pipe for each of `orders`, which must be the same.
    pub fn with(
        orders: &[Order],
        rate: u32,
        latency: Duration,
        target: impl FnMut(Timestamp, &str) -> Verdict + 'static,
    ) -> World {
        World {
            now: at(0),
            pipes: orders.iter().map(|order| Process::new(*order, rate)).collect(),
            queue: Queue::new(VISIBILITY),
            target: Box::new(target),
            queue_answers: Box::new(|_| true),
            latency,
            size: 1024,
            counter: 0,
            delivered: Vec::new(),
            attempts: 0,
        }
    }

    pub fn send(&mut self, group: Option<&str>) {
        self.queue.send(group);
    }

    pub fn left(&self) -> usize {
        self.queue.len()
    }

    pub fn dead(&self) -> &[u64] {
        &self.queue.dead
    }

    /// What was delivered, each message once, in the order of first deliveries.
    pub fn delivered_ids(&self) -> Vec<u64> {
        let mut seen = std::collections::HashSet::new();
        self.delivered.iter().map(|(_, id)| *id).filter(|id| seen.insert(*id)).collect()
    }

    /// Lets time pass until `end`.
    pub fn run_until(&mut self, end: Timestamp) {
        loop {
            self.settle_time();
            let now = self.now;
            let wakes = self.pipes.iter_mut().filter_map(|pipe| pipe.wake(now));
            match wakes.chain(self.queue.next_visible()).min() {
                Some(next) if next <= end => self.now = next.max(self.now + Duration::from_millis(1)),
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
                while let Some((work, verdict)) = due(&mut self.pipes[index].finishing, self.now) {
                    if verdict == Verdict::Delivered {
                        self.delivered.push((self.now, work.id.parse().expect("an id of ours")));
                    }
                    self.pipes[index].flow.finished(self.now, work, &verdict);
                    idle = false;
                }
                while let Some(settle) = due(&mut self.pipes[index].refusals, self.now) {
                    self.pipes[index].flow.settle_failed(self.now, settle);
                }
                while let Some(step) = self.next_step(index) {
                    self.act(index, step);
                    idle = false;
                }
                idle &= !self.answer_polls(index);
            }
            if idle {
                return;
            }
        }
    }

    fn next_step(&mut self, index: usize) -> Option<Step> {
        let pipe = &mut self.pipes[index];
        pipe.flow.next(self.now, &pipe.rates)
    }

    fn act(&mut self, index: usize, step: Step) {
        self.counter += 1;
        let pipe = &mut self.pipes[index];
        match step {
            Step::Deliver(work) => {
                self.attempts += 1;
                let verdict = (self.target)(self.now, &work.id);
                pipe.finishing.insert((self.now + self.latency, self.counter), (work, verdict));
            }
            Step::Poll(poll) => pipe.polls.push_back((self.now + poll.wait, poll)),
            Step::Settle(settle) => {
                let done = (self.queue_answers)(self.now) && self.queue.settle(self.now, &settle);
                if !done {
                    pipe.refusals.insert((self.now + REFUSAL, self.counter), settle);
                }
            }
        }
    }

    /// Whether one was answered.
    fn answer_polls(&mut self, index: usize) -> bool {
        let pipe = &mut self.pipes[index];
        let Some(&(end, poll)) = pipe.polls.front() else { return false };
        if !(self.queue_answers)(self.now) {
            pipe.polls.pop_front();
            pipe.flow.poll_failed(self.now, poll.count);
            return true;
        }
        let deliveries = self.queue.receive(self.now, poll.count);
        if deliveries.is_empty() && self.now < end {
            return false;
        }
        pipe.polls.pop_front();
        pipe.flow.received(poll.count, deliveries.len());
        for (id, receipt, group) in deliveries {
            let work = Work::new(id.to_string(), group, Event::from_record(json!({})), self.size);
            pipe.flow.accept(self.now, work, receipt);
        }
        true
    }
}

impl Process {
    fn new(order: Order, rate: u32) -> Process {
        Process {
            flow: Flow::new(order, VISIBILITY, 100),
            rates: Rates::new([Arc::new(Mutex::new(Rate::new(rate)))]),
            finishing: BTreeMap::new(),
            polls: VecDeque::new(),
            refusals: BTreeMap::new(),
        }
    }

    fn wake(&mut self, now: Timestamp) -> Option<Timestamp> {
        let finish = self.finishing.keys().next().map(|&(at, _)| at);
        let refusal = self.refusals.keys().next().map(|&(at, _)| at);
        let poll = self.polls.front().map(|&(end, _)| end);
        [self.flow.wake(now), finish, refusal, poll].into_iter().flatten().min()
    }
}

fn due<T>(waiting: &mut BTreeMap<(Timestamp, u64), T>, now: Timestamp) -> Option<T> {
    let entry = waiting.first_entry().filter(|entry| entry.key().0 <= now)?;
    Some(entry.remove())
}
