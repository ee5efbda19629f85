//! Every refusal has the format of the address that it comes from.

use http::Method;

use crate::chain::Chain;
use crate::processes::{Ports, ask};

#[tokio::test]
async fn a_refusal_has_the_form_of_its_address() {
    let chain = Chain::start().await;
    let ports = chain.ports;
    for (port, method, path, status, kind, told) in [
        (
            ports.publisher,
            Method::GET,
            "/pub?count=x",
            400,
            "application/json",
            r#""error":"count=x: expected a"#,
        ),
        (
            ports.publisher,
            Method::GET,
            "/pub?count=10001",
            400,
            "application/json",
            "from 0 to 10000",
        ),
        (
            ports.publisher,
            Method::GET,
            "/pub?count=%ff%fe",
            400,
            "application/json",
            "expected a whole number",
        ),
        (
            ports.publisher,
            Method::DELETE,
            "/pub",
            405,
            "application/json",
            r#"{"accepted":0,"failed":0,"error":"#,
        ),
        (
            ports.publisher,
            Method::GET,
            "/other",
            404,
            "text/plain",
            "no such path: expected GET /pub",
        ),
        (
            ports.publisher,
            Method::POST,
            "/ping",
            405,
            "text/plain",
            "no such method: expected GET",
        ),
        (
            ports.subscriber,
            Method::GET,
            "/sub",
            405,
            "text/plain",
            "no such method: expected POST /sub",
        ),
        (
            ports.subscriber,
            Method::GET,
            "/other",
            404,
            "text/plain",
            "no such path: expected POST /sub",
        ),
        (
            ports.gateway_admin,
            Method::POST,
            "/readyz",
            405,
            "text/plain",
            "no such method: expected GET",
        ),
        (
            ports.pipe_admin,
            Method::POST,
            "/metrics",
            405,
            "text/plain",
            "no such method: expected GET",
        ),
        (
            ports.pipe_admin,
            Method::GET,
            "/v1/pipes/%ff",
            400,
            "application/json",
            "message",
        ),
        (
            ports.pipe_admin,
            Method::GET,
            "/v1/pipes?Limit=x",
            400,
            "application/json",
            "message",
        ),
        (
            ports.pipe_admin,
            Method::PUT,
            "/v1/pipes/p/start",
            400,
            "application/json",
            "Unknown operation",
        ),
        (
            ports.emulator,
            Method::POST,
            "/healthz",
            405,
            "text/plain",
            "no such method: expected GET",
        ),
        (
            ports.emulator,
            Method::POST,
            "/_localstack/init",
            405,
            "application/json",
            "error",
        ),
        (
            ports.emulator,
            Method::GET,
            "/_localstack/%ff",
            404,
            "application/json",
            "error",
        ),
        (
            ports.emulator,
            Method::GET,
            "/_aws/sqs/messages/eu-west-1/%ff/q",
            400,
            "text/xml",
            "<Code>",
        ),
        (
            ports.emulator,
            Method::GET,
            "/_aws/sqs/messages",
            400,
            "text/xml",
            "<Code>",
        ),
    ] {
        let reply = ask(method.clone(), &Ports::url(port, path), "")
            .await
            .unwrap();
        let body = String::from_utf8_lossy(&reply.body);
        let found = reply
            .headers
            .get("content-type")
            .and_then(|kind| kind.to_str().ok())
            .unwrap_or_default();
        let case = format!("{method} {path}: {} {found} {body}", reply.status);
        assert!(
            reply.status.as_u16() == status && found.starts_with(kind) && body.contains(told),
            "{case}"
        );
    }
}
