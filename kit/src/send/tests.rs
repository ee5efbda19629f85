use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::Router;
use axum::response::Redirect;
use axum::routing::{get, post};
use bytes::Bytes;
use http::{HeaderMap, Method, StatusCode};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio_util::sync::CancellationToken;

use super::*;
use crate::call::Call;
use crate::serve;

async fn target() -> (String, CancellationToken) {
    let app = Router::new()
        .route("/echo", post(async |body: Bytes| body))
        .route("/long", get(async || "x".repeat(100)))
        .route("/away", get(async || Redirect::temporary("/long")))
        .route("/never", get(async || std::future::pending::<()>().await));
    let listener = serve::bind(([127, 0, 0, 1], 0).into(), "nothing").unwrap();
    let address = listener.local_addr().unwrap();
    let stop = CancellationToken::new();
    tokio::spawn(serve::serve(listener, app, stop.clone()));
    (format!("http://{address}"), stop)
}

fn call(method: Method, url: &str, body: &'static str) -> Call {
    Call {
        method,
        url: url.parse().unwrap(),
        headers: HeaderMap::new(),
        body: Bytes::from_static(body.as_bytes()),
    }
}

fn sender(allowed: &str) -> Sender {
    Sender::new(AllowTargets::new(
        allowed.split_whitespace().map(|text| text.parse().unwrap()),
    ))
    .unwrap()
}

const SOON: Duration = Duration::from_millis(200);
const LATE: Duration = Duration::from_secs(20);

#[tokio::test]
async fn bodies_come_back_up_to_the_limit_and_redirects_are_not_followed() {
    let (url, _stop) = target().await;
    let sender = sender("127.0.0.1");
    let echo = sender
        .send(
            call(Method::POST, &format!("{url}/echo"), "a & b"),
            LATE,
            10,
        )
        .await
        .unwrap();
    assert_eq!(
        (echo.status, echo.body.as_ref(), echo.complete),
        (StatusCode::OK, b"a & b".as_ref(), true)
    );
    let long = sender
        .send(call(Method::GET, &format!("{url}/long"), ""), LATE, 10)
        .await
        .unwrap();
    assert_eq!((long.body.len(), long.complete), (10, false));
    for (limit, complete) in [(99, false), (100, true)] {
        let reply = sender
            .send_for_status(call(Method::GET, &format!("{url}/long"), ""), LATE, limit)
            .await
            .unwrap();
        assert_eq!(
            (reply.status, reply.body.len(), reply.complete),
            (StatusCode::OK, 0, complete)
        );
    }
    let away = sender
        .send(call(Method::GET, &format!("{url}/away"), ""), LATE, 10)
        .await
        .unwrap();
    assert_eq!(away.status, StatusCode::TEMPORARY_REDIRECT);
}

#[tokio::test]
async fn a_private_address_is_refused_unless_allowed() {
    let (url, _stop) = target().await;
    let error = sender("")
        .send(call(Method::GET, &format!("{url}/long"), ""), LATE, 10)
        .await
        .unwrap_err();
    assert!(matches!(error, SendError::Refused(_)), "{error:?}");
    assert!(error.to_string().contains("--allow-target"), "{error}");
    let by_name = url.replace("127.0.0.1", "localhost");
    assert!(
        sender("localhost")
            .send(call(Method::GET, &format!("{by_name}/long"), ""), LATE, 10)
            .await
            .is_ok()
    );
}

#[tokio::test]
async fn silence_and_absence_are_told_apart() {
    let (url, _stop) = target().await;
    let sender = sender("127.0.0.0/8");
    let error = sender
        .send(call(Method::GET, &format!("{url}/never"), ""), SOON, 10)
        .await
        .unwrap_err();
    assert!(matches!(error, SendError::Timeout(_)), "{error:?}");
    let closed = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let error = sender
        .send(
            call(Method::GET, &format!("http://{closed}/"), ""),
            LATE,
            10,
        )
        .await
        .unwrap_err();
    assert!(matches!(error, SendError::Unreachable(_)), "{error:?}");
    assert!(
        error
            .to_string()
            .starts_with("cannot connect to 127.0.0.1:"),
        "{error}"
    );
}

/// A server that closes each connection after so many answers, and the count of its connections.
async fn closing(answers: usize) -> (String, Arc<AtomicUsize>) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let connections = Arc::new(AtomicUsize::new(0));
    let count = connections.clone();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            count.fetch_add(1, Ordering::SeqCst);
            tokio::spawn(async move {
                let mut head = [0; 1024];
                for _ in 0..answers {
                    if stream.read(&mut head).await.unwrap_or(0) == 0 {
                        return;
                    }
                    let answer = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";
                    stream.write_all(answer.as_bytes()).await.unwrap();
                }
            });
        }
    });
    (format!("http://{address}/"), connections)
}

#[tokio::test]
async fn a_connection_is_used_again_as_long_as_it_is_open() {
    for (answers, expected) in [(usize::MAX, 1), (5, 2), (1, 10)] {
        let (url, connections) = closing(answers).await;
        let sender = sender("127.0.0.1");
        for _ in 0..10 {
            let reply = sender.send(call(Method::GET, &url, ""), LATE, 10).await;
            assert_eq!(reply.unwrap().body, "ok");
            // The close arrives.
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        assert_eq!(connections.load(Ordering::SeqCst), expected, "{answers}");
    }
}
