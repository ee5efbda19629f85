//! Bodies of requests and responses. They pass piece by piece: none is held in memory as a whole.

pub(crate) mod chunked;
pub(crate) mod integrity;
pub(crate) mod receive;
pub(crate) mod send;
mod unreadable;
