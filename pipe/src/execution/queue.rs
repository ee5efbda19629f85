//! Delivers events to a target queue, with their records in the execution log.

use super::invocation::InvocationRecords;
use crate::execution_log::{Details, ExecutionLog, Stage};
use crate::sqs::send::QueueSender;
use crate::targets::{QueueEntry, Refusal};

/// Sends messages to a target queue. One result for each.
pub(super) async fn send_to_queue(
    sender: &QueueSender,
    entries: &[QueueEntry],
    log: &ExecutionLog<'_>,
) -> Vec<Result<(), Refusal>> {
    if entries.is_empty() {
        return Vec::new();
    }
    let records = InvocationRecords::begin(Stage::Target, log, || {
        entries.iter().map(describe).collect()
    });
    let sent = sender.send(entries).await;
    records.end_batch(&sent, false, || Details {
        response: log.includes_data().then(|| {
            sent.iter()
                .flatten()
                .map(|id| format!("MessageId: {id}\n"))
                .collect()
        }),
        service: Some("sqs"),
        ..Details::default()
    });
    sent.into_iter().map(|result| result.map(drop)).collect()
}

/// A message as text.
fn describe(entry: &QueueEntry) -> String {
    let QueueEntry {
        body,
        group,
        deduplication,
        attributes: _,
    } = entry;
    let attributes = [
        ("MessageGroupId", group),
        ("MessageDeduplicationId", deduplication),
    ];
    let attributes: String = attributes
        .iter()
        .filter_map(|(name, id)| Some(format!("{name}: {}\n", id.as_ref()?)))
        .collect();
    format!("SendMessage\n{attributes}\n{body}\n")
}
