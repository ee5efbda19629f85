//! Whether a pipe waits for the answer of a function or a state machine.

/// `InvocationType`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum InvocationType {
    /// The pipe waits for the answer, which may name the messages that failed.
    #[default]
    RequestResponse,
    /// A message is delivered as soon as the invocation is accepted.
    FireAndForget,
}
