//! Random operations on the engine and on a list of messages that anybody can check. Nothing may be
//! lost, nothing handed out inside its visibility, and every FIFO group keeps its order; a restart
//! in between changes nothing.
//!
//! A million steps; another number by `MODEL_STEPS`. A failure is cut down to the steps that it
//! needs.

mod effects;
mod step;

use std::panic::catch_unwind;
use std::time::Duration;

use super::*;
use step::{Step, step};

const STEPS: usize = 1_000_000;
/// Steps from one new engine to the next.
const RUN: usize = 250;
const RETENTION: u32 = 600;
const NAMES: [&str; 4] = ["a", "a-dead", "b.fifo", "b-dead.fifo"];
/// The dead-letter queue of each, and after how many receives.
const LIMITS: [Option<(usize, u32)>; 4] = [Some((1, 2)), None, Some((3, 3)), None];

#[derive(Debug, Clone)]
struct Known {
    serial: Serial,
    queue: usize,
    origin: Option<usize>,
    group: u8,
    sent_at: Timestamp,
    due: Timestamp,
    receives: u32,
}

/// The engine under test and what must be true of it.
struct World {
    now: Timestamp,
    engine: Engine,
    queues: [QueueId; 4],
    retention: [u32; 4],
    log: Vec<(Effect, Location)>,
    /// In the order of arrival in their queue.
    messages: Vec<Known>,
    receipts: Vec<Receipt>,
    remembered: Vec<(usize, u8, Timestamp, String)>,
}

