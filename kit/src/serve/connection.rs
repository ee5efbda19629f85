//! The life of one connection: who it is from, TLS, which HTTP it speaks, its requests.

use std::convert::Infallible;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::response::Response;
use http::Request;
use hyper::body::{Body as _, Incoming};
use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::{sleep_until, timeout};

use super::activity::{Activity, Verdict};
use super::app::App;
use super::expect;
use super::guard::Guard;
use super::http1::Wire;
use super::peer::Peer;
use super::prefixed::{Prefixed, Sniffed};
use super::proxy_protocol;
use super::server::Server;
use super::stream::Stream;
use super::under_way::{CountedBody, UnderWay};
use crate::network::contain;

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// Answers with more bytes than this may take a while to be sent: the connection is not idle.
const LARGE: u64 = 16 * 1024;

/// How long a client that answers nothing may still be asked whether it is there.
const PING_TIMEOUT: Duration = Duration::from_secs(20);

/// What a port does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    Serving,
    /// It accepts nothing; requests under way are finished.
    Draining,
    /// Connections that are still there end.
    Over,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Protocol {
    Http1,
    Http2,
}

/// What all connections of a port share.
pub(super) struct ConnectionContext {
    pub server: Server,
    pub app: Arc<dyn App>,
}

/// Serves one connection to its end.
pub(super) async fn run(
    shared: Arc<ConnectionContext>,
    stream: TcpStream,
    peer: std::net::SocketAddr,
    mut phase: watch::Receiver<Phase>,
) {
    let patience = shared.server.patience.head;
    let opened = tokio::select! {
        opened = timeout(patience, open(&shared, stream, peer)) => opened,
        _ = phase.wait_for(|phase| *phase != Phase::Serving) => return,
    };
    let Ok(Ok((stream, peer, protocol))) = opened else {
        tracing::debug!("a connection ended before its first request");
        return;
    };
    // On the heap, so that connections that have said nothing take little memory.
    Box::pin(serve(shared, stream, peer, protocol, phase)).await;
}

/// Does what comes in front of the first request.
async fn open(
    shared: &ConnectionContext,
    stream: TcpStream,
    address: std::net::SocketAddr,
) -> io::Result<(Stream, Peer, Protocol)> {
    let mut peer = Peer::plain(address);
    let mut stream = Prefixed::new(stream);
    if contain(&shared.server.trusted, address.ip())
        && let Some(source) = stream.sniff(proxy_protocol::read).await?
    {
        peer.address = source;
    }
    let Some(tls) = &shared.server.tls else {
        let protocol = stream.sniff(|bytes| Ok(protocol(bytes))).await?;
        return Ok((Stream::Plain(stream), peer, protocol));
    };
    let (stream, said) = tls.accept(stream).await?;
    let protocol = match stream.get_ref().1.alpn_protocol() {
        Some(b"h2") => Protocol::Http2,
        _ => Protocol::Http1,
    };
    peer.tls = Some(Arc::new(said));
    Ok((Stream::Tls(Box::new(stream)), peer, protocol))
}

fn protocol(bytes: &[u8]) -> Sniffed<Protocol> {
    match bytes {
        [] => Sniffed::More,
        _ if bytes.starts_with(PREFACE) => Sniffed::Known(Protocol::Http2, 0),
        _ if PREFACE.starts_with(bytes) => Sniffed::More,
        _ => Sniffed::Known(Protocol::Http1, 0),
    }
}

async fn serve(
    shared: Arc<ConnectionContext>,
    stream: Stream,
    peer: Peer,
    protocol: Protocol,
    phase: watch::Receiver<Phase>,
) {
    let activity = Arc::new(Activity::new());
    let service = service_fn({
        let (shared, activity) = (shared.clone(), activity.clone());
        move |request| answer(shared.clone(), activity.clone(), peer.clone(), request)
    });
    let server = &shared.server;
    match protocol {
        Protocol::Http1 => {
            let wire = server.head_limit.map(Wire::new);
            let guard = Guard::new(stream, activity.clone(), wire);
            let mut http = http1::Builder::new();
            http.timer(TokioTimer::new())
                .header_read_timeout(None)
                .title_case_headers(server.spelling.is_some());
            let connection = http.serve_connection(TokioIo::new(guard), service);
            let connection = std::pin::pin!(connection);
            drive(server, &activity, phase, connection, |connection| {
                connection.graceful_shutdown();
            })
            .await;
        }
        Protocol::Http2 => {
            let guard = Guard::new(stream, activity.clone(), None);
            let mut http = http2::Builder::new(TokioExecutor::new());
            http.timer(TokioTimer::new())
                .keep_alive_interval(Some(server.patience.head))
                .keep_alive_timeout(PING_TIMEOUT)
                .max_concurrent_streams(server.streams)
                .max_header_list_size(server.header_list_limit());
            let connection = http.serve_connection(TokioIo::new(guard), service);
            let connection = std::pin::pin!(connection);
            drive(server, &activity, phase, connection, |connection| {
                connection.graceful_shutdown();
            })
            .await;
        }
    }
}

/// Runs a connection until it ends, by itself or because its time is over.
async fn drive<C>(
    server: &Server,
    activity: &Activity,
    mut phase: watch::Receiver<Phase>,
    mut connection: Pin<&mut C>,
    finish: impl Fn(Pin<&mut C>),
) where
    C: Future<Output = hyper::Result<()>>,
{
    let mut wait = std::pin::pin!(sleep_until(activity.at(server.patience.shortest())));
    let mut is_finishing = false;
    loop {
        tokio::select! {
            biased;
            ended = connection.as_mut() => {
                if let Err(error) = ended {
                    tracing::debug!("a connection broke: {error}");
                }
                return;
            }
            () = wait.as_mut() => match activity.verdict(&server.patience) {
                Verdict::Until(then) => wait.as_mut().reset(activity.at(then)),
                // It gets some time to say so; HTTP/2 does.
                Verdict::Idle if !is_finishing => {
                    is_finishing = true;
                    finish(connection.as_mut());
                    wait.as_mut().reset(tokio::time::Instant::now() + Duration::from_secs(1));
                }
                Verdict::Idle | Verdict::Stuck => return,
            },
            changed = phase.changed() => {
                if changed.is_err() || *phase.borrow() == Phase::Over {
                    return;
                }
                is_finishing = true;
                finish(connection.as_mut());
            }
        }
    }
}

/// Answers one request.
async fn answer(
    shared: Arc<ConnectionContext>,
    activity: Arc<Activity>,
    peer: Peer,
    mut request: Request<Incoming>,
) -> Result<Response, Infallible> {
    let (number, under_way) = UnderWay::begin(activity.clone());
    if let Some(refusal) = activity.refusal(number) {
        return Ok(spelled(&shared, (shared.server.refused)(refusal)));
    }
    for (name, value) in activity.take_fields(number) {
        request.headers_mut().append(name, value);
    }
    let response = spelled(&shared, expect::answer(&shared.app, request, peer).await);
    let is_small = response
        .body()
        .size_hint()
        .upper()
        .is_some_and(|length| length <= LARGE);
    Ok(match is_small {
        true => response,
        false => response.map(|body| Body::new(CountedBody::new(body, under_way))),
    })
}

/// The same with the names of its headers as the port writes them.
fn spelled(shared: &ConnectionContext, mut response: Response) -> Response {
    if let Some(spelling) = &shared.server.spelling {
        response.extensions_mut().extend(spelling.extensions());
    }
    response
}
