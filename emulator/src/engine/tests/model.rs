//! Random operations on the engine and on a list of messages that anybody can check. Nothing may be lost, nothing handed
//! out inside its visibility, and every FIFO group keeps its order; a restart in between changes nothing.

use std::time::Duration;

use proptest::prelude::*;

use super::*;

const RETENTION: u32 = 600;
const LIMITS: [Option<(usize, u32)>; 4] = [Some((1, 2)), None, Some((3, 3)), None];

#[derive(Debug, Clone, Copy)]
enum Step {
    Wait { millis: u64 },
    Send { queue: usize, group: u8, id: u8, delay: u64 },
    Receive { queue: usize, most: usize, visibility: u64 },
    Delete { receipt: usize },
    Hide { receipt: usize, seconds: u64 },
    Purge { queue: usize },
    MoveBack { queue: usize, rate: Option<u32> },
    Restart,
}

fn step() -> impl Strategy<Value = Step> {
    let queue = 0..4usize;
    prop_oneof![
        6 => (0..90_000u64).prop_map(|millis| Step::Wait { millis }),
        12 => (prop_oneof![0..3usize, 0..1usize], 0..3u8, 0..30u8, prop_oneof![Just(0), 0..60u64])
            .prop_map(|(queue, group, id, delay)| Step::Send { queue, group, id, delay }),
        12 => (queue.clone(), 1..=10usize, 0..90u64)
            .prop_map(|(queue, most, visibility)| Step::Receive { queue, most, visibility }),
        6 => any::<usize>().prop_map(|receipt| Step::Delete { receipt }),
        4 => (any::<usize>(), 0..90u64).prop_map(|(receipt, seconds)| Step::Hide { receipt, seconds }),
        1 => queue.prop_map(|queue| Step::Purge { queue }),
        1 => (prop_oneof![Just(1usize), Just(3)], prop::option::of(1..20u32))
            .prop_map(|(queue, rate)| Step::MoveBack { queue, rate }),
        1 => Just(Step::Restart),
    ]
}

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
    log: Vec<(Effect, Place)>,
    /// In the order of arrival in their queue.
    messages: Vec<Known>,
    receipts: Vec<Receipt>,
    remembered: Vec<(usize, u8, Timestamp, String)>,
}

