//! A queue, a target and a clock for the tests of [`Flow`]: everything that a worker has, without waiting.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use kit::time::Timestamp;
use serde_json::json;

use super::{Flow, Settle, Step, Work};
use crate::event::Event;
use crate::pace::{Rate, Rates};
use crate::retry::Verdict;

/// What the target does with a message at a time.
pub type Target = Box<dyn Fn(Timestamp, &str) -> Verdict>;

pub struct World {
    pub now: Timestamp,
    pub flow: Flow,
    rates: Rates,
    target: Target,
    latency: Duration,
    visibility: Duration,
    max_receive_count: u32,
    /// Messages in the queue, in order.
    messages: BTreeMap<u64, Message>,
    visible: VecDeque<u64>,
    hidden: BTreeSet<(Timestamp, u64)>,
    next_id: u64,
    finishing: BTreeMap<(Timestamp, u64), (Work, Verdict)>,
    polls: VecDeque<usize>,
    counter: u64,
    /// Ids with the time of their delivery, in order.
    pub delivered: Vec<(Timestamp, String)>,
    pub dead: Vec<String>,
    pub attempts: usize,
    pub most_receives: u32,
}

#[derive(Clone)]
struct Message {
    group: Option<String>,
    receives: u32,
    hidden_until: Timestamp,
}

pub fn at(seconds: u64) -> Timestamp {
    Timestamp::from_millis(seconds * 1000)
}

impl World {
    pub fn new(rate: u32, latency: Duration, target: impl Fn(Timestamp, &str) -> Verdict + 'static) -> World {
        let visibility = Duration::from_secs(30);
        World {
            now: at(0),
            flow: Flow::new(visibility, 100),
            rates: Rates::new([Arc::new(Mutex::new(Rate::new(rate)))]),
            target: Box::new(target),
            latency,
            visibility,
            max_receive_count: 5,
            messages: BTreeMap::new(),
            visible: VecDeque::new(),
            hidden: BTreeSet::new(),
            next_id: 0,
            finishing: BTreeMap::new(),
            polls: VecDeque::new(),
            counter: 0,
            delivered: Vec::new(),
            dead: Vec::new(),
            attempts: 0,
            most_receives: 0,
        }
    }

    pub fn send(&mut self, group: Option<&str>) {
        let group = group.map(str::to_owned);
        self.messages.insert(self.next_id, Message { group, receives: 0, hidden_until: self.now });
        self.visible.push_back(self.next_id);
        self.next_id += 1;
    }

    pub fn left(&self) -> usize {
        self.messages.len()
    }

    /// Lets time pass until `end`.
    pub fn run_until(&mut self, end: Timestamp) {
        loop {
            self.settle_time();
            let wake = self.flow.wake(self.now);
            let finish = self.finishing.keys().next().map(|&(at, _)| at);
            let hidden = self.hidden.iter().next().map(|&(at, _)| at);
            match [wake, finish, hidden].into_iter().flatten().min() {
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
            self.show_hidden();
            let finished = self.finish_due();
            let acted = std::iter::from_fn(|| self.flow.next(self.now, &self.rates)).collect::<Vec<_>>();
            let idle = acted.is_empty();
            acted.into_iter().for_each(|step| self.act(step));
            let polled = self.answer_polls();
            if idle && !finished && !polled {
                return;
            }
        }
    }

    fn act(&mut self, step: Step) {
        match step {
            Step::Deliver(work) => {
                self.attempts += 1;
                self.counter += 1;
                let verdict = (self.target)(self.now, &work.id);
                self.finishing.insert((self.now + self.latency, self.counter), (work, verdict));
            }
            Step::Poll(count) => self.polls.push_back(count),
            Step::Settle(Settle::Delete { receipt }) => {
                let id = receipt.parse().expect("a receipt of ours");
                if let Some(message) = self.messages.remove(&id) {
                    self.hidden.remove(&(message.hidden_until, id));
                }
            }
            Step::Settle(Settle::Hide { receipt, span }) => {
                let id = receipt.parse().expect("a receipt of ours");
                if let Some(message) = self.messages.get_mut(&id) {
                    self.hidden.remove(&(message.hidden_until, id));
                    message.hidden_until = self.now + span;
                    self.hidden.insert((message.hidden_until, id));
                }
            }
        }
    }

    fn show_hidden(&mut self) {
        while let Some(&(until, id)) = self.hidden.first()
            && until <= self.now
        {
            self.hidden.pop_first();
            if self.messages.contains_key(&id) {
                let place = self.visible.partition_point(|&other| other < id);
                self.visible.insert(place, id);
            }
        }
    }

    fn finish_due(&mut self) -> bool {
        let mut any = false;
        while let Some(entry) = self.finishing.first_entry()
            && entry.key().0 <= self.now
        {
            let (work, verdict) = entry.remove();
            if verdict == Verdict::Delivered {
                self.delivered.push((self.now, work.id.clone()));
            }
            self.flow.finished(self.now, work, &verdict);
            any = true;
        }
        any
    }

    fn answer_polls(&mut self) -> bool {
        let mut any = false;
        while let Some(&asked) = self.polls.front() {
            let ids = self.receive(asked);
            if ids.is_empty() {
                return any;
            }
            any = true;
            self.polls.pop_front();
            self.flow.received(asked, ids.len());
            for id in ids {
                let group = self.messages[&id].group.clone();
                let event = Event::from_record(json!({}));
                let work = Work::new(id.to_string(), group, event, 1024);
                self.flow.accept(self.now, work, id.to_string());
            }
        }
        any
    }

    /// What SQS would hand out: no message of a group that has one in flight; beyond the allowed receives, it is dead.
    fn receive(&mut self, most: usize) -> Vec<u64> {
        let busy: Vec<String> = self.hidden.iter().filter_map(|(_, id)| self.messages.get(id)?.group.clone()).collect();
        let mut received = Vec::new();
        let mut index = 0;
        while index < self.visible.len() && received.len() < most {
            let id = self.visible[index];
            let Some(message) = self.messages.get_mut(&id) else {
                self.visible.remove(index);
                continue;
            };
            if message.group.as_ref().is_some_and(|group| busy.contains(group)) {
                index += 1;
                continue;
            }
            self.visible.remove(index);
            message.receives += 1;
            if message.receives > self.max_receive_count {
                self.messages.remove(&id);
                self.dead.push(id.to_string());
                continue;
            }
            self.most_receives = self.most_receives.max(message.receives);
            message.hidden_until = self.now + self.visibility;
            self.hidden.insert((message.hidden_until, id));
            received.push(id);
        }
        received
    }
}
