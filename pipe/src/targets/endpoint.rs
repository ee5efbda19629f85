//! The endpoint of an API destination: a URL whose path may contain `*`, filled from the event.
//! Pure.

use std::borrow::Cow;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use url::Url;

use super::dynamic::PlanError;

/// Path parameters keep the unreserved characters of RFC 3986; all others are encoded.
pub(super) const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~');

/// An `InvocationEndpoint`: the URL in pieces, cut at the `*` of its path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    pieces: Vec<String>,
    /// The whole URL, for an endpoint without `*`.
    url: Url,
}

impl Endpoint {
    /// Reads an endpoint. AWS demands `https`; here `http` is accepted too.
    ///
    /// # Errors
    /// The text is not an absolute HTTP URL, or it has a user name, a fragment, or a `*` outside of
    /// path and query.
    pub(crate) fn parse(text: &str) -> Result<Endpoint, String> {
        let url = Url::parse(text)
            .map_err(|error| format!("InvocationEndpoint is not a valid URL: {error}"))?;
        if !matches!(url.scheme(), "http" | "https") || url.host().is_none() {
            return Err("InvocationEndpoint must be an http or https URL".into());
        }
        if !url.username().is_empty() || url.password().is_some() || url.fragment().is_some() {
            return Err(
                "InvocationEndpoint must not have a user name, a password or a fragment".into(),
            );
        }
        if url.host_str().is_some_and(|host| host.contains('*')) {
            // An event must not decide where the connection's credentials go.
            return Err("InvocationEndpoint can have `*` in its path only, not in its host".into());
        }
        let text = url.as_str();
        let (path, query) = text.split_at(text.find('?').unwrap_or(text.len()));
        let mut pieces: Vec<String> = path.split('*').map(str::to_owned).collect();
        pieces
            .last_mut()
            .expect("split gives at least one piece")
            .push_str(query);
        Ok(Endpoint { pieces, url })
    }

    /// The same path and query at another scheme, host and port.
    pub(super) fn at(self, base: &Url) -> Endpoint {
        let origin = base.as_str().trim_end_matches('/');
        let behind = |text: &str| {
            let host = text.find("://").map_or(0, |start| start + 3);
            let path = text[host..]
                .find('/')
                .map_or(text.len(), |path| host + path);
            text[path..].to_owned()
        };
        let mut pieces = self.pieces;
        if let Some(first) = pieces.first_mut() {
            *first = format!("{origin}{}", behind(first));
        }
        let moved = format!("{origin}{}", behind(self.url.as_str()));
        let url = Url::parse(&moved).unwrap_or(self.url);
        Endpoint { pieces, url }
    }

    /// The URL without its query, which may contain a secret.
    pub fn shown(&self) -> String {
        let text = self.url.as_str();
        text.split_once('?')
            .map_or(text, |(front, _)| front)
            .to_owned()
    }

    /// The values of the query string, which often contains keys.
    pub(crate) fn query_values(&self) -> Vec<String> {
        self.url
            .query_pairs()
            .map(|(_, value)| value.into_owned())
            .collect()
    }

    /// How many `*` the path has.
    pub(crate) fn wildcards(&self) -> usize {
        self.pieces.len() - 1
    }

    /// The URL with these values in place of the `*`.
    ///
    /// # Errors
    /// A value would lead to another path.
    pub(super) fn fill(&self, values: &[Cow<'_, str>]) -> Result<Url, PlanError> {
        if self.wildcards() == 0 {
            return Ok(self.url.clone());
        }
        let mut text = self.pieces[0].clone();
        for (value, piece) in values.iter().zip(&self.pieces[1..]) {
            // A URL parser reads a segment of dots as a way up, encoded or not; and without a value
            // the path is another one.
            if matches!(value.trim(), "." | ".." | "") {
                return Err(PlanError("a path parameter is `.`, `..` or blank".into()));
            }
            text.extend(utf8_percent_encode(value, SEGMENT));
            text.push_str(piece);
        }
        Url::parse(&text).map_err(|error| PlanError(error.to_string()))
    }
}
