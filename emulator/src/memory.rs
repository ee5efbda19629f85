//! How much memory messages may take, and objects without a data folder: so little that the system
//! never has to kill the emulator, which would be killed again at every start.
//!
//! The memory that they take is counted, not measured: an allocator does not give everything back
//! at once, so a measurement would refuse sends to empty queues.

mod budget;
mod bytes;
mod gauge;
mod limit;

pub(crate) use budget::{Budget, TooMany, TooSmall};
pub use bytes::Bytes;
pub(crate) use bytes::NotBytes;
pub(crate) use gauge::{Full, Gauge, Reservation};
pub(crate) use limit::MemoryLimit;
