//! Bits that flip on the disk: what is stored is answered as it was written, or with an error, and
//! never otherwise.

#![allow(clippy::unwrap_used, reason = "a test")]

mod served;

use std::fs;
use std::path::{Path, PathBuf};

use aws_sdk_s3::error::ProvideErrorMetadata as _;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{CompletedMultipartUpload, CompletedPart};
use served::{Server, body, files, flip};

/// S3's least for a part that is not the last.
const PART: usize = 5 * 1024 * 1024;

async fn start(folder: &Path) -> Server {
    let server = Server::start(folder).await;
    server
        .s3
        .create_bucket()
        .bucket("box")
        .send()
        .await
        .unwrap();
    server
}

/// The file of the only object.
fn only_file(folder: &Path) -> PathBuf {
    let files = files(&folder.join("s3/box"));
    assert_eq!(files.len(), 1);
    files[0].clone()
}

/// Places all over a file: the first and last bytes, those around blocks' ends, and many between.
fn places(length: usize) -> Vec<usize> {
    let blocks =
        (1..length.div_ceil(65_536)).flat_map(|block| [block * 65_536 - 1, block * 65_536]);
    let spread = (0..40).map(|place| place * length / 40);
    let mut all: Vec<usize> = (0..4)
        .chain(length - 120..length)
        .chain(blocks)
        .chain(spread)
        .collect();
    all.retain(|place| *place < length);
    all.sort_unstable();
    all.dedup();
    all
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_flipped_bit_anywhere_is_never_served() {
    for length in [1, 100, 65_536, 200_000, 1_200_000] {
        let folder = tempfile::tempdir().unwrap();
        let server = start(folder.path()).await;
        let right = body(1, length);
        server.put("k", &right).await;
        let path = only_file(folder.path());
        let whole = fs::read(&path).unwrap();
        for at in places(whole.len()) {
            flip(&path, at);
            assert_eq!(
                server.get("k", None).await,
                Err("InternalError".to_owned()),
                "{length} bytes, bit at {at}"
            );
            fs::write(&path, &whole).unwrap();
        }
        assert_eq!(server.get("k", None).await.unwrap(), right);
        server.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_cut_file_and_a_lost_one_are_errors() {
    let folder = tempfile::tempdir().unwrap();
    let server = start(folder.path()).await;
    server.put("k", &body(1, 100_000)).await;
    let path = only_file(folder.path());
    let whole = fs::read(&path).unwrap();
    for length in [0, 1, 50_000, whole.len() - 1] {
        fs::write(&path, &whole[..length]).unwrap();
        assert_eq!(
            server.get("k", None).await,
            Err("InternalError".to_owned()),
            "cut at {length}"
        );
    }
    fs::remove_file(&path).unwrap();
    assert_eq!(
        server.get("k", None).await,
        Err("InternalError".to_owned()),
        "a lost object was never deleted"
    );
    let head = server
        .s3
        .head_object()
        .bucket("box")
        .key("k")
        .send()
        .await
        .unwrap_err();
    assert_eq!(head.raw_response().unwrap().status().as_u16(), 500);
    assert_eq!(server.get("other", None).await, Err("NoSuchKey".to_owned()));
    server
        .s3
        .delete_object()
        .bucket("box")
        .key("k")
        .send()
        .await
        .unwrap();
    assert_eq!(server.get("k", None).await, Err("NoSuchKey".to_owned()));
    assert_eq!(server.keys().await, [""; 0]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_range_is_verified_by_the_blocks_it_lies_in() {
    let folder = tempfile::tempdir().unwrap();
    let server = start(folder.path()).await;
    let right = body(1, 1_000_000);
    server.put("k", &right).await;
    flip(&only_file(folder.path()), 500_000);
    assert_eq!(
        server.get("k", Some("bytes=10-100000")).await.unwrap(),
        right[10..=100_000]
    );
    assert_eq!(
        server.get("k", Some("bytes=-1000")).await.unwrap(),
        right[999_000..]
    );
    for range in [
        "bytes=500000-500000",
        "bytes=499999-499999",
        "bytes=0-",
        "bytes=-600000",
    ] {
        assert_eq!(
            server.get("k", Some(range)).await,
            Err("InternalError".to_owned()),
            "{range}"
        );
    }
}

/// Nobody knows of damage at the end of a long body before it is sent: the connection ends early.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_long_body_breaks_off_at_the_damage() {
    let folder = tempfile::tempdir().unwrap();
    let server = start(folder.path()).await;
    let right = body(1, 20 * 1024 * 1024);
    server.put("k", &right).await;
    assert_eq!(server.get("k", None).await.unwrap(), right);
    flip(&only_file(folder.path()), right.len() - 1);
    assert_eq!(server.get("k", None).await, Err("broken off".to_owned()));
    let copy = server
        .s3
        .copy_object()
        .bucket("box")
        .key("copy")
        .copy_source("box/k")
        .send()
        .await
        .unwrap_err();
    assert_eq!(copy.code(), Some("InternalError"), "{copy:?}");
    assert_eq!(server.get("copy", None).await, Err("NoSuchKey".to_owned()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn damage_is_not_copied() {
    let folder = tempfile::tempdir().unwrap();
    let server = start(folder.path()).await;
    server.put("k", &body(1, 300_000)).await;
    flip(&only_file(folder.path()), 200_000);
    let copy = server
        .s3
        .copy_object()
        .bucket("box")
        .key("copy")
        .copy_source("box/k")
        .send()
        .await
        .unwrap_err();
    assert_eq!(copy.code(), Some("InternalError"));
    let begun = server
        .s3
        .create_multipart_upload()
        .bucket("box")
        .key("joined")
        .send()
        .await
        .unwrap();
    let part = server
        .s3
        .upload_part_copy()
        .bucket("box")
        .key("joined")
        .upload_id(begun.upload_id().unwrap());
    let part = part.part_number(1).copy_source("box/k");
    let whole = part.clone().send().await.unwrap_err();
    assert_eq!(whole.code(), Some("InternalError"));
    part.copy_source_range("bytes=0-99999")
        .send()
        .await
        .unwrap();
    assert_eq!(server.keys().await, ["k"]);
    server.put("k", b"anew").await;
    assert_eq!(server.get("k", None).await.unwrap(), b"anew");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn damage_of_a_part_or_of_joined_parts_is_noticed() {
    let folder = tempfile::tempdir().unwrap();
    let server = start(folder.path()).await;
    let parts = [body(1, PART), body(2, 1000)];
    let begun = server
        .s3
        .create_multipart_upload()
        .bucket("box")
        .key("k")
        .send()
        .await
        .unwrap();
    let id = begun.upload_id().unwrap();
    let mut completed = CompletedMultipartUpload::builder();
    for (number, part) in (1..).zip(&parts) {
        let upload = server
            .s3
            .upload_part()
            .bucket("box")
            .key("k")
            .upload_id(id)
            .part_number(number);
        let sent = upload
            .body(ByteStream::from(part.clone()))
            .send()
            .await
            .unwrap();
        let part = CompletedPart::builder()
            .part_number(number)
            .e_tag(sent.e_tag().unwrap());
        completed = completed.parts(part.build());
    }
    let complete = server
        .s3
        .complete_multipart_upload()
        .bucket("box")
        .key("k")
        .upload_id(id);
    let complete = complete.multipart_upload(completed.build());
    let first = folder.path().join("s3/box/.uploads").join(id).join("1");
    flip(&first, 3_000_000);
    assert_eq!(
        complete.clone().send().await.unwrap_err().code(),
        Some("InternalError")
    );
    assert_eq!(server.get("k", None).await, Err("NoSuchKey".to_owned()));
    flip(&first, 3_000_000);
    complete.send().await.unwrap();
    assert_eq!(server.get("k", None).await.unwrap(), parts.concat());
    let files = files(&folder.path().join("s3/box"));
    for at in [0, 4_000_000, PART, PART + 999] {
        flip(&files[0], at);
        assert_eq!(
            server.get("k", None).await,
            Err("InternalError".to_owned()),
            "bit at {at}"
        );
        flip(&files[0], at);
    }
}
