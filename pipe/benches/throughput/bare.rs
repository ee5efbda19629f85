//! The bare client: posts what the pipe will post, and nothing else.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, header};
use kit::call::Call;
use tokio::task::JoinSet;

use crate::target::Target;

/// Posts `events` times, `concurrency` at once; returns how many a second.
pub async fn post(target: &Target, body: &str, events: usize, concurrency: usize) -> f64 {
    let call = call(target, body);
    let left = Arc::new(AtomicUsize::new(events));
    let begun = Instant::now();
    let mut clients = JoinSet::new();
    for _ in 0..concurrency {
        let (sender, call, left) = (target.sender.clone(), call.clone(), left.clone());
        clients.spawn(async move {
            while left
                .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| {
                    left.checked_sub(1)
                })
                .is_ok()
            {
                let reply = sender
                    .send(call.clone(), Duration::from_secs(5), 1024 * 1024)
                    .await
                    .unwrap();
                assert!(reply.status.is_success());
            }
        });
    }
    while let Some(ended) = clients.join_next().await {
        ended.unwrap();
    }
    events as f64 / begun.elapsed().as_secs_f64()
}

/// The request that the pipe makes of a message with this body.
fn call(target: &Target, body: &str) -> Call {
    let headers = [
        (header::CONTENT_TYPE, "application/json; charset=utf-8"),
        (header::USER_AGENT, "Amazon/EventBridge/ApiDestinations"),
        (header::RANGE, "bytes=0-1048575"),
        (header::ACCEPT_ENCODING, "gzip,deflate"),
        (
            pipe::targets::webhook::ID,
            "00000000-0000-4000-8000-000000000000",
        ),
        (http::HeaderName::from_static("x-key"), "key"),
    ];
    let headers: HeaderMap = headers
        .into_iter()
        .map(|(name, value)| (name, HeaderValue::from_static(value)))
        .collect();
    let url = format!("{}/in", target.url).parse().unwrap();
    Call {
        method: Method::POST,
        url,
        headers,
        body: Bytes::from(format!(r#"{{"body": {body}}}"#)),
    }
}
