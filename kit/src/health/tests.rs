use std::net::TcpListener;

use axum::Router;
use axum::routing::get as route;
use tokio_util::sync::CancellationToken;

use super::*;

const LIMIT: Duration = Duration::from_secs(30);

/// Serves `app` at a free port until the token is dropped with the test.
fn serve(app: Router) -> (u16, CancellationToken) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let port = listener.local_addr().unwrap().port();
    let stop = CancellationToken::new();
    tokio::spawn(crate::serve::serve(listener, app, stop.clone()));
    (port, stop)
}

async fn check(address: String) -> Result<String, String> {
    super::check(&address.parse().unwrap(), LIMIT).await
}

#[tokio::test]
async fn a_program_that_is_ready_is_reported_with_its_words() {
    let (port, _stop) = serve(Router::new().route("/readyz", route(async || "ready\n")));
    let expected = Ok(format!("http://127.0.0.1:{port}/readyz: ready"));
    for address in [
        format!("{port}"),
        format!(":{port}"),
        format!("localhost:{port}"),
        format!("http://127.0.0.1:{port}/"),
        format!("0.0.0.0:{port}/readyz"),
    ] {
        assert_eq!(check(address.clone()).await, expected, "{address}");
    }
}

#[tokio::test]
async fn the_paths_are_asked_in_turn_unless_one_is_named() {
    let (port, _stop) = serve(Router::new().route("/ping", route(async || "pong\n")));
    let pong = Ok(format!("http://127.0.0.1:{port}/ping: pong"));
    assert_eq!(check(format!(":{port}")).await, pong);
    let missing = check(format!(":{port}/readyz")).await.unwrap_err();
    assert!(missing.contains("/readyz answered 404"), "{missing}");
}

#[tokio::test]
async fn a_program_that_is_not_ready_fails_the_check_with_its_reason() {
    let unready = || async {
        let reason = "not ready: SQS does not answer\nmore\n";
        (StatusCode::SERVICE_UNAVAILABLE, reason)
    };
    let (port, _stop) = serve(Router::new().route("/readyz", route(unready)));
    let expected =
        format!("http://127.0.0.1:{port}/readyz answered 503: not ready: SQS does not answer");
    assert_eq!(check(format!(":{port}")).await, Err(expected));
}

#[tokio::test]
async fn no_program_and_a_silent_one_are_told_apart() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let address: Address = format!("127.0.0.1:{port}/readyz").parse().unwrap();
    let silent = super::check(&address, Duration::from_secs(1)).await;
    let expected = format!("127.0.0.1:{port}/readyz did not answer within 1 second");
    assert_eq!(silent, Err(expected));
    drop(listener);
    let absent = check(format!(":{port}")).await.unwrap_err();
    assert!(
        absent.starts_with(&format!("cannot connect to 127.0.0.1:{port}: ")),
        "{absent}"
    );
}

#[test]
fn only_addresses_are_addresses() {
    for text in ["", "localhost", "https://127.0.0.1:1", "x:1/a b", "/readyz"] {
        assert!(text.parse::<Address>().is_err(), "{text}");
    }
}
