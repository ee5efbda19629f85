//! Door: many SendMessage requests under way become few SendMessageBatch requests, and each caller
//! gets the answer to its own message.
//!
//! The [`sender`] has the clients, the tasks and the locks; the [`coalescer`] decides when messages
//! leave and how many together; [`wire`] knows what SQS is sent and what its answers are worth.

mod coalescer;
mod sender;
#[cfg(test)]
mod tests;
mod wire;

pub(crate) use sender::MessageSender;
