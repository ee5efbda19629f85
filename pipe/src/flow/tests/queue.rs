//! SQS for the tests of [`Flow`](crate::flow::Flow): visibility, receipts, receive counts, redrive,
//! message groups.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::time::Duration;

use kit::time::Timestamp;

use crate::flow::Settle;

pub(super) const MAX_RECEIVE_COUNT: u32 = 5;

pub(super) struct Queue {
    visibility: Duration,
    /// `maxReceiveCount`.
    pub(super) max_receives: u32,
    messages: BTreeMap<u64, Message>,
    /// In order where there are groups, but for messages that are gone.
    visible: VecDeque<u64>,
    hidden: BTreeSet<(Timestamp, u64)>,
    /// Messages in flight of each group.
    locked: HashMap<String, usize>,
    next_id: u64,
    pub(super) dead: Vec<u64>,
    /// How often each of them was received.
    pub(super) dead_receives: Vec<u32>,
    pub(super) most_receives: u32,
    /// Messages that were received more than twice.
    pub(super) often: BTreeSet<u64>,
}

struct Message {
    group: Option<String>,
    receives: u32,
    hidden_until: Option<Timestamp>,
}

impl Queue {
    pub(super) fn new(visibility: Duration) -> Queue {
        Queue {
            visibility,
            max_receives: MAX_RECEIVE_COUNT,
            messages: BTreeMap::new(),
            visible: VecDeque::new(),
            hidden: BTreeSet::new(),
            locked: HashMap::new(),
            next_id: 0,
            dead: Vec::new(),
            dead_receives: Vec::new(),
            most_receives: 0,
            often: BTreeSet::new(),
        }
    }

    pub(super) fn len(&self) -> usize {
        self.messages.len()
    }

    /// How many messages were ever sent.
    pub(super) fn sent(&self) -> u64 {
        self.next_id
    }

    pub(super) fn send(&mut self, group: Option<&str>) {
        let message = Message {
            group: group.map(str::to_owned),
            receives: 0,
            hidden_until: None,
        };
        self.messages.insert(self.next_id, message);
        self.visible.push_back(self.next_id);
        self.next_id += 1;
    }

    /// When the next hidden message shows.
    pub(super) fn next_visible(&self) -> Option<Timestamp> {
        self.hidden.first().map(|&(until, _)| until)
    }

    /// Whether SQS does it: a receipt is good until the message is received again, and hides only
    /// what is hidden.
    pub(super) fn settle(&mut self, now: Timestamp, settle: &Settle) -> bool {
        let (Settle::Delete { receipt, .. } | Settle::Hide { receipt, .. }) = settle;
        let (id, receives) = receipt.split_once('/').expect("a receipt of ours");
        let id: u64 = id.parse().expect("a receipt of ours");
        let Some(message) = self.messages.get(&id) else {
            return true;
        };
        let is_latest = message.receives.to_string() == receives;
        match settle {
            Settle::Delete { .. } => {
                if is_latest {
                    self.unhide(id);
                    self.messages.remove(&id);
                }
                // What SQS says of an old receipt, too.
                true
            }
            Settle::Hide { span, .. } => {
                let hides = is_latest && message.hidden_until.is_some();
                if hides {
                    self.unhide(id);
                    self.hide(id, now + *span);
                }
                hides
            }
        }
    }

    /// What SQS would hand out, with receipts and groups: no message of a group that has one in
    /// flight; one that was received too often is dead.
    pub(super) fn receive(
        &mut self,
        now: Timestamp,
        most: usize,
    ) -> Vec<(u64, String, Option<String>)> {
        let (mut received, mut index) = (Vec::new(), 0);
        while index < self.visible.len() && received.len() < most {
            let id = self.visible[index];
            let locked = &self.locked;
            let Some(message) = self.messages.get_mut(&id) else {
                self.visible.remove(index);
                continue;
            };
            if message
                .group
                .as_ref()
                .is_some_and(|group| locked.contains_key(group))
            {
                index += 1;
                continue;
            }
            self.visible.remove(index);
            message.receives += 1;
            if message.receives > self.max_receives {
                self.dead_receives.push(message.receives - 1);
                self.messages.remove(&id);
                self.dead.push(id);
                continue;
            }
            self.most_receives = self.most_receives.max(message.receives);
            if message.receives > 2 {
                self.often.insert(id);
            }
            received.push((
                id,
                format!("{id}/{}", message.receives),
                message.group.clone(),
            ));
        }
        received
            .iter()
            .for_each(|(id, ..)| self.hide(*id, now + self.visibility));
        received
    }

    fn hide(&mut self, id: u64, until: Timestamp) {
        let message = self.messages.get_mut(&id).expect("it is there");
        message.hidden_until = Some(until);
        self.hidden.insert((until, id));
        if let Some(group) = &message.group {
            *self.locked.entry(group.clone()).or_default() += 1;
        }
    }

    fn unhide(&mut self, id: u64) {
        let Some(message) = self.messages.get_mut(&id) else {
            return;
        };
        let Some(until) = message.hidden_until.take() else {
            return;
        };
        self.hidden.remove(&(until, id));
        if let Some(group) = &message.group
            && let Some(count) = self.locked.get_mut(group)
        {
            *count -= 1;
            if *count == 0 {
                self.locked.remove(group);
            }
        }
    }

    /// Time has passed: shows what is hidden no longer.
    pub(super) fn show(&mut self, now: Timestamp) {
        while let Some(&(until, id)) = self.hidden.first()
            && until <= now
        {
            self.unhide(id);
            let has_group = self
                .messages
                .get(&id)
                .is_some_and(|message| message.group.is_some());
            if has_group {
                let place = self.visible.partition_point(|&other| other < id);
                self.visible.insert(place, id);
            } else {
                // A standard queue knows no order.
                self.visible.push_back(id);
            }
        }
    }
}
