//! SIGKILL in the middle of a build of the index: the next start goes on where it was, and in the
//! end listings show every object, and nothing else.

#![allow(clippy::unwrap_used, reason = "a test")]

mod program;
mod served;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::time::Duration;

use aws_sdk_s3::Client;
use aws_sdk_s3::primitives::ByteStream;
use program::Emulator;
use serde_json::Value;
use served::{Server, client, write_first_format};
use sha2::{Digest as _, Sha256};

/// With keys as long as these the index grows by two MiB, after which it is written down, several
/// times.
const OBJECTS: usize = 8_000;
const FILLED: usize = 950;

/// Objects at both ends that change while the index is built.
const CHANGED: usize = 8;

/// The real program on a folder, and a client of it.
struct Program {
    emulator: Emulator,
    s3: Client,
}

impl Program {
    /// Starts it, and waits for `Ready.`.
    async fn start(data: &Path) -> Program {
        let emulator = Emulator::start(data);
        let s3 = client(&format!("http://127.0.0.1:{}", emulator.port)).await;
        Program { emulator, s3 }
    }
}

/// What is durable of a build: which index it makes, and the last shard that it looked through;
/// none when it is done.
fn built(folder: &Path) -> Option<(u64, Option<String>)> {
    let text = fs::read(folder.join("s3/.index/state")).ok()?;
    let state: Value = serde_json::from_slice(text.get(8..)?).ok()?;
    Some((
        state["tree"].as_u64()?,
        state["scan"]["Behind"].as_str().map(ToOwned::to_owned),
    ))
}

/// Kills the program in the middle of its build. What is durable then.
async fn killed_in_the_middle(folder: &Path) -> (u64, String) {
    for _ in 0..20 {
        let mut program = Program::start(folder).await;
        // Until it has come to some shard.
        while built(folder).is_none_or(|(_, shard)| shard.as_deref() == Some("")) {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        program.emulator.kill();
        if let Some((tree, Some(shard))) = built(folder) {
            return (tree, shard);
        }
        // It was done before it was killed.
        fs::remove_dir_all(folder.join("s3/.index")).unwrap();
    }
    panic!("it is never in the middle");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_build_that_was_killed_goes_on_where_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let key = |number: usize| format!("{number:05}-{}", "k".repeat(FILLED));
    // In the order in which they are looked through.
    let mut keys: Vec<String> = (0..OBJECTS).map(key).collect();
    keys.sort_by_key(|key| hex::encode(Sha256::digest(key)));
    for key in &keys {
        write_first_format(folder.path(), key, b"old", &"0".repeat(32));
    }
    let (tree, shard) = killed_in_the_middle(folder.path()).await;

    // Changes on both sides of where it was, and another kill.
    let mut program = Program::start(folder.path()).await;
    let (tree_then, shard_then) = built(folder.path()).unwrap();
    assert_eq!(tree_then, tree, "the index is not begun anew");
    assert!(shard_then.is_none_or(|then| then >= shard), "it goes on");
    let ends = || keys[..CHANGED].iter().chain(&keys[OBJECTS - CHANGED..]);
    let mut expected: BTreeSet<String> = keys.iter().cloned().collect();
    for (number, key) in ends().enumerate() {
        if number % 2 == 0 {
            let put = program
                .s3
                .put_object()
                .bucket("box")
                .key(key)
                .body(ByteStream::from_static(b"anew"));
            put.send().await.unwrap();
        } else {
            program
                .s3
                .delete_object()
                .bucket("box")
                .key(key)
                .send()
                .await
                .unwrap();
            expected.remove(key);
        }
        let (new, body) = (format!("new/{number}"), ByteStream::from_static(b"new"));
        program
            .s3
            .put_object()
            .bucket("box")
            .key(&new)
            .body(body)
            .send()
            .await
            .unwrap();
        expected.insert(new);
    }
    program.emulator.kill();

    let server = Server::start(folder.path()).await;
    assert!(
        server.keys().await.into_iter().eq(expected),
        "listings show what is there"
    );
    for (number, key) in ends().enumerate() {
        let found = server.get(key, None).await;
        let is_right = if number % 2 == 0 {
            found == Ok(b"anew".to_vec())
        } else {
            found == Err("NoSuchKey".into())
        };
        assert!(is_right, "{number}: {found:?}");
    }
    server.stop().await;
    assert_eq!(
        built(folder.path()),
        Some((tree, None)),
        "one index was built, and it is whole"
    );
}
