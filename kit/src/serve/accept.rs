//! A port: accepts connections within its bounds, and ends them when it stops.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::sync::{mpsc, watch};
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

use super::app::App;
use super::connection::{self, ConnectionContext, Phase};
use super::descriptor::Spare;
use super::seats::NoSeat;
use super::server::{Server, WhenFull};
use super::turned_away::turn_away;
use crate::time::{OncePerMinute, Timestamp};

/// How long the server waits after it could not accept a connection.
const PAUSE: Duration = Duration::from_millis(50);

impl Server {
    /// Serves `app` until `stop` is cancelled, then finishes what is under way.
    ///
    /// # Errors
    /// The listener is none of this runtime's.
    pub async fn serve(
        self,
        listener: TcpListener,
        app: Arc<dyn App>,
        stop: CancellationToken,
    ) -> io::Result<()> {
        listener.set_nonblocking(true)?;
        let listener = tokio::net::TcpListener::from_std(listener)?;
        let drain = self.drain;
        let shared = Arc::new(ConnectionContext { server: self, app });
        let (phase, phases) = watch::channel(Phase::Serving);
        // Each connection has a sender; nothing is ever sent.
        let (alive, mut ended) = mpsc::channel::<()>(1);
        let accepting = accept(&listener, &shared, &phases, &alive);
        tokio::select! {
            biased;
            () = stop.cancelled() => {}
            () = accepting => {}
        }
        drop((listener, alive));
        // An error means that there are no connections.
        let _ = phase.send(Phase::Draining);
        if timeout(drain, ended.recv()).await.is_err() {
            let _ = phase.send(Phase::Over);
        }
        Ok(())
    }
}

/// Accepts connections. Never returns.
async fn accept(
    listener: &tokio::net::TcpListener,
    shared: &Arc<ConnectionContext>,
    phases: &watch::Receiver<Phase>,
    alive: &mpsc::Sender<()>,
) {
    let mut spare = Spare::new();
    loop {
        let seats = &shared.server.seats;
        if let (WhenFull::Wait, Some(most)) = (shared.server.when_full, seats.full()) {
            log_waiting(most);
            seats.free().await;
        }
        let (stream, peer) = match listener.accept().await {
            Ok(accepted) => accepted,
            Err(error) => {
                log_accept_error(&error);
                // A client that waits in the queue learns of it, and the queue gets shorter.
                spare.give_up_for(&error, listener).await;
                sleep(PAUSE).await;
                continue;
            }
        };
        // An error means that the client is gone.
        let _ = stream.set_nodelay(true);
        begin(shared, stream, peer, phases, alive);
    }
}

fn begin(
    shared: &Arc<ConnectionContext>,
    stream: TcpStream,
    peer: SocketAddr,
    phases: &watch::Receiver<Phase>,
    alive: &mpsc::Sender<()>,
) {
    let (shared, alive) = (shared.clone(), alive.clone());
    match shared.server.seats.take(peer.ip()) {
        Ok(seat) => {
            let phase = phases.clone();
            tokio::spawn(async move {
                let _held = (seat, alive);
                connection::run(shared, stream, peer, phase).await;
            });
        }
        Err(no_seat) => {
            log_refused(no_seat);
            turn_away(stream, &shared.server);
        }
    }
}

fn log_waiting(most: usize) {
    static LINE: OncePerMinute = OncePerMinute::new();
    if LINE.is_due(Timestamp::now()) {
        tracing::warn!(
            "all {most} connections that the limit of {} open files allows are in use: new ones wait until one ends \
             (raise the limit with ulimit -n, or LimitNOFILE of systemd, or --ulimit nofile of Docker)",
            crate::descriptors::limit()
        );
    }
}

fn log_refused(no_seat: NoSeat) {
    static ALL: OncePerMinute = OncePerMinute::new();
    static ADDRESS: OncePerMinute = OncePerMinute::new();
    let now = Timestamp::now();
    match no_seat {
        NoSeat::Full(most) if ALL.is_due(now) => tracing::warn!(
            "all connections that are allowed are in use ({most}): new ones are answered with 503 until one ends (the limit \
             of open files is {}: raise it with ulimit -n, LimitNOFILE of systemd, or --ulimit nofile of Docker)",
            crate::descriptors::limit()
        ),
        NoSeat::Address(most) if ADDRESS.is_due(now) => tracing::warn!(
            "one client address has the most connections that an address may have ({most}): its further connections get 503"
        ),
        NoSeat::Full(_) | NoSeat::Address(_) => {}
    }
}

/// Logs that a connection could not be accepted: one line a minute for each kind of reason.
fn log_accept_error(error: &io::Error) {
    static DESCRIPTORS: OncePerMinute = OncePerMinute::new();
    static OTHER: OncePerMinute = OncePerMinute::new();
    let is_about_descriptors = crate::descriptors::are_used_up(error);
    let line = if is_about_descriptors {
        &DESCRIPTORS
    } else {
        &OTHER
    };
    if !line.is_due(Timestamp::now()) {
        return;
    }
    match is_about_descriptors {
        true => tracing::error!(
            "cannot accept connections, open ones are still served: {error} (the limit is {}: raise it with ulimit -n)",
            crate::descriptors::limit()
        ),
        false => tracing::warn!("cannot accept a connection: {error}"),
    }
}
