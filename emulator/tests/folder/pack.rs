//! A data folder as it lies in the repository: without the space that is only taken in advance.
//! Only [`unpack`] makes a data folder of it again, for the end of a record may be zeros too.

use std::fs;
use std::path::Path;

use super::{Notes, SEGMENT_SIZE};

/// What the folder of a version holds: the data, and beside it what only the service knew.
const DATA: &str = "data";
const NOTES: &str = "notes.json";

/// Copies a folder that nobody has open. Zeros at the end of files of the log go, and so do files
/// that hold nothing.
pub fn pack(data: &Path, notes: &Notes, packed: &Path) {
    copy(data, &packed.join(DATA), &|path, bytes| {
        let is_log = path.extension().is_some_and(|extension| extension == "log");
        let is_changes = path
            .file_name()
            .unwrap()
            .to_str()
            .unwrap()
            .starts_with("changes-");
        if is_log || is_changes {
            let end = bytes
                .iter()
                .rposition(|byte| *byte != 0)
                .map_or(0, |last| last + 1);
            bytes.truncate(end);
        }
    });
    fs::write(
        packed.join(NOTES),
        serde_json::to_string_pretty(notes).unwrap() + "\n",
    )
    .unwrap();
}

/// Puts a packed folder into an empty one, with its files of the log as long as they were.
pub fn unpack(packed: &Path, data: &Path) -> Notes {
    copy(&packed.join(DATA), data, &|path, bytes| {
        if path.extension().is_some_and(|extension| extension == "log") {
            bytes.resize(SEGMENT_SIZE as usize, 0);
        }
    });
    serde_json::from_slice(&fs::read(packed.join(NOTES)).unwrap()).unwrap()
}

fn copy(from: &Path, to: &Path, change: &dyn Fn(&Path, &mut Vec<u8>)) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let (path, to) = (entry.path(), to.join(entry.file_name()));
        if path.is_dir() {
            copy(&path, &to, change);
            continue;
        }
        let mut bytes = fs::read(&path).unwrap();
        change(&path, &mut bytes);
        if !bytes.is_empty() {
            fs::write(to, bytes).unwrap();
        }
    }
}
