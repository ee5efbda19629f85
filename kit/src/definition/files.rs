//! Door: the files that hold definitions.

use std::path::Path;

use super::error::LoadError;

/// The largest file that is read: an import into API Gateway has 6 MB at most.
const LARGEST: u64 = 6 * 1024 * 1024;

/// The text of a file.
pub(super) fn read(file: &Path) -> Result<String, LoadError> {
    let unreadable = |cause: std::io::Error| LoadError::Unreadable {
        file: file.to_owned(),
        setting: crate::cli::written("--definition", "DEFINITION"),
        cause: cause.to_string(),
    };
    let length = std::fs::metadata(file).map_err(unreadable)?.len();
    if length > LARGEST {
        return Err(unreadable(std::io::Error::other(format!(
            "the file has {length} bytes, a definition has {LARGEST} at most"
        ))));
    }
    std::fs::read_to_string(file).map_err(unreadable)
}
