//! `RetryPolicy` and `DeadLetterConfig` of a rule's target. Pure.

use std::sync::Arc;
use std::time::Duration;

use kit::document::{Node, OrCollect as _, Problem};

use crate::targets::QueueTarget;
use kit::arn::Arn;

/// The defaults of EventBridge: `docs/aws/events.md#retries`.
const ATTEMPTS: i64 = 185;
const AGE: i64 = 86_400;

/// When an event is given up.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RetryLimits {
    /// Whether the definition has a `RetryPolicy`.
    pub is_declared: bool,
    /// How often an event may be tried, the first time included.
    pub(crate) attempts: Option<u32>,
    /// How old an event may be when it is tried again.
    pub(crate) age: Option<Duration>,
    /// Where events go that are given up; without a queue, they are dropped.
    pub(crate) dead_letters: Option<DeadLetters>,
}

/// The queue for events that are given up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeadLetters {
    /// Its ARN.
    pub arn: String,
    /// The queue as a target.
    pub(crate) queue: Arc<QueueTarget>,
}

/// Why an event is given up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exhausted {
    /// `MaximumRetryAttempts`.
    Attempts,
    /// `MaximumEventAgeInSeconds`.
    Age,
    /// Its target said that it will never take it.
    NeverTaken,
}

impl Exhausted {
    /// The value of `EXHAUSTED_RETRY_CONDITION`, which is there when a limit was reached.
    pub(crate) fn condition(self) -> Option<&'static str> {
        match self {
            Exhausted::Attempts => Some("MaximumRetryAttempts"),
            Exhausted::Age => Some("MaximumEventAgeInSeconds"),
            Exhausted::NeverTaken => None,
        }
    }
}

impl RetryLimits {
    /// Reads both. Without either, an event waits for its target as long as queues keep messages:
    /// our choice. With a dead-letter queue alone, attempts are limited as on AWS, and an outage is
    /// still a wait.
    pub(super) fn read(
        label: &str,
        policy: Option<&Node>,
        dead_letters: Option<&Node>,
        problems: &mut Vec<Problem>,
    ) -> RetryLimits {
        let dead_letters = dead_letters.and_then(|node| read_queue(label, node, problems));
        let mut limits = RetryLimits {
            is_declared: policy.is_some(),
            attempts: dead_letters.is_some().then_some(attempts(ATTEMPTS)),
            age: None,
            dead_letters,
        };
        let Some(policy) = policy else {
            return limits;
        };
        let fields = policy.fields(format!("{label}: RetryPolicy"));
        let Some(mut fields) = fields.or_collect(problems) else {
            return limits;
        };
        let mut number = |name: &str, range, default| {
            let node = fields.optional(name);
            let number = node.map_or(Ok(default), |node| node.integer_in(range));
            number.or_collect(problems).unwrap_or(default)
        };
        limits.attempts = Some(attempts(number(
            "MaximumRetryAttempts",
            0..=ATTEMPTS,
            ATTEMPTS,
        )));
        let age = number("MaximumEventAgeInSeconds", 60..=AGE, AGE);
        limits.age = Some(Duration::from_secs(age.unsigned_abs()));
        problems.extend(fields.finish());
        limits
    }

    /// Why an event that was tried before is not tried again, if it is not: it was received
    /// `receives` times, this time included, and is so old.
    pub(crate) fn exhausted(&self, receives: u32, age: Duration) -> Option<Exhausted> {
        if self.attempts.is_some_and(|attempts| receives > attempts) {
            return Some(Exhausted::Attempts);
        }
        self.is_too_old(age).then_some(Exhausted::Age)
    }

    /// Where events go that are given up, if anywhere.
    pub fn dead_letters(&self) -> Option<&DeadLetters> {
        self.dead_letters.as_ref()
    }

    /// Whether an event of this age is given up.
    pub(crate) fn is_too_old(&self, age: Duration) -> bool {
        self.age.is_some_and(|most| age > most)
    }
}

