//! Door: the files that hold definitions.

use std::path::Path;

use super::error::LoadError;

/// The largest file that is read. An import into API Gateway has 6 MB at most; a plan of Terraform
/// holds all of a project, with each value several times.
const LARGEST: u64 = 32 * 1024 * 1024;

/// What is in a file.
#[derive(Debug)]
pub(super) enum Content {
    Text(String),
    /// What is not UTF-8.
    Bytes(Vec<u8>),
}

/// The text of a file.
pub(super) fn read(file: &Path) -> Result<String, LoadError> {
    match content(file)? {
        Content::Text(text) => Ok(text),
        Content::Bytes(_) => Err(unreadable(
            file,
            &std::io::Error::other("it is not UTF-8 text"),
        )),
    }
}

/// What is in a file, whatever it is.
pub(super) fn content(file: &Path) -> Result<Content, LoadError> {
    let unreadable = |cause: std::io::Error| unreadable(file, &cause);
    let length = std::fs::metadata(file).map_err(unreadable)?.len();
    if length > LARGEST {
        return Err(unreadable(std::io::Error::other(format!(
            "the file has {length} bytes, a definition has {LARGEST} at most"
        ))));
    }
    let bytes = std::fs::read(file).map_err(unreadable)?;
    Ok(match String::from_utf8(bytes) {
        Ok(text) => Content::Text(text),
        Err(error) => Content::Bytes(error.into_bytes()),
    })
}

fn unreadable(file: &Path, cause: &std::io::Error) -> LoadError {
    LoadError::Unreadable {
        file: file.to_owned(),
        setting: crate::cli::written("--definition", "DEFINITION"),
        cause: cause.to_string(),
    }
}
