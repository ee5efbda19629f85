//! The AWS SDK for Rust as a client of the real server: what it sends is understood, what it checks
//! holds.

#![allow(clippy::unwrap_used, reason = "a test")]

use std::collections::HashMap;
use std::net::TcpListener;
use std::time::{Duration, Instant};

use aws_sdk_s3::presigning::PresigningConfig;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{Delete, ObjectIdentifier};
use aws_sdk_sqs::primitives::Blob;
use aws_sdk_sqs::types::{
    DeleteMessageBatchRequestEntry, MessageAttributeValue, MessageSystemAttributeName,
    QueueAttributeName, SendMessageBatchRequestEntry,
};
use emulator::Settings;
use tokio_util::sync::CancellationToken;

/// A server on a free port; it ends with the test.
struct Server {
    sqs: aws_sdk_sqs::Client,
    s3: aws_sdk_s3::Client,
    _folder: tempfile::TempDir,
    stop: CancellationToken,
}

impl Server {
    async fn start() -> Server {
        Server::start_for(None).await
    }

    /// A server that lets in only who has these credentials. The clients sign with `test:test`.
    async fn start_for(credentials: Option<&str>) -> Server {
        let folder = tempfile::tempdir().unwrap();
        let settings = Settings {
            data: Some(folder.path().to_owned()),
            region: "eu-west-1".into(),
        };
        let opened = emulator::open(&settings).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let stop = CancellationToken::new();
        let opened = opened.with_credentials(credentials.map(|text| text.parse().unwrap()));
        tokio::spawn(opened.serve(listener, stop.clone()));
        let config = kit::aws::local(&endpoint).await;
        let s3 = aws_sdk_s3::config::Builder::from(&config)
            .force_path_style(true)
            .build();
        let (sqs, s3) = (
            aws_sdk_sqs::Client::new(&config),
            aws_sdk_s3::Client::from_conf(s3),
        );
        Server {
            sqs,
            s3,
            _folder: folder,
            stop,
        }
    }

    async fn queue(&self, name: &str, attributes: &[(QueueAttributeName, &str)]) -> String {
        let mut create = self.sqs.create_queue().queue_name(name);
        for (name, value) in attributes {
            create = create.attributes(name.clone(), *value);
        }
        create.send().await.unwrap().queue_url.unwrap()
    }

