//! Credentials of roles, from STS. See [AssumeRole][1].
//!
//! [1]: https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html

use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::future::ProvideCredentials as Provided;
use aws_credential_types::provider::{ProvideCredentials, Result as CredentialsResult};
use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderMap, HeaderValue};
use http::{Method, StatusCode};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use url::form_urlencoded::Serializer;

use super::answer::{element, error_code};
use super::caller::{Bounds, Caller};
use super::credential_cache::CredentialCache;
use crate::call::{Call, Reply};

/// The longest that STS may take, and more than any answer of it.
const BOUNDS: Bounds = Bounds {
    deadline: Duration::from_secs(10),
    limit: 65_536,
};

/// A role that is assumed with the environment's credentials.
#[derive(Debug)]
pub(super) struct AssumedRole {
    pub caller: Caller,
    /// What signs the request to STS.
    pub environment: CredentialCache,
    pub arn: String,
    /// The name of the session, which AWS shows in logs.
    pub session: &'static str,
    pub region: String,
}

impl AssumedRole {
    async fn assume(&self) -> CredentialsResult {
        let call = self.call().map_err(CredentialsError::not_loaded)?;
        let call = self.caller.at_endpoint(call, "sts");
        let scope = ("sts", self.region.as_str());
        let sent = self.caller.send(&call, scope, &self.environment, BOUNDS);
        let reply = tokio::time::timeout(BOUNDS.deadline, sent).await;
        let late = |_| format!("STS does not answer within {:?}", BOUNDS.deadline);
        let reply = reply
            .map_err(late)
            .and_then(|reply| reply.map_err(|error| format!("STS does not answer: {error}")))
            .map_err(|reason| self.failed(&reason))?;
        match credentials(&reply) {
            Some(credentials) => Ok(credentials),
            None => Err(self.failed(&refusal(&reply))),
        }
    }

    fn failed(&self, reason: &str) -> CredentialsError {
        let arn = &self.arn;
        CredentialsError::provider_error(format!("cannot assume the role {arn}: {reason}"))
    }

    fn call(&self) -> Result<Call, String> {
        let suffix = if self.region.starts_with("cn-") {
            "amazonaws.com.cn"
        } else {
            "amazonaws.com"
        };
        let url = format!("https://sts.{}.{suffix}/", self.region);
        let form = Serializer::new(String::new())
            .append_pair("Action", "AssumeRole")
            .append_pair("Version", "2011-06-15")
            .append_pair("RoleArn", &self.arn)
            .append_pair("RoleSessionName", self.session)
            .finish();
        let kind = HeaderValue::from_static("application/x-www-form-urlencoded");
        Ok(Call {
            method: Method::POST,
            url: url.parse().map_err(|_| format!("{url} is not a URL"))?,
            headers: HeaderMap::from_iter([(CONTENT_TYPE, kind)]),
            body: Bytes::from(form),
        })
    }
}

impl ProvideCredentials for AssumedRole {
    fn provide_credentials<'a>(&'a self) -> Provided<'a>
    where
        Self: 'a,
    {
        Provided::new(self.assume())
    }
}

/// The credentials in an answer of success.
fn credentials(reply: &Reply) -> Option<Credentials> {
    if reply.status != StatusCode::OK {
        return None;
    }
    let text = std::str::from_utf8(&reply.body).ok()?;
    let expires = OffsetDateTime::parse(element(text, "Expiration")?, &Rfc3339).ok()?;
    Some(Credentials::new(
        element(text, "AccessKeyId")?,
        element(text, "SecretAccessKey")?,
        Some(element(text, "SessionToken")?.to_owned()),
        Some(SystemTime::from(expires)),
        "AssumeRole",
    ))
}

fn refusal(reply: &Reply) -> String {
    let status = reply.status.as_u16();
    let code = error_code(reply).unwrap_or_default();
    let text = std::str::from_utf8(&reply.body).unwrap_or_default();
    match element(text, "Message") {
        Some(message) => format!("STS answered {status} {code}: {message}"),
        None if code.is_empty() => format!("STS answered {status} without credentials"),
        None => format!("STS answered {status} {code}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reply(status: u16, body: &str) -> Reply {
        Reply {
            status: StatusCode::from_u16(status).unwrap(),
            headers: HeaderMap::new(),
            body: Bytes::from(body.to_owned()),
            complete: true,
        }
    }

    #[test]
    fn an_answer_of_sts_is_read() {
        let text = "<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>ASIA</AccessKeyId>\
                    <SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken>\
                    <Expiration>2023-11-14T22:13:20Z</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>";
        let read = credentials(&reply(200, text)).unwrap();
        assert_eq!(
            (read.access_key_id(), read.session_token()),
            ("ASIA", Some("t"))
        );
        let expiry = SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000);
        assert_eq!(read.expiry(), Some(expiry));
        assert!(credentials(&reply(403, text)).is_none());
    }

    #[test]
    fn a_refusal_is_in_the_words_of_sts() {
        let denied = "<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code>\
                      <Message>not authorized</Message></Error></ErrorResponse>";
        assert_eq!(
            refusal(&reply(403, denied)),
            "STS answered 403 AccessDenied: not authorized"
        );
        assert_eq!(
            refusal(&reply(200, "hello")),
            "STS answered 200 without credentials"
        );
    }
}
