//! What memory holds of an object, measured: the whole program over two numbers of objects, which
//! must make no difference.

#![allow(clippy::unwrap_used, reason = "a test")]

mod counting;
mod served;

use std::path::Path;

use served::{Server, write_first_format};

/// Objects of the smaller and of the larger folder.
const FEW: usize = 1_000;
const MANY: usize = 5_000;

/// Objects that are written anew.
const PUT: usize = 300;

/// What else is allocated now and then, by connections and threads.
const NOISE: usize = 64 * 1024;

/// Bytes that the program holds over a folder.
#[derive(Debug, Default, Clone, Copy)]
struct Held {
    /// Right after a start, when the index lies on disk.
    started: usize,
    /// When all objects were listed once: then the cache has what it can get of them.
    listed: usize,
    /// When they were listed again and again.
    listed_often: usize,
    /// When they were read.
    read: usize,
    /// When a part of them was written anew.
    put: usize,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn memory_holds_nothing_of_an_object() {
    // What is allocated once for all, by the clients too.
    measure(100).await;
    let (few, many) = (measure(FEW).await, measure(MANY).await);
    println!("{FEW} objects: {few:?}");
    println!("{MANY} objects: {many:?}");
    let grown = |few: usize, many: usize| many.saturating_sub(few + NOISE);
    // Filters of the index take a byte or two for each object.
    assert!(
        grown(few.started, many.started) / (MANY - FEW) < 10,
        "a start"
    );
    assert!(
        grown(many.listed, many.listed_often) / MANY < 10,
        "listings"
    );
    assert!(grown(many.listed_often, many.read) / FEW < 100, "reads");
    // The index keeps a change in memory until there are two MiB of them.
    assert!(grown(many.read, many.put) / PUT < 400, "puts");
    assert!(many.put < 10_000_000, "all that the program holds");
}

async fn measure(objects: usize) -> Held {
    let folder = tempfile::tempdir().unwrap();
    let key = |number: usize| format!("{number:08}-4f1c-4a5e-9b7e-event-sqs.txt");
    (0..objects).for_each(|number| write(folder.path(), &key(number)));
    let server = Server::start(folder.path()).await;
    assert_eq!(server.keys().await.len(), objects);
    server.stop().await;
    let server = Server::start(folder.path()).await;
    server.first_key().await;
    let started = counting::held();
    assert_eq!(server.keys().await.len(), objects);
    let listed = counting::held();
    for _ in 0..2 {
        assert_eq!(server.keys().await.len(), objects);
    }
    let listed_often = counting::held();
    for number in 0..objects.min(FEW) {
        assert_eq!(server.get(&key(number), None).await.unwrap(), b"body");
    }
    let read = counting::held();
    for number in 0..objects.min(PUT) {
        server.put(&key(number), b"anew").await;
    }
    let put = counting::held();
    server.stop().await;
    Held {
        started,
        listed,
        listed_often,
        read,
        put,
    }
}

fn write(folder: &Path, key: &str) {
    // The MD5 of `body`.
    write_first_format(folder, key, b"body", "841a2d689ad86bd1611447453c22c6fc");
}
