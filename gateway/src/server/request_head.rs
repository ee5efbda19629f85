//! The head of an HTTP request as a [`Request`] that has no body yet.

use bytes::Bytes;
use http::header::{HOST, HeaderValue};
use http::request::Parts;
use kit::network::Network;
use kit::serve::Peer;
use kit::time::Timestamp;
use uuid::Uuid;

use super::forwarded::forward;
use super::host;
use crate::method_request::{Request, parse_query};
use crate::request_ids::{is_trace_id, new_extended_id, new_request_id, new_trace_id};

/// Reads a head that came from `peer` at `received`, perhaps by way of `trusted` proxies.
pub(crate) fn read(parts: Parts, peer: &Peer, trusted: &[Network], received: Timestamp) -> Request {
    let host = host::of(&parts);
    let mut headers = parts.headers;
    if let Some(host) = &host {
        headers.insert(HOST, host.clone());
    }
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let method = text("x-http-method-override").and_then(|verb| verb.to_uppercase().parse().ok());
    let own_id = text("x-amzn-requestid").and_then(|id| Uuid::parse_str(id).ok());
    let has_replaced_id = own_id.is_none() && headers.contains_key("x-amzn-requestid");
    let request_id = own_id.unwrap_or_else(new_request_id);
    let trace_id = text("x-amzn-trace-id")
        .filter(|id| is_trace_id(id))
        .map(ToOwned::to_owned);
    let trace_id = trace_id.unwrap_or_else(|| new_trace_id(received));
    if let Ok(trace_id) = HeaderValue::from_str(&trace_id) {
        headers.insert("x-amzn-trace-id", trace_id);
    }
    let host = host.as_ref().and_then(|host| host.to_str().ok());
    let source_ip = forward(&mut headers, host.unwrap_or_default(), peer, trusted);
    Request {
        method: method.unwrap_or_else(|| parts.method.clone()),
        sent_method: parts.method,
        raw_query: parts.uri.query().unwrap_or_default().to_owned(),
        path: parts.uri.path().to_owned(),
        query: parse_query(parts.uri.query().unwrap_or_default()),
        headers,
        body: Bytes::new(),
        sent_body: None,
        source_ip,
        tls: peer.tls.clone(),
        received,
        request_id: request_id.to_string(),
        has_replaced_id,
        vpc_endpoint: None,
        extended_request_id: new_extended_id(),
        trace_id,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arrived(headers: &[(&str, &str)]) -> Request {
        let mut given = http::Request::builder()
            .method("POST")
            .uri("/a%20b?x=1;y=2");
        for (name, value) in headers {
            given = given.header(*name, *value);
        }
        let peer = ([192, 0, 2, 7], 5000).into();
        read(
            given.body(()).unwrap().into_parts().0,
            &Peer::plain(peer),
            &[],
            Timestamp::from_millis(1_710_062_102_000),
        )
    }

    #[test]
    fn method_and_ids_may_be_the_clients() {
        let id = "0f0e0d0c-0b0a-4908-8706-050403020100";
        let request = arrived(&[("x-http-method-override", "put"), ("x-amzn-requestid", id)]);
        assert_eq!(
            (request.method.as_str(), request.path.as_str()),
            ("PUT", "/a%20b")
        );
        assert_eq!((request.request_id.as_str(), request.query.len()), (id, 2));
        assert_eq!(
            (
                request.extended_request_id.len(),
                request.extended_request_id.ends_with('=')
            ),
            (16, true)
        );
        assert!(Uuid::parse_str(&arrived(&[("x-amzn-requestid", "mine")]).request_id).is_ok());
    }

    #[test]
    fn a_trace_is_continued_only_when_it_is_one() {
        let whole = "Root=1-65ed7296-0123456789abcdef01234567;Parent=53995c3f42cd8ad8;Sampled=1";
        assert_eq!(arrived(&[("x-amzn-trace-id", whole)]).trace_id, whole);
        for broken in [
            "",
            "Root=1-x",
            "Root=1-65ed7296-0123",
            "Sampled=1",
            "Root=1-65ed7296-0123456789abcdef0123456g",
        ] {
            let given = arrived(&[("x-amzn-trace-id", broken)]);
            assert!(
                is_trace_id(&given.trace_id) && given.trace_id.starts_with("Root=1-65ed7a16-"),
                "{broken}"
            );
            assert_eq!(
                given.header("x-amzn-trace-id"),
                Some(given.trace_id.as_str())
            );
        }
    }
}
