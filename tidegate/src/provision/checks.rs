//! Names and values that SQS would refuse, found before a request is sent: the rules of its API
//! reference. Pure.

use kit::cloudformation::Resource;
use kit::document::{Node, Problem};

/// Numeric attributes with their ranges.
const RANGES: [(&str, u32, u32); 6] = [
    ("DelaySeconds", 0, 900),
    ("MaximumMessageSize", 1024, 1_048_576),
    ("MessageRetentionPeriod", 60, 1_209_600),
    ("ReceiveMessageWaitTimeSeconds", 0, 20),
    ("VisibilityTimeout", 0, 43_200),
    ("KmsDataKeyReusePeriodSeconds", 60, 86_400),
];

/// The problem with an attribute's value, if SQS would refuse it.
pub(super) fn attribute(
    resource: &Resource,
    name: &str,
    value: &str,
    node: &Node,
) -> Option<Problem> {
    let &(_, least, most) = RANGES.iter().find(|(known, ..)| *known == name)?;
    let is_within = value
        .parse::<u32>()
        .is_ok_and(|number| (least..=most).contains(&number));
    let message = || {
        format!(
            "{}: invalid {name} {value}: expected a number from {least} to {most}",
            resource.label()
        )
    };
    (!is_within).then(|| node.problem(message()))
}

/// The problem with a name that the template sets, if SQS would refuse it.
pub(super) fn name(resource: &Resource, name: &str, is_fifo: bool, node: &Node) -> Option<Problem> {
    let stem = name.strip_suffix(".fifo");
    let is_plain = |text: &str| {
        text.chars()
            .all(|c| c.is_ascii_alphanumeric() || "-_".contains(c))
    };
    let expected = if name.len() > 80 || name.is_empty() || !is_plain(stem.unwrap_or(name)) {
        "letters, digits, hyphens and underscores, 1 to 80 of them"
    } else if is_fifo && stem.is_none() {
        "a name that ends in .fifo, because FifoQueue is true"
    } else if !is_fifo && stem.is_some() {
        "FifoQueue: true, because the name ends in .fifo"
    } else {
        return None;
    };
    Some(node.problem(format!(
        "{}: invalid QueueName {name:?}: expected {expected}",
        resource.label()
    )))
}
