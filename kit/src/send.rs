//! The one way out: sends a [`Call`](crate::call::Call) within its deadline, to an address that is
//! permitted.
//!
//! Redirects are not followed and nothing is sent twice. Addresses are checked when the connection
//! is made, after the name was resolved, so that a name cannot change its address in between.

mod allow;
mod any_issuer;
mod client;
mod client_identity;
mod connect;
mod error;
mod keepalive;
mod pool;
mod reading;
mod sdk;
mod sender;
#[cfg(test)]
mod tests;
mod together;
mod way;

pub use allow::{AllowTarget, AllowTargets};
pub use client_identity::ClientIdentity;
pub use error::SendError;
pub use sdk::with_keepalive;
pub use sender::Sender;
pub use way::Way;
