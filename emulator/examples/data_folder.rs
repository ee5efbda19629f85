//! Writes a data folder with something of everything in it, as this version writes it, for
//! `tests/old_folders.rs`:
//! `cargo run -p emulator --example data_folder -- emulator/tests/folders/VERSION`.

#![allow(clippy::unwrap_used, reason = "a tool for the tests")]

#[path = "../tests/folder/mod.rs"]
mod folder;

use std::path::PathBuf;

#[tokio::main]
async fn main() {
    let packed = std::env::args().nth(1).map(PathBuf::from);
    let packed = packed.expect("name the folder to write, such as emulator/tests/folders/0.1.0");
    assert!(
        !packed.exists(),
        "{} is there already: folders of versions do not change",
        packed.display()
    );
    let data = tempfile::tempdir().unwrap();
    let notes = folder::write::write(data.path()).await;
    folder::pack::pack(data.path(), &notes, &packed);
}