/// The attempts that there are with so many retries.
fn attempts(retries: i64) -> u32 {
    u32::try_from(retries).unwrap_or_default() + 1
}

fn read_queue(label: &str, node: &Node, problems: &mut Vec<Problem>) -> Option<DeadLetters> {
    let fields = node.fields(format!("{label}: DeadLetterConfig"));
    let mut fields = fields.or_collect(problems)?;
    let node = fields.optional("Arn");
    problems.extend(fields.finish());
    let node = node?;
    let text = node.text().or_collect(problems)?;
    let Some(arn) = Arn::parse(text).filter(|arn| arn.service == "sqs") else {
        let message =
            format!("{label}: DeadLetterConfig {text}: expected the ARN of a standard SQS queue");
        problems.push(node.problem(message));
        return None;
    };
    if arn.resource.ends_with(".fifo") {
        let message = format!("{label}: the dead-letter queue of a rule must be a standard queue");
        problems.push(node.problem(message));
        return None;
    }
    Some(DeadLetters {
        arn: text.to_owned(),
        queue: Arc::new(QueueTarget {
            account: arn.account.to_owned(),
            queue: arn.resource.to_owned(),
            group: None,
            deduplication: None,
        }),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits(policy: Option<&str>, dead_letters: Option<&str>) -> (RetryLimits, Vec<String>) {
        let parsed = |text: &str| Node::parse("t", text).unwrap();
        let (policy, queue) = (policy.map(parsed), dead_letters.map(parsed));
        let mut problems = Vec::new();
        let limits = RetryLimits::read("r", policy.as_ref(), queue.as_ref(), &mut problems);
        (
            limits,
            problems
                .iter()
                .map(|problem| problem.message.clone())
                .collect(),
        )
    }

    #[test]
    fn without_a_policy_an_outage_is_a_wait() {
        let day = Duration::from_secs(86_401);
        let (none, _) = limits(None, None);
        assert_eq!(none.exhausted(100_000, day * 14), None);
        let (queue, _) = limits(None, Some("{Arn: 'arn:aws:sqs:e:1:dead'}"));
        assert_eq!(queue.exhausted(186, day * 14), None);
        assert_eq!(
            queue.exhausted(187, Duration::ZERO),
            Some(Exhausted::Attempts)
        );
    }

    #[test]
    fn a_policy_holds_to_the_letter() {
        let (given, _) = limits(Some("{MaximumRetryAttempts: 0}"), None);
        let day = Duration::from_secs(86_400);
        assert_eq!(given.exhausted(1, day), None);
        assert_eq!(
            given.exhausted(2, Duration::ZERO),
            Some(Exhausted::Attempts)
        );
        assert_eq!(
            given.exhausted(1, day + Duration::from_secs(1)),
            Some(Exhausted::Age)
        );
        let (given, _) = limits(Some("{MaximumEventAgeInSeconds: 60}"), None);
        assert_eq!(given.exhausted(186, Duration::from_secs(60)), None);
        assert!(given.is_too_old(Duration::from_secs(61)));
    }

    #[test]
    fn what_aws_refuses_is_refused() {
        for (policy, queue, expected) in [
            ("{MaximumRetryAttempts: 186}", "{}", "186"),
            ("{MaximumEventAgeInSeconds: 59}", "{}", "59"),
            ("{Most: 1}", "{}", "Most is unknown"),
            (
                "{}",
                "{Arn: 'arn:aws:sqs:e:1:dead.fifo'}",
                "must be a standard queue",
            ),
            (
                "{}",
                "{Arn: 'arn:aws:sns:e:1:dead'}",
                "expected the ARN of a standard SQS queue",
            ),
        ] {
            let (_, problems) = limits(Some(policy), Some(queue));
            assert!(
                problems.concat().contains(expected),
                "{policy} {queue}: {problems:?}"
            );
        }
    }
}
