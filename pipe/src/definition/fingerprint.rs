//! Shows whether a pipe that is read again has changed, by everything in its definition.

use serde_json::Value;
use sha2::{Digest as _, Sha256};

/// The digest of a pipe's definition with everything that it refers to. Secrets are part of it, and
/// cannot be read from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Fingerprint([u8; 32]);

impl Fingerprint {
    /// The digest of some properties, and of what they refer to.
    pub(crate) fn of(
        properties: &Value,
        references: impl IntoIterator<Item = Fingerprint>,
    ) -> Fingerprint {
        let mut digest = Sha256::new();
        for reference in references {
            digest.update(reference.0);
        }
        // The digests have a fixed length, so nothing can be moved from one part to the other.
        digest.update(properties.to_string());
        Fingerprint(digest.finalize().into())
    }
}
