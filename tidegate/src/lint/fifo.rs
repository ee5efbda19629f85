//! Rules about messages for FIFO queues, found by planning a request as the gateway does. Pure.

use gateway::test_invoke::StoredMessage;
use pipe::definition::Target;

use super::finding::Finding;
use super::forms::template_node;
use super::probe::planned;
use super::subject::{MethodOf, Subject};

/// The body of the planned request where a template takes any.
const EVENT: &str = r#"{"id":"7"}"#;

/// Messages for a FIFO queue without a group: SQS refuses each of them.
pub(super) fn without_group(subject: &Subject) -> Vec<Finding> {
    let finding = |(method, kind, message): (MethodOf<'_>, String, StoredMessage)| {
        message.group_id.is_none().then(|| {
            let text = format!(
                "the message for {} has no MessageGroupId: SQS refuses it",
                name(&message.queue_url)
            );
            at_template(subject, &method, &kind, text).help(
                "add MessageGroupId with what must stay in order, such as \
                 &MessageGroupId=$util.urlEncode($input.path('$.customer'))",
            )
        })
    };
    messages(subject).filter_map(finding).collect()
}

/// Messages for a FIFO queue that neither they nor the queue deduplicate: SQS refuses each of them.
pub(super) fn without_deduplication(subject: &Subject) -> Vec<Finding> {
    let finding = |(method, kind, message): (MethodOf<'_>, String, StoredMessage)| {
        let queue = name(&message.queue_url);
        let by_content = deduplicates(subject, queue)?;
        (message.deduplication_id.is_none() && !by_content).then(|| {
            let text = format!(
                "the message for {queue} has no MessageDeduplicationId, and the queue does not deduplicate by content: \
                 SQS refuses it"
            );
            at_template(subject, &method, &kind, text).help(
                "add MessageDeduplicationId, such as &MessageDeduplicationId=$context.requestId; or set \
                 ContentBasedDeduplication of the queue to true",
            )
        })
    };
    let findings = messages(subject).filter_map(finding);
    findings.chain(from_pipes(subject)).collect()
}

/// Pipes whose target is a FIFO queue, without a deduplication id.
fn from_pipes(subject: &Subject) -> impl Iterator<Item = Finding> {
    subject.pipes().filter_map(|(pipe, node, label)| {
        let Target::Queue(queue) = &pipe.target else {
            return None;
        };
        let own = || {
            let parameters = node.get("TargetParameters")?;
            parameters
                .get("SqsQueueParameters")?
                .get("MessageDeduplicationId")
        };
        let is_lost = !deduplicates(subject, &queue.queue)? && own().is_none();
        let is_fifo = queue.queue.ends_with(".fifo");
        (is_fifo && is_lost).then(|| {
            let text = format!(
                "messages for {} have no MessageDeduplicationId, and the queue does not \
                 deduplicate by content: SQS refuses them",
                queue.queue
            );
            let target = node.get("Target").unwrap_or(node);
            let width = subject.sources.width(&target.place);
            Finding::new(&target.place, label, text)
                .at(target.place.clone(), width)
                .help(
                    "add SqsQueueParameters with MessageDeduplicationId, such as $.messageId; or \
                     set ContentBasedDeduplication of the queue to true",
                )
        })
    })
}

/// The messages for FIFO queues that the methods would send, each with its template's media type.
fn messages(subject: &Subject) -> impl Iterator<Item = (MethodOf<'_>, String, StoredMessage)> {
    subject.methods().into_iter().flat_map(|method| {
        let Some(offer) = method.offer else {
            return Vec::new();
        };
        let templates = offer.integration().request_templates.0.keys();
        let examples =
            templates.filter_map(|kind| Some((kind.clone(), offer.example_of(kind, EVENT, "7")?)));
        let mut examples: Vec<_> = examples.collect();
        if examples.is_empty() {
            examples.push((String::new(), offer.example(EVENT)));
        }
        let sent = examples.into_iter().filter_map(|(kind, example)| {
            let message = planned(subject, &subject.apis, &example)?.message?;
            let is_fifo = name(&message.queue_url).ends_with(".fifo");
            is_fifo.then_some((method, kind, message))
        });
        sent.collect()
    })
}

fn name(url: &str) -> &str {
    url.rsplit('/').next().unwrap_or_default()
}

/// Whether a queue deduplicates by content; `None` when it is not declared.
fn deduplicates(subject: &Subject, name: &str) -> Option<bool> {
    let stacks = subject.declarations.stacks.iter();
    let mut queues = stacks.flat_map(|stack| stack.of_kind("AWS::SQS::Queue"));
    let queue = queues.find(|queue| queue.physical_id == name)?;
    let property = queue.properties.get("ContentBasedDeduplication");
    Some(property.is_some_and(|node| node.boolean() == Ok(true)))
}

fn at_template(subject: &Subject, method: &MethodOf<'_>, kind: &str, message: String) -> Finding {
    let node = template_node(subject, method, kind);
    let place = node.map_or_else(|| subject.place_of(method), |node| node.place.clone());
    let width = subject.sources.width(&place);
    Finding::new(&place, method.label(), message).at(place.clone(), width)
}
