//! A request that says that it is signed (Signature Version 4), in its header or in its URL: what
//! it says, and what its signature must be. Pure. Source: "Create a signed AWS API request", IAM
//! user guide.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use aws_sigv4::sign::v4::{calculate_signature, generate_signing_key};
use http::HeaderMap;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;
use time::PrimitiveDateTime;
use time::macros::format_description;

const ALGORITHM: &str = "AWS4-HMAC-SHA256";
const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// The head of a request as its client sent it.
#[derive(Debug, Clone, Copy)]
pub struct SentHead<'a> {
    /// The method.
    pub method: &'a str,
    /// The path, percent-encoded.
    pub path: &'a str,
    /// The query string, percent-encoded.
    pub query: &'a str,
    /// All headers, `Host` among them.
    pub headers: &'a HeaderMap,
}

/// What a request says of its signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signed {
    /// The access key.
    pub key: String,
    /// The scope behind the key: date, region, service, `aws4_request`.
    pub scope: [String; 4],
    /// `20260101T000000Z`
    pub date: String,
    /// The names of the headers that are signed.
    pub headers: Vec<String>,
    /// The signature in hexadecimal digits.
    pub signature: String,
    /// Seconds that a presigned address lives; `None` when the signature is in the header.
    pub expires: Option<u64>,
}

