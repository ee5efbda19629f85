//! Verifies the signature of a request: Signature Version 4, in the header or in the URL. Pure.
//!
//! Only for SQS; the S3 library verifies its own requests. Source: "Signature Version 4 signing
//! process", IAM user guide.

use std::str::FromStr;
use std::time::{Duration, UNIX_EPOCH};

use aws_sigv4::sign::v4::{calculate_signature, generate_signing_key};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use http::request::Parts;
use kit::time::Timestamp;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use secrecy::{ExposeSecret as _, SecretString};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;
use time::PrimitiveDateTime;
use time::macros::format_description;

use crate::fault::Fault;

/// How far a client's clock may be off.
const SKEW: Duration = Duration::from_secs(15 * 60);
/// No presigned address lives longer, in seconds.
const LONGEST: u64 = 7 * 24 * 60 * 60;

const ALGORITHM: &str = "AWS4-HMAC-SHA256";
const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');
const PATH: &AsciiSet = &UNRESERVED.remove(b'/');

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
        let text = header(parts, "authorization");
        let given = text
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
        match header(parts, "authorization").starts_with("Basic ") {
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
        let signed = Signed::read(parts)?;
        let mut scope = signed.credential.splitn(5, '/');
        let mut next = || scope.next().unwrap_or_default();
        let (key, date, region) = (next(), next(), next());
        if key != self.key {
            return Err(Fault::InvalidClientTokenId);
        }
        let is_complete = (next(), next()) == (service, "aws4_request")
            && signed.headers.iter().any(|name| name == "host");
        if !is_complete {
            return Err(Fault::SignatureDoesNotMatch);
        }
        let at = signed
            .time()
            .filter(|_| signed.date.starts_with(date))
            .ok_or(Fault::SignatureDoesNotMatch)?;
        let secret = self.secret.expose_secret();
        let signing_key = generate_signing_key(
            secret,
            UNIX_EPOCH + Duration::from_millis(at.as_millis()),
            region,
            service,
        );
        let text = format!(
            "{ALGORITHM}\n{}\n{date}/{region}/{service}/aws4_request\n{}",
            signed.date,
            hex::encode(Sha256::digest(canonical(parts, &signed, body)))
        );
        let expected = calculate_signature(signing_key, text.as_bytes());
        if !bool::from(expected.as_bytes().ct_eq(signed.signature.as_bytes())) {
            return Err(Fault::SignatureDoesNotMatch);
        }
        signed.check_time(at, now)
    }
}

/// What a request says of its signature.
#[derive(Debug)]
struct Signed {
    credential: String,
    /// `20260101T000000Z`
    date: String,
    headers: Vec<String>,
    signature: String,
    /// Seconds that a presigned address lives.
    expires: Option<u64>,
}

impl Signed {
    fn read(parts: &Parts) -> Result<Signed, Fault> {
        match parts.headers.get("authorization") {
            Some(value) => value
                .to_str()
                .ok()
                .and_then(|text| Signed::in_header(parts, text)),
            None if query(parts).any(|(name, _)| name == "X-Amz-Signature") => {
                Signed::in_url(parts)
            }
            None => return Err(Fault::MissingAuthenticationToken),
        }
        .ok_or_else(|| {
            Fault::IncompleteSignature("The request's signature cannot be read.".to_owned())
        })
    }

    fn in_header(parts: &Parts, text: &str) -> Option<Signed> {
        let fields = text.strip_prefix(ALGORITHM)?;
        let field = |name: &str| {
            fields
                .split(',')
                .find_map(|field| field.trim().strip_prefix(name))
                .map(ToOwned::to_owned)
        };
        Some(Signed {
            credential: field("Credential=")?,
            date: header(parts, "x-amz-date"),
            headers: field("SignedHeaders=")?
                .split(';')
                .map(ToOwned::to_owned)
                .collect(),
            signature: field("Signature=")?,
            expires: None,
        })
    }

    fn in_url(parts: &Parts) -> Option<Signed> {
        let value = |asked: &str| {
            query(parts)
                .find(|(name, _)| name == asked)
                .map(|(_, value)| value)
        };
        Some(Signed {
            credential: value("X-Amz-Credential")?,
            date: value("X-Amz-Date")?,
            headers: value("X-Amz-SignedHeaders")?
                .split(';')
                .map(ToOwned::to_owned)
                .collect(),
            signature: value("X-Amz-Signature")?,
            expires: Some(
                value("X-Amz-Expires")?
                    .parse()
                    .ok()
                    .filter(|seconds| *seconds <= LONGEST)?,
            ),
        })
    }

    fn time(&self) -> Option<Timestamp> {
        let format = format_description!("[year][month][day]T[hour][minute][second]Z");
        let at = PrimitiveDateTime::parse(&self.date, format)
            .ok()?
            .assume_utc()
            .unix_timestamp();
        Some(Timestamp::from_millis(u64::try_from(at).ok()? * 1000))
    }

    fn check_time(&self, at: Timestamp, now: Timestamp) -> Result<(), Fault> {
        let life = self.expires.map_or(SKEW, Duration::from_secs);
        if at + life < now {
            return Err(Fault::SignatureExpired(format!(
                "Signature expired: {} is too long ago.",
                self.date
            )));
        }
        if now + SKEW < at {
            return Err(Fault::SignatureExpired(format!(
                "Signature not yet current: {} is still to come.",
                self.date
            )));
        }
        Ok(())
    }
}

/// The request as both sides write it to sign it.
fn canonical(parts: &Parts, signed: &Signed, body: &[u8]) -> String {
    let encoded = |text: &str| utf8_percent_encode(text, UNRESERVED).to_string();
    let mut pairs: Vec<(String, String)> = query(parts)
        .filter(|(name, _)| name != "X-Amz-Signature")
        .map(|(name, value)| (encoded(&name), encoded(&value)))
        .collect();
    pairs.sort();
    let pairs: Vec<String> = pairs
        .into_iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    let headers: String = signed
        .headers
        .iter()
        .map(|name| format!("{name}:{}\n", header(parts, name)))
        .collect();
    format!(
        "{}\n{}\n{}\n{headers}\n{}\n{}",
        parts.method,
        utf8_percent_encode(parts.uri.path(), PATH),
        pairs.join("&"),
        signed.headers.join(";"),
        hex::encode(Sha256::digest(body))
    )
}

fn query(parts: &Parts) -> impl Iterator<Item = (String, String)> {
    form_urlencoded::parse(parts.uri.query().unwrap_or_default().as_bytes()).into_owned()
}

/// All values of a header, trimmed; HTTP/2 has the host elsewhere.
fn header(parts: &Parts, name: &str) -> String {
    let values: Vec<String> = parts
        .headers
        .get_all(name)
        .iter()
        .map(|value| {
            String::from_utf8_lossy(value.as_bytes())
                .split_ascii_whitespace()
                .collect::<Vec<_>>()
                .join(" ")
        })
        .collect();
    match parts.uri.authority() {
        Some(authority) if values.is_empty() && name == "host" => authority.to_string(),
        _ => values.join(","),
    }
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
