//! Points in time, and the one place that asks the clocks.
//!
//! Cores take a [`Timestamp`] as an argument; only doors call [`Timestamp::now`]. That is what lets
//! a test of a fourteen-day retention finish in microseconds.
//!
//! There are two clocks. [`Timestamp::now`] is for everything that is measured (timeouts, leases,
//! retention): the wall clock as it was when the process first asked, plus the time that has
//! elapsed, so it never jumps. Elapsed time includes the time that a machine is suspended, for
//! tokens and leases of other machines run out meanwhile; and the kernel slews it together with the
//! wall clock, so NTP's slow corrections are followed. [`Timestamp::wall`] is for what others
//! compare with their own clocks (signatures, dates in headers, log records): the wall clock as it
//! is set now.

mod minute;
mod steps;
mod timestamp;

pub use minute::OncePerMinute;
pub(crate) use steps::report_steps;
pub use timestamp::{Clock, Timestamp, wall};