/// Why a request's signature cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unreadable {
    /// The request is not signed.
    Unsigned,
    /// The `Authorization` header holds something that is no `key=value` pair.
    NoPair,
    /// The `Authorization` header lacks these fields; `X-Amz-Date` stands for the date.
    Missing(Vec<&'static str>),
    /// The query string lacks this parameter.
    MissingInQuery(&'static str),
    /// The credential has not five parts.
    Credential(String),
}

/// The parameters of a presigned address; the last one is no part of what is signed.
const IN_QUERY: [&str; 6] = [
    "X-Amz-Algorithm",
    "X-Amz-Credential",
    "X-Amz-Date",
    "X-Amz-Expires",
    "X-Amz-SignedHeaders",
    "X-Amz-Signature",
];

impl Signed {
    /// Reads the signature of a request.
    ///
    /// # Errors
    /// See [`Unreadable`].
    pub fn read(head: &SentHead<'_>) -> Result<Signed, Unreadable> {
        let presigned = pairs(head.query).any(|(name, _)| IN_QUERY.contains(&name.as_str()));
        match head.headers.get("authorization") {
            Some(value) => Signed::in_header(head, &String::from_utf8_lossy(value.as_bytes())),
            None if presigned => Signed::in_query(head),
            None => Err(Unreadable::Unsigned),
        }
    }

    fn in_header(head: &SentHead<'_>, text: &str) -> Result<Signed, Unreadable> {
        let (algorithm, rest) = text.trim().split_once(' ').unwrap_or((text, ""));
        let mut fields = Vec::new();
        for field in rest.split(',') {
            fields.push(field.trim().split_once('=').ok_or(Unreadable::NoPair)?);
        }
        let field = |name: &str| fields.iter().find(|(key, _)| *key == name).map(|(_, v)| *v);
        let [credential, signature, headers] =
            ["Credential", "Signature", "SignedHeaders"].map(field);
        let date = date(head);
        let (Some(credential), Some(signature), Some(headers), Some(date), ALGORITHM) =
            (credential, signature, headers, date, algorithm)
        else {
            let names = ["Credential", "Signature", "SignedHeaders"];
            let mut missing: Vec<_> = names
                .into_iter()
                .filter(|name| field(name).is_none())
                .collect();
            missing.extend(self::date(head).is_none().then_some("X-Amz-Date"));
            return Err(Unreadable::Missing(missing));
        };
        Signed::new(credential, date, headers, signature, None)
    }

    fn in_query(head: &SentHead<'_>) -> Result<Signed, Unreadable> {
        let value = |name: &'static str| {
            pairs(head.query)
                .find(|(key, _)| key == name)
                .map(|(_, value)| value)
                .filter(|value| !value.is_empty())
                .ok_or(Unreadable::MissingInQuery(name))
        };
        if value("X-Amz-Algorithm")? != ALGORITHM {
            return Err(Unreadable::MissingInQuery("X-Amz-Algorithm"));
        }
        let expires = value("X-Amz-Expires")?.parse();
        let expires = expires.map_err(|_| Unreadable::MissingInQuery("X-Amz-Expires"))?;
        Signed::new(
            &value("X-Amz-Credential")?,
            value("X-Amz-Date")?,
            &value("X-Amz-SignedHeaders")?,
            &value("X-Amz-Signature")?,
            Some(expires),
        )
    }

    fn new(
        credential: &str,
        date: String,
        headers: &str,
        signature: &str,
        expires: Option<u64>,
    ) -> Result<Signed, Unreadable> {
        // A key may hold slashes; what is behind it may not.
        let mut parts: Vec<&str> = credential.rsplitn(5, '/').collect();
        parts.reverse();
        let [key, day, region, service, end] = parts[..] else {
            return Err(Unreadable::Credential(credential.to_owned()));
        };
        Ok(Signed {
            key: key.to_owned(),
            scope: [day, region, service, end].map(ToOwned::to_owned),
            date,
            headers: headers.split(';').map(str::to_lowercase).collect(),
            signature: signature.to_owned(),
            expires,
        })
    }

    /// When it was signed; `None` when its date is malformed.
    pub fn time(&self) -> Option<SystemTime> {
        let format = format_description!("[year][month][day]T[hour][minute][second]Z");
        let at = PrimitiveDateTime::parse(&self.date, format).ok()?;
        let seconds = u64::try_from(at.assume_utc().unix_timestamp()).ok()?;
        Some(UNIX_EPOCH + Duration::from_secs(seconds))
    }

    /// The session's token that came with it.
    pub fn token(&self, head: &SentHead<'_>) -> Option<String> {
        if self.expires.is_some() {
            return pairs(head.query)
                .find(|(name, _)| name == "X-Amz-Security-Token")
                .map(|(_, value)| value);
        }
        let value = head.headers.get("x-amz-security-token")?;
        value.to_str().ok().map(ToOwned::to_owned)
    }

    /// The request as both sides write it to sign it. `payload` is the digest of the body in
    /// hexadecimal digits, or what stands for it.
    pub fn canonical_request(&self, head: &SentHead<'_>, payload: &str) -> String {
        let headers: String = self
            .headers
            .iter()
            .map(|name| format!("{name}:{}\n", header(head.headers, name)))
            .collect();
        format!(
            "{}\n{}\n{}\n{headers}\n{}\n{payload}",
            head.method,
            canonical_path(head.path),
            canonical_query(head.query),
            self.headers.join(";"),
        )
    }

    /// What is signed, for a canonical request.
    pub fn string_to_sign(&self, canonical_request: &str) -> String {
        format!(
            "{ALGORITHM}\n{}\n{}\n{}",
            self.date,
            self.scope.join("/"),
            hex::encode(Sha256::digest(canonical_request))
        )
    }

    /// Whether `secret` gives this signature for a string to sign. Compared in constant time.
    pub fn is_by(&self, secret: &str, at: SystemTime, string_to_sign: &str) -> bool {
        let [_, region, service, _] = &self.scope;
        let key = generate_signing_key(secret, at, region, service);
        let expected = calculate_signature(key, string_to_sign.as_bytes());
        expected.as_bytes().ct_eq(self.signature.as_bytes()).into()
    }
}

/// `X-Amz-Date`, or `Date` in the same form.
fn date(head: &SentHead<'_>) -> Option<String> {
    if let Some(date) = head.headers.get("x-amz-date") {
        return date.to_str().ok().map(ToOwned::to_owned);
    }
    let date = head.headers.get("date")?.to_str().ok()?;
    let at = httpdate::parse_http_date(date).ok()?;
    let format = format_description!("[year][month][day]T[hour][minute][second]Z");
    time::OffsetDateTime::from(at).format(format).ok()
}

fn pairs(query: &str) -> impl Iterator<Item = (String, String)> {
    form_urlencoded::parse(query.as_bytes()).into_owned()
}

