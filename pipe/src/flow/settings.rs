//! What a flow knows from the start: its queue, its limits, and the rule for its verdicts.

use std::time::Duration;

/// What decides whether a failure is the message's fault or the target's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum VerdictRule {
    /// Comparison with other messages, as `docs/delivery.md` describes it.
    #[default]
    Comparison,
    /// AWS's classes: every answer but a 2xx, and no answer in time, is the message's own fault.
    /// The pipe waits only for a target that cannot be reached or that throttles.
    Aws,
}

impl VerdictRule {
    /// Reads `comparison` or `aws`.
    ///
    /// # Errors
    /// The text is neither of them.
    pub fn parse(text: &str) -> Result<VerdictRule, String> {
        match text {
            "comparison" => Ok(VerdictRule::Comparison),
            "aws" => Ok(VerdictRule::Aws),
            other => Err(format!(
                "invalid verdict rule {other:?}: expected comparison or aws"
            )),
        }
    }
}

/// Whether a queue keeps the order of its message groups.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Order {
    /// A standard queue: no order.
    Standard,
    /// A FIFO queue: the messages of a group come in order.
    Fifo,
}

/// What is known of a queue and its pipe from the start.
#[derive(Debug, Clone, Copy)]
pub(crate) struct FlowSettings {
    /// Whether the queue keeps the order of message groups.
    pub(crate) order: Order,
    /// The queue's `VisibilityTimeout`.
    pub(crate) visibility: Duration,
    /// The queue's `maxReceiveCount`, if it has a redrive policy.
    pub(crate) max_receives: Option<u32>,
    /// How many deliveries may be under way at once.
    pub(crate) concurrency: usize,
    /// What decides about failures.
    pub(crate) rule: VerdictRule,
}
