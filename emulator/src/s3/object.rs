//! An object and a bucket in S3's terms. Nothing here reads a file or a request's body.

pub(crate) mod acl;
pub(crate) mod algorithm;
pub(crate) mod asked_checksum;
pub(crate) mod checksum;
pub(crate) mod checksum_members;
pub(crate) mod condition;
pub(crate) mod date;
pub(crate) mod head;
pub(crate) mod tags;
pub(crate) mod version;
