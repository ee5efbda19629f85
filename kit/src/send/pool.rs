//! Connections, each driven by the task whose exchange is on it.
//!
//! The client of hyper-util has a task for each connection, and a call passes from task to task six
//! times: at one call at a time that is most of its latency.

use std::collections::HashMap;
use std::sync::Arc;
use std::task::Poll;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::{Request, Uri};
use http_body_util::Full;
use hyper::client::conn::http1::{self, SendRequest};
use hyper_rustls::{HttpsConnector, MaybeHttpsStream};
use tower::ServiceExt as _;

use super::connect::{ForbiddenAddress, GuardedConnector, NoAddress};
use super::error::SendError;
use super::keepalive::KeepaliveStream;
use super::reading::Reading;
use super::together::together;
use crate::call::Reply;
use crate::lock::Mutex;

type Connection = http1::Connection<MaybeHttpsStream<KeepaliveStream>, Full<Bytes>>;

/// Connections that are kept for the next exchange. Cheap to clone.
#[derive(Debug, Clone)]
pub(super) struct ConnectionPool {
    connector: HttpsConnector<GuardedConnector>,
    /// By scheme, host and port.
    idle: Arc<Mutex<HashMap<String, Vec<PooledConnection>>>>,
    /// How long an idle connection is kept.
    patience: Duration,
}

/// One connection, with nothing under way.
#[derive(Debug)]
struct PooledConnection {
    sender: SendRequest<Full<Bytes>>,
    // On the heap, so that keeping it moves little.
    connection: Box<Connection>,
    since: Instant,
}

impl ConnectionPool {
    /// Keeps idle connections of `connector` for `patience`.
    pub(super) fn new(
        connector: HttpsConnector<GuardedConnector>,
        patience: Duration,
    ) -> ConnectionPool {
        ConnectionPool {
            connector,
            idle: Arc::default(),
            patience,
        }
    }

    /// Sends a request to `origin` (`https://host:port`) and reads the response. A kept connection
    /// that turns out to be closed is replaced, if nothing of the request was sent.
    ///
    /// # Errors
    /// There is no connection, or it breaks.
    pub(super) async fn exchange(
        &self,
        origin: &str,
        mut request: Request<Full<Bytes>>,
        reading: &Reading,
    ) -> Result<Reply, SendError> {
        loop {
            let (mut pooled, is_kept) = match self.take(origin).await {
                Some(pooled) => (pooled, true),
                None => (self.open(origin).await?, false),
            };
            let PooledConnection {
                sender, connection, ..
            } = &mut pooled;
            let exchange = async {
                match sender.try_send_request(request).await {
                    Ok(response) => Ok(reading.read(response).await),
                    Err(error) => Err(error),
                }
            };
            let connection = std::pin::Pin::new(&mut **connection);
            match together(exchange, connection).await {
                Ok(result) => {
                    self.keep(origin, pooled).await;
                    return result;
                }
                Err(mut error) => match error.take_message().filter(|_| is_kept) {
                    Some(unsent) => request = unsent,
                    None => return Err(SendError::Broken(cause(&error.into_error()))),
                },
            }
        }
    }

    /// A kept connection that is still open.
    async fn take(&self, origin: &str) -> Option<PooledConnection> {
        loop {
            let mut pooled = self.idle.lock().get_mut(origin)?.pop()?;
            if pooled.since.elapsed() < self.patience && pooled.is_ready().await {
                return Some(pooled);
            }
        }
    }

    async fn open(&self, origin: &str) -> Result<PooledConnection, SendError> {
        let uri = Uri::try_from(origin).map_err(|_| malformed())?;
        let unreachable = |reason: String| {
            let (_, at) = origin.split_once("://").unwrap_or_default();
            SendError::Unreachable(format!("{at}: {reason}"))
        };
        let stream = self.connector.clone().oneshot(uri).await;
        let stream = stream.map_err(|error| match forbidden(&*error) {
            Some(forbidden) => SendError::Refused(forbidden),
            None if has_no_address(&*error) => SendError::NoAddress(cause(&*error)),
            None => unreachable(cause(&*error)),
        })?;
        let opened = http1::handshake(stream).await;
        let (sender, connection) = opened.map_err(|error| unreachable(cause(&error)))?;
        Ok(PooledConnection {
            sender,
            connection: Box::new(connection),
            since: Instant::now(),
        })
    }

    /// Keeps a connection if it can be used again.
    async fn keep(&self, origin: &str, mut pooled: PooledConnection) {
        if !pooled.is_ready().await {
            return;
        }
        pooled.since = Instant::now();
        let mut idle = self.idle.lock();
        let is_first = idle.is_empty();
        match idle.get_mut(origin) {
            Some(connections) => connections.push(pooled),
            None => drop(idle.insert(origin.to_owned(), vec![pooled])),
        }
        drop(idle);
        if is_first {
            tokio::spawn(self.clone().sweep());
        }
    }

    /// Closes connections that nobody has used, until there are none.
    async fn sweep(self) {
        loop {
            tokio::time::sleep(self.patience).await;
            let mut idle = self.idle.lock();
            for connections in idle.values_mut() {
                connections.retain(|pooled| pooled.since.elapsed() < self.patience);
            }
            idle.retain(|_, connections| !connections.is_empty());
            if idle.is_empty() {
                return;
            }
        }
    }
}

impl PooledConnection {
    /// Whether a request can be sent on it, as far as is known now.
    async fn is_ready(&mut self) -> bool {
        std::future::poll_fn(|context| {
            let is_over = std::pin::Pin::new(&mut *self.connection).poll(context);
            let is_ready = self.sender.poll_ready(context);
            Poll::Ready(is_over.is_pending() && matches!(is_ready, Poll::Ready(Ok(()))))
        })
        .await
    }
}

pub(super) fn malformed() -> SendError {
    SendError::Unsendable("the URL is malformed".into())
}

type AnyError<'e> = &'e (dyn std::error::Error + 'static);

/// The innermost reason.
fn cause(error: AnyError<'_>) -> String {
    let mut innermost = error;
    while let Some(inner) = innermost.source() {
        innermost = inner;
    }
    innermost.to_string()
}

/// Whether the name of the host has no address.
fn has_no_address(error: AnyError<'_>) -> bool {
    let mut cause = Some(error);
    while let Some(error) = cause {
        if error.is::<NoAddress>() {
            return true;
        }
        cause = error.source();
    }
    false
}

/// Why the address may not be called, if that is the reason.
fn forbidden(error: AnyError<'_>) -> Option<String> {
    let mut cause = Some(error);
    while let Some(error) = cause {
        if let Some(forbidden) = error.downcast_ref::<ForbiddenAddress>() {
            return Some(forbidden.to_string());
        }
        cause = error.source();
    }
    None
}
