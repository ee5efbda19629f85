//! Whose credentials sign a call.

use std::borrow::Cow;

use aws_credential_types::Credentials;

/// Whose credentials sign a call.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Identity {
    /// Those of the environment.
    #[default]
    Environment,
    /// Those of the role with this ARN, which is assumed with the environment's.
    Role(String),
    /// These.
    Fixed(Credentials),
}

impl Identity {
    /// The credentials of this key and this secret.
    pub fn of_key(key: &str, secret: &str) -> Identity {
        Identity::Fixed(Credentials::new(key, secret, None, None, "given"))
    }

    /// A text that is another one for every other identity, to keep apart what belongs to each. It
    /// holds no secret.
    pub fn key(&self) -> Option<Cow<'_, str>> {
        match self {
            Identity::Environment => None,
            Identity::Role(arn) => Some(arn.into()),
            Identity::Fixed(credentials) => {
                // Temporary credentials have an access key of their own, too.
                Some(format!("key {}", credentials.access_key_id()).into())
            }
        }
    }
}
