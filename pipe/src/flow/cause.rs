//! What a failure suggests about its cause: one scale for answers of targets, for refusals of AWS
//! services, and for calls that brought no answer. Pure.

use kit::send::SendError;

/// What one failure suggests about its cause.
///
/// One failure cannot tell whether the message or the target is at fault. Its cause decides what is
/// assumed at first, how soon and how often the message is tried again, and how many other messages
/// are tried in its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Cause {
    /// The target cannot be reached, or no token for it can be obtained: no message can be at
    /// fault.
    Unreachable,
    /// The target or its configuration: wrong credentials, a gateway without a backend (401, 407,
    /// 502 to 504).
    Target,
    /// The target takes messages, but not so many (429).
    Throttled,
    /// The target or this message (500, a connection that breaks).
    Either,
    /// The target or this message: no answer arrived within the deadline.
    Timeout,
    /// This message (400, 404, 422 and other statuses that do not ask for another try).
    Message,
}

impl Cause {
    /// Every cause, with its name in metrics.
    pub(crate) const ALL: [(Cause, &'static str); 6] = [
        (Cause::Unreachable, "unreachable"),
        (Cause::Target, "target"),
        (Cause::Throttled, "pace"),
        (Cause::Either, "either"),
        (Cause::Timeout, "silence"),
        (Cause::Message, "message"),
    ];

    /// What the lack of an answer suggests; `None` when nothing was sent.
    pub(crate) fn of_send_error(error: &SendError) -> Option<Cause> {
        match error {
            SendError::Unsendable(_) => None,
            SendError::Timeout(_) | SendError::Unfinished { .. } => Some(Cause::Timeout),
            SendError::Broken(_) => Some(Cause::Either),
            SendError::NoAddress(_) | SendError::Unreachable(_) | SendError::Refused(_) => {
                Some(Cause::Unreachable)
            }
        }
    }
}
