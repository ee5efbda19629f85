//! Requests that a program refuses.

#![allow(clippy::unwrap_used, reason = "a test")]

#[path = "refused/chain.rs"]
mod chain;
#[path = "refused/formats.rs"]
mod formats;
#[path = "refused/large_bodies.rs"]
mod large_bodies;
#[path = "processes.rs"]
mod processes;

use chain::Chain;
use http::Method;
use processes::{Ports, ask};

/// An id that makes an invalid key is refused for good. Every other id is stored.
#[tokio::test]
async fn ids_that_no_bucket_takes_are_refused_and_others_are_stored() {
    let chain = Chain::start().await;
    let ports = chain.ports;
    let sub = Ports::url(ports.subscriber, "/sub");
    let long = "x".repeat(1_017);
    let wide = "é".repeat(509);
    let refused = [
        r"a\u0000b",
        r"\u0001",
        r"\u001f",
        "",
        "../a",
        "a/../../b",
        &long,
        &wide,
    ];
    for id in refused {
        let reply = ask(
            Method::POST,
            &sub,
            &format!(r#"{{"body":{{"id":"{id}"}}}}"#),
        )
        .await
        .unwrap();
        let text = String::from_utf8_lossy(&reply.body);
        assert!(
            reply.status == 400 && text.contains("id"),
            "{id}: {} {text}",
            reply.status
        );
    }
    let long = "x".repeat(1_016);
    let wide = "é".repeat(508);
    for id in [
        r"a\tb", r"a\nb", "a b", "é+&%?#", "a/../b", "a/./b", "./a", ".", "..", "a//b", "/a",
        "a\\\\b", &long, &wide,
    ] {
        let reply = ask(
            Method::POST,
            &sub,
            &format!(r#"{{"body":{{"id":"{id}"}}}}"#),
        )
        .await
        .unwrap();
        assert_eq!(
            reply.status,
            200,
            "{id}: {}",
            String::from_utf8_lossy(&reply.body)
        );
    }
}