impl World {
    fn new() -> World {
        let now = Timestamp::from_millis(1_700_000_000_000);
        let mut engine = Engine::new([1; 16]);
        let queues = [0, 1, 2, 3].map(|index| create(&mut engine, now, index));
        let (log, messages, receipts, remembered) =
            (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        let retention = [RETENTION; 4];
        let mut world = World {
            now,
            engine,
            queues,
            retention,
            log,
            messages,
            receipts,
            remembered,
        };
        world.note_effects();
        world
    }

    fn take(&mut self, step: Step) {
        match step {
            Step::Wait { millis } => {
                self.now = self.now + Duration::from_millis(millis);
                self.engine.wake(self.now);
                if millis % 3 == 0 {
                    self.engine.sweep(self.now);
                }
            }
            Step::Send {
                queue,
                group,
                id,
                delay,
            } => self.send(queue, group, id, delay),
            Step::Receive {
                queue,
                most,
                visibility,
            } => self.receive(queue, most, visibility),
            Step::Delete { receipt } => self.delete(receipt),
            Step::Hide { receipt, seconds } => self.hide(receipt, seconds),
            Step::Purge { queue } => {
                self.engine.purge(self.now, self.queues[queue]);
                self.messages.retain(|message| message.queue != queue);
                self.remembered.retain(|(of, ..)| *of != queue);
            }
            Step::Retain { queue, seconds } => {
                self.retention[queue] = seconds;
                let set =
                    |definition: &mut QueueDefinition| definition.attributes.retention = seconds;
                self.engine.change_queue(self.queues[queue], set);
            }
            Step::Recreate { queue } => self.recreate(queue),
            Step::MoveBack { queue, rate } => {
                let source = self
                    .engine
                    .queue(self.queues[queue])
                    .unwrap()
                    .definition
                    .arn
                    .clone();
                _ = self.engine.start_move(self.now, &source, None, rate);
                self.engine.wake(self.now);
            }
            Step::Restart => self.restart(),
        }
        self.note_effects();
        self.compare_counts();
    }

    fn recreate(&mut self, queue: usize) {
        self.engine.delete_queue(self.now, self.queues[queue]);
        self.note_effects();
        self.messages.retain(|message| message.queue != queue);
        self.remembered.retain(|(of, ..)| *of != queue);
        // Dead letters of the old queue do not belong to the new one.
        let of_queue = |message: &&mut Known| message.origin == Some(queue);
        self.messages
            .iter_mut()
            .filter(of_queue)
            .for_each(|message| message.origin = None);
        self.queues[queue] = create(&mut self.engine, self.now, queue);
        self.retention[queue] = RETENTION;
    }

    fn send(&mut self, queue: usize, group: u8, id: u8, delay: u64) {
        let is_fifo = queue >= 2;
        let (name, id_name) = (group.to_string(), id.to_string());
        let mut draft = draft("x", is_fifo.then_some(&name), is_fifo.then_some(&id_name));
        draft.delay = (!is_fifo).then(|| Duration::from_secs(delay));
        let sent = self
            .engine
            .send(self.now, self.queues[queue], draft)
            .unwrap();
        if !is_fifo {
            return;
        }
        let young = |at: Timestamp| at + limits::DEDUPLICATION > self.now;
        let before = self
            .remembered
            .iter()
            .rfind(|(of, known, at, _)| (*of, *known) == (queue, id) && young(*at));
        match before {
            Some((.., first)) => assert_eq!(
                sent.id, *first,
                "a duplicate answers with the first one's id"
            ),
            None => self.remembered.push((queue, id, self.now, sent.id)),
        }
    }

    fn receive(&mut self, queue: usize, most: usize, visibility: u64) {
        let visibility = Duration::from_secs(visibility);
        let ask = ReceiveRequest {
            most,
            visibility: Some(visibility),
            attempt: None,
        };
        self.engine.wake(self.now);
        self.note_effects();
        let deliveries = self
            .engine
            .receive(self.now, self.queues[queue], ask)
            .unwrap();
        // What was moved away or outlived its time goes first, so that the rest must be exactly
        // what was handed out.
        let pending = self.engine.take_pending();
        let (handed, rest): (Vec<_>, Vec<_>) = pending
            .effects
            .into_iter()
            .partition(|effect| matches!(effect, Effect::Received { .. }));
        rest.into_iter().for_each(|effect| self.note(effect));
        self.check_order(queue, &deliveries);
        for delivery in &deliveries {
            let message = self
                .known(delivery.receipt.key.serial)
                .expect("only living messages are handed out");
            assert!(
                message.queue == queue && message.due <= self.now,
                "it was hidden: {message:?}"
            );
            assert_eq!(message.receives + 1, delivery.receives);
            self.receipts.push(delivery.receipt);
        }
        assert_eq!(handed.len(), deliveries.len());
        handed.into_iter().for_each(|effect| self.note(effect));
        assert!(deliveries.len() <= most);
        if deliveries.len() < most {
            self.nothing_is_left_over(queue, &deliveries);
        }
    }

    /// In a FIFO queue everything in front of a delivery was handed out just before it.
    fn check_order(&self, queue: usize, deliveries: &[Delivery]) {
        if queue < 2 {
            return;
        }
        for (index, delivery) in deliveries.iter().enumerate() {
            let serial = delivery.receipt.key.serial;
            let group = self
                .messages
                .iter()
                .find(|message| message.serial == serial)
                .unwrap()
                .group;
            let of_group = self
                .messages
                .iter()
                .filter(|message| message.queue == queue && message.group == group);
            for earlier in of_group.take_while(|message| message.serial != serial) {
                let handed = deliveries[..index]
                    .iter()
                    .any(|other| other.receipt.key.serial == earlier.serial);
                assert!(handed, "{serial} overtook {earlier:?}");
            }
        }
    }

    fn nothing_is_left_over(&self, queue: usize, deliveries: &[Delivery]) {
        let handed = |message: &Known| {
            deliveries
                .iter()
                .any(|other| other.receipt.key.serial == message.serial)
        };
        let mut blocked = Vec::new();
        for message in self
            .messages
            .iter()
            .filter(|message| message.queue == queue && !handed(message))
        {
            let waits_for_group = queue >= 2 && blocked.contains(&message.group);
            let group_is_held = queue >= 2
                && self.messages.iter().any(|other| {
                    other.queue == queue
                        && other.group == message.group
                        && handed(other)
                        && other.serial < message.serial
                });
            assert!(
                message.due > self.now || waits_for_group || group_is_held,
                "{message:?} was left behind"
            );
            blocked.push(message.group);
        }
    }

    fn delete(&mut self, receipt: usize) {
        let Some(&receipt) = self.receipts.get(receipt % self.receipts.len().max(1)) else {
            return;
        };
        self.engine.wake(self.now);
        self.note_effects();
        let refused = self.holds(receipt) && self.insists(receipt) && !self.is_current(receipt);
        let deleted = self.engine.delete(self.now, receipt.queue, receipt);
        assert_eq!(
            deleted.is_err(),
            refused,
            "FIFO queues insist on the newest receipt"
        );
        self.note_effects();
        assert!(refused || !self.holds(receipt));
    }

    fn hide(&mut self, receipt: usize, seconds: u64) {
        let Some(&receipt) = self.receipts.get(receipt % self.receipts.len().max(1)) else {
            return;
        };
        self.engine.wake(self.now);
        self.queues
            .into_iter()
            .for_each(|queue| _ = self.engine.counts(self.now, queue));
        self.note_effects();
        let expected = match (
            self.holds(receipt),
            self.is_current(receipt),
            self.insists(receipt),
        ) {
            (false, ..) => Err(SettleError::Gone),
            (true, false, true) => Err(SettleError::Expired),
            (true, ..) => Ok(()),
        };
        let changes = expected.is_ok() && self.is_hidden(receipt);
        let hidden = self.engine.change_visibility(
            self.now,
            receipt.queue,
            receipt,
            Duration::from_secs(seconds),
        );
        assert_eq!(hidden, expected);
        self.note_effects();
        let due = self.now + Duration::from_secs(seconds);
        assert!(
            !changes
                || self
                    .known(receipt.key.serial)
                    .is_some_and(|message| message.due == due)
        );
    }

    /// Whether the message is still in the queue that handed it out.
    fn holds(&self, receipt: Receipt) -> bool {
        self.known(receipt.key.serial)
            .is_some_and(|message| self.queues[message.queue] == receipt.queue)
    }

    fn insists(&self, receipt: Receipt) -> bool {
        self.queues
            .iter()
            .position(|queue| *queue == receipt.queue)
            .is_some_and(|queue| queue >= 2)
    }

    fn restart(&mut self) {
        let mut engine = Engine::new([9; 16]);
        let checkpoint = self.engine.checkpoint().swap_remove(0);
        engine.replay(checkpoint, Location::default(), self.now);
        self.log
            .iter()
            .for_each(|(effect, location)| engine.replay(effect.clone(), *location, self.now));
        engine.resume(self.now);
        self.engine = engine;
    }

    fn is_current(&self, receipt: Receipt) -> bool {
        let newest = self
            .known(receipt.key.serial)
            .map(|message| message.receives);
        self.is_hidden(receipt) && newest == Some(receipt.receives)
    }

    fn is_hidden(&self, receipt: Receipt) -> bool {
        self.known(receipt.key.serial)
            .is_some_and(|message| message.due > self.now)
    }

    fn known(&self, serial: Serial) -> Option<&Known> {
        self.messages
            .iter()
            .find(|message| message.serial == serial)
    }
}

fn create(engine: &mut Engine, now: Timestamp, index: usize) -> QueueId {
    queue(engine, now, NAMES[index], |attributes| {
        attributes.retention = RETENTION;
        attributes.redrive = LIMITS[index].and_then(|(to, most)| redrive(NAMES[to], most));
    })
}

fn run(steps: &[Step]) {
    let mut world = World::new();
    steps.iter().for_each(|step| world.take(*step));
}

/// Leaves out what the failure does not need: half of the steps at a time, in the end one by one.
fn cut_down(mut steps: Vec<Step>) -> Vec<Step> {
    let mut size = steps.len() / 2;
    while size > 0 {
        let mut at = 0;
        while at < steps.len() {
            let mut fewer = steps.clone();
            fewer.drain(at..(at + size).min(steps.len()));
            match catch_unwind(|| run(&fewer)) {
                Ok(()) => at += size,
                Err(_) => steps = fewer,
            }
        }
        size /= 2;
    }
    steps
}

#[test]
fn the_engine_does_what_a_list_would() {
    let steps = std::env::var("MODEL_STEPS")
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(STEPS);
    let mut random = fastrand::Rng::new();
    for _ in 0..steps / RUN {
        let steps: Vec<Step> = (0..RUN).map(|_| step(&mut random)).collect();
        if catch_unwind(|| run(&steps)).is_err() {
            let needed = cut_down(steps);
            println!("it takes {needed:#?}");
            run(&needed);
        }
    }
}
