//! S3 under load and in the hands of clients that are no SDK.

#![allow(clippy::unwrap_used, reason = "a test")]

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use aws_sdk_s3::error::ProvideErrorMetadata as _;
use aws_sdk_s3::primitives::ByteStream;
use emulator::Settings;
use tokio_util::sync::CancellationToken;

/// A server on a free port, in a folder or in memory; it ends with the test.
struct Server {
    s3: aws_sdk_s3::Client,
    stop: CancellationToken,
    folder: tempfile::TempDir,
}

impl Server {
    async fn start(in_memory: bool) -> Server {
        let folder = tempfile::tempdir().unwrap();
        let data = (!in_memory).then(|| folder.path().to_owned());
        let opened = emulator::open(&Settings {
            data,
            region: "eu-west-1".into(),
        })
        .unwrap();
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let stop = CancellationToken::new();
        tokio::spawn(opened.serve(listener, stop.clone()));
        let config = kit::aws::local(&endpoint).await;
        let s3 = aws_sdk_s3::Client::from_conf(
            aws_sdk_s3::config::Builder::from(&config)
                .force_path_style(true)
                .build(),
        );
        s3.create_bucket().bucket("box").send().await.unwrap();
        Server { s3, stop, folder }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

/// A body whose every byte and whose length tell which put it came with.
fn body(version: usize) -> Vec<u8> {
    vec![b'a' + (version % 26) as u8; 1 + (version % 7) * 100_000]
}

/// One writer puts objects of many lengths under one key, and removes it now and then; every read
/// is one whole put.
async fn reads_beside_writes(in_memory: bool) {
    let server = Server::start(in_memory).await;
    let over = Arc::new(AtomicBool::new(false));
    let readers: Vec<_> = (0..4)
        .map(|_| tokio::spawn(read_until(server.s3.clone(), over.clone())))
        .collect();
    for version in 0..60 {
        let body = ByteStream::from(body(version));
        let put = server
            .s3
            .put_object()
            .bucket("box")
            .key("k")
            .metadata("version", version.to_string());
        put.body(body).send().await.unwrap();
        if version % 10 == 9 {
            server
                .s3
                .delete_object()
                .bucket("box")
                .key("k")
                .send()
                .await
                .unwrap();
        }
    }
    over.store(true, Ordering::Relaxed);
    for reader in readers {
        assert!(
            reader.await.unwrap() > 0,
            "a reader that read nothing shows nothing"
        );
    }
}

async fn read_until(s3: aws_sdk_s3::Client, over: Arc<AtomicBool>) -> usize {
    let mut reads = 0;
    while !over.load(Ordering::Relaxed) {
        match s3.get_object().bucket("box").key("k").send().await {
            Ok(object) => {
                let version: usize = object.metadata().unwrap()["version"].parse().unwrap();
                let expected = body(version);
                assert_eq!(object.content_length(), i64::try_from(expected.len()).ok());
                assert!(
                    object.body.collect().await.unwrap().into_bytes() == expected,
                    "another body than its head's"
                );
                reads += 1;
            }
            Err(error) => assert_eq!(error.code(), Some("NoSuchKey"), "{error:?}"),
        }
    }
    reads
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_read_beside_writes_is_one_whole_put() {
    reads_beside_writes(false).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_read_beside_writes_is_one_whole_put_in_memory() {
    reads_beside_writes(true).await;
}

/// Puts beside one another, and buckets that go while they are put into: every answer is one of
/// S3's, and nothing is left.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_put_beside_the_end_of_its_bucket_leaves_no_bucket_behind() {
    let server = Server::start(false).await;
    for _ in 0..20 {
        server
            .s3
            .create_bucket()
            .bucket("short")
            .send()
            .await
            .unwrap();
        let put = server
            .s3
            .put_object()
            .bucket("short")
            .key("k")
            .body(ByteStream::from_static(b"x"))
            .send();
        let (put, deleted) = tokio::join!(
            tokio::spawn(put),
            server.s3.delete_bucket().bucket("short").send()
        );
        match (put.unwrap(), deleted) {
            (Ok(_), Err(error)) => {
                assert_eq!(error.code(), Some("BucketNotEmpty"));
                server
                    .s3
                    .delete_object()
                    .bucket("short")
                    .key("k")
                    .send()
                    .await
                    .unwrap();
                server
                    .s3
                    .delete_bucket()
                    .bucket("short")
                    .send()
                    .await
                    .unwrap();
            }
            (Err(error), Ok(_)) => assert_eq!(error.code(), Some("NoSuchBucket")),
            (put, deleted) => panic!("{put:?} and {deleted:?}"),
        }
        assert!(!server.folder.path().join("s3/short").exists());
    }
}
