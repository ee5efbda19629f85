//! `HTTP_PROXY` integrations: the backend's answer goes to the client as it is, but for headers
//! that belong to the connection. See `docs/aws/api-gateway.md#response-headers`.

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderMap};
use kit::call::Reply;

use crate::method_response::MethodResponse;

/// Names that come out as `x-amzn-Remapped-{name}`.
const REMAPPED: [&str; 10] = [
    "authorization",
    "connection",
    "content-length",
    "content-md5",
    "date",
    "max-forwards",
    "server",
    "user-agent",
    "www-authenticate",
    "x-amzn-requestid",
];

/// Names that do not come out.
const DROPPED: [&str; 10] = [
    "expect",
    "host",
    "keep-alive",
    "proxy-authenticate",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "via",
];

/// The method response that an answer is, with the body that its client gets.
pub(super) fn respond(reply: &Reply, body: Bytes) -> MethodResponse {
    MethodResponse {
        status: reply.status,
        headers: headers(&reply.headers),
        body,
    }
}

fn headers(given: &HeaderMap) -> Vec<(String, String)> {
    let mut headers = Vec::new();
    if !given.contains_key(CONTENT_TYPE) {
        headers.push(("Content-Type".to_owned(), "application/json".to_owned()));
    }
    for (name, value) in given {
        let name = name.as_str();
        if DROPPED.contains(&name) {
            continue;
        }
        let name = if REMAPPED.contains(&name) {
            format!("x-amzn-Remapped-{name}")
        } else {
            name.to_owned()
        };
        headers.push((name, String::from_utf8_lossy(value.as_bytes()).into_owned()));
    }
    headers
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::StatusCode;

    #[test]
    fn all_but_what_belongs_to_the_connection_is_passed_on() {
        let given = [
            ("content-length", "1"),
            ("server", "nginx"),
            ("set-cookie", "a=1"),
            ("set-cookie", "b=2"),
            ("transfer-encoding", "chunked"),
            ("location", "https://example.com/"),
        ];
        let reply = Reply {
            status: StatusCode::FOUND,
            headers: given
                .iter()
                .map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()))
                .collect(),
            body: Bytes::from_static(b"x"),
            complete: true,
        };
        let response = respond(&reply, reply.body.clone());
        assert_eq!(
            (response.status.as_u16(), response.body.as_ref()),
            (302, b"x".as_ref())
        );
        let mut shown: Vec<_> = response
            .headers
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        shown.sort_unstable();
        assert_eq!(
            shown,
            [
                ("Content-Type", "application/json"),
                ("location", "https://example.com/"),
                ("set-cookie", "a=1"),
                ("set-cookie", "b=2"),
                ("x-amzn-Remapped-content-length", "1"),
                ("x-amzn-Remapped-server", "nginx"),
            ]
        );
    }
}
