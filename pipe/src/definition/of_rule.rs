//! What a pipe has that stands for a target of a rule. Plain data.

use super::retry_limits::RetryLimits;
use super::rule_queue::RuleQueue;

/// What a pipe has that stands for a target of a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OfRule {
    /// The queue that it reads, in which the events of the bus are stored.
    pub queue: RuleQueue,
    /// When an event is given up.
    pub limits: RetryLimits,
}
