//! Verifies the signature of a request: Signature Version 4, in the header or in the URL. Pure.
//!
//! Only for SQS; the S3 library verifies its own requests. Source: "Signature Version 4 signing
//! process", IAM user guide.

use std::borrow::Cow;
use std::str::FromStr;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use http::HeaderMap;
use http::request::Parts;
use kit::sigv4::{SentHead, Signed};
use kit::time::Timestamp;
use secrecy::{ExposeSecret as _, SecretString};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

use crate::fault::Fault;

/// How far a client's clock may be off.
const SKEW: Duration = Duration::from_secs(15 * 60);
/// No presigned address lives longer, in seconds.
const LONGEST: u64 = 7 * 24 * 60 * 60;

/// The one access key that is accepted, and its secret.
#[derive(Debug, Clone)]
pub struct Credentials {
    key: String,
    secret: SecretString,
}

/// The text is not `key:secret`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected KEY:SECRET")]
pub struct NotCredentials;

impl FromStr for Credentials {
    type Err = NotCredentials;

    fn from_str(text: &str) -> Result<Credentials, NotCredentials> {
        match text.split_once(':') {
            Some((key, secret)) if !key.is_empty() && !secret.is_empty() => Ok(Credentials {
                key: key.to_owned(),
                secret: secret.into(),
            }),
            _ => Err(NotCredentials),
        }
    }
}

impl Credentials {
    /// Access key and secret, for code that signs with them or verifies by itself.
    pub fn expose(&self) -> (&str, &str) {
        (&self.key, self.secret.expose_secret())
    }

    /// Whether a request has key and secret as user and password: what asks for metrics and
    /// developer's addresses often can do no better.
    pub fn is_basic(&self, parts: &Parts) -> bool {
        let given = authorization(parts)
            .strip_prefix("Basic ")
            .and_then(|text| BASE64_STANDARD.decode(text.trim()).ok());
        let known = format!("{}:{}", self.key, self.secret.expose_secret());
        given.is_some_and(|given| bool::from(given.ct_eq(known.as_bytes())))
    }

    /// Checks a request to an address of the emulator's own, which may be signed or come with user
    /// and password.
    ///
    /// # Errors
    /// As [`Credentials::verify`].
    pub fn admit(&self, parts: &Parts, body: &[u8], now: Timestamp) -> Result<(), Fault> {
        match authorization(parts).starts_with("Basic ") {
            true if self.is_basic(parts) => Ok(()),
            true => Err(Fault::InvalidClientTokenId),
            false => self.verify(parts, body, now),
        }
    }

    /// Checks a request.
    ///
    /// # Errors
    /// It is not signed, by another key, with another secret, or its time is over.
    pub fn verify(&self, parts: &Parts, body: &[u8], now: Timestamp) -> Result<(), Fault> {
        self.verify_for("sqs", parts, body, now)
    }

    /// A signature holds for one service, and for one host: what was signed for another is not let
    /// in.
    ///
    /// # Errors
    /// As [`Credentials::verify`].
    pub fn verify_for(
        &self,
        service: &str,
        parts: &Parts,
        body: &[u8],
        now: Timestamp,
    ) -> Result<(), Fault> {
        let headers = headers(parts);
        let head = SentHead {
            method: parts.method.as_str(),
            path: parts.uri.path(),
            query: parts.uri.query().unwrap_or_default(),
            headers: &headers,
        };
        let signed = read(&head)?;
        if signed.key != self.key {
            return Err(Fault::InvalidClientTokenId);
        }
        let [day, _, of, end] = &signed.scope;
        let is_complete = (of.as_str(), end.as_str()) == (service, "aws4_request")
            && signed.headers.iter().any(|name| name == "host");
        let at = signed.time();
        let at = at.filter(|_| is_complete && signed.date.starts_with(day.as_str()));
        let at = at.ok_or(Fault::SignatureDoesNotMatch)?;
        let payload = hex::encode(Sha256::digest(body));
        let text = signed.string_to_sign(&signed.canonical_request(&head, &payload));
        if !signed.is_by(self.secret.expose_secret(), at, &text) {
            return Err(Fault::SignatureDoesNotMatch);
        }
        check_time(
            &signed,
            at,
            UNIX_EPOCH + Duration::from_millis(now.as_millis()),
        )
    }
}

fn authorization(parts: &Parts) -> &str {
    let value = parts.headers.get("authorization");
    value
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default()
}

