//! `$input.params()`: the parameters of a request as mapping templates see them.

use http::header::{HeaderName, HeaderValue};
use indexmap::IndexMap;

use super::request::Request;
use crate::mapping::{HeaderCase, Parameters};

/// Headers that never reach templates or mappings: `docs/aws/api-gateway.md#input`.
const HIDDEN: [&str; 12] = [
    "connection",
    "content-length",
    "content-md5",
    "expect",
    "max-forwards",
    "proxy-authenticate",
    "server",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "www-authenticate",
];

impl Request {
    /// The values behind `$input.params()`, with these path parameters. The case in which a client
    /// wrote a header's name is lost on the way, so names are shown as most clients write them
    /// (`Content-Type`), and templates find them in any case.
    pub fn parameters(&self, path: &IndexMap<String, String>) -> Parameters {
        let text = |(name, value): (&HeaderName, &HeaderValue)| {
            Some((
                title_case(name.as_str()),
                String::from_utf8_lossy(value.as_bytes()).into_owned(),
            ))
        };
        let visible = self
            .headers
            .iter()
            .filter(|(name, _)| !is_hidden(name.as_str()));
        Parameters {
            path: path.clone(),
            querystring: self.query.iter().cloned().collect(),
            header: visible.filter_map(text).collect(),
            header_case: HeaderCase::Unknown,
        }
    }
}

/// Whether a header is kept from templates and mappings.
pub(crate) fn is_hidden(name: &str) -> bool {
    HIDDEN
        .iter()
        .any(|hidden| name.eq_ignore_ascii_case(hidden))
}

/// `x-amzn-trace-id` as `X-Amzn-Trace-Id`.
pub(crate) fn title_case(name: &str) -> String {
    let mut upper = true;
    name.chars()
        .map(|letter| {
            let shown = if upper {
                letter.to_ascii_uppercase()
            } else {
                letter
            };
            upper = letter == '-';
            shown
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn header_names_are_shown_as_most_clients_write_them() {
        assert_eq!(title_case("x-amzn-trace-id"), "X-Amzn-Trace-Id");
    }
}
