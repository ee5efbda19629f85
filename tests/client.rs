//! HTTP requests to the programs.

use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue, Method};
use kit::call::{Call, Reply};
use kit::send::{SendError, Sender};

/// Publishes through the gateway. Cheap to clone, so that many tasks can publish at once.
#[derive(Debug, Clone)]
pub struct Client {
    pub(crate) sender: Sender,
    pub(crate) at: SocketAddr,
}

impl Client {
    /// Posts a JSON body to `/events/sub`.
    ///
    /// # Errors There was no reply.
    pub async fn publish(&self, body: &str) -> Result<Reply, SendError> {
        let headers =
            HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static("application/json"))]);
        exchange(
            &self.sender,
            Method::POST,
            self.at,
            "/events/sub",
            headers,
            body,
        )
        .await
    }
}

/// Sends one request.
///
/// # Errors
/// There was no reply.
pub(crate) async fn exchange(
    sender: &Sender,
    method: Method,
    at: SocketAddr,
    path: &str,
    headers: HeaderMap,
    body: &str,
) -> Result<Reply, SendError> {
    let url = format!("http://{at}{path}").parse().expect("a URL");
    let call = Call {
        method,
        url,
        headers,
        body: Bytes::copy_from_slice(body.as_bytes()),
    };
    sender.send(call, Duration::from_secs(60), 1 << 20).await
}
