//! The one way out: sends a [`Call`] within its deadline, to an address that may be spoken to.
//!
//! Redirects are not followed and nothing is sent twice. Addresses are judged when the connection
//! is made, after the name was resolved, so that a name cannot change its mind in between.

mod allow;
mod connect;
mod sdk;
mod watched;

pub use allow::{AllowTarget, AllowTargets};
pub use sdk::watched;

use std::sync::OnceLock;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::{Request, StatusCode};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::proxy::matcher::Matcher;
use hyper_util::rt::{TokioExecutor, TokioTimer};

use crate::call::{Call, Reply};
use connect::{GuardedConnector, Refused};

/// Idle connections are kept this long: less than the five seconds after which common servers
/// (Node, Apache, uvicorn) close theirs, for a call that meets the close on its way counts as
/// failed.
const IDLE: Duration = Duration::from_secs(4);

/// Why there is no reply. None of the texts holds a header, a query string or a body.
#[derive(Debug, thiserror::Error)]
pub enum SendError {
    /// The target is at a private, loopback or link-local address that is not allowed.
    #[error("{0}")]
    Refused(String),
    /// No connection: name, network, port or TLS.
    #[error("cannot connect to {0}")]
    Unreachable(String),
    /// The deadline passed.
    #[error("no complete answer within {0:?}")]
    Timeout(Duration),
    /// The deadline passed while the answer's body was on its way.
    #[error("the answer began with {status}, and its body had not ended within {within:?}")]
    Unfinished {
        /// The status that it began with.
        status: StatusCode,
        /// The deadline.
        within: Duration,
    },
    /// The connection broke, or what came back is not HTTP.
    #[error("the connection failed: {0}")]
    Broken(String),
    /// The call cannot be written as an HTTP request.
    #[error("the call cannot be sent: {0}")]
    Unsendable(String),
}

/// Sends calls over pooled connections. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Sender {
    client: Client<HttpsConnector<GuardedConnector>, Full<Bytes>>,
}

/// How much is kept of the body of an answer that is none of success, where only its status is
/// asked for.
const HEAD: usize = 1024;

/// What of an answer's body is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Keep {
    All,
    Head,
    Nothing,
}

impl Sender {
    /// A sender that speaks to public addresses and to those in `allowed`. Trusts the system's
    /// certificate authorities (and `SSL_CERT_FILE`).
    ///
    /// # Errors
    /// The system's certificate authorities cannot be read.
    pub fn new(allowed: AllowTargets) -> std::io::Result<Sender> {
        Sender::by(GuardedConnector::new(allowed))
    }

    /// A sender that speaks to any address, to `https` through the proxies that the environment
    /// names (`HTTPS_PROXY`, `ALL_PROXY`, `NO_PROXY`), as the AWS SDK does; plain HTTP goes
    /// straight, other than with the SDK.
    ///
    /// # Errors
    /// As [`Sender::new`].
    pub fn through_proxies() -> std::io::Result<Sender> {
        Sender::by(GuardedConnector::new(AllowTargets::anywhere()).through(Matcher::from_env()))
    }

    fn by(connector: GuardedConnector) -> std::io::Result<Sender> {
        Ok(Sender {
            client: client(connector, IDLE)?,
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

    /// The same for a call whose answer matters by its status alone: its body is read, so that the
    /// connection can be used again, and not kept.
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
        // On the heap, for it is large, and whoever waits for it would be as large and be moved as
        // such.
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
            // What somebody says who does not take a call is worth a line.
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

fn client<B>(
    connector: GuardedConnector,
    idle: Duration,
) -> std::io::Result<Client<HttpsConnector<GuardedConnector>, B>>
where
    B: hyper::body::Body + Send,
    B::Data: Send,
{
    let connector = HttpsConnectorBuilder::new()
        .with_provider_and_native_roots(rustls::crypto::aws_lc_rs::default_provider())?
        .https_or_http()
        .enable_http1()
        .wrap_connector(connector);
    let mut builder = Client::builder(TokioExecutor::new());
    Ok(builder
        .pool_idle_timeout(idle)
        .pool_timer(TokioTimer::new())
        .build(connector))
}

impl SendError {
    /// The same, naming another deadline: that of a whole of which this call was the last part.
    #[must_use]
    pub fn with_deadline(self, within: Duration) -> SendError {
        match self {
            SendError::Timeout(_) => SendError::Timeout(within),
            SendError::Unfinished { status, .. } => SendError::Unfinished { status, within },
            other => other,
        }
    }

    /// Whether there was no whole answer in time.
    pub fn is_timeout(&self) -> bool {
        matches!(self, SendError::Timeout(_) | SendError::Unfinished { .. })
    }
}

fn request(call: Call) -> Result<Request<Full<Bytes>>, SendError> {
    let uri: http::Uri = call
        .url
        .as_str()
        .parse()
        .map_err(|_| SendError::Unsendable("its URL is malformed".into()))?;
    let mut request = Request::new(Full::new(call.body));
    *request.method_mut() = call.method;
    *request.uri_mut() = uri;
    *request.headers_mut() = call.headers;
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

/// What of an address is no secret.
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
        if let Some(refused) = inner.downcast_ref::<Refused>() {
            return SendError::Refused(refused.to_string());
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::serve;
    use axum::Router;
    use axum::response::Redirect;
    use axum::routing::{get, post};
    use http::{HeaderMap, Method};
    use tokio_util::sync::CancellationToken;

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
}
