//! Objects through the SDK.

use std::time::Duration;

use aws_sdk_s3::presigning::PresigningConfig;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{Delete, ObjectIdentifier};

use super::server::{Server, get};

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
