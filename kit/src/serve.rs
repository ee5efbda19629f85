//! Binds a port, serves on it, and drains when a program stops.
//!
//! The caller owns the port and the stop signal: `main` passes a fixed port and [`stop_on_signal`],
//! a test passes port 0 and a token of its own.

mod accept;
mod activity;
mod app;
mod connection;
mod descriptor;
mod expect;
mod guard;
mod http1;
mod linger;
mod peer;
mod prefixed;
mod proxy_protocol;
mod refusal;
mod seats;
mod server;
mod spelling;
mod stream;
#[cfg(test)]
mod tests;
mod tls;
mod turned_away;
mod under_way;
mod unread;

pub use activity::Patience;
pub use app::{Answering, App};
pub use http1::is_host;
pub use peer::Peer;
pub use refusal::{Refusal, is_malformed_body};
pub use seats::{Seats, connections_of};
pub use server::{DRAIN, Server, WhenFull};
pub use spelling::Spelling;
pub use tls::{ClientCertificate, Tls, TlsFiles, TlsPeer, TrustStore};

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::Router;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;

use crate::cli;
use crate::listen::{Host, Listen};

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
    // As long a queue as the system allows: the standard library's is one of 128.
    rustix::net::listen(&listener, i32::MAX)?;
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
    Server::default().serve(listener, Arc::new(app), stop).await
}

/// The same for an admin port, which is there when the public port is full.
///
/// # Errors
/// The listener broke.
pub async fn serve_admin(
    listener: TcpListener,
    app: Router,
    stop: CancellationToken,
) -> io::Result<()> {
    let server = Server {
        seats: Seats::of_admin(),
        ..Server::default()
    };
    server.serve(listener, Arc::new(app), stop).await
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
