//! What the passing of time does by itself.

use kit::time::Timestamp;

use super::ids::{MessageState, QueueId};
use super::limits;
use super::machine::Engine;

impl Engine {
    /// Makes every message visible whose delay or visibility timeout has ended, runs the move
    /// tasks, and does a step of the work that was put off.
    pub fn wake(&mut self, now: Timestamp) {
        while let Some(&(due, slot)) = self.timers.first()
            && due <= now
        {
            self.timers.pop_first();
            if self.living(slot).is_some() {
                self.set_state(slot, MessageState::Ready);
            }
        }
        self.run_tasks(now);
        std::mem::take(&mut self.late)
            .into_iter()
            .for_each(|queue| self.expire(now, queue));
        self.reap();
    }

    /// When [`Engine::wake`] has something to do next, if nothing else happens before.
    pub fn next_wakeup(&self) -> Option<Timestamp> {
        let timer = self.timers.first().map(|&(due, _)| due);
        let at_once = (!self.graves.is_empty() || !self.late.is_empty()).then(Timestamp::default);
        timer
            .into_iter()
            .chain(self.next_task_step())
            .chain(at_once)
            .min()
    }

    /// Drops everything that expired: messages, remembered ids, blocked names. Every action does so
    /// for its own queue; calling this once a minute frees the space of idle queues.
    pub fn sweep(&mut self, now: Timestamp) {
        let all: Vec<QueueId> = self.queues.keys().copied().collect();
        all.into_iter().for_each(|queue| self.expire(now, queue));
        self.deleted.retain(|_, at| *at + limits::COOLDOWN > now);
        self.tasks
            .retain(|task| self.by_arn.contains_key(&task.source));
    }
}
