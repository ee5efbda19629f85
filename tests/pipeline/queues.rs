//! The queues of a pipeline: what is sent, what waits, what is dead.

use std::collections::BTreeMap;
use std::time::Instant;

use aws_sdk_sqs::types::{
    DeleteMessageBatchRequestEntry, Message, MessageSystemAttributeName, QueueAttributeName,
    SendMessageBatchRequestEntry,
};
use kit::time::Timestamp;
use serde_json::{Value, json};

use super::Pipeline;
use crate::waiting::eventually;

impl Pipeline {
    /// Sends bodies `{"n": number, …}`, ten a request; in FIFO queues `group` names each one's
    /// group.
    pub async fn send(
        &self,
        numbers: impl IntoIterator<Item = u64>,
        group: impl Fn(u64) -> String,
    ) {
        self.send_bodies(
            numbers
                .into_iter()
                .map(|n| json!({"n": n, "group": group(n)})),
        )
        .await;
    }

    /// Sends bodies that have the members `n` and `group`, ten a request.
    pub async fn send_bodies(&self, bodies: impl IntoIterator<Item = Value>) {
        let bodies: Vec<Value> = bodies.into_iter().collect();
        let url = self.url(&self.names.source).await;
        for ten in bodies.chunks(10) {
            let request = self.sqs.send_message_batch().queue_url(&url);
            let entries = ten.iter().map(|body| self.entry(body)).collect();
            let sent = request
                .set_entries(Some(entries))
                .send()
                .await
                .expect("SQS answers");
            assert!(sent.failed.is_empty(), "{:?}", sent.failed);
        }
    }

    fn entry(&self, body: &Value) -> SendMessageBatchRequestEntry {
        let number = body["n"].to_string();
        let entry = SendMessageBatchRequestEntry::builder()
            .id(&number)
            .message_body(body.to_string());
        let group = body["group"].as_str().unwrap_or_default();
        let entry = match self.shape.fifo {
            true => entry
                .message_group_id(group)
                .message_deduplication_id(number),
            false => entry,
        };
        entry.build().expect("id and body are there")
    }

    /// Messages that are not deleted yet.
    pub async fn waiting(&self) -> u64 {
        self.count(&self.names.source).await
    }

    /// Messages in the dead-letter queue.
    pub async fn dead_letters(&self) -> u64 {
        self.count(&self.names.dead).await
    }

    /// Messages in the queue that is the target.
    pub async fn taken_by_queue(&self) -> u64 {
        self.count(&self.names.taken).await
    }

    /// Waits until the queue is empty: everything was delivered or is dead.
    pub async fn wait_until_empty(&self) {
        eventually("the queue is empty", async || {
            (self.waiting().await == 0).then_some(())
        })
        .await;
    }

    /// Takes the dead letters out of their queue: their numbers, and how often each was received
    /// before it died.
    pub async fn bury(&self) -> BTreeMap<u64, u64> {
        let letters = self.drain(&self.names.dead).await;
        letters
            .iter()
            .map(|letter| (number(letter), receives(letter) - 1))
            .collect()
    }

    /// Takes the messages out of the queue that is the target: number and receive count of each,
    /// and when it was sent there.
    pub async fn take_out(&self) -> Vec<(u64, u64, Instant)> {
        let messages = self.drain(&self.names.taken).await;
        let counted = |message: &Message| {
            body(message)["receives"]
                .as_str()
                .and_then(|text| text.parse().ok())
        };
        messages
            .iter()
            .map(|it| (number(it), counted(it).unwrap_or_default(), sent_at(it)))
            .collect()
    }

    async fn drain(&self, queue: &str) -> Vec<Message> {
        let url = self.url(queue).await;
        let mut all = Vec::new();
        loop {
            let request = self
                .sqs
                .receive_message()
                .queue_url(&url)
                .max_number_of_messages(10);
            let request = request.message_system_attribute_names(MessageSystemAttributeName::All);
            let found = request
                .visibility_timeout(600)
                .send()
                .await
                .expect("SQS answers")
                .messages
                .unwrap_or_default();
            if found.is_empty() {
                return all;
            }
            let entries = found.iter().enumerate().map(|(index, message)| {
                let entry = DeleteMessageBatchRequestEntry::builder().id(index.to_string());
                entry
                    .set_receipt_handle(message.receipt_handle.clone())
                    .build()
                    .expect("a receipt is there")
            });
            let entries = entries.collect();
            self.sqs
                .delete_message_batch()
                .queue_url(&url)
                .set_entries(Some(entries))
                .send()
                .await
                .expect("deleted");
            all.extend(found);
        }
    }

    async fn url(&self, queue: &str) -> String {
        let found = self
            .sqs
            .get_queue_url()
            .queue_name(queue)
            .send()
            .await
            .expect("the queue is there");
        found.queue_url.expect("a queue has a URL")
    }

    async fn count(&self, queue: &str) -> u64 {
        let names = [
            QueueAttributeName::ApproximateNumberOfMessages,
            QueueAttributeName::ApproximateNumberOfMessagesNotVisible,
            QueueAttributeName::ApproximateNumberOfMessagesDelayed,
        ];
        let asked = self
            .sqs
            .get_queue_attributes()
            .queue_url(self.url(queue).await)
            .set_attribute_names(Some(names.into()));
        let attributes = asked
            .send()
            .await
            .expect("attributes")
            .attributes
            .unwrap_or_default();
        attributes
            .values()
            .filter_map(|value| value.parse::<u64>().ok())
            .sum()
    }
}

fn body(message: &Message) -> Value {
    serde_json::from_str(message.body().unwrap_or_default()).expect("bodies are JSON")
}

fn number(message: &Message) -> u64 {
    body(message)["n"].as_u64().expect("a body with a number")
}

fn receives(message: &Message) -> u64 {
    attribute(
        message,
        &MessageSystemAttributeName::ApproximateReceiveCount,
    )
}

fn sent_at(message: &Message) -> Instant {
    let sent = Timestamp::from_millis(attribute(
        message,
        &MessageSystemAttributeName::SentTimestamp,
    ));
    let now = Instant::now();
    now.checked_sub(Timestamp::now().since(sent)).unwrap_or(now)
}

fn attribute(message: &Message, name: &MessageSystemAttributeName) -> u64 {
    let value = message.attributes().and_then(|all| all.get(name));
    value
        .and_then(|text| text.parse().ok())
        .expect("the attribute was asked for")
}
