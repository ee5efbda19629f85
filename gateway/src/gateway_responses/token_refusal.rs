//! Why an HTTP API does not accept a token, in the words of its answer's `www-authenticate`. See
//! `docs/aws/api-gateway.md#jwt-authorizers`.

/// Why a token is not accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TokenRefusal {
    /// The request has none.
    Missing,
    /// It is no JSON Web Token.
    Malformed,
    /// It is signed with this algorithm, which is not accepted.
    Algorithm(String),
    /// It is of an issuer that the authorizer does not know.
    Issuer,
    /// The issuer's keys cannot be had.
    NoKeys,
    /// The issuer has no key with its id.
    UnknownKey,
    /// Its signature is wrong.
    Signature,
    /// It has expired, or does not say when it does.
    Expired,
    /// It is not valid yet.
    NotYetValid,
    /// It is for somebody else.
    Audience,
    /// It has none of these scopes.
    Scope(Vec<String>),
}

impl TokenRefusal {
    /// The value of `www-authenticate`.
    pub(crate) fn challenge(&self) -> String {
        let description = match self {
            TokenRefusal::Missing => return "Bearer".to_owned(),
            TokenRefusal::Scope(scopes) => {
                return format!(
                    r#"Bearer scope="{}" error="insufficient_scope" error_description="the token does not have the required scope""#,
                    scopes.join(" ")
                );
            }
            TokenRefusal::Malformed => "token contains an invalid number of segments",
            TokenRefusal::Algorithm(name) => &format!("signing method {name} is invalid"),
            TokenRefusal::Issuer => "the token does not have a valid issuer",
            TokenRefusal::NoKeys => "OIDC discovery endpoint communication error",
            TokenRefusal::UnknownKey => "unable to find a key with the token's kid",
            TokenRefusal::Signature => "crypto/rsa: verification error",
            TokenRefusal::Expired => "the token has expired",
            TokenRefusal::NotYetValid => "the token is not valid yet",
            TokenRefusal::Audience => "the token does not have a valid audience",
        };
        format!(r#"Bearer scope="" error="invalid_token" error_description="{description}""#)
    }
}
