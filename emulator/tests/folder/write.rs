//! Fills an empty data folder.

use std::path::Path;

use aws_sdk_sqs::primitives::Blob;
use aws_sdk_sqs::types::{
    DeleteMessageBatchRequestEntry, MessageAttributeValue, MessageSystemAttributeNameForSends,
    MessageSystemAttributeValue, SendMessageBatchRequestEntry,
};

use super::{KEPT, Notes, SEGMENT_SIZE, Server, arn, kept};

/// The longest visibility timeout, so that what is in flight stays so.
const LONG: i32 = 43_200;

/// Writes a folder, and stops in order.
pub async fn write(data: &Path) -> Notes {
    let server = Server::start(data, SEGMENT_SIZE).await;
    let mut notes = Notes::default();
    server.standard(&mut notes).await;
    server.fifo(&mut notes).await;
    server.dead_letters().await;
    server.gone_and_purged().await;
    server.objects(&mut notes).await;
    server.kept().await;
    server.busy().await;
    server.moving().await;
    server.stop().await;
    notes
}

impl Server {
    async fn create(
        &self,
        name: &str,
        attributes: &[(&str, &str)],
        tags: &[(&str, &str)],
    ) -> String {
        let mut create = self.sqs.create_queue().queue_name(name);
        for (name, value) in attributes {
            create = create.attributes((*name).into(), *value);
        }
        for (key, value) in tags {
            create = create.tags(*key, *value);
        }
        create.send().await.unwrap().queue_url.unwrap()
    }

    async fn send(&self, name: &str, body: &str) -> String {
        let send = self
            .sqs
            .send_message()
            .queue_url(self.url(name).await)
            .message_body(body);
        send.send().await.unwrap().message_id.unwrap()
    }

    async fn send_to_group(&self, name: &str, body: &str, group: &str) -> String {
        let send = self
            .sqs
            .send_message()
            .queue_url(self.url(name).await)
            .message_body(body);
        send.message_group_id(group)
            .send()
            .await
            .unwrap()
            .message_id
            .unwrap()
    }

    async fn hold(&self, name: &str) -> (String, String) {
        let message = self.receive(name, LONG).await.remove(0);
        (message.message_id.unwrap(), message.receipt_handle.unwrap())
    }

    async fn standard(&self, notes: &mut Notes) {
        self.create("orders-dlq", &[], &[]).await;
        let redrive = format!(
            r#"{{"deadLetterTargetArn":"{}","maxReceiveCount":5}}"#,
            arn("orders-dlq")
        );
        let attributes = [
            ("VisibilityTimeout", "77"),
            ("MessageRetentionPeriod", "1209600"),
            ("MaximumMessageSize", "2048"),
            ("ReceiveMessageWaitTimeSeconds", "1"),
            ("RedrivePolicy", &redrive),
        ];
        let url = self
            .create("orders", &attributes, &[("team", "a"), ("empty", "")])
            .await;
        let permit = self
            .sqs
            .add_permission()
            .queue_url(&url)
            .label("friends")
            .aws_account_ids("111111111111");
        permit.actions("SendMessage").send().await.unwrap();
        self.send("orders", "held").await;
        notes.held = self.hold("orders").await;
        self.send("orders", "gone").await;
        let gone = self.hold("orders").await;
        self.delete("orders", &gone.1).await;
        self.send("orders", "again").await;
        assert_eq!(self.receive("orders", 0).await.len(), 1);
        self.send_full(&url).await;
        let later = self
            .sqs
            .send_message()
            .queue_url(&url)
            .message_body("later")
            .delay_seconds(900);
        later.send().await.unwrap();
    }

    /// A message with all that a message can have.
    async fn send_full(&self, url: &str) {
        let value = |kind: &str| MessageAttributeValue::builder().data_type(kind);
        let trace = MessageSystemAttributeValue::builder()
            .data_type("String")
            .string_value("Root=1-5759e988-bd862e3f");
        let send = self
            .sqs
            .send_message()
            .queue_url(url)
            .message_body("한국어 🌊 \"quoted\"")
            .message_group_id("tenant");
        let send = send
            .message_attributes(
                "text",
                value("String.label").string_value("é").build().unwrap(),
            )
            .message_attributes(
                "number",
                value("Number").string_value("1.50").build().unwrap(),
            )
            .message_attributes(
                "bytes",
                value("Binary")
                    .binary_value(Blob::new([0, 255]))
                    .build()
                    .unwrap(),
            )
            .message_system_attributes(
                MessageSystemAttributeNameForSends::AwsTraceHeader,
                trace.build().unwrap(),
            );
        send.send().await.unwrap();
    }

