//! Who may call a method.

/// Who may call a method: its `AuthorizationType`.
#[derive(Debug, Clone, Default)]
pub enum Access {
    /// Everybody: `NONE`.
    #[default]
    Open,
    /// Nobody: what guards the method is not supported, in a definition that was read leniently.
    /// Every request is answered with 500.
    Closed,
}
