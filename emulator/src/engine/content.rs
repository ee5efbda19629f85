//! The content of a message. The engine passes it on and never looks inside.

use sha2::{Digest, Sha256};

/// Stands for a name of any length: the first 128 bits of its SHA-256.
pub(crate) type Fingerprint = u128;

/// The body and the attributes of a message.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Content {
    /// The body.
    pub body: String,
    /// Message attributes, in the order of their names.
    pub attributes: Vec<(String, AttributeValue)>,
    /// AWSTraceHeader.
    pub trace_header: Option<String>,
    /// SenderId.
    pub sender: String,
    /// MessageGroupId.
    pub group: Option<String>,
    /// MessageDeduplicationId, given by the sender or derived from the body.
    pub deduplication: Option<String>,
}

/// The value of a message attribute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttributeValue {
    /// DataType with its custom label.
    pub data_type: String,
    /// The value itself.
    pub data: AttributeData,
}

/// A message attribute's value: text or bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AttributeData {
    /// `String` and `Number`.
    Text(String),
    /// `Binary`.
    Binary(Vec<u8>),
}

/// The [`Fingerprint`] of the parts, read as one text.
pub(crate) fn fingerprint(parts: &[&str]) -> Fingerprint {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    let bytes: [u8; 32] = hash.finalize().into();
    u128::from_be_bytes(bytes[..16].try_into().expect("sixteen of thirty-two bytes"))
}