    async fn receive(&self, queue: &str, most: i32) -> Vec<aws_sdk_sqs::types::Message> {
        let receive = self
            .sqs
            .receive_message()
            .queue_url(queue)
            .max_number_of_messages(most);
        let receive = receive
            .message_attribute_names("All")
            .message_system_attribute_names(MessageSystemAttributeName::All);
        receive.send().await.unwrap().messages.unwrap_or_default()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

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

#[tokio::test]
async fn objects_there_and_back() {
    let server = Server::start().await;
    let s3 = &server.s3;
    s3.create_bucket().bucket("box").send().await.unwrap();
    let body = ByteStream::from_static(b"0123456789");
    let put = s3
        .put_object()
        .bucket("box")
        .key("a/ü & +")
        .body(body)
        .content_type("text/plain")
        .metadata("m", "1");
    let put = put.send().await.unwrap();
    let get = s3
        .get_object()
        .bucket("box")
        .key("a/ü & +")
        .send()
        .await
        .unwrap();
    assert_eq!(
        (get.e_tag(), get.content_type()),
        (put.e_tag(), Some("text/plain"))
    );
    assert_eq!(get.metadata().unwrap()["m"], "1");
    assert_eq!(get.body.collect().await.unwrap().into_bytes(), "0123456789");
    let part = s3
        .get_object()
        .bucket("box")
        .key("a/ü & +")
        .range("bytes=2-4")
        .send()
        .await
        .unwrap();
    assert_eq!(part.content_range(), Some("bytes 2-4/10"));
    assert_eq!(part.body.collect().await.unwrap().into_bytes(), "234");
    let head = s3
        .head_object()
        .bucket("box")
        .key("a/ü & +")
        .send()
        .await
        .unwrap();
    assert_eq!(head.content_length(), Some(10));
    s3.copy_object()
        .bucket("box")
        .key("copy")
        .copy_source("box/a%2F%C3%BC%20%26%20%2B")
        .send()
        .await
        .unwrap();
    let copy = s3
        .head_object()
        .bucket("box")
        .key("copy")
        .send()
        .await
        .unwrap();
    assert_eq!(
        (copy.e_tag(), copy.metadata().unwrap()["m"].as_str()),
        (put.e_tag(), "1")
    );
    s3.delete_object()
        .bucket("box")
        .key("copy")
        .send()
        .await
        .unwrap();
    assert!(
        s3.head_object()
            .bucket("box")
            .key("copy")
            .send()
            .await
            .unwrap_err()
            .into_service_error()
            .is_not_found()
    );
    let missing = s3
        .get_object()
        .bucket("box")
        .key("copy")
        .send()
        .await
        .unwrap_err();
    assert!(missing.into_service_error().is_no_such_key());
}

#[tokio::test]
async fn listings_in_pages_and_many_deletes() {
    let server = Server::start().await;
    let s3 = &server.s3;
    s3.create_bucket().bucket("box").send().await.unwrap();
    for key in ["a", "b/1", "b/2", "c"] {
        s3.put_object()
            .bucket("box")
            .key(key)
            .body(ByteStream::from_static(b"x"))
            .send()
            .await
            .unwrap();
    }
    let mut pages = s3
        .list_objects_v2()
        .bucket("box")
        .max_keys(3)
        .into_paginator()
        .send();
    let mut keys = Vec::new();
    while let Some(page) = pages.next().await {
        keys.extend(
            page.unwrap()
                .contents()
                .iter()
                .map(|object| object.key().unwrap().to_owned()),
        );
    }
    assert_eq!(keys, ["a", "b/1", "b/2", "c"]);
    let folded = s3
        .list_objects_v2()
        .bucket("box")
        .delimiter("/")
        .send()
        .await
        .unwrap();
    assert_eq!(
        (
            folded.contents().len(),
            folded.common_prefixes()[0].prefix()
        ),
        (2, Some("b/"))
    );
    let object = |key: &String| ObjectIdentifier::builder().key(key).build().unwrap();
    let delete = Delete::builder()
        .set_objects(Some(keys.iter().map(object).collect()))
        .build()
        .unwrap();
    s3.delete_objects()
        .bucket("box")
        .delete(delete)
        .send()
        .await
        .unwrap();
    s3.delete_bucket().bucket("box").send().await.unwrap();
}

#[tokio::test]
async fn conditions_and_presigned_addresses() {
    let server = Server::start().await;
    let s3 = &server.s3;
    s3.create_bucket().bucket("box").send().await.unwrap();
    let put = || {
        s3.put_object()
            .bucket("box")
            .key("k")
            .body(ByteStream::from_static(b"first"))
    };
    let first = put().if_none_match("*").send().await.unwrap();
    let refused = put().if_none_match("*").send().await.unwrap_err();
    assert_eq!(refused.raw_response().unwrap().status().as_u16(), 412);
    put().if_match(first.e_tag().unwrap()).send().await.unwrap();
    let unchanged = s3
        .get_object()
        .bucket("box")
        .key("k")
        .if_none_match(first.e_tag().unwrap())
        .send()
        .await
        .unwrap_err();
    assert_eq!(unchanged.raw_response().unwrap().status().as_u16(), 304);
    let presigning = PresigningConfig::expires_in(Duration::from_secs(60)).unwrap();
    let presigned = s3
        .get_object()
        .bucket("box")
        .key("k")
        .presigned(presigning)
        .await
        .unwrap();
    assert_eq!(get(presigned.uri()).await, "first");
}

#[tokio::test]
async fn an_upload_in_parts() {
    use aws_sdk_s3::types::{CompletedMultipartUpload, CompletedPart};
    let server = Server::start().await;
    let s3 = &server.s3;
    s3.create_bucket().bucket("box").send().await.unwrap();
    let create = s3
        .create_multipart_upload()
        .bucket("box")
        .key("k")
        .metadata("m", "1")
        .send()
        .await
        .unwrap();
    let id = create.upload_id().unwrap();
    let mut upload = CompletedMultipartUpload::builder();
    for (number, body) in [(1, vec![b'a'; 5 * 1024 * 1024]), (2, b"end".to_vec())] {
        let part = s3
            .upload_part()
            .bucket("box")
            .key("k")
            .upload_id(id)
            .part_number(number);
        let part = part.body(ByteStream::from(body)).send().await.unwrap();
        let part = CompletedPart::builder()
            .part_number(number)
            .set_e_tag(part.e_tag);
        upload = upload.parts(part.build());
    }
    let parts = s3
        .list_parts()
        .bucket("box")
        .key("k")
        .upload_id(id)
        .send()
        .await
        .unwrap();
    assert_eq!(parts.parts().len(), 2);
    let complete = s3
        .complete_multipart_upload()
        .bucket("box")
        .key("k")
        .upload_id(id);
    let complete = complete
        .multipart_upload(upload.build())
        .send()
        .await
        .unwrap();
    assert!(complete.e_tag().unwrap().ends_with("-2\""));
    let tail = s3
        .get_object()
        .bucket("box")
        .key("k")
        .range("bytes=-5")
        .send()
        .await
        .unwrap();
    assert_eq!(tail.metadata().unwrap()["m"], "1");
    assert_eq!(tail.body.collect().await.unwrap().into_bytes(), "aaend");
    let gone = s3
        .abort_multipart_upload()
        .bucket("box")
        .key("k")
        .upload_id(id)
        .send()
        .await
        .unwrap_err();
    assert!(gone.into_service_error().is_no_such_upload());
}

#[tokio::test]
async fn only_the_right_signature_is_let_in() {
    use aws_sdk_sqs::error::ProvideErrorMetadata as _;
    let server = Server::start_for(Some("test:test")).await;
    let queue = server.queue("q", &[]).await;
    server
        .sqs
        .send_message()
        .queue_url(&queue)
        .message_body("x & y")
        .send()
        .await
        .unwrap();
    server
        .s3
        .create_bucket()
        .bucket("box")
        .send()
        .await
        .unwrap();
    let body = ByteStream::from_static(b"signed");
    server
        .s3
        .put_object()
        .bucket("box")
        .key("a b+ü")
        .body(body)
        .send()
        .await
        .unwrap();
    let presigning = PresigningConfig::expires_in(Duration::from_secs(60)).unwrap();
    let presigned = server
        .s3
        .get_object()
        .bucket("box")
        .key("a b+ü")
        .presigned(presigning)
        .await
        .unwrap();
    assert_eq!(get(presigned.uri()).await, "signed");

    for (credentials, code) in [
        ("test:other", "SignatureDoesNotMatch"),
        ("other:test", "InvalidClientTokenId"),
    ] {
        let server = Server::start_for(Some(credentials)).await;
        let refused = server
            .sqs
            .create_queue()
            .queue_name("q")
            .send()
            .await
            .unwrap_err();
        assert_eq!(refused.raw_response().unwrap().status().as_u16(), 403);
        let header = refused
            .raw_response()
            .unwrap()
            .headers()
            .get("x-amzn-query-error")
            .unwrap()
            .to_owned();
        assert_eq!(
            (header, refused.code().is_some()),
            (format!("{code};Sender"), true)
        );
        let refused = server
            .s3
            .create_bucket()
            .bucket("box")
            .send()
            .await
            .unwrap_err();
        assert_eq!(refused.raw_response().unwrap().status().as_u16(), 403);
    }
}

/// The body of a plain GET.
async fn get(uri: &str) -> String {
    use http_body_util::BodyExt as _;
    let connector = hyper_util::client::legacy::connect::HttpConnector::new();
    let client = hyper_util::client::legacy::Client::builder(hyper_util::rt::TokioExecutor::new())
        .build::<_, http_body_util::Empty<bytes::Bytes>>(connector);
    let response = client.get(uri.parse().unwrap()).await.unwrap();
    assert_eq!(response.status(), 200);
    String::from_utf8(
        response
            .into_body()
            .collect()
            .await
            .unwrap()
            .to_bytes()
            .to_vec(),
    )
    .unwrap()
}
