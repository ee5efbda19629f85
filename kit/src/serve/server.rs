//! How a port is served, as data.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::response::Response;

use super::activity::Patience;
use super::refusal::Refusal;
use super::seats::Seats;
use super::spelling::Spelling;
use super::tls::Tls;
use crate::network::Network;

/// How long requests that are under way may take to finish after a stop signal.
pub const DRAIN: Duration = Duration::from_secs(30);

/// Answers in place of the handlers.
type Refused = Arc<dyn Fn(Refusal) -> Response + Send + Sync>;

/// What becomes of connections beyond the seats.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WhenFull {
    /// They wait in the system's queue until another one ends.
    Wait,
    /// They get an early answer, so that their clients can go elsewhere.
    Refuse,
}

/// How a port is served.
#[derive(Clone)]
pub struct Server {
    /// How many connections there may be.
    pub seats: Seats,
    /// What becomes of others.
    pub when_full: WhenFull,
    /// How long connections may take.
    pub patience: Patience,
    /// Requests at a time on one connection of HTTP/2.
    pub streams: u32,
    /// The longest head of a request. HTTP/1 is then read strictly, and what breaks its rules is
    /// refused; without it, the HTTP library decides.
    pub head_limit: Option<usize>,
    /// TLS.
    pub tls: Option<Arc<Tls>>,
    /// Networks of proxies, which may begin a connection with the PROXY protocol.
    pub trusted: Vec<Network>,
    /// How long requests that are under way may take to finish when the port stops.
    pub drain: Duration,
    /// Answers what the server refuses.
    pub refused: Refused,
    /// How HTTP/1 writes the names of an answer's headers; without it, in lower case.
    pub spelling: Option<Spelling>,
}

impl Default for Server {
    fn default() -> Server {
        Server {
            seats: Seats::of_process(),
            when_full: WhenFull::Wait,
            patience: Patience::default(),
            streams: 200,
            head_limit: None,
            tls: None,
            trusted: Vec::new(),
            drain: DRAIN,
            refused: Arc::new(refused),
            spelling: None,
        }
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server")
            .field("seats", &self.seats)
            .field("patience", &self.patience)
            .finish_non_exhaustive()
    }
}

fn refused(refusal: Refusal) -> Response {
    let reason = refusal.status().canonical_reason().unwrap_or_default();
    let mut response = Response::new(Body::from(format!("{reason}\n")));
    *response.status_mut() = refusal.status();
    response
}

impl Server {
    /// The longest list of fields that HTTP/2 reads; what is too long for the server answers
    /// itself up to twice that.
    pub(super) fn header_list_limit(&self) -> u32 {
        const DEFAULT: usize = 64 * 1024;
        let limit = self
            .head_limit
            .map_or(DEFAULT, |limit| limit.saturating_mul(2));
        u32::try_from(limit).unwrap_or(u32::MAX)
    }
}