impl World {
    fn new() -> World {
        let now = Timestamp::from_millis(1_700_000_000_000);
        let mut engine = Engine::new([1; 16]);
        let queues = [("a", 0), ("a-dead", 1), ("b.fifo", 2), ("b-dead.fifo", 3)];
        let queues = queues.map(|(name, index): (&str, usize)| {
            queue(&mut engine, now, name, |attributes| {
                attributes.retention = RETENTION;
                let target = LIMITS[index].map(|(to, most)| (["a", "a-dead", "b.fifo", "b-dead.fifo"][to], most));
                attributes.redrive = target.and_then(|(to, most)| redrive(to, most));
            })
        });
        let (log, messages, receipts, remembered) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        let mut world = World { now, engine, queues, log, messages, receipts, remembered };
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
            Step::Send { queue, group, id, delay } => self.send(queue, group, id, delay),
            Step::Receive { queue, most, visibility } => self.receive(queue, most, visibility),
            Step::Delete { receipt } => self.delete(receipt),
            Step::Hide { receipt, seconds } => self.hide(receipt, seconds),
            Step::Purge { queue } => {
                self.engine.purge(self.now, self.queues[queue]);
                self.messages.retain(|message| message.queue != queue);
                self.remembered.retain(|(of, ..)| *of != queue);
            }
            Step::MoveBack { queue, rate } => {
                let source = self.engine.queue(self.queues[queue]).unwrap().definition.arn.clone();
                _ = self.engine.start_move(self.now, &source, None, rate);
                self.engine.wake(self.now);
            }
            Step::Restart => self.restart(),
        }
        self.note_effects();
        self.compare_counts();
    }

    fn send(&mut self, queue: usize, group: u8, id: u8, delay: u64) {
        let is_fifo = queue >= 2;
        let (name, id_name) = (group.to_string(), id.to_string());
        let mut draft = draft("x", is_fifo.then_some(&name), is_fifo.then_some(&id_name));
        draft.delay = (!is_fifo).then(|| Duration::from_secs(delay));
        let sent = self.engine.send(self.now, self.queues[queue], draft).unwrap();
        if !is_fifo {
            return;
        }
        let young = |at: Timestamp| at + limits::DEDUPLICATION > self.now;
        let before = self.remembered.iter().rfind(|(of, known, at, _)| (*of, *known) == (queue, id) && young(*at));
        match before {
            Some((.., first)) => assert_eq!(sent.id, *first, "a duplicate answers with the first one's id"),
            None => self.remembered.push((queue, id, self.now, sent.id)),
        }
    }

    fn receive(&mut self, queue: usize, most: usize, visibility: u64) {
        let visibility = Duration::from_secs(visibility);
        let ask = Ask { most, visibility: Some(visibility), attempt: None };
        self.engine.wake(self.now);
        self.note_effects();
        let deliveries = self.engine.receive(self.now, self.queues[queue], ask).unwrap();
        // What was moved away or outlived its time goes first, so that the rest must be exactly what was handed out.
        let outbox = self.engine.take_outbox();
        let (handed, rest): (Vec<_>, Vec<_>) =
            outbox.effects.into_iter().partition(|effect| matches!(effect, Effect::Received { .. }));
        rest.into_iter().for_each(|effect| self.note(effect));
        self.check_order(queue, &deliveries);
        for delivery in &deliveries {
            let message = self.known(delivery.receipt.key.serial).expect("only living messages are handed out");
            assert!(message.queue == queue && message.due <= self.now, "it was hidden: {message:?}");
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
            let group = self.messages.iter().find(|message| message.serial == serial).unwrap().group;
            let of_group = self.messages.iter().filter(|message| message.queue == queue && message.group == group);
            for earlier in of_group.take_while(|message| message.serial != serial) {
                let handed = deliveries[..index].iter().any(|other| other.receipt.key.serial == earlier.serial);
                assert!(handed, "{serial} overtook {earlier:?}");
            }
        }
    }

    fn nothing_is_left_over(&self, queue: usize, deliveries: &[Delivery]) {
        let handed = |message: &Known| deliveries.iter().any(|other| other.receipt.key.serial == message.serial);
        let mut blocked = Vec::new();
        for message in self.messages.iter().filter(|message| message.queue == queue && !handed(message)) {
            let waits_for_group = queue >= 2 && blocked.contains(&message.group);
            let group_is_held = queue >= 2
                && self.messages.iter().any(|other| {
                    other.queue == queue
                        && other.group == message.group
                        && handed(other)
                        && other.serial < message.serial
                });
            assert!(message.due > self.now || waits_for_group || group_is_held, "{message:?} was left behind");
            blocked.push(message.group);
        }
    }

    fn delete(&mut self, receipt: usize) {
        let Some(&receipt) = self.receipts.get(receipt % self.receipts.len().max(1)) else { return };
        let queue = self.queues.iter().position(|queue| *queue == receipt.queue).unwrap();
        self.engine.wake(self.now);
        self.note_effects();
        let current = self.is_current(receipt);
        let lives = self.known(receipt.key.serial).is_some_and(|message| message.queue == queue);
        let deleted = self.engine.delete(self.now, receipt.queue, receipt);
        let refused = lives && queue >= 2 && !current;
        assert_eq!(deleted.is_err(), refused, "FIFO queues insist on the newest receipt");
        self.note_effects();
        let gone = self.known(receipt.key.serial).is_none_or(|message| message.queue != queue);
        assert!(gone || refused);
    }

    fn hide(&mut self, receipt: usize, seconds: u64) {
        let Some(&receipt) = self.receipts.get(receipt % self.receipts.len().max(1)) else { return };
        _ = self.engine.change_visibility(self.now, receipt.queue, receipt, Duration::from_secs(seconds));
    }

    fn restart(&mut self) {
        let mut engine = Engine::new([9; 16]);
        let checkpoint = self.engine.checkpoint().swap_remove(0);
        engine.replay(checkpoint, Place::default());
        self.log.iter().for_each(|(effect, place)| engine.replay(effect.clone(), *place));
        engine.resume(self.now);
        self.engine = engine;
    }

    fn is_current(&self, receipt: Receipt) -> bool {
        let message = self.known(receipt.key.serial);
        message.is_some_and(|message| message.due > self.now && message.receives == receipt.receives)
    }

    fn known(&self, serial: Serial) -> Option<&Known> {
        self.messages.iter().find(|message| message.serial == serial)
    }

    fn note_effects(&mut self) {
        self.engine.take_outbox().effects.into_iter().for_each(|effect| self.note(effect));
    }

    /// Writes an effect to the log, and to the list.
    fn note(&mut self, effect: Effect) {
        let place = Place { segment: 1, offset: u32::try_from(self.log.len()).unwrap(), length: 8 };
        self.log.push((effect.clone(), place));
        let index = |id: QueueId| self.queues.iter().position(|queue| *queue == id).unwrap();
        let now = self.now;
        match effect {
            Effect::Stored(stored) => {
                let Stored { snapshot, content } = *stored;
                self.engine.place(snapshot.key, place);
                self.messages.push(Known {
                    serial: snapshot.key.serial,
                    queue: index(snapshot.queue),
                    origin: None,
                    group: content.group.map_or(0, |group| group.parse().unwrap()),
                    sent_at: snapshot.sent_at,
                    due: snapshot.due,
                    receives: 0,
                });
            }
            Effect::Received { key, receives, due, .. } => {
                let message = self.messages.iter_mut().find(|message| message.serial == key.serial).unwrap();
                (message.receives, message.due) = (receives, due);
            }
            Effect::Hidden { key, due } => {
                self.messages.iter_mut().find(|message| message.serial == key.serial).unwrap().due = due;
            }
            Effect::Moved { key, to, .. } => {
                let to = index(to);
                let mut message = self.lift(key.serial);
                assert!(message.due <= now, "a hidden message was moved");
                assert_eq!(LIMITS[message.queue].map(|(to, _)| to), Some(to));
                assert!(LIMITS[message.queue].is_some_and(|(_, most)| message.receives >= most));
                message.origin = Some(message.queue);
                message.queue = to;
                self.messages.push(message);
            }
            Effect::Renewed { key, serial, to, at } => {
                let to = index(to);
                let mut message = self.lift(key.serial);
                assert!(message.due <= now && message.origin == Some(to), "it went to a queue that it is not from");
                message = Known { serial, queue: to, origin: None, sent_at: at, due: at, receives: 0, ..message };
                self.messages.push(message);
            }
            Effect::Deleted { key } => _ = self.lift(key.serial),
            Effect::Counters { .. } | Effect::Queue(_) | Effect::QueueDeleted { .. } | Effect::Remembered { .. } => {}
        }
    }

    fn lift(&mut self, serial: Serial) -> Known {
        let index = self.messages.iter().position(|message| message.serial == serial).expect("it lived until now");
        self.messages.remove(index)
    }

    fn compare_counts(&mut self) {
        self.engine.wake(self.now);
        self.note_effects();
        for (index, queue) in self.queues.into_iter().enumerate() {
            let counts = self.engine.counts(self.now, queue);
            self.note_effects();
            let mut expected = Counts::default();
            for message in self.messages.iter().filter(|message| message.queue == index) {
                assert!(message.sent_at + Duration::from_secs(RETENTION.into()) > self.now, "{message:?} is too old");
                *match (message.due > self.now, message.receives) {
                    (false, _) => &mut expected.ready,
                    (true, 0) => &mut expected.delayed,
                    (true, _) => &mut expected.in_flight,
                } += 1;
            }
            assert_eq!((index, counts), (index, expected));
        }
        assert_eq!(self.engine.messages(), self.messages.len());
    }
}

/// As many as `PROPTEST_CASES` says.
fn cases() -> u32 {
    std::env::var("PROPTEST_CASES").ok().and_then(|text| text.parse().ok()).unwrap_or(200)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), max_shrink_iters: 20_000, ..ProptestConfig::default() })]

    #[test]
    fn the_engine_does_what_a_list_would(steps in prop::collection::vec(step(), 1..250)) {
        let mut world = World::new();
        steps.into_iter().for_each(|step| world.take(step));
    }
}
