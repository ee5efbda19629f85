//! Binds a port, serves on it, and drains when a program stops.
//!
//! The caller owns the port and the stop signal: `main` passes a fixed port and [`stop_on_signal`],
//! a test passes port 0 and a token of its own.

mod connection_limit;
mod expect;

mod unread;

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::Router;
use axum_server::{Handle, Server};
use hyper_util::rt::TokioTimer;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;

use crate::cli;
use crate::listen::{Host, Listen};
use connection_limit::{LimitedListener, Peer};

/// How long requests that are under way may take to finish after a stop signal.
pub const DRAIN: Duration = Duration::from_secs(30);

/// A client that has not sent its headers within this time is cut off, as is one that has been idle
/// for so long.
const HEADER_TIMEOUT: Duration = Duration::from_secs(30);

/// Binds `address`. `setting` names what would move it, for the message:
/// `--listen or GATEWAY_LISTEN`.
///
/// # Errors
/// The port cannot be had; the text names the address, the reason and the setting.
pub fn bind(address: SocketAddr, setting: &str) -> io::Result<TcpListener> {
    bind_host(address, setting, setting)
}

/// The same where the host has a setting of its own, for a host that is not this machine's.
///
/// # Errors
/// As [`bind`].
pub fn bind_host(
    address: SocketAddr,
    setting: &str,
    host_setting: &str,
) -> io::Result<TcpListener> {
    let named = |error: io::Error| {
        let (reason, setting) = match error.kind() {
            io::ErrorKind::AddrInUse => ("the address is in use".to_owned(), setting),
            io::ErrorKind::AddrNotAvailable => {
                ("this machine has no such address".to_owned(), host_setting)
            }
            _ => (error.to_string(), setting),
        };
        io::Error::new(
            error.kind(),
            format!("cannot listen on {address}: {reason} (choose another with {setting})"),
        )
    };
    let listener = TcpListener::bind(address).map_err(named)?;
    listener.set_nonblocking(true)?;
    Ok(listener)
}

/// The same for a setting, whose host may be a name, or missing: then it is that of `HOST`.
///
/// # Errors
/// As [`bind`], or the host has no address.
pub fn listen(at: &Listen, setting: &str) -> anyhow::Result<TcpListener> {
    listen_host(at, setting, if at.has_host() { setting } else { "HOST" })
}

/// The same for a program whose host is set by `--host` or `HOST`, and its port by `--port` or
/// `PORT`.
///
/// # Errors
/// As [`listen`].
pub fn listen_at(host: Host, port: u16) -> anyhow::Result<TcpListener> {
    listen_host(
        &Listen::at(host, port),
        &cli::written("--port", "PORT"),
        &cli::written("--host", "HOST"),
    )
}

fn listen_host(at: &Listen, setting: &str, host_setting: &str) -> anyhow::Result<TcpListener> {
    let address = at.address().map_err(|error| {
        anyhow::anyhow!("cannot listen on {at}: {error:#} (choose another with {host_setting})")
    })?;
    Ok(bind_host(address, setting, host_setting)?)
}

/// Serves `app` until `stop` is cancelled, then finishes what is under way for up to [`DRAIN`].
/// Handlers can ask for `axum::extract::ConnectInfo<SocketAddr>`.
///
/// # Errors
/// The listener broke.
pub async fn serve(listener: TcpListener, app: Router, stop: CancellationToken) -> io::Result<()> {
    let handle = Handle::new();
    let drain = tokio::spawn({
        let handle = handle.clone();
        async move {
            stop.cancelled().await;
            handle.graceful_shutdown(Some(DRAIN));
        }
    });
    let app = app.layer(axum::middleware::from_fn(expect::answer));
    let listener = LimitedListener::of_process(tokio::net::TcpListener::from_std(listener)?);
    let mut server: Server<Peer> = Server::from_listener(listener)
        .handle(handle)
        // A client that sends nothing at all is not cut off by the timeout of headers: which
        // protocol it speaks is open.
        .first_request_timeout(HEADER_TIMEOUT)
        .accept_error_handler(|_, error| connection_limit::log_accept_error(error));
    server
        .http_builder()
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER_TIMEOUT);
    server
        .http_builder()
        .http2()
        .timer(TokioTimer::new())
        .keep_alive_interval(Some(HEADER_TIMEOUT));
    let served = server
        .serve(app.into_make_service_with_connect_info::<SocketAddr>())
        .await;
    drain.abort();
    served
}

/// The SIGHUP signals of a program that reloads something. A program that does not call this
/// ignores the signal, and logs that.
///
/// # Errors
/// The signal handler cannot be installed.
pub fn hangups() -> io::Result<Signal> {
    let hangups = signal(SignalKind::hangup())?;
    RELOADS.store(true, Ordering::Relaxed);
    Ok(hangups)
}

/// Whether the program reloads something on SIGHUP.
static RELOADS: AtomicBool = AtomicBool::new(false);

/// Without a handler, SIGHUP ends a process.
pub(crate) fn survive_hangups() -> io::Result<()> {
    let mut hangups = signal(SignalKind::hangup())?;
    tokio::spawn(async move {
        while hangups.recv().await.is_some() {
            if !RELOADS.load(Ordering::Relaxed) {
                tracing::info!(
                    "SIGHUP is ignored: this program reloads nothing, restart it to change settings"
                );
            }
        }
    });
    Ok(())
}

/// A token that is cancelled by SIGTERM or SIGINT. A second signal ends the process at once, with
/// exit code 130.
///
/// # Errors
/// The signal handlers cannot be installed.
pub fn stop_on_signal() -> io::Result<CancellationToken> {
    let (mut terminate, mut interrupt) = (
        signal(SignalKind::terminate())?,
        signal(SignalKind::interrupt())?,
    );
    let stop = CancellationToken::new();
    let token = stop.clone();
    tokio::spawn(async move {
        for times in 0.. {
            tokio::select! { _ = terminate.recv() => {} _ = interrupt.recv() => {} }
            if times > 0 {
                crate::console::flush();
                std::process::exit(130);
            }
            tracing::info!(
                "stopping; requests in progress have {} seconds to finish",
                DRAIN.as_secs()
            );
            token.cancel();
        }
    });
    Ok(stop)
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::routing::get;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    #[tokio::test]
    async fn what_is_under_way_is_finished() {
        let listener = bind(([127, 0, 0, 1], 0).into(), "nothing").unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, begun) = (CancellationToken::new(), CancellationToken::new());
        let app = Router::new().route(
            "/",
            get({
                let (stop, begun) = (stop.clone(), begun.clone());
                async move || {
                    begun.cancel();
                    stop.cancelled().await;
                    "done"
                }
            }),
        );
        let server = tokio::spawn(serve(listener, app, stop.clone()));
        let mut client = tokio::net::TcpStream::connect(address).await.unwrap();
        client
            .write_all(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            .await
            .unwrap();
        begun.cancelled().await;
        stop.cancel();
        let mut answer = String::new();
        client.read_to_string(&mut answer).await.unwrap();
        assert!(answer.ends_with("done"), "{answer}");
        server.await.unwrap().unwrap();
    }

    #[test]
    fn a_busy_port_is_named_with_the_setting_that_moves_it() {
        let taken = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = taken.local_addr().unwrap();
        let message = bind(address, "--listen or GATEWAY_LISTEN")
            .unwrap_err()
            .to_string();
        assert_eq!(
            message,
            format!(
                "cannot listen on {address}: the address is in use (choose another with --listen or GATEWAY_LISTEN)"
            )
        );
    }
}
