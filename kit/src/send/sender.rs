//! Sends a [`Call`] and reads its [`Reply`].

use std::time::Duration;

use bytes::Bytes;
use http::header::{CONTENT_LENGTH, HOST, HeaderValue};
use http::{Method, Request};
use http_body_util::Full;
use hyper_util::client::proxy::matcher::Matcher;
use url::{Position, Url};

use super::allow::AllowTargets;
use super::client::{Issuers, connector};
use super::client_identity::ClientIdentity;
use super::connect::GuardedConnector;
use super::error::SendError;
use super::pool::{ConnectionPool, malformed};
use super::reading::{Keep, Reading};
use super::way::Way;
use crate::call::{Call, Reply};

/// Idle connections are kept this long: less than the five seconds after which common servers
/// (Node, Apache, uvicorn) close theirs, for a call that meets the close on its way counts as
/// failed.
const IDLE: Duration = Duration::from_secs(4);

/// Sends calls over connections that it keeps. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Sender {
    pool: ConnectionPool,
}

impl Sender {
    /// A sender that connects to public addresses and to those in `allowed`. It trusts the system's
    /// certificate authorities (and `SSL_CERT_FILE`).
    ///
    /// # Errors
    /// The system's certificate authorities cannot be read.
    pub fn new(allowed: AllowTargets) -> std::io::Result<Sender> {
        Sender::by_way(Way::to(allowed))
    }

    /// A sender whose connections go this way.
    ///
    /// # Errors
    /// As [`Sender::new`].
    pub fn by_way(way: Way) -> std::io::Result<Sender> {
        let issuers = if way.any_issuer {
            Issuers::Any
        } else {
            Issuers::System
        };
        let connector = GuardedConnector::new(way.allowed).over(way.fixed);
        Sender::by(connector, issuers, way.identity.as_ref())
    }

    /// A sender that connects to any address, to `https` through the proxies that the environment
    /// names (`HTTPS_PROXY`, `ALL_PROXY`, `NO_PROXY`), as the AWS SDK does. Unlike the SDK, it
    /// sends plain HTTP without a proxy.
    ///
    /// # Errors
    /// As [`Sender::new`].
    pub fn through_proxies() -> std::io::Result<Sender> {
        let connector = GuardedConnector::new(AllowTargets::anywhere());
        Sender::by(
            connector.through(Matcher::from_env()),
            Issuers::System,
            None,
        )
    }

    fn by(
        way: GuardedConnector,
        issuers: Issuers,
        identity: Option<&ClientIdentity>,
    ) -> std::io::Result<Sender> {
        Ok(Sender {
            pool: ConnectionPool::new(connector(way, issuers, identity)?, IDLE),
        })
    }

    /// Sends `call` and reads up to `limit` bytes of the answer's body, all within `deadline`.
    ///
    /// # Errors
    /// See [`SendError`]. Whether the target acted on the call is unknown after `Timeout`,
    /// `Unfinished` and `Broken`.
    pub async fn send(
        &self,
        call: Call,
        deadline: Duration,
        limit: usize,
    ) -> Result<Reply, SendError> {
        self.exchange(call, deadline, limit, Keep::All).await
    }

    /// Sends `call` like [`Sender::send`], for a caller that needs the status alone: the body is
    /// read, so that the connection can be used again, and not kept.
    ///
    /// # Errors
    /// As [`Sender::send`].
    pub async fn send_for_status(
        &self,
        call: Call,
        deadline: Duration,
        limit: usize,
    ) -> Result<Reply, SendError> {
        self.exchange(call, deadline, limit, Keep::Nothing).await
    }

    async fn exchange(
        &self,
        call: Call,
        deadline: Duration,
        limit: usize,
        keep: Keep,
    ) -> Result<Reply, SendError> {
        let reading = Reading::new(limit, keep);
        // On the heap: the future is large, and a caller would hold and move it.
        let exchange = Box::pin(async {
            let place = place(&call.url);
            self.pool.exchange(&place, request(call)?, &reading).await
        });
        match tokio::time::timeout(deadline, exchange).await {
            Ok(result) => result,
            Err(_) => Err(match reading.status() {
                Some(status) => SendError::Unfinished {
                    status,
                    within: deadline,
                },
                None => SendError::Timeout(deadline),
            }),
        }
    }
}

fn request(call: Call) -> Result<Request<Full<Bytes>>, SendError> {
    let target = &call.url[Position::BeforePath..Position::AfterQuery];
    let target: http::Uri = target.parse().map_err(|_| malformed())?;
    let mut headers = call.headers;
    if !headers.contains_key(HOST) {
        let host = &call.url[Position::BeforeHost..Position::AfterPort];
        headers.insert(HOST, host.parse().map_err(|_| malformed())?);
    }
    // hyper leaves it out, and some servers answer 411 then.
    let has_payload = [Method::POST, Method::PUT, Method::PATCH].contains(&call.method);
    if has_payload && call.body.is_empty() {
        headers.insert(CONTENT_LENGTH, HeaderValue::from_static("0"));
    }
    let mut request = Request::new(Full::new(call.body));
    *request.method_mut() = call.method;
    *request.uri_mut() = target;
    *request.headers_mut() = headers;
    Ok(request)
}

/// Scheme, host and port: the part of an address that is not secret.
fn place(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    let port = url.port_or_known_default().unwrap_or_default();
    format!("{}://{host}:{port}", url.scheme())
}