/// Normalised as RFC 3986 has it, and encoded once more.
fn canonical_path(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => _ = parts.pop(),
            part => parts.push(part),
        }
    }
    let encoded: String = parts
        .iter()
        .map(|part| format!("/{}", utf8_percent_encode(part, UNRESERVED)))
        .collect();
    let end = if path.ends_with('/') || parts.is_empty() {
        "/"
    } else {
        ""
    };
    encoded + end
}

fn canonical_query(query: &str) -> String {
    let encoded = |text: &str| utf8_percent_encode(text, UNRESERVED).to_string();
    let mut all: Vec<(String, String)> = pairs(query)
        .filter(|(name, _)| name != "X-Amz-Signature")
        .map(|(name, value)| (encoded(&name), encoded(&value)))
        .collect();
    all.sort();
    let all: Vec<String> = all
        .into_iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    all.join("&")
}

/// All values of a header, blanks within them made one.
fn header(headers: &HeaderMap, name: &str) -> String {
    let values: Vec<String> = headers
        .get_all(name)
        .iter()
        .map(|value| {
            let text = String::from_utf8_lossy(value.as_bytes());
            text.split_ascii_whitespace().collect::<Vec<_>>().join(" ")
        })
        .collect();
    values.join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";

    fn headers(pairs: &[(&str, &str)]) -> HeaderMap {
        let pair = |(name, value): &(&str, &str)| {
            (
                name.parse::<http::HeaderName>().unwrap(),
                value.parse().unwrap(),
            )
        };
        pairs.iter().map(pair).collect()
    }

    /// `get-vanilla-query-order-key-case` of AWS's published test suite.
    #[test]
    fn the_published_example_is_verified() {
        let authorization = "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, \
            SignedHeaders=host;x-amz-date, \
            Signature=b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500";
        let headers = headers(&[
            ("host", "example.amazonaws.com"),
            ("x-amz-date", "20150830T123600Z"),
            ("authorization", authorization),
        ]);
        let head = SentHead {
            method: "GET",
            path: "/",
            query: "Param2=value2&Param1=value1",
            headers: &headers,
        };
        let signed = Signed::read(&head).unwrap();
        let payload = hex::encode(Sha256::digest(b""));
        let text = signed.string_to_sign(&signed.canonical_request(&head, &payload));
        let at = signed.time().unwrap();
        assert!(signed.is_by(SECRET, at, &text));
        assert!(!signed.is_by("other", at, &text));
        let other = SentHead { query: "", ..head };
        let text = signed.string_to_sign(&signed.canonical_request(&other, &payload));
        assert!(!signed.is_by(SECRET, at, &text));
    }

    #[test]
    fn what_is_missing_is_named() {
        let read = |given: &[(&str, &str)], query: &'static str| {
            let headers = headers(given);
            Signed::read(&SentHead {
                method: "GET",
                path: "/",
                query,
                headers: &headers,
            })
        };
        assert_eq!(read(&[], ""), Err(Unreadable::Unsigned));
        assert_eq!(
            read(&[("authorization", "Bearer abc")], ""),
            Err(Unreadable::NoPair)
        );
        assert_eq!(
            read(&[("authorization", "Basic dXNlcg==")], ""),
            Err(Unreadable::Missing(vec![
                "Credential",
                "Signature",
                "SignedHeaders",
                "X-Amz-Date"
            ]))
        );
        let date = ("date", "Sun, 30 Aug 2015 12:36:00 GMT");
        let short = "AWS4-HMAC-SHA256 Credential=AKID/us-east-1, SignedHeaders=host, Signature=0";
        assert_eq!(
            read(&[("authorization", short), date], ""),
            Err(Unreadable::Credential("AKID/us-east-1".into()))
        );
        assert_eq!(
            read(&[], "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Expires=60"),
            Err(Unreadable::MissingInQuery("X-Amz-Credential"))
        );
    }

    #[test]
    fn paths_are_normalised_and_encoded_once_more() {
        for (path, expected) in [
            ("", "/"),
            ("/", "/"),
            ("/a%20b", "/a%2520b"),
            ("//a/./b/../c/", "/a/c/"),
        ] {
            assert_eq!(canonical_path(path), expected);
        }
    }
}
