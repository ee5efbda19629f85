//! Messages and queues through the SDK.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use aws_sdk_sqs::primitives::Blob;
use aws_sdk_sqs::types::{
    DeleteMessageBatchRequestEntry, MessageAttributeValue, MessageSystemAttributeName,
    QueueAttributeName, SendMessageBatchRequestEntry,
};

use super::server::Server;

#[tokio::test]
async fn a_message_with_attributes_passes_the_sdks_own_digests() {
    let server = Server::start().await;
    let queue = server.queue("q", &[]).await;
    let text = |value: &str| {
        MessageAttributeValue::builder()
            .data_type("String")
            .string_value(value)
            .build()
            .unwrap()
    };
    let bytes = MessageAttributeValue::builder()
        .data_type("Binary")
        .binary_value(Blob::new([0, 255, 7]))
        .build()
        .unwrap();
    let send = server
        .sqs
        .send_message()
        .queue_url(&queue)
        .message_body("한국어 & <xml> 🌊\r\n\"");
    let sent = send
        .message_attributes("a", text("x"))
        .message_attributes("b", bytes.clone())
        .send()
        .await
        .unwrap();
    let message = server.receive(&queue, 10).await.pop().unwrap();
    assert_eq!(message.body(), Some("한국어 & <xml> 🌊\r\n\""));
    assert_eq!(
        (message.message_id(), message.md5_of_message_attributes()),
        (sent.message_id(), sent.md5_of_message_attributes())
    );
    let attributes = message.message_attributes.unwrap();
    assert_eq!((&attributes["a"], &attributes["b"]), (&text("x"), &bytes));
    assert_eq!(
        message.attributes.unwrap()[&MessageSystemAttributeName::ApproximateReceiveCount],
        "1"
    );
}

#[tokio::test]
async fn batches_of_ten() {
    let server = Server::start().await;
    let queue = server.queue("q", &[]).await;
    let entry = |id: usize| {
        SendMessageBatchRequestEntry::builder()
            .id(id.to_string())
            .message_body("x")
            .build()
            .unwrap()
    };
    let entries = Some((0..10).map(entry).collect());
    let sent = server
        .sqs
        .send_message_batch()
        .queue_url(&queue)
        .set_entries(entries)
        .send()
        .await
        .unwrap();
    assert_eq!((sent.successful().len(), sent.failed().len()), (10, 0));
    let received = server.receive(&queue, 10).await;
    assert_eq!(received.len(), 10);
    let entry = |(id, message): (usize, &aws_sdk_sqs::types::Message)| {
        let handle = message.receipt_handle().unwrap();
        DeleteMessageBatchRequestEntry::builder()
            .id(id.to_string())
            .receipt_handle(handle)
            .build()
            .unwrap()
    };
    let entries = Some(received.iter().enumerate().map(entry).collect());
    let deleted = server
        .sqs
        .delete_message_batch()
        .queue_url(&queue)
        .set_entries(entries)
        .send()
        .await
        .unwrap();
    assert_eq!(deleted.successful().len(), 10);
}

#[tokio::test]
async fn errors_have_the_sdks_own_types() {
    let server = Server::start().await;
    let missing = server
        .sqs
        .send_message()
        .queue_url("nope")
        .message_body("x")
        .send()
        .await
        .unwrap_err();
    assert!(missing.into_service_error().is_queue_does_not_exist());
    let queue = server.queue("q", &[]).await;
    let junk = server
        .sqs
        .delete_message()
        .queue_url(&queue)
        .receipt_handle("junk")
        .send()
        .await
        .unwrap_err();
    assert!(junk.into_service_error().is_receipt_handle_is_invalid());
    server
        .sqs
        .purge_queue()
        .queue_url(&queue)
        .send()
        .await
        .unwrap();
    let again = server
        .sqs
        .purge_queue()
        .queue_url(&queue)
        .send()
        .await
        .unwrap_err();
    assert!(again.into_service_error().is_purge_queue_in_progress());
}

