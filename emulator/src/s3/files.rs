//! The files of objects: their format, their checksums, and the folders that they lie in.

pub(crate) mod block_sums;
pub(crate) mod disk_space;
pub(crate) mod folders;
pub(crate) mod format;
pub(crate) mod layout;
pub(crate) mod open_file;
