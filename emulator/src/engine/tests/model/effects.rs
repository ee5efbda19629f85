//! What the effects of the engine make of the model, and whether both agree.

use super::*;

impl World {
    pub(super) fn note_effects(&mut self) {
        self.engine
            .take_pending()
            .effects
            .into_iter()
            .for_each(|effect| self.note(effect));
    }

    /// Writes an effect to the log, and to the list.
    pub(super) fn note(&mut self, effect: Effect) {
        let location = Location {
            segment: 1,
            offset: u32::try_from(self.log.len()).unwrap(),
            length: 8,
        };
        self.log.push((effect.clone(), location));
        let index = |id: QueueId| self.queues.iter().position(|queue| *queue == id).unwrap();
        let now = self.now;
        match effect {
            Effect::Stored(stored) => {
                let StoredMessage { snapshot, content } = *stored;
                self.engine.set_location(snapshot.key, location);
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
            Effect::Received {
                key, receives, due, ..
            } => {
                let message = self
                    .messages
                    .iter_mut()
                    .find(|message| message.serial == key.serial)
                    .unwrap();
                (message.receives, message.due) = (receives, due);
            }
            Effect::Hidden { key, due } => {
                self.messages
                    .iter_mut()
                    .find(|message| message.serial == key.serial)
                    .unwrap()
                    .due = due;
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
            Effect::Renewed {
                key,
                serial,
                to,
                at,
            } => {
                let to = index(to);
                let mut message = self.lift(key.serial);
                assert!(
                    message.due <= now && message.origin == Some(to),
                    "it went to a queue that it is not from"
                );
                message = Known {
                    serial,
                    queue: to,
                    origin: None,
                    sent_at: at,
                    due: at,
                    receives: 0,
                    ..message
                };
                self.messages.push(message);
            }
            Effect::Deleted { key } => _ = self.lift(key.serial),
            Effect::Counters { .. }
            | Effect::Queue(_)
            | Effect::QueueDeleted { .. }
            | Effect::Purged { .. }
            | Effect::Task(_)
            | Effect::Remembered { .. } => {}
        }
    }

    pub(super) fn lift(&mut self, serial: Serial) -> Known {
        let index = self
            .messages
            .iter()
            .position(|message| message.serial == serial)
            .expect("it lived until now");
        self.messages.remove(index)
    }

    pub(super) fn compare_counts(&mut self) {
        self.engine.wake(self.now);
        self.note_effects();
        for (index, queue) in self.queues.into_iter().enumerate() {
            let counts = self.engine.counts(self.now, queue);
            self.note_effects();
            let mut expected = Counts::default();
            for message in self
                .messages
                .iter()
                .filter(|message| message.queue == index)
            {
                let end = message.sent_at + Duration::from_secs(self.retention[index].into());
                assert!(end > self.now, "{message:?} is too old");
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
