//! The credentials that callers of `AWS_IAM` methods sign with.

use std::str::FromStr;

use kit::time::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use subtle::ConstantTimeEq as _;

use super::facts::Caller;
use crate::api::Policy;

/// An access key that is let in, its secret, and whose it is.
#[derive(Debug, Clone)]
pub struct Credentials {
    pub(super) key: String,
    secret: SecretString,
    /// The session's token, which requests must bring.
    token: Option<SecretString>,
    /// The caller's ARN; `None` for a user of the API's account, named like the key.
    arn: Option<String>,
    /// When the session ends.
    expiration: Option<Timestamp>,
    /// The caller's own policies; `None` allows everything.
    policies: Option<Vec<Policy>>,
}

/// The text is not `KEY:SECRET`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected KEY:SECRET, KEY:SECRET:TOKEN or KEY:SECRET@ARN")]
pub struct NotCredentials;

impl FromStr for Credentials {
    type Err = NotCredentials;

    fn from_str(text: &str) -> Result<Credentials, NotCredentials> {
        let (text, arn) = match text.split_once("@arn:") {
            Some((text, rest)) => (text, Some(format!("arn:{rest}"))),
            None => (text, None),
        };
        let mut parts = text.splitn(3, ':');
        let (Some(key), Some(secret), token) = (parts.next(), parts.next(), parts.next()) else {
            return Err(NotCredentials);
        };
        if key.is_empty() || secret.is_empty() || token == Some("") {
            return Err(NotCredentials);
        }
        Credentials::new(key, secret, token, arn.as_deref())
    }
}

impl Credentials {
    /// Credentials that do not end, of a caller who may do everything.
    ///
    /// # Errors
    /// The ARN has no account.
    pub(super) fn new(
        key: &str,
        secret: &str,
        token: Option<&str>,
        arn: Option<&str>,
    ) -> Result<Credentials, NotCredentials> {
        let has_account = |arn: &str| {
            let mut parts = arn.split(':');
            parts.next() == Some("arn") && parts.nth(3).is_some_and(|part| !part.is_empty())
        };
        if !arn.is_none_or(has_account) {
            return Err(NotCredentials);
        }
        Ok(Credentials {
            key: key.to_owned(),
            secret: secret.into(),
            token: token.map(Into::into),
            arn: arn.map(ToOwned::to_owned),
            expiration: None,
            policies: None,
        })
    }

    /// The same until `expiration`, for what `policies` allow.
    #[must_use]
    pub(super) fn bounded(
        self,
        expiration: Option<Timestamp>,
        policies: Option<Vec<Policy>>,
    ) -> Credentials {
        Credentials {
            expiration,
            policies,
            ..self
        }
    }

    /// The caller's own policies; `None` allows everything.
    pub(super) fn policies(&self) -> Option<&[Policy]> {
        self.policies.as_deref()
    }

    /// Whether the session has ended.
    pub(super) fn has_expired(&self, now: Timestamp) -> bool {
        self.expiration.is_some_and(|end| end <= now)
    }

    pub(super) fn secret(&self) -> &str {
        self.secret.expose_secret()
    }

    /// Whether a request's session token belongs to the key.
    pub(super) fn has_token(&self, given: Option<&str>) -> bool {
        match (&self.token, given) {
            (None, None) => true,
            (Some(token), Some(given)) => token
                .expose_secret()
                .as_bytes()
                .ct_eq(given.as_bytes())
                .into(),
            _ => false,
        }
    }

    /// The same, for calls in the caller's name.
    pub(super) fn to_sign_with(&self) -> aws_credential_types::Credentials {
        let token = self.token.as_ref().map(ExposeSecret::expose_secret);
        let token = token.map(ToOwned::to_owned);
        aws_credential_types::Credentials::new(&self.key, self.secret(), token, None, "caller")
    }

    /// Who signs with them, for an API of this account.
    pub(super) fn caller(&self, account: &str) -> Caller {
        let own = || format!("arn:aws:iam::{account}:user/{}", self.key);
        let arn = self.arn.clone().unwrap_or_else(own);
        let account = arn.split(':').nth(4).unwrap_or(account).to_owned();
        let name = arn.split_once('/').map_or("", |(_, name)| name);
        let user_id = if arn.contains(":assumed-role/") {
            name.replace('/', ":")
        } else {
            name.rsplit('/').next().unwrap_or_default().to_owned()
        };
        Caller::Principal {
            arn,
            account,
            user_id,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn caller(text: &str) -> [String; 3] {
        let Caller::Principal {
            arn,
            account,
            user_id,
        } = text.parse::<Credentials>().unwrap().caller("111122223333")
        else {
            panic!("{text}");
        };
        [arn, account, user_id]
    }

    #[test]
    fn a_caller_is_a_user_of_the_account_or_the_one_that_is_named() {
        assert_eq!(
            caller("AKID:secret"),
            [
                "arn:aws:iam::111122223333:user/AKID",
                "111122223333",
                "AKID"
            ]
        );
        assert_eq!(
            caller("AKID:secret@arn:aws:iam::444455556666:user/team/ada"),
            [
                "arn:aws:iam::444455556666:user/team/ada",
                "444455556666",
                "ada"
            ]
        );
        let role = "arn:aws:sts::444455556666:assumed-role/reader/session";
        assert_eq!(
            caller(&format!("ASIA:secret:token@{role}")),
            [role, "444455556666", "reader:session"]
        );
    }

    #[test]
    fn a_session_needs_its_token_and_nothing_is_shown() {
        let session: Credentials = "ASIA:hidden:hush".parse().unwrap();
        assert!(session.has_token(Some("hush")));
        assert!(!session.has_token(None) && !session.has_token(Some("other")));
        let user: Credentials = "AKID:hidden".parse().unwrap();
        assert!(user.has_token(None) && !user.has_token(Some("hush")));
        let shown = format!("{session:?}");
        assert!(
            !shown.contains("hidden") && !shown.contains("hush"),
            "{shown}"
        );
        for wrong in ["", "AKID", ":s", "AKID:", "AKID:s:", "AKID:s@arn:aws:iam"] {
            assert!(wrong.parse::<Credentials>().is_err(), "{wrong}");
        }
    }
}
