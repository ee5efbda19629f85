//! Ports over real sockets, with clients that behave badly.

mod clients;
mod connections;
mod fields;
mod ports;
mod refusals;
mod secured;

use std::net::SocketAddr;

use axum::Router;
use axum::extract::ConnectInfo;
use axum::routing::{any, get};
use tokio_util::sync::CancellationToken;

use super::*;

/// More than the buffers of sockets hold.
const LARGE: usize = 32 * 1024 * 1024;

/// Starts a port that answers `/` with the client's address, `/large` with a long text, `/read` with
/// the length of the body, or what is wrong with it, and `/fields` with the body and the values of
/// the fields `X-0` to `X-6`.
fn started(server: Server) -> (SocketAddr, CancellationToken) {
    let listener = bind(([127, 0, 0, 1], 0).into(), "nothing").unwrap();
    let (address, stop) = (listener.local_addr().unwrap(), CancellationToken::new());
    let app = Router::new()
        .route(
            "/",
            get(async |ConnectInfo(peer): ConnectInfo<SocketAddr>| peer.ip().to_string()),
        )
        .route("/large", get(async || "x".repeat(LARGE)))
        .route("/read", any(read))
        .route("/fields", any(fields));
    tokio::spawn(server.serve(listener, Arc::new(app), stop.clone()));
    (address, stop)
}

async fn read(body: axum::body::Body) -> String {
    match axum::body::to_bytes(body, usize::MAX).await {
        Ok(bytes) => bytes.len().to_string(),
        Err(error) if is_malformed_body(&error) => "malformed".to_owned(),
        Err(_) => "broken".to_owned(),
    }
}

async fn fields(headers: http::HeaderMap, body: String) -> String {
    let names = (0..7).map(|number| format!("x-{number}"));
    let values = names.flat_map(|name| {
        headers
            .get_all(name)
            .into_iter()
            .cloned()
            .collect::<Vec<_>>()
    });
    let values = values.map(|value| format!("{} ", value.to_str().unwrap()));
    format!("{body} {}", values.collect::<String>())
}

fn strict() -> Server {
    Server {
        head_limit: Some(8 * 1024),
        ..Server::default()
    }
}