#[tokio::test]
async fn fifo_groups_keep_their_order() {
    let server = Server::start().await;
    let attributes = [
        (QueueAttributeName::FifoQueue, "true"),
        (QueueAttributeName::ContentBasedDeduplication, "true"),
    ];
    let queue = server.queue("q.fifo", &attributes).await;
    for body in ["a1", "b1", "a2", "a1", "b2"] {
        server
            .sqs
            .send_message()
            .queue_url(&queue)
            .message_body(body)
            .message_group_id(&body[..1])
            .send()
            .await
            .unwrap();
    }
    let bodies: Vec<_> = server
        .receive(&queue, 10)
        .await
        .into_iter()
        .map(|message| message.body.unwrap())
        .collect();
    assert_eq!(bodies, ["a1", "a2", "b1", "b2"]);
    assert_eq!(server.receive(&queue, 10).await, []);
}

#[tokio::test]
async fn every_waiting_receiver_wakes_for_a_message_of_its_own() {
    let server = Server::start().await;
    let queue = server.queue("q", &[]).await;
    let waiting: Vec<_> = (0..8)
        .map(|_| {
            tokio::spawn(
                server
                    .sqs
                    .receive_message()
                    .queue_url(&queue)
                    .wait_time_seconds(20)
                    .send(),
            )
        })
        .collect();
    let begun = Instant::now();
    for _ in 0..8 {
        server
            .sqs
            .send_message()
            .queue_url(&queue)
            .message_body("x")
            .send()
            .await
            .unwrap();
    }
    for receiver in waiting {
        assert_eq!(receiver.await.unwrap().unwrap().messages().len(), 1);
    }
    assert!(
        begun.elapsed() < Duration::from_secs(15),
        "somebody slept through its message"
    );
}

#[tokio::test]
async fn tags_and_the_way_of_a_dead_letter() {
    let server = Server::start().await;
    let dead = server.queue("dead", &[]).await;
    let arn =
        "arn:aws:sqs:ap-northeast-2:000000000000:dead".replace("ap-northeast-2", region(&server));
    let policy = format!(r#"{{"deadLetterTargetArn":"{arn}","maxReceiveCount":1}}"#);
    let attributes = [
        (QueueAttributeName::RedrivePolicy, policy.as_str()),
        (QueueAttributeName::VisibilityTimeout, "0"),
    ];
    let live = server.queue("live", &attributes).await;
    server
        .sqs
        .tag_queue()
        .queue_url(&live)
        .tags("k", "v")
        .send()
        .await
        .unwrap();
    let tags = server
        .sqs
        .list_queue_tags()
        .queue_url(&live)
        .send()
        .await
        .unwrap()
        .tags
        .unwrap();
    assert_eq!(tags, HashMap::from([("k".into(), "v".into())]));
    server
        .sqs
        .send_message()
        .queue_url(&live)
        .message_body("x")
        .send()
        .await
        .unwrap();
    assert_eq!(server.receive(&live, 1).await.len(), 1);
    assert_eq!(server.receive(&live, 1).await.len(), 0);
    let sources = server
        .sqs
        .list_dead_letter_source_queues()
        .queue_url(&dead)
        .send()
        .await
        .unwrap();
    assert_eq!(sources.queue_urls(), std::slice::from_ref(&live));
    server
        .sqs
        .start_message_move_task()
        .source_arn(&arn)
        .send()
        .await
        .unwrap();
    let tasks = server
        .sqs
        .list_message_move_tasks()
        .source_arn(&arn)
        .send()
        .await
        .unwrap();
    assert_eq!(tasks.results()[0].status(), Some("COMPLETED"));
    assert_eq!(server.receive(&live, 1).await[0].body(), Some("x"));
}

fn region(server: &Server) -> &str {
    server.sqs.config().region().unwrap().as_ref()
}
