//! The index of the objects: folders of earlier versions have none, and a damaged or lost one is
//! built anew, so that listings show every object, and nothing else.

#![allow(clippy::unwrap_used, reason = "a test")]

mod served;

use std::collections::BTreeMap;
use std::fs;

use served::{Server, body, files, flip, write_first_format};
use sha2::{Digest as _, Sha256};

fn md5(body: &[u8]) -> String {
    use md5::Md5;
    hex::encode(Md5::digest(body))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_folder_of_the_first_format_opens() {
    let folder = tempfile::tempdir().unwrap();
    let right: BTreeMap<String, Vec<u8>> = (0..300)
        .map(|number| (format!("k/{number:04}"), body(number, 700)))
        .collect();
    right
        .iter()
        .for_each(|(key, body)| write_first_format(folder.path(), key, body, &md5(body)));
    write_first_format(
        folder.path(),
        "large",
        &body(1, 200_000),
        &md5(&body(1, 200_000)),
    );
    write_first_format(
        folder.path(),
        "parts",
        &body(2, 200),
        &format!("{}-2", "0".repeat(32)),
    );
    let server = Server::start(folder.path()).await;
    // Reads and writes need no index.
    assert_eq!(server.get("k/0007", None).await.unwrap(), right["k/0007"]);
    server.put("new", b"new").await;
    let keys: Vec<&str> = right
        .keys()
        .map(String::as_str)
        .chain(["large", "new", "parts"])
        .collect();
    assert_eq!(server.keys().await, keys);
    let object = server
        .s3
        .get_object()
        .bucket("box")
        .key("k/0007")
        .send()
        .await
        .unwrap();
    assert_eq!(
        (
            object.content_type(),
            object.metadata().unwrap()["a"].as_str()
        ),
        (Some("text/x"), "b")
    );
    assert_eq!(
        server.get("large", Some("bytes=100000-")).await.unwrap(),
        body(1, 200_000)[100_000..]
    );
    assert_eq!(
        server.get("parts", None).await.unwrap(),
        body(2, 200),
        "nothing tells what it has to be"
    );
    let name = hex::encode(Sha256::digest("large"));
    let path = folder.path().join("s3/box").join(&name[..2]).join(name);
    for at in [0, 99_999, 199_999, 200_010] {
        flip(&path, at);
        assert_eq!(
            server.get("large", None).await,
            Err("InternalError".to_owned()),
            "bit at {at}"
        );
        assert_eq!(
            server.get("large", Some("bytes=5-7")).await,
            Err("InternalError".to_owned()),
            "bit at {at}"
        );
        flip(&path, at);
    }
    server.stop().await;
    let again = Server::start(folder.path()).await;
    assert_eq!(again.keys().await, keys);
}

/// Each file of the index in turn: a flipped bit at many places, emptied, cut, and gone.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn listings_are_whole_whatever_happens_to_the_index() {
    let folder = tempfile::tempdir().unwrap();
    let index = folder.path().join("s3/.index");
    let server = Server::start(folder.path()).await;
    server
        .s3
        .create_bucket()
        .bucket("box")
        .send()
        .await
        .unwrap();
    let keys: Vec<String> = (0..40).map(|number| format!("k/{number:02}")).collect();
    for key in &keys {
        server.put(key, key.as_bytes()).await;
    }
    server.stop().await;
    let mut tried = 0;
    for number in 0..files(&index).len() {
        for place in 0..8 {
            // A start may change the files, so each damage is done to what lies there now.
            let now = files(&index);
            let Some(path) = now.get(number) else {
                continue;
            };
            let length = fs::read(path).unwrap().len();
            match place {
                0 => fs::remove_file(path).unwrap(),
                1 => fs::write(path, b"").unwrap(),
                2 => fs::write(path, &fs::read(path).unwrap()[..length / 2]).unwrap(),
                place if length > 0 => flip(path, (length - 1) * (place - 3) / 4),
                _ => continue,
            }
            let server = Server::start(folder.path()).await;
            assert_eq!(server.keys().await, keys, "{} {place}", path.display());
            server.stop().await;
            tried += 1;
        }
    }
    assert!(tried > 20, "{tried}");
}

/// What happens while the index is built is in it.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_index_is_built_beside_puts_and_deletes() {
    let folder = tempfile::tempdir().unwrap();
    let mut keys: Vec<String> = (0..2000).map(|number| format!("k/{number:04}")).collect();
    keys.iter().for_each(|key| {
        write_first_format(folder.path(), key, key.as_bytes(), &md5(key.as_bytes()));
    });
    let server = Server::start(folder.path()).await;
    for number in (0..2000).step_by(50).rev() {
        let key = &keys[number];
        match number % 100 {
            0 => server.put(key, b"anew").await,
            _ => {
                server
                    .s3
                    .delete_object()
                    .bucket("box")
                    .key(key)
                    .send()
                    .await
                    .unwrap();
                keys.remove(number);
            }
        }
    }
    assert_eq!(server.keys().await, keys);
    server.stop().await;
    let server = Server::start(folder.path()).await;
    assert_eq!(server.keys().await, keys);
    assert_eq!(server.get(&keys[0], None).await.unwrap(), b"anew");
}
