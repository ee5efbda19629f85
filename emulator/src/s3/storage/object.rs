//! A stored object: its head, and where its body is.

use std::path::PathBuf;

use bytes::Bytes;
use kit::time::Timestamp;

use crate::s3::files::open_file::OpenFile;
use crate::s3::object::condition::WriteCondition;
use crate::s3::object::head::{Head, Headers};

/// A stored object.
#[derive(Debug)]
pub(crate) struct Object {
    pub head: Head,
    pub body: ObjectBody,
}

impl Object {
    /// The name of the object's file, if the object is on disk.
    pub(crate) fn file_name(&self) -> Option<&str> {
        match &self.body {
            ObjectBody::Memory(_) => None,
            ObjectBody::File(path) => path.file_name()?.to_str(),
        }
    }
}

/// Where a body is.
#[derive(Debug)]
pub(crate) enum ObjectBody {
    Memory(Bytes),
    /// The body begins at the first byte of the file.
    File(PathBuf),
}

/// A body that can be read to its end, whatever happens to its object meanwhile.
#[derive(Debug)]
pub(crate) enum OpenBody {
    Memory(Bytes),
    File(OpenFile),
}

/// A put: where the object goes, and its headers.
#[derive(Debug)]
pub(crate) struct Put<'p> {
    pub bucket: &'p str,
    pub key: &'p str,
    pub headers: Headers,
    /// When the object may replace the present one.
    pub condition: &'p WriteCondition,
    pub modified: Timestamp,
}
