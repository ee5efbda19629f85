//! What a pipe does next: which message to deliver, when to receive, how to settle. A machine
//! without a clock.
//!
//! The worker reports what happened ([`Flow::received`], [`Flow::finished`]) and does what
//! [`Flow::next`] returns. Here the limits come together: how many deliveries may be under way, the
//! rate, the order of FIFO groups, retries without another receive, and who is at fault for a
//! failure. The flow finds that out by comparison. While other messages get through, a message that
//! fails is itself at fault, whatever the status, and is left to the queue, which counts receives.
//! While none gets through, the target is at fault: nothing is received but what is needed to find
//! a message that gets through, and leased messages stay hidden. `docs/delivery.md` has the
//! decisions as a table.
//!
//! Nothing here knows how messages are sent or received. The room imports `event` alone.
//!
//! | file | what it holds |
//! |---|---|
//! | `machine` | the state, and what the worker reports |
//! | `next`, `polling`, `probing` | what to do next: deliver, receive, find a message that gets through |
//! | `outcome`, `leaving` | what a result changes; another try, or back to the queue |
//! | `breaker` | whether the target takes messages at all |
//! | `suspects` | whether a message is at fault |
//! | `backlog`, `under_way`, `leases`, `polls` | the messages that wait, that are being delivered, until when they are hidden; the receives |
//! | `concurrency`, `rate`, `throttle` | how many at once, and how fast |
//! | `verdict`, `cause`, `retry_after`, `backoff` | what an answer means, and how long to pause |

mod backlog;
mod backoff;
mod blocked_groups;
mod breaker;
mod cause;
mod command;
mod concurrency;
mod delete_retries;
mod leases;
mod leaving;
mod limits;
mod machine;
mod next;
mod outcome;
mod polling;
mod polls;
mod probing;
mod rate;
mod recent;
mod retry_after;
mod settings;
mod suspects;
mod throttle;
mod under_way;
mod verdict;
mod work;

pub(crate) use backoff::Backoff;
pub(crate) use breaker::TargetChange;
pub(crate) use cause::Cause;
pub(crate) use command::{Command, Poll, Settle};
pub(crate) use limits::BATCH;
pub(crate) use machine::Flow;
pub(crate) use rate::{Rate, Rates};
pub(crate) use settings::VerdictRule;
pub(crate) use settings::{FlowSettings, Order};
pub(crate) use verdict::{Reason, Verdict, judge};
pub(crate) use work::{BatchPosition, Lost, Work};

#[cfg(test)]
mod tests;
