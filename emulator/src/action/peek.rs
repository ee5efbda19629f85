//! Peeking into a queue, for LocalStack's developer endpoint: what is there, without receiving it.

use kit::time::Timestamp;

use super::caller::Caller;
use super::output::ReceivedMessage;
use super::receive::ReceivePlan;
use crate::engine::{Content, Engine, MessageState, PeekFilter, PeekedMessage};
use crate::fault::Fault;

/// The most messages that one peek shows.
pub(super) const MOST_MESSAGES: usize = 1000;
/// Bytes of bodies after which a peek shows no more messages.
pub(crate) const MOST_BYTES: usize = 16 * 1024 * 1024;
/// Stands in place of the receipt handle: a peek gives no right to settle a message.
const NO_HANDLE: &str = "SQS/BACKDOOR/ACCESS";

/// A request to show what is in a queue.
#[derive(Debug, Clone, Default)]
pub struct Peek {
    /// The queue.
    pub queue_url: String,
    /// Which messages to show beside those that can be received now.
    pub shown: PeekFilter,
}

/// The messages that a peek found; their content is still to be read.
#[derive(Debug)]
pub struct PeekResult {
    plan: ReceivePlan,
    shown: PeekFilter,
    /// The messages.
    pub seen: Vec<PeekedMessage>,
}

impl Peek {
    /// Finds the messages.
    ///
    /// # Errors
    /// There is no such queue, or the address is none of a queue.
    pub fn apply(
        &self,
        engine: &mut Engine,
        now: Timestamp,
        caller: &Caller,
    ) -> Result<PeekResult, Fault> {
        if !is_address(&self.queue_url) {
            return Err(Fault::InvalidAddress);
        }
        if self.queue_url.is_empty() {
            return Err(Fault::QueueDoesNotExist);
        }
        let queue = caller.queue(engine, Some(&self.queue_url))?;
        let seen = engine.look(now, queue, self.shown, MOST_MESSAGES);
        Ok(PeekResult {
            plan: ReceivePlan::of_everything(queue),
            shown: self.shown,
            seen,
        })
    }
}

/// Whether a URL has as many segments as that of a queue; a bare name is one too.
fn is_address(url: &str) -> bool {
    let Some((_, rest)) = url.split_once("://") else {
        return true;
    };
    let path = rest.split_once('/').map_or("", |(_, path)| path);
    let segments: Vec<&str> = path.trim_end_matches('/').split('/').collect();
    match segments.as_slice() {
        [_, _] => true,
        [first, _, _, _] => *first == "queue",
        _ => false,
    }
}

impl PeekResult {
    /// A message as the peek shows it.
    pub fn show(&self, seen: &PeekedMessage, content: Content) -> ReceivedMessage {
        let mut message = self.plan.show(&seen.delivery, content);
        NO_HANDLE.clone_into(&mut message.receipt_handle);
        if self.shown.invisible {
            message.attributes.insert(
                "IsVisible",
                (seen.state != MessageState::InFlight).to_string(),
            );
        }
        if self.shown.delayed {
            message.attributes.insert(
                "IsDelayed",
                (seen.state == MessageState::Delayed).to_string(),
            );
        }
        message
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_queues_have_two_or_four_segments() {
        for url in [
            "q",
            "http://h/1/q",
            "http://h/1/q/",
            "http://h:1/queue/us-east-1/1/q",
        ] {
            assert!(is_address(url), "{url}");
        }
        for url in [
            "http://h/nonsense",
            "http://h",
            "http://h/a/b/c",
            "http://h/x/us-east-1/1/q",
        ] {
            assert!(!is_address(url), "{url}");
        }
    }
}