/// What a request says of its signature.
fn read(head: &SentHead<'_>) -> Result<Signed, Fault> {
    let is_presigned = || {
        let mut pairs = form_urlencoded::parse(head.query.as_bytes());
        pairs.any(|(name, _)| name == "X-Amz-Signature")
    };
    if !head.headers.contains_key("authorization") && !is_presigned() {
        return Err(Fault::MissingAuthenticationToken);
    }
    let signed = Signed::read(head).ok();
    let signed = signed.filter(|signed| signed.expires.is_none_or(|seconds| seconds <= LONGEST));
    signed.ok_or_else(|| {
        Fault::IncompleteSignature("The request's signature cannot be read.".to_owned())
    })
}

/// The headers of a request; HTTP/2 has the host elsewhere.
fn headers(parts: &Parts) -> Cow<'_, HeaderMap> {
    let host = parts.uri.authority().map(|host| host.as_str().parse());
    match host {
        Some(Ok(host)) if !parts.headers.contains_key("host") => {
            let mut headers = parts.headers.clone();
            headers.insert("host", host);
            Cow::Owned(headers)
        }
        _ => Cow::Borrowed(&parts.headers),
    }
}

fn check_time(signed: &Signed, at: SystemTime, now: SystemTime) -> Result<(), Fault> {
    let life = signed.expires.map_or(SKEW, Duration::from_secs);
    let date = &signed.date;
    if at + life < now {
        return Err(Fault::SignatureExpired(format!(
            "Signature expired: {date} is too long ago."
        )));
    }
    if now + SKEW < at {
        return Err(Fault::SignatureExpired(format!(
            "Signature not yet current: {date} is still to come."
        )));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::Request;

    const KEY: &str = "AKIDEXAMPLE:wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
    /// 2015-08-30 12:36:00 UTC, the time of AWS's test suite.
    const AT: Timestamp = Timestamp::from_millis(1_440_938_160_000);

    fn vanilla(change: impl FnOnce(http::request::Builder) -> http::request::Builder) -> Parts {
        let authorization = "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, \
            SignedHeaders=host;x-amz-date, \
            Signature=5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31";
        let request = Request::get("/")
            .header("host", "example.amazonaws.com")
            .header("x-amz-date", "20150830T123600Z");
        change(request.header("authorization", authorization))
            .body(())
            .unwrap()
            .into_parts()
            .0
    }

    /// `get-vanilla` of AWS's published test suite for Signature Version 4.
    #[test]
    fn the_published_example_is_verified() {
        let credentials: Credentials = KEY.parse().unwrap();
        let verify =
            |parts: &Parts, body: &[u8], now| credentials.verify_for("service", parts, body, now);
        assert_eq!(verify(&vanilla(|request| request), b"", AT), Ok(()));
        assert_eq!(
            verify(&vanilla(|request| request), b"x", AT),
            Err(Fault::SignatureDoesNotMatch)
        );
        assert_eq!(
            verify(&vanilla(|request| request.uri("/?a=b")), b"", AT),
            Err(Fault::SignatureDoesNotMatch)
        );
        assert_eq!(verify(&vanilla(|request| request), b"", AT + SKEW), Ok(()));
        for wrong in [
            AT + SKEW + Duration::from_secs(1),
            AT - SKEW - Duration::from_secs(1),
        ] {
            assert!(matches!(
                verify(&vanilla(|request| request), b"", wrong),
                Err(Fault::SignatureExpired(_))
            ));
        }
        let other: Credentials = "AKIDEXAMPLE:other".parse().unwrap();
        assert_eq!(
            other.verify_for("service", &vanilla(|request| request), b"", AT),
            Err(Fault::SignatureDoesNotMatch)
        );
        let other: Credentials = "OTHER:other".parse().unwrap();
        assert_eq!(
            other.verify_for("service", &vanilla(|request| request), b"", AT),
            Err(Fault::InvalidClientTokenId)
        );
        let elsewhere = credentials.verify(&vanilla(|request| request), b"", AT);
        assert_eq!(
            elsewhere,
            Err(Fault::SignatureDoesNotMatch),
            "signed for another service"
        );
        let unsigned = Request::get("/").body(()).unwrap().into_parts().0;
        assert_eq!(
            verify(&unsigned, b"", AT),
            Err(Fault::MissingAuthenticationToken)
        );
    }

    #[test]
    fn a_secret_is_never_shown() {
        let credentials: Credentials = KEY.parse().unwrap();
        assert!(!format!("{credentials:?}").contains("wJalr"));
        for junk in ["", "key", ":secret", "key:"] {
            assert!(junk.parse::<Credentials>().is_err(), "{junk}");
        }
    }
}
