//! A disk that is full to the last byte: the emulator starts on it, gives objects back, lists them,
//! and removes them; and an index that could not be written is there as soon as it can be.

#![allow(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a test, which says what it skips"
)]

mod served;

use std::fs::{self, File};
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use aws_sdk_s3::error::ProvideErrorMetadata as _;
use aws_sdk_s3::primitives::ByteStream;
use served::{Server, body};

/// A small file system of its own, in another namespace; this process reaches it by that one's
/// root.
struct SmallDisk {
    holder: Child,
    folder: PathBuf,
    _place: tempfile::TempDir,
}

impl SmallDisk {
    /// None where the system lets nobody mount anything.
    fn mount(megabytes: u32) -> Option<SmallDisk> {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().display();
        let script =
            format!("mount -t tmpfs -o size={megabytes}m tmpfs {path} && echo mounted && exec cat");
        let holder = Command::new("unshare")
            .args(["--user", "--map-root-user", "--mount", "sh", "-c", &script])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn();
        let mut holder = holder.ok()?;
        let mut said = String::new();
        BufReader::new(holder.stdout.take().unwrap())
            .read_line(&mut said)
            .unwrap();
        let folder = PathBuf::from(format!("/proc/{}/root{path}", holder.id()));
        if said != "mounted\n" || fs::read_dir(&folder).is_err() {
            eprintln!("SKIPPED: this system mounts no tmpfs in a user namespace");
            _ = holder.kill();
            _ = holder.wait();
            return None;
        }
        Some(SmallDisk {
            holder,
            folder,
            _place: place,
        })
    }

    /// Leaves not a byte.
    fn fill(&self) {
        let mut file = File::options()
            .create(true)
            .append(true)
            .open(self.folder.join("filler"))
            .unwrap();
        while file.write_all(&[1; 4096]).is_ok() {}
        while file.write_all(&[1]).is_ok() {}
    }

    fn make_room(&self) {
        fs::remove_file(self.folder.join("filler")).unwrap();
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        _ = self.holder.kill();
        _ = self.holder.wait();
    }
}

/// A data folder with objects as `kill -9` leaves it: a copy of what lies there while it runs.
async fn make_data(data: &std::path::Path, copy: &std::path::Path) {
    let server = Server::start(data).await;
    server
        .s3
        .create_bucket()
        .bucket("box")
        .send()
        .await
        .unwrap();
    for number in 0..5 {
        server
            .put(&format!("k{number}"), &body(number, 100_000))
            .await;
    }
    assert!(
        Command::new("cp")
            .arg("-r")
            .args([data, copy])
            .status()
            .unwrap()
            .success()
    );
    server.stop().await;
}

async fn put_error(server: &Server, length: usize) -> String {
    let body = ByteStream::from(vec![1; length]);
    let refused = server
        .s3
        .put_object()
        .bucket("box")
        .key("new")
        .body(body)
        .send()
        .await
        .unwrap_err();
    assert_eq!(
        refused.raw_response().unwrap().status().as_u16(),
        503,
        "{refused:?}"
    );
    refused.code().unwrap_or_default().to_owned()
}

async fn remove(server: &Server, key: &str) {
    server
        .s3
        .delete_object()
        .bucket("box")
        .key(key)
        .send()
        .await
        .unwrap();
    assert_eq!(server.get(key, None).await, Err("NoSuchKey".to_owned()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_full_disk_is_opened_and_objects_are_read_listed_and_removed() {
    let Some(disk) = SmallDisk::mount(300) else {
        return;
    };
    let made = tempfile::tempdir().unwrap();
    let data = disk.folder.join("data");
    make_data(&made.path().join("data"), &data).await;
    disk.fill();
    for removed in ["k0", "k1"] {
        let server = Server::start(&data).await;
        assert_eq!(server.get("k3", None).await.unwrap(), body(3, 100_000));
        assert!(
            server.keys().await.contains(&removed.to_owned()),
            "the index is there: its changes have room"
        );
        assert_eq!(put_error(&server, 50_000).await, "ServiceUnavailable");
        assert_eq!(
            fs::read_dir(data.join("s3/.drafts")).map_or(0, Iterator::count),
            0,
            "it left nothing behind"
        );
        remove(&server, removed).await;
        disk.fill();
        server.stop().await;
        disk.fill();
    }
    let server = Server::start(&data).await;
    assert_eq!(server.keys().await, ["k2", "k3", "k4"]);
    disk.make_room();
    server.put("new", b"new").await;
    server.stop().await;
    assert_eq!(
        Server::start(&data).await.keys().await,
        ["k2", "k3", "k4", "new"]
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_index_that_a_full_disk_has_no_room_for_comes_with_the_room() {
    let Some(disk) = SmallDisk::mount(300) else {
        return;
    };
    let made = tempfile::tempdir().unwrap();
    let data = disk.folder.join("data");
    make_data(&made.path().join("data"), &data).await;
    fs::remove_dir_all(data.join("s3/.index")).unwrap();
    disk.fill();
    let server = Server::start(&data).await;
    assert_eq!(server.get("k3", None).await.unwrap(), body(3, 100_000));
    let refused = server
        .s3
        .list_objects_v2()
        .bucket("box")
        .send()
        .await
        .unwrap_err();
    assert_eq!(refused.code(), Some("SlowDown"));
    assert!(
        refused.message().unwrap().contains("the disk is full"),
        "{refused:?}"
    );
    remove(&server, "k1").await;
    disk.make_room();
    assert_eq!(server.keys().await, ["k0", "k2", "k3", "k4"]);
    server.stop().await;
}

/// A file in the place of the folder keeps the index from being written, on every system.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_index_that_cannot_be_written_keeps_nothing_else_from_being_done() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    make_data(&folder.path().join("made"), &data).await;
    let index = data.join("s3/.index");
    fs::remove_dir_all(&index).unwrap();
    fs::write(&index, b"in the way").unwrap();
    let server = Server::start(&data).await;
    assert_eq!(
        server
            .s3
            .list_objects_v2()
            .bucket("box")
            .send()
            .await
            .unwrap_err()
            .code(),
        Some("SlowDown")
    );
    assert_eq!(server.get("k3", None).await.unwrap(), body(3, 100_000));
    fs::remove_file(&index).unwrap();
    assert_eq!(server.keys().await.len(), 5);
    server.put("new", b"new").await;
    remove(&server, "k1").await;
    assert_eq!(server.keys().await, ["k0", "k2", "k3", "k4", "new"]);
    server.stop().await;
    assert_eq!(Server::start(&data).await.keys().await.len(), 5);
}

/// Queues need no objects.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn objects_that_cannot_be_opened_are_refused_and_the_reason_is_told() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("s3"), b"in the way").unwrap();
    let server = Server::start(folder.path()).await;
    let refused = server.s3.list_buckets().send().await.unwrap_err();
    assert_eq!(refused.code(), Some("ServiceUnavailable"));
    assert!(
        refused.message().unwrap().contains("cannot be opened"),
        "{refused:?}"
    );
    server.stop().await;
}
