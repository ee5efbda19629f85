//! Door: the queues of rules: one for each target of a rule, in which the emulator stores the
//! events of the rule's bus (`docs/aws/events.md#here`).

use std::collections::{BTreeSet, HashMap};

use aws_sdk_sqs::types::QueueAttributeName as Name;
use pipe::definition::{PipeDefinitions, RuleQueue};

use super::change::{Change, Done, Provisioned};
use super::queues::DeclaredQueue;
use super::sqs::Sqs;

/// How long events are kept: as long as SQS keeps messages. When they are given up before, the pipe
/// sees to.
const RETENTION: &str = "1209600";

/// The queues that `pipes` need for their rules, and the stack that declares them.
#[derive(Debug, Clone, Default)]
pub(crate) struct RuleQueues {
    queues: Vec<RuleQueue>,
    stack: String,
}

impl RuleQueues {
    /// Those of the rules of `pipes`, in a stack of this name.
    pub(crate) fn of(pipes: &PipeDefinitions, stack: &str) -> RuleQueues {
        RuleQueues {
            queues: pipes.rule_queues(),
            stack: stack.to_owned(),
        }
    }

    /// Creates or updates the queues. The queue of a rule that the stack has no more gets no
    /// further events; what is in it stays.
    ///
    /// # Errors
    /// SQS refuses.
    pub(crate) async fn provision(&self, sqs: &Sqs) -> anyhow::Result<Vec<Provisioned>> {
        let mut done = Vec::new();
        for queue in &self.queues {
            let made = sqs.ensure(&declared(queue)).await?;
            done.push(provisioned(queue.name.clone(), made));
        }
        let kept: BTreeSet<&str> = self.queues.iter().map(|queue| &*queue.name).collect();
        for (name, url) in sqs.named(RuleQueue::PREFIX).await? {
            let is_ours = |tags: &HashMap<String, String>| {
                tags.contains_key(RuleQueue::BUS_TAG)
                    && tags.get(RuleQueue::STACK_TAG) == Some(&self.stack)
            };
            if !kept.contains(name.as_str()) && sqs.untag(&url, RuleQueue::BUS_TAG, is_ours).await?
            {
                tracing::info!("queue {name} gets no more events: its rule is gone or disabled");
                done.push(provisioned(name, Change::Updated.into()));
            }
        }
        Ok(done)
    }
}

fn declared(queue: &RuleQueue) -> DeclaredQueue {
    DeclaredQueue {
        name: queue.name.clone(),
        attributes: HashMap::from([(Name::MessageRetentionPeriod, RETENTION.to_owned())]),
        tags: queue.tags().into_iter().collect(),
    }
}

fn provisioned(name: String, done: Done) -> Provisioned {
    let Done {
        change,
        differences,
    } = done;
    Provisioned {
        kind: "queue",
        name,
        change,
        differences,
    }
}
