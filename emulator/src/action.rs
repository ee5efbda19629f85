//! Every action of SQS as a value: the request is the struct, `apply` is the behaviour.
//!
//! Both protocols fill these structs and render the same answers. Nothing here knows of HTTP; a
//! receive that may have to wait becomes a [`ReceivePlan`], and the waiting is the door's.

mod batch;
mod caller;
mod look;
mod manage;
mod message_attributes;
mod moving;
mod number;
mod permissions;
mod queue_attributes;
mod receive;
mod send;
mod settle;
mod tags;

use std::collections::BTreeMap;

use kit::time::Timestamp;
use serde::Serialize;

use crate::engine::Engine;
use crate::fault::Fault;
use crate::store::Need;

pub use batch::{BatchAnswer, DoneEntry, FailedEntry};
pub use caller::{Caller, Waits};
pub use look::{Look, MOST_BYTES, Sight};
pub use manage::{
    CreateQueue, DeleteQueue, GetQueueAttributes, GetQueueUrl, ListDeadLetterSourceQueues,
    ListQueues, PurgeQueue, SetQueueAttributes,
};
pub use moving::{CancelMessageMoveTask, ListMessageMoveTasks, StartMessageMoveTask, TaskEntry};
pub use number::Number;
pub use permissions::{AddPermission, RemovePermission};
pub use receive::{ReceiveMessage, ReceivePlan, ReceivedMessage};
pub use send::{SendMessage, SendMessageBatch, SentEntry, SentMessage};
pub use settle::{
    ChangeMessageVisibility, ChangeMessageVisibilityBatch, DeleteMessage, DeleteMessageBatch,
};
pub use tags::{ListQueueTags, TagQueue, UntagQueue};

/// What comes of an action.
#[derive(Debug)]
pub enum Outcome {
    /// It is done.
    Done(Answer),
    /// Messages are to be taken, perhaps after a wait.
    Receive(ReceivePlan),
}

/// The result of an action; serializes to the members that the service model names. Empty lists are
/// left out, as the service does.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
#[allow(missing_docs, reason = "the members are AWS's own")]
pub enum Answer {
    Empty {},
    #[serde(rename_all = "PascalCase")]
    QueueUrl {
        queue_url: String,
    },
    #[serde(rename_all = "PascalCase")]
    Queues {
        #[serde(skip_serializing_if = "Vec::is_empty")]
        queue_urls: Vec<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        next_token: Option<String>,
    },
    DeadLetterSources {
        #[serde(rename = "queueUrls")]
        queue_urls: Vec<String>,
        #[serde(rename = "NextToken", skip_serializing_if = "Option::is_none")]
        next_token: Option<String>,
    },
    #[serde(rename_all = "PascalCase")]
    Attributes {
        #[serde(skip_serializing_if = "BTreeMap::is_empty")]
        attributes: BTreeMap<String, String>,
    },
    Sent(SentMessage),
    SentBatch(BatchAnswer<SentEntry>),
    Settled(BatchAnswer<DoneEntry>),
    #[serde(rename_all = "PascalCase")]
    Messages {
        #[serde(skip_serializing_if = "Vec::is_empty")]
        messages: Vec<ReceivedMessage>,
    },
    #[serde(rename_all = "PascalCase")]
    Tags {
        #[serde(skip_serializing_if = "BTreeMap::is_empty")]
        tags: BTreeMap<String, String>,
    },
    #[serde(rename_all = "PascalCase")]
    TaskStarted {
        task_handle: String,
    },
    #[serde(rename_all = "PascalCase")]
    Tasks {
        #[serde(skip_serializing_if = "Vec::is_empty")]
        results: Vec<TaskEntry>,
    },
    #[serde(rename_all = "PascalCase")]
    TaskCancelled {
        approximate_number_of_messages_moved: usize,
    },
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
            pub fn apply(self, engine: &mut Engine, now: Timestamp, caller: &Caller) -> Result<Outcome, Fault> {
                engine.wake(now);
                match self { $(Action::$name(action) => action.apply(engine, now, caller).map(Outcome::from),)* }
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

impl Action {
    /// What it writes to the store.
    pub fn need(&self) -> Need {
        match self {
            Action::SendMessage(send) => Need::Messages(send.size()),
            Action::SendMessageBatch(batch) => Need::Messages(batch.size()),
            Action::ReceiveMessage(_) => Need::Receives,
            Action::CreateQueue(_)
            | Action::SetQueueAttributes(_)
            | Action::AddPermission(_)
            | Action::TagQueue(_) => Need::Definition,
            _ => Need::Records,
        }
    }
}

impl From<Answer> for Outcome {
    fn from(answer: Answer) -> Outcome {
        Outcome::Done(answer)
    }
}

impl From<ReceivePlan> for Outcome {
    fn from(plan: ReceivePlan) -> Outcome {
        Outcome::Receive(plan)
    }
}
