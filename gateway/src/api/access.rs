//! Who may call a method.

use std::sync::Arc;

use super::authorizer::Authorizer;

/// Who may call a method: its `AuthorizationType`.
#[derive(Debug, Clone, Default)]
pub enum Access {
    /// Everybody: `NONE`.
    #[default]
    Open,
    /// Callers that sign with known credentials: `AWS_IAM`.
    Iam,
    /// Callers that an authorizer lets in: `CUSTOM`, `COGNITO_USER_POOLS`.
    Authorizer {
        /// The authorizer, which methods share.
        authorizer: Arc<Authorizer>,
        /// `authorizationScopes`: a token must have one of them.
        scopes: Vec<String>,
    },
    /// Nobody: what guards the method is not supported, in a definition that was read leniently.
    /// Every request is answered with 500.
    Closed,
}
