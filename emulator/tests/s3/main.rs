//! S3 over the real server, for clients that are not SDKs: browsers, infrastructure tools, and
//! requests written by hand.

#![allow(clippy::unwrap_used, reason = "a test")]

mod browsers;
mod buckets;
mod conditions;
mod errors;
mod forms;
mod objects;
mod pages;
mod refused;
mod support;
mod uploads;
