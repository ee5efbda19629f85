//! The ground under the programs.
//!
//! What may live here is used by two programs or more and knows nothing of gateways, queues or pipes.

pub mod time;