    async fn fifo(&self, notes: &mut Notes) {
        let attributes = [
            ("FifoQueue", "true"),
            ("ContentBasedDeduplication", "true"),
            ("DeduplicationScope", "messageGroup"),
            ("FifoThroughputLimit", "perMessageGroupId"),
        ];
        self.create("jobs.fifo", &attributes, &[]).await;
        self.send_to_group("jobs.fifo", "a1", "a").await;
        notes.held_in_group = self.hold("jobs.fifo").await;
        notes.remembered = self.send_to_group("jobs.fifo", "c1", "c").await;
        let gone = self.hold("jobs.fifo").await;
        self.delete("jobs.fifo", &gone.1).await;
        self.send_to_group("jobs.fifo", "a2", "a").await;
        self.send_to_group("jobs.fifo", "b1", "b").await;
    }

    /// Makes messages of `bad` dead letters.
    async fn kill(&self, bodies: &[&str]) {
        for body in bodies {
            self.send("bad", body).await;
        }
        assert_eq!(self.receive("bad", 0).await.len(), bodies.len());
        assert_eq!(self.receive("bad", 0).await.len(), 0);
    }

    /// Dead letters, of which a move task took one away.
    async fn dead_letters(&self) {
        self.create("bad-dlq", &[], &[]).await;
        let redrive = format!(
            r#"{{"deadLetterTargetArn":"{}","maxReceiveCount":1}}"#,
            arn("bad-dlq")
        );
        self.create("bad", &[("RedrivePolicy", &redrive)], &[])
            .await;
        self.create("rescued", &[], &[]).await;
        self.kill(&["saved"]).await;
        let task = self
            .sqs
            .start_message_move_task()
            .source_arn(arn("bad-dlq"))
            .destination_arn(arn("rescued"));
        task.send().await.unwrap();
        assert_eq!(self.moved(&arn("bad-dlq")).await, 1);
    }

    /// A move task that is under way when the folder is left.
    async fn moving(&self) {
        self.kill(&["back-1", "back-2", "back-3"]).await;
        let task = self
            .sqs
            .start_message_move_task()
            .source_arn(arn("bad-dlq"))
            .max_number_of_messages_per_second(1);
        task.send().await.unwrap();
    }

    async fn gone_and_purged(&self) {
        let gone = self.create("deleted", &[], &[]).await;
        self.send("deleted", "x").await;
        self.sqs
            .delete_queue()
            .queue_url(gone)
            .send()
            .await
            .unwrap();
        let purged = self.create("purged", &[], &[]).await;
        self.send("purged", "before").await;
        self.sqs
            .purge_queue()
            .queue_url(purged)
            .send()
            .await
            .unwrap();
        self.send("purged", "after").await;
        let elsewhere = self
            .elsewhere
            .create_queue()
            .queue_name("elsewhere")
            .send()
            .await
            .unwrap()
            .queue_url
            .unwrap();
        self.elsewhere
            .send_message()
            .queue_url(elsewhere)
            .message_body("far away")
            .send()
            .await
            .unwrap();
    }

    /// Messages that fill more than one file of the log.
    async fn kept(&self) {
        self.create("kept", &[], &[]).await;
        for number in 0..KEPT {
            self.send("kept", &kept(number)).await;
        }
    }

    /// Fills several files of the log with what is gone again, so that older ones go, and what
    /// lives in them moves.
    async fn busy(&self) {
        let url = self.create("busy", &[], &[]).await;
        for round in 0..12 {
            let body = |number| format!("{round} {number} {}", "x".repeat(1500));
            let entry =
                |number: usize| SendMessageBatchRequestEntry::builder().id(number.to_string());
            let entries =
                (0..10).map(|number| entry(number).message_body(body(number)).build().unwrap());
            self.sqs
                .send_message_batch()
                .queue_url(&url)
                .set_entries(Some(entries.collect()))
                .send()
                .await
                .unwrap();
            let received = self.receive("busy", LONG).await;
            let entry = |(number, handle): (usize, String)| {
                DeleteMessageBatchRequestEntry::builder()
                    .id(number.to_string())
                    .receipt_handle(handle)
                    .build()
                    .unwrap()
            };
            let handles = received
                .into_iter()
                .filter_map(|message| message.receipt_handle)
                .enumerate();
            let delete = self.sqs.delete_message_batch().queue_url(&url);
            delete
                .set_entries(Some(handles.map(entry).collect()))
                .send()
                .await
                .unwrap();
        }
    }
}
