//! What HTTP APIs do that REST APIs do not: answer preflights by themselves, and show functions a
//! request in payload format 2.0. Pure.

pub(crate) mod cors;
pub(crate) mod event;
