//! Every action of SQS as a value: the request is the struct, `apply` is the behaviour.
//!
//! Both protocols fill these structs and render the same outputs. Nothing here knows of HTTP; a
//! receive that may have to wait becomes a [`ReceivePlan`], and the node waits.

mod batch;
mod caller;
mod manage;
mod message_attributes;
mod move_tasks;
mod number;
mod output;
mod peek;
mod permissions;
mod queue_attributes;
mod receive;
mod redrive_policy;
mod send;
mod settle;
mod tags;

use kit::time::Timestamp;

use crate::engine::Engine;
use crate::fault::Fault;

pub(crate) use caller::Caller;
pub use caller::Cooldowns;
pub(crate) use output::{Output, ReceivedMessage};
pub(crate) use peek::{MOST_BYTES, Peek, PeekResult};
pub(crate) use receive::ReceivePlan;

use manage::{
    CreateQueue, DeleteQueue, GetQueueAttributes, GetQueueUrl, ListDeadLetterSourceQueues,
    ListQueues, PurgeQueue, SetQueueAttributes,
};
use move_tasks::{CancelMessageMoveTask, ListMessageMoveTasks, StartMessageMoveTask};
use permissions::{AddPermission, RemovePermission};
use receive::ReceiveMessage;
use send::{SendMessage, SendMessageBatch};
use settle::{
    ChangeMessageVisibility, ChangeMessageVisibilityBatch, DeleteMessage, DeleteMessageBatch,
};
use tags::{ListQueueTags, TagQueue, UntagQueue};

/// What applying an action comes to.
#[derive(Debug)]
pub enum Applied {
    /// The action is done.
    Done(Output),
    /// Messages have to be received, perhaps after a wait.
    Receive(ReceivePlan),
}

impl Action {
    /// Does what needs no engine, so that nobody waits for it at the engine's lock.
    pub fn prepare(&mut self) {
        match self {
            Action::SendMessage(send) => send.prepare(),
            Action::SendMessageBatch(batch) => batch.prepare(),
            _ => {}
        }
    }
}

macro_rules! actions {
    ($($name:ident)*) => {
        /// One request to SQS.
        #[derive(Debug, Clone)]
        #[allow(missing_docs, reason = "the names are AWS's own")]
        pub enum Action { $($name($name),)* }

        impl Action {
            /// The name of every action.
            pub const NAMES: &'static [&'static str] = &[$(stringify!($name)),*];

            /// Reads the members of the action `name` as AWS JSON has them. None if there is no
            /// such action.
            pub fn from_json(name: &str, members: &[u8]) -> Option<serde_json::Result<Action>> {
                match name {
                    $(stringify!($name) => Some(serde_json::from_slice(members).map(Action::$name)),)*
                    _ => None,
                }
            }

            /// Carries the request out.
            pub fn apply(self, engine: &mut Engine, now: Timestamp, caller: &Caller) -> Result<Applied, Fault> {
                engine.wake(now);
                match self { $(Action::$name(action) => action.apply(engine, now, caller).map(Applied::from),)* }
            }
        }
    };
}

actions! {
    AddPermission CancelMessageMoveTask ChangeMessageVisibility ChangeMessageVisibilityBatch CreateQueue DeleteMessage
    DeleteMessageBatch DeleteQueue GetQueueAttributes GetQueueUrl ListDeadLetterSourceQueues ListMessageMoveTasks
    ListQueueTags ListQueues PurgeQueue ReceiveMessage RemovePermission SendMessage SendMessageBatch SetQueueAttributes
    StartMessageMoveTask TagQueue UntagQueue
}

impl From<Output> for Applied {
    fn from(answer: Output) -> Applied {
        Applied::Done(answer)
    }
}

impl From<ReceivePlan> for Applied {
    fn from(plan: ReceivePlan) -> Applied {
        Applied::Receive(plan)
    }
}
