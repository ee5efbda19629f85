//! A request before the library reads it.

pub(crate) mod document;
pub(crate) mod strip_signature;
