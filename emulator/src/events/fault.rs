//! The errors of a whole request. Those of one entry stand in the answer.

/// Why EventBridge refuses a request.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum EventsFault {
    /// Another action than PutEvents.
    #[error(
        "EventBridge {0} is not emulated here: of EventBridge, only PutEvents is. Buses and rules come \
         from the definition."
    )]
    NotEmulated(String),
    /// The body is not what the action expects.
    #[error("{0}")]
    Serialization(String),
    /// Too many entries, none, or too large ones.
    #[error("{0}")]
    Validation(String),
}

impl EventsFault {
    /// The code and the HTTP status.
    pub(crate) fn code(&self) -> (&'static str, u16) {
        match self {
            EventsFault::NotEmulated(_) => ("InternalFailure", 501),
            EventsFault::Serialization(_) => ("SerializationException", 400),
            EventsFault::Validation(_) => ("ValidationException", 400),
        }
    }
}
