//! A planned HTTP call, and the reply to it, as values.
//!
//! Plans are made and judged by pure code; only [`crate::send`] turns one into the other.

use bytes::Bytes;
use http::{HeaderMap, Method, StatusCode};
use url::Url;

use crate::counted::counted;

/// An HTTP request that has been decided on but not sent.
#[derive(Clone, PartialEq, Eq)]
pub struct Call {
    /// The method.
    pub method: Method,
    /// An absolute `http` or `https` URL.
    pub url: Url,
    /// Exactly the headers to send; `Host` and `Content-Length` are added when it is sent.
    pub headers: HeaderMap,
    /// Exactly the bytes to send.
    pub body: Bytes,
}

/// What came back.
#[derive(Clone, PartialEq, Eq)]
pub struct Reply {
    /// The status.
    pub status: StatusCode,
    /// All headers.
    pub headers: HeaderMap,
    /// The body, up to the limit that the sender set.
    pub body: Bytes,
    /// False when the body was longer than the limit: what lies beyond it was not read.
    pub complete: bool,
}

// Headers, query strings and bodies may hold secrets: neither type prints them.
impl std::fmt::Debug for Call {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (scheme, host, path) = (
            self.url.scheme(),
            self.url.host_str().unwrap_or_default(),
            self.url.path(),
        );
        write!(
            f,
            "{} {scheme}://{host}{path} ({})",
            self.method,
            counted(self.body.len(), "byte")
        )
    }
}

impl std::fmt::Debug for Reply {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} ({})", self.status, counted(self.body.len(), "byte"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debugging_shows_no_secret() {
        let call = Call {
            method: Method::POST,
            url: Url::parse("https://user@host.example/p?token=secret").unwrap(),
            headers: [(http::header::AUTHORIZATION, "secret".parse().unwrap())]
                .into_iter()
                .collect(),
            body: Bytes::from_static(b"secret"),
        };
        assert_eq!(format!("{call:?}"), "POST https://host.example/p (6 bytes)");
    }
}
