//! Parameters that a connection adds to calls, some of them secret. Pure.

use http::{HeaderName, HeaderValue};
use secrecy::{ExposeSecret as _, SecretString};
use url::Url;

/// Parameters that a connection adds; values may be secret, keys are not.
#[derive(Debug, Default)]
pub(crate) struct ConnectionParameters {
    /// Headers.
    pub(crate) headers: Vec<(HeaderName, HeaderValue)>,
    /// For the query string.
    pub(crate) query: Vec<(String, SecretString)>,
    /// For the body.
    pub(crate) body: Vec<(String, SecretString)>,
    /// Values among these that are not secret: the definition says `IsValueSecret: false`.
    pub(crate) public: Vec<String>,
}

/// A secret that cannot be sent in a header.
#[derive(Debug, thiserror::Error)]
#[error("the value contains characters that a header cannot carry")]
pub(crate) struct NotAHeader;

impl ConnectionParameters {
    /// The secret values.
    pub(super) fn secrets(&self) -> impl Iterator<Item = String> {
        let headers = self
            .headers
            .iter()
            .map(|(_, value)| String::from_utf8_lossy(value.as_bytes()).into_owned());
        let others = self
            .query
            .iter()
            .chain(&self.body)
            .map(|(_, value)| value.expose_secret().to_owned());
        headers
            .chain(others)
            .filter(|value| !self.public.contains(value))
    }
}

/// A header value that `Debug` does not show.
///
/// # Errors
/// The text cannot be sent in a header.
pub(crate) fn secret_header(text: &str) -> Result<HeaderValue, NotAHeader> {
    let mut value = HeaderValue::from_str(text).map_err(|_| NotAHeader)?;
    value.set_sensitive(true);
    Ok(value)
}

/// Appends parameters to a query string, percent-encoded where needed.
pub(crate) fn append<'p>(url: &mut Url, pairs: impl Iterator<Item = (&'p str, &'p str)>) {
    let mut pairs = pairs.peekable();
    if pairs.peek().is_some() {
        url.query_pairs_mut().extend_pairs(pairs);
    }
}
