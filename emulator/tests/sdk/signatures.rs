//! Signatures that the SDK makes.

use std::time::Duration;

use aws_sdk_s3::presigning::PresigningConfig;
use aws_sdk_s3::primitives::ByteStream;

use super::server::{Server, get};

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
