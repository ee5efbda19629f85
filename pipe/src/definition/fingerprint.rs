//! Tells whether a pipe that is read again is another one: by everything that its definition says.

use serde_json::Value;
use sha2::{Digest as _, Sha256};

/// The digest of a pipe's definition with all it refers to. Secrets go into it and cannot be read
/// from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Fingerprint([u8; 32]);

impl Fingerprint {
    /// Of what a definition says, and of what this refers to.
    pub fn of(said: &Value, references: impl IntoIterator<Item = Fingerprint>) -> Fingerprint {
        let mut digest = Sha256::new();
        for reference in references {
            digest.update(reference.0);
        }
        // The digests have a fixed length, so nothing can be moved from one part to the other.
        digest.update(said.to_string());
        Fingerprint(digest.finalize().into())
    }
}
