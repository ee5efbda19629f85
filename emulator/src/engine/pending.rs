//! What the engine did since it was last asked, and what its owner has to do about it.

use super::effect::Effect;
use super::ids::{Location, QueueId};
use super::wake::Wake;

/// What follows from the changes of the engine since [`take_pending`], in order.
///
/// [`take_pending`]: super::Engine::take_pending
#[derive(Debug, Default)]
pub struct Pending {
    /// Effects to store.
    pub effects: Vec<Effect>,
    /// Queues with a message for a waiting receiver: one entry for each message.
    pub ready: Vec<QueueId>,
    /// Content to drop: no message needs it any more.
    pub dropped: Vec<Location>,
    /// Queues that were deleted.
    pub gone: Vec<QueueId>,
}

impl Pending {
    /// Notes that a receiver at `queue` may take a message, if a change had that consequence.
    pub(super) fn wake(&mut self, queue: QueueId, wake: Wake) {
        if wake == Wake::Receiver {
            self.ready.push(queue);
        }
    }
}
