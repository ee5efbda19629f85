//! `--in-memory`: objects and messages share the memory limit, and what has no room is refused
//! until others are gone.

#![allow(clippy::unwrap_used, reason = "a test")]

mod served;

use aws_sdk_s3::error::ProvideErrorMetadata as _;
use aws_sdk_s3::primitives::ByteStream;
use emulator::{Bytes, Tuning};
use served::Server;

const MEBIBYTE: usize = 1024 * 1024;

/// The code, the status and the text of a refusal, or nothing.
async fn put(server: &Server, key: &str, length: usize) -> Option<(String, u16, String)> {
    let body = ByteStream::from(vec![0; length]);
    let refused = server
        .s3
        .put_object()
        .bucket("box")
        .key(key)
        .body(body)
        .send()
        .await
        .err()?;
    let status = refused.raw_response().unwrap().status().as_u16();
    Some((
        refused.code().unwrap().to_owned(),
        status,
        refused.message().unwrap().to_owned(),
    ))
}

/// Puts objects until one is refused: how many were kept, and the refusal.
async fn fill(server: &Server, name: &str, length: usize) -> (usize, (String, u16, String)) {
    for kept in 0..128 {
        if let Some(refused) = put(server, &format!("{name}{kept}"), length).await {
            return (kept, refused);
        }
    }
    panic!("more is kept than there is memory for");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn objects_in_memory_are_counted() {
    let max_memory = Some(Bytes(128 * MEBIBYTE as u64));
    let server = Server::start_in_memory(Tuning {
        max_memory,
        ..Tuning::default()
    })
    .await;
    server
        .s3
        .create_bucket()
        .bucket("box")
        .send()
        .await
        .unwrap();
    let kept = fill(&server, "k", 4 * MEBIBYTE).await.0;
    let (small, refused) = fill(&server, "small", MEBIBYTE / 2).await;
    // What the process held before, 12 MiB and a sixth of the rest are for others.
    assert!(kept >= 4, "{kept}");
    let text = "The emulator holds as much as its memory limit of 128 MiB (--max-memory or EMULATOR_MAX_MEMORY) allows: \
                nothing was stored. Delete objects or messages, or, to hold more, set it to a larger number.";
    assert_eq!(
        refused,
        ("ServiceUnavailable".to_owned(), 503, text.to_owned())
    );
    assert_eq!(
        server.keys().await.len(),
        kept + small,
        "nothing is left of what was refused"
    );

    // A part of an upload and a copy are no other.
    let upload = server
        .s3
        .create_multipart_upload()
        .bucket("box")
        .key("parts")
        .send()
        .await
        .unwrap();
    let part = server
        .s3
        .upload_part()
        .bucket("box")
        .key("parts")
        .upload_id(upload.upload_id().unwrap());
    let part = part
        .part_number(1)
        .body(ByteStream::from(vec![0; 8 * MEBIBYTE]))
        .send()
        .await;
    assert_eq!(part.unwrap_err().code(), Some("ServiceUnavailable"));
    let copy = server
        .s3
        .copy_object()
        .bucket("box")
        .key("copy")
        .copy_source("box/k0")
        .send()
        .await;
    assert_eq!(copy.unwrap_err().code(), Some("ServiceUnavailable"));

    // Messages share the room.
    let queue = server
        .sqs
        .create_queue()
        .queue_name("q")
        .send()
        .await
        .unwrap()
        .queue_url
        .unwrap();
    let send = || {
        server
            .sqs
            .send_message()
            .queue_url(&queue)
            .message_body("x".repeat(MEBIBYTE - 1024))
            .send()
    };
    assert!(send().await.is_err(), "messages know of objects");
    server
        .s3
        .delete_object()
        .bucket("box")
        .key("k1")
        .send()
        .await
        .unwrap();
    server
        .s3
        .delete_object()
        .bucket("box")
        .key("k2")
        .send()
        .await
        .unwrap();
    assert_eq!(
        put(&server, "again", 4 * MEBIBYTE).await,
        None,
        "deleting makes room"
    );
    let mut sent = 0;
    while send().await.is_ok() {
        sent += 1;
        assert!(sent < 8, "messages know of objects");
    }
    assert!(
        sent > 0 && put(&server, "k0", 2 * MEBIBYTE).await.is_some(),
        "objects know of messages, {sent}"
    );
    server
        .sqs
        .delete_queue()
        .queue_url(&queue)
        .send()
        .await
        .unwrap();
    for number in 0..kept {
        server
            .s3
            .delete_object()
            .bucket("box")
            .key(format!("k{number}"))
            .send()
            .await
            .unwrap();
    }
    for number in 0..kept / 2 {
        assert_eq!(
            put(&server, &format!("k{number}"), 4 * MEBIBYTE).await,
            None,
            "all is given back"
        );
    }
    server.stop().await;
}
