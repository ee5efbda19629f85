//! Everything that is stored about an object, except its body. Pure.

use serde::{Deserialize, Serialize};

use super::acl::Acl;
use super::checksum::Checksum;

/// The head of an object: everything that is stored about it, except its body.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Head {
    pub key: String,
    pub size: u64,
    /// Hex digest without quotes.
    pub etag: String,
    /// Milliseconds since the epoch.
    pub modified: u64,
    pub headers: Headers,
    #[serde(default)]
    pub checksum: Option<Checksum>,
    /// The parts of the object, in order. Empty if it was put whole.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<Part>,
}

/// A part of an object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Part {
    pub number: i32,
    pub size: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checksum: Option<Checksum>,
}

/// The headers of an object, as its writer gave them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Headers {
    pub content_type: Option<String>,
    pub content_encoding: Option<String>,
    pub content_language: Option<String>,
    pub content_disposition: Option<String>,
    pub cache_control: Option<String>,
    /// Milliseconds since the epoch.
    #[serde(default)]
    pub expires: Option<u64>,
    /// User metadata, in order of names.
    pub metadata: Vec<(String, String)>,
    /// Tags, in the order in which they were given.
    #[serde(default)]
    pub tags: Vec<(String, String)>,
    /// None is `STANDARD`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub storage_class: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub website_redirect: Option<String>,
    /// None is `AES256`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub encryption: Option<Encryption>,
    /// None gives the owner full control.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub acl: Option<Acl>,
}

/// How S3 would encrypt the object. Stored and shown only.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Encryption {
    pub algorithm: String,
    pub key: Option<String>,
    pub context: Option<String>,
    pub bucket_key: Option<bool>,
}
