//! Checks everything in a data folder that [`write`](super::write) filled, and that it can be
//! worked on.

use std::collections::BTreeSet;
use std::path::Path;

use aws_sdk_sqs::types::{Message, MessageSystemAttributeName};

use super::{KEPT, Notes, Server, arn, kept};

/// Small, and other than the folder's.
const SEGMENT_SIZE: u32 = 4 * 1024 * 1024;

/// Opens the folder, checks it, changes something, and opens it once more.
pub async fn check(data: &Path, notes: &Notes) {
    let server = Server::start(data, SEGMENT_SIZE).await;
    server.check_queues().await;
    server.check_standard(notes).await;
    server.check_fifo(notes).await;
    server.check_moves().await;
    server.check_objects().await;
    server.check_buckets().await;
    server.check_upload(notes).await;
    server.stop().await;
    let server = Server::start(data, SEGMENT_SIZE).await;
    assert_eq!(
        server.counts("orders").await,
        ["0", "2", "1"],
        "what this version wrote is there"
    );
    assert_eq!(server.get("under-way").await, Ok(b"part one".to_vec()));
    server.stop().await;
}

fn bodies(messages: &[Message]) -> BTreeSet<&str> {
    messages
        .iter()
        .filter_map(|message| message.body())
        .collect()
}

fn system<'m>(message: &'m Message, name: &MessageSystemAttributeName) -> Option<&'m str> {
    message.attributes()?.get(name).map(String::as_str)
}

impl Server {
    async fn check_queues(&self) {
        let listed = self
            .sqs
            .list_queues()
            .send()
            .await
            .unwrap()
            .queue_urls
            .unwrap();
        let names: Vec<_> = listed
            .iter()
            .map(|url| url.rsplit('/').next().unwrap())
            .collect();
        let expected = [
            "bad",
            "bad-dlq",
            "busy",
            "jobs.fifo",
            "kept",
            "orders",
            "orders-dlq",
            "purged",
            "rescued",
        ];
        assert_eq!(names, expected);
        assert_eq!(bodies(&self.receive("purged", 60).await), ["after"].into());
        assert_eq!(bodies(&self.receive("rescued", 60).await), ["saved"].into());
        for _ in 0..KEPT / 10 {
            let long = self.receive("kept", 43_200).await;
            assert_eq!(long.len(), 10);
            let number = |body: &str| body.split(' ').next().unwrap().parse().unwrap();
            assert!(
                long.iter()
                    .filter_map(Message::body)
                    .all(|body| body == kept(number(body)))
            );
        }
        assert_eq!(self.counts("kept").await, ["0", "20", "0"]);
        assert_eq!(self.counts("busy").await, ["0", "0", "0"]);
        let url = self
            .elsewhere
            .get_queue_url()
            .queue_name("elsewhere")
            .send()
            .await
            .unwrap()
            .queue_url
            .unwrap();
        let far = self
            .elsewhere
            .receive_message()
            .queue_url(url)
            .send()
            .await
            .unwrap();
        assert_eq!(bodies(far.messages()), ["far away"].into());
    }

    async fn check_standard(&self, notes: &Notes) {
        let attributes = self.attributes("orders").await;
        let attribute = |name: &str| attributes[&name.into()].as_str();
        for (name, expected) in [
            ("VisibilityTimeout", "77"),
            ("MessageRetentionPeriod", "1209600"),
            ("MaximumMessageSize", "2048"),
            ("ReceiveMessageWaitTimeSeconds", "1"),
            ("DelaySeconds", "0"),
        ] {
            assert_eq!(attribute(name), expected, "{name}");
        }
        assert!(attribute("RedrivePolicy").contains(&arn("orders-dlq")));
        assert!(attribute("Policy").contains("friends"));
        let tags = self
            .sqs
            .list_queue_tags()
            .queue_url(self.url("orders").await)
            .send()
            .await
            .unwrap()
            .tags
            .unwrap();
        assert_eq!(
            (tags.len(), tags["team"].as_str(), tags["empty"].as_str()),
            (2, "a", "")
        );
        assert_eq!(self.counts("orders").await, ["2", "1", "1"]);

        let received = self.receive("orders", 43_200).await;
        assert_eq!(bodies(&received), ["again", "한국어 🌊 \"quoted\""].into());
        let by_body = |body: &str| {
            received
                .iter()
                .find(|message| message.body().unwrap().starts_with(body))
                .unwrap()
        };
        let again = by_body("again");
        assert_eq!(
            system(again, &MessageSystemAttributeName::ApproximateReceiveCount),
            Some("2")
        );
        let full = by_body("한");
        assert_eq!(
            system(full, &MessageSystemAttributeName::ApproximateReceiveCount),
            Some("1")
        );
        assert_eq!(
            system(full, &MessageSystemAttributeName::MessageGroupId),
            Some("tenant")
        );
        assert_eq!(
            system(full, &MessageSystemAttributeName::AwsTraceHeader),
            Some("Root=1-5759e988-bd862e3f")
        );
        let attributes = full.message_attributes().unwrap();
        assert_eq!(
            (
                attributes["text"].data_type(),
                attributes["text"].string_value()
            ),
            ("String.label", Some("é"))
        );
        assert_eq!(attributes["number"].string_value(), Some("1.50"));
        assert_eq!(
            attributes["bytes"].binary_value().unwrap().as_ref(),
            [0, 255]
        );
        // What was handed out before still settles its message.
        self.delete("orders", &notes.held.1).await;
        assert_eq!(self.counts("orders").await, ["0", "2", "1"]);
        assert!(
            received
                .iter()
                .all(|message| message.message_id() != Some(&notes.held.0))
        );
    }

    async fn check_fifo(&self, notes: &Notes) {
        let attributes = self.attributes("jobs.fifo").await;
        assert_eq!(attributes[&"DeduplicationScope".into()], "messageGroup");
        assert_eq!(
            attributes[&"FifoThroughputLimit".into()],
            "perMessageGroupId"
        );
        assert_eq!(attributes[&"ContentBasedDeduplication".into()], "true");
        assert_eq!(self.counts("jobs.fifo").await, ["2", "1", "0"]);
        // The first message of group a is in flight, so the second one waits.
        assert_eq!(
            bodies(&self.receive("jobs.fifo", 43_200).await),
            ["b1"].into()
        );
        let send = self
            .sqs
            .send_message()
            .queue_url(self.url("jobs.fifo").await)
            .message_body("c1");
        let repeated = send
            .message_group_id("c")
            .send()
            .await
            .unwrap()
            .message_id
            .unwrap();
        assert_eq!(
            repeated, notes.remembered,
            "a deduplication id is remembered"
        );
        self.delete("jobs.fifo", &notes.held_in_group.1).await;
        let next = self.receive("jobs.fifo", 43_200).await;
        assert_eq!(bodies(&next), ["a2"].into());
        assert_eq!(
            system(&next[0], &MessageSystemAttributeName::MessageGroupId),
            Some("a")
        );
        assert!(system(&next[0], &MessageSystemAttributeName::SequenceNumber).is_some());
    }

    /// The task that was under way goes on to its end.
    async fn check_moves(&self) {
        assert_eq!(self.moved(&arn("bad-dlq")).await, 2);
        assert_eq!(
            bodies(&self.receive("bad", 60).await),
            ["back-1", "back-2", "back-3"].into()
        );
        assert_eq!(self.counts("bad-dlq").await, ["0", "0", "0"]);
        let sources = self
            .sqs
            .list_dead_letter_source_queues()
            .queue_url(self.url("bad-dlq").await);
        assert_eq!(sources.send().await.unwrap().queue_urls().len(), 1);
    }
}
