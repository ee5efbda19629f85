//! Whether a change gives a waiting receiver something to take.

/// The consequence that a change of a queue has for receivers that wait at it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub(super) enum Wake {
    /// A receiver may take a message because of the change.
    Receiver,
    /// The change gives receivers nothing.
    Nobody,
}

impl Wake {
    /// [`Wake::Receiver`] if the condition holds.
    pub(super) fn receiver_if(condition: bool) -> Wake {
        if condition {
            Wake::Receiver
        } else {
            Wake::Nobody
        }
    }

    /// [`Wake::Receiver`] if this change, or else the condition, gives a receiver something.
    pub(super) fn or_if(self, condition: impl FnOnce() -> bool) -> Wake {
        match self {
            Wake::Receiver => Wake::Receiver,
            Wake::Nobody => Wake::receiver_if(condition()),
        }
    }
}
