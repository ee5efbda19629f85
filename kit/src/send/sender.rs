//! Sends a [`Call`] and reads its [`Reply`].

use std::sync::OnceLock;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::header::{CONTENT_LENGTH, HeaderValue};
use http::{Method, Request};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper_rustls::HttpsConnector;
use hyper_util::client::legacy::Client;
use hyper_util::client::proxy::matcher::Matcher;

use super::allow::AllowTargets;
use super::client::{Issuers, client};
use super::connect::{ForbiddenAddress, GuardedConnector};
use super::error::SendError;
use super::way::Way;
use crate::call::{Call, Reply};

/// Idle connections are kept this long: less than the five seconds after which common servers
/// (Node, Apache, uvicorn) close theirs, for a call that meets the close on its way counts as
/// failed.
const IDLE: Duration = Duration::from_secs(4);

/// Sends calls over pooled connections. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Sender {
    client: Client<HttpsConnector<GuardedConnector>, Full<Bytes>>,
}

/// How many bytes of an unsuccessful response are kept where only the status is asked for.
const HEAD: usize = 1024;

/// How much of a response's body is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Keep {
    All,
    Head,
    Nothing,
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
        Sender::by(GuardedConnector::new(way.allowed).over(way.fixed), issuers)
    }

    /// A sender that connects to any address, to `https` through the proxies that the environment
    /// names (`HTTPS_PROXY`, `ALL_PROXY`, `NO_PROXY`), as the AWS SDK does. Unlike the SDK, it
    /// sends plain HTTP without a proxy.
    ///
    /// # Errors
    /// As [`Sender::new`].
    pub fn through_proxies() -> std::io::Result<Sender> {
        let connector = GuardedConnector::new(AllowTargets::anywhere());
        Sender::by(connector.through(Matcher::from_env()), Issuers::System)
    }

    fn by(connector: GuardedConnector, issuers: Issuers) -> std::io::Result<Sender> {
        Ok(Sender {
            client: client(connector, IDLE, issuers)?,
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
        let answered = OnceLock::new();
        // On the heap: the future is large, and a caller would hold and move it.
        let exchange = Box::pin(async {
            let at = host_and_port(&call.url);
            let request = request(call)?;
            let (parts, body) = self
                .client
                .request(request)
                .await
                .map_err(|error| explain(&error, &at))?
                .into_parts();
            _ = answered.set(parts.status);
            // The reason of an unsuccessful response is worth a line.
            let keep = if keep == Keep::Nothing && !parts.status.is_success() {
                Keep::Head
            } else {
                keep
            };
            let (body, complete) = read(body, limit, keep).await?;
            Ok(Reply {
                status: parts.status,
                headers: parts.headers,
                body,
                complete,
            })
        });
        match tokio::time::timeout(deadline, exchange).await {
            Ok(result) => result,
            Err(_) => Err(match answered.get() {
                Some(status) => SendError::Unfinished {
                    status: *status,
                    within: deadline,
                },
                None => SendError::Timeout(deadline),
            }),
        }
    }
}

fn request(call: Call) -> Result<Request<Full<Bytes>>, SendError> {
    let uri: http::Uri = call
        .url
        .as_str()
        .parse()
        .map_err(|_| SendError::Unsendable("its URL is malformed".into()))?;
    let mut headers = call.headers;
    // hyper leaves it out, and some servers answer 411 then.
    let has_payload = [Method::POST, Method::PUT, Method::PATCH].contains(&call.method);
    if has_payload && call.body.is_empty() {
        headers.insert(CONTENT_LENGTH, HeaderValue::from_static("0"));
    }
    let mut request = Request::new(Full::new(call.body));
    *request.method_mut() = call.method;
    *request.uri_mut() = uri;
    *request.headers_mut() = headers;
    Ok(request)
}

async fn read(mut body: Incoming, limit: usize, keep: Keep) -> Result<(Bytes, bool), SendError> {
    let (mut bytes, mut room) = (BytesMut::new(), limit);
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| SendError::Broken(error.to_string()))?;
        let Some(data) = frame.data_ref() else {
            continue;
        };
        let fits = data.len().min(room);
        let kept = match keep {
            Keep::All => fits,
            Keep::Head => fits.min(HEAD.saturating_sub(bytes.len())),
            Keep::Nothing => 0,
        };
        bytes.extend_from_slice(&data[..kept]);
        if data.len() > room {
            return Ok((bytes.freeze(), false));
        }
        room -= fits;
    }
    Ok((bytes.freeze(), true))
}

/// The part of an address that is not secret.
fn host_and_port(url: &url::Url) -> String {
    let port = url
        .port_or_known_default()
        .map(|port| format!(":{port}"))
        .unwrap_or_default();
    format!("{}{port}", url.host_str().unwrap_or_default())
}

fn explain(error: &hyper_util::client::legacy::Error, at: &str) -> SendError {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = std::error::Error::source(error);
    let mut text = error.to_string();
    while let Some(inner) = cause {
        if let Some(forbidden) = inner.downcast_ref::<ForbiddenAddress>() {
            return SendError::Refused(forbidden.to_string());
        }
        text = inner.to_string();
        cause = inner.source();
    }
    if error.is_connect() {
        SendError::Unreachable(format!("{at}: {text}"))
    } else {
        SendError::Broken(text)
    }
}
