//! Whose credentials sign a call.

use aws_credential_types::Credentials;

/// Whose credentials sign a call.
#[derive(Debug, Clone, Default)]
pub enum Identity {
    /// Those of the environment.
    #[default]
    Environment,
    /// Those of the role with this ARN, which is assumed with the environment's.
    Role(String),
    /// These.
    Fixed(Credentials),
}
