//! Secrets in headers and query strings, which no log shows.

use http::HeaderMap;

const MASK: &str = "********";

/// Headers whose values are secrets.
const SECRET_HEADERS: [&str; 8] = [
    "authorization",
    "cookie",
    "proxy-authorization",
    "set-cookie",
    "x-amz-security-token",
    "x-api-key",
    "x-auth-token",
    "x-csrf-token",
];

/// Query parameters whose values are secrets.
const SECRET_QUERY: [&str; 7] = [
    "access_token",
    "api_key",
    "apikey",
    "password",
    "token",
    "x-amz-security-token",
    "x-amz-signature",
];

/// Pairs as Java prints a map: `{a=b, c=d}`.
pub(super) fn map<N: AsRef<str>, V: AsRef<str>>(pairs: impl Iterator<Item = (N, V)>) -> String {
    let pairs = pairs.map(|(name, value)| format!("{}={}", name.as_ref(), value.as_ref()));
    format!("{{{}}}", pairs.collect::<Vec<_>>().join(", "))
}

/// Headers, with their secrets masked.
pub(super) fn headers(headers: &HeaderMap) -> String {
    map(headers.iter().map(|(name, value)| {
        let shown = String::from_utf8_lossy(value.as_bytes()).into_owned();
        (name.as_str(), header_value(name.as_str(), shown))
    }))
}

/// A header's value, unless it is a secret.
pub(crate) fn header_value(name: &str, value: String) -> String {
    masked(&SECRET_HEADERS, name, value)
}

/// A query parameter's value, unless it is a secret.
pub(super) fn query_value(name: &str, value: &str) -> String {
    masked(&SECRET_QUERY, name, value.to_owned())
}

/// A URL, with the secrets in its query masked.
pub(crate) fn url(url: &url::Url) -> String {
    let is_secret = |(name, _): (std::borrow::Cow<'_, str>, _)| is_named(&SECRET_QUERY, &name);
    if !url.query_pairs().any(is_secret) {
        return url.to_string();
    }
    let mut shown = url.clone();
    let pairs = url.query_pairs();
    let pairs = pairs.map(|(name, value)| (name.to_string(), query_value(&name, &value)));
    shown
        .query_pairs_mut()
        .clear()
        .extend_pairs(pairs.collect::<Vec<_>>());
    shown.to_string()
}

fn masked(secrets: &[&str], name: &str, value: String) -> String {
    if is_named(secrets, name) {
        MASK.to_owned()
    } else {
        value
    }
}

fn is_named(secrets: &[&str], name: &str) -> bool {
    secrets
        .iter()
        .any(|secret| name.eq_ignore_ascii_case(secret))
}
