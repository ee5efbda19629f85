//! Between the library's types and those of this crate. Pure.

pub(crate) mod encryption;
pub(crate) mod grants;
pub(crate) mod head;
pub(crate) mod headers;
pub(crate) mod listing;
pub(crate) mod upload;
