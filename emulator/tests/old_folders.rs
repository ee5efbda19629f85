//! Data folders that earlier versions wrote are opened, with everything in them. `folders/` has one
//! for each version that wrote them in another way;
//! `cargo run -p emulator --example data_folder -- emulator/tests/folders/VERSION` writes one.

#![allow(clippy::unwrap_used, reason = "a test")]

mod folder;

use std::path::Path;

use folder::{check, pack, write};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn folders_of_earlier_versions_are_whole() {
    let folders = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/folders");
    let mut count = 0;
    for packed in std::fs::read_dir(folders)
        .unwrap()
        .map(|entry| entry.unwrap().path())
    {
        let data = tempfile::tempdir().unwrap();
        let notes = pack::unpack(&packed, data.path());
        check::check(data.path(), &notes).await;
        count += 1;
    }
    assert!(count > 0, "there are no folders");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_folder_of_this_version_is_whole() {
    let (data, packed, again) = (
        tempfile::tempdir().unwrap(),
        tempfile::tempdir().unwrap(),
        tempfile::tempdir().unwrap(),
    );
    let notes = write::write(data.path()).await;
    pack::pack(data.path(), &notes, packed.path());
    let notes = pack::unpack(packed.path(), again.path());
    check::check(again.path(), &notes).await;
}
