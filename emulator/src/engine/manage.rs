//! Queues are created, changed, purged and deleted.

use std::collections::BTreeMap;

use kit::time::Timestamp;

use super::arn::QueueArn;
use super::attributes::Attributes;
use super::definition::{Purge, QueueDefinition};
use super::effect::Effect;
use super::ids::QueueId;
use super::limits;
use super::machine::Engine;
use super::queue::Queue;

impl Engine {
    /// Whether a queue of this name was deleted so recently that the name is still blocked.
    pub fn was_deleted_recently(&self, now: Timestamp, arn: &QueueArn) -> bool {
        self.deleted
            .get(arn)
            .is_some_and(|at| *at + limits::COOLDOWN > now)
    }

    /// Creates a queue. The caller has checked that none of this name exists.
    pub fn create_queue(
        &mut self,
        now: Timestamp,
        arn: QueueArn,
        attributes: Attributes,
        tags: BTreeMap<String, String>,
    ) -> QueueId {
        let id = self.next_queue;
        self.next_queue += 1;
        self.deleted.remove(&arn);
        let definition = QueueDefinition {
            id,
            arn,
            attributes,
            tags,
            created: now,
            modified: now,
            purge: None,
        };
        self.pending
            .effects
            .push(Effect::Queue(Box::new(definition.clone())));
        self.by_arn.insert(definition.arn.clone(), id);
        self.queues.insert(id, Queue::new(definition));
        id
    }

    /// Changes the attributes and tags of a queue.
    pub fn change_queue(&mut self, queue: QueueId, change: impl FnOnce(&mut QueueDefinition)) {
        let Some(queue) = self.queues.get_mut(&queue) else {
            return;
        };
        change(&mut queue.definition);
        self.pending
            .effects
            .push(Effect::Queue(Box::new(queue.definition.clone())));
    }

    /// Drops every message of a queue, hidden and delayed ones too, and its memory of deduplication
    /// ids.
    pub fn purge(&mut self, now: Timestamp, queue: QueueId) {
        let purge = Purge {
            at: now,
            below: self.next_serial,
        };
        let Some(entry) = self.queues.get_mut(&queue) else {
            return;
        };
        self.graves.push_back(entry.clear());
        self.pending.effects.push(Effect::Purged { queue, purge });
        self.change_queue(queue, |definition| definition.purge = Some(purge));
        self.reap();
    }

    /// Removes a queue with all its messages; the name stays blocked for a minute.
    pub fn delete_queue(&mut self, now: Timestamp, queue: QueueId) {
        let Some(gone) = self.queues.remove(&queue) else {
            return;
        };
        self.graves.push_back(gone.ages);
        self.by_arn.remove(&gone.definition.arn);
        self.deleted.insert(gone.definition.arn, now);
        self.pending
            .effects
            .push(Effect::QueueDeleted { queue, at: now });
        self.pending.gone.push(queue);
        self.reap();
    }
}
