//! Door: many SendMessage requests under way become few SendMessageBatch requests, and each caller
//! gets the answer to its own message.
//!
//! The [`sender`] has the lanes (one for each queue), their tasks and locks; the [`coalescer`]
//! decides when messages leave and how many together; [`delivery`] sends them and asks again;
//! [`judgement`] decides what an answer means for each message; [`wire`] knows how SQS is asked and
//! what it says; the [`world`] calls it, and has the clock.

mod coalescer;
mod delivery;
mod judgement;
mod pending;
mod place;
mod sender;
#[cfg(test)]
mod tests;
mod wire;
mod world;

pub(crate) use sender::MessageSender;
