//! Door: keeps the token of an OAuth connection, and fetches another one in time.
//!
//! How a token is asked for is planned in `connection`. Many deliveries share one token and one
//! request for it: while the token is still good, one of them fetches the next and the others go
//! on; when there is none, all wait for the same answer, a refusal included.

use std::sync::Arc;
use std::time::Duration;

use http::HeaderValue;
use kit::lock::{Mutex, MutexGuard};
use kit::send::Sender;
use kit::time::Timestamp;

use crate::redact::secrets::Secrets;
use crate::targets::connection::{Auth, Connection, OAuth, Token};

/// How long the token endpoint may take.
const DEADLINE: Duration = Duration::from_secs(5);

/// Tokens are short; an answer beyond this is none.
const LONGEST_ANSWER: usize = 64 * 1024;

/// A failed request for a token answers everybody who wants one for so long.
const FAILURE: Duration = Duration::from_secs(1);

/// The credentials of a connection at work.
#[derive(Debug)]
pub struct TokenCache {
    connection: Arc<Connection>,
    secrets: Secrets,
    sender: Sender,
    known: Mutex<Known>,
    /// Held by the one who fetches.
    fetching: Arc<tokio::sync::Mutex<()>>,
}

#[derive(Debug, Default)]
struct Known {
    token: Option<Token>,
    /// Why there is no newer one, and until when that is believed.
    failure: Option<(String, Timestamp)>,
}

/// What is known at a time.
enum TokenState {
    /// This token, which is good for a while.
    Fresh(HeaderValue),
    /// This one, which is about to expire.
    Stale(HeaderValue),
    /// There was none to be had just now.
    Failed(String),
    /// Nothing.
    Unknown,
}

impl TokenCache {
    /// For one connection; tokens are asked for by `sender`.
    pub fn new(connection: Arc<Connection>, sender: Sender) -> TokenCache {
        let secrets = Secrets::new(connection.credentials());
        TokenCache {
            connection,
            secrets,
            sender,
            known: Mutex::default(),
            fetching: Arc::default(),
        }
    }

    /// What else is sent over this connection and nobody is to see.
    pub fn keep_secret(&self, more: impl IntoIterator<Item = String>) {
        self.secrets.add(more);
    }

    /// The `Authorization` of an OAuth connection; `None` for connections whose credentials are no
    /// token.
    ///
    /// # Errors
    /// There is no token to be had; the reason holds no secret.
    pub async fn token(self: &Arc<TokenCache>) -> Result<Option<HeaderValue>, String> {
        if !matches!(self.connection.auth, Auth::OAuth(_)) {
            return Ok(None);
        }
        let fetching = self.fetching.clone();
        let turn = match self.know() {
            TokenState::Fresh(token) => return Ok(Some(token)),
            TokenState::Failed(reason) => return Err(reason),
            TokenState::Stale(token) => {
                if let Ok(turn) = fetching.try_lock_owned() {
                    tokio::spawn(self.clone().fetch(turn));
                }
                return Ok(Some(token));
            }
            TokenState::Unknown => fetching.lock_owned().await,
        };
        if let TokenState::Unknown = self.know() {
            // A task of its own, for the caller may run out of time; the others still want the
            // answer.
            let fetched = tokio::spawn(self.clone().fetch(turn)).await;
            fetched.map_err(|error| format!("connection {}: {error}", self.connection.name))?;
        }
        match self.know() {
            TokenState::Fresh(token) | TokenState::Stale(token) => Ok(Some(token)),
            TokenState::Failed(reason) => Err(reason),
            TokenState::Unknown => Err(format!(
                "connection {}: the token had expired when it came",
                self.connection.name
            )),
        }
    }

    /// The target did not accept this token: the next one is fetched anew.
    pub fn forget(&self, refused: &HeaderValue) {
        let mut known = self.lock();
        if known
            .token
            .as_ref()
            .is_some_and(|token| token.value == refused)
        {
            *known = Known::default();
        }
    }

    fn know(&self) -> TokenState {
        self.lock().at(Timestamp::now())
    }

    async fn fetch(self: Arc<TokenCache>, _turn: tokio::sync::OwnedMutexGuard<()>) {
        let Auth::OAuth(oauth) = &self.connection.auth else {
            return;
        };
        let fetched = self.ask(oauth).await;
        if let Ok(token) = &fetched {
            // Before anybody can send it.
            self.secrets.add_token(token.text());
        }
        let mut known = self.lock();
        match fetched {
            Ok(token) => {
                *known = Known {
                    token: Some(token),
                    failure: None,
                }
            }
            Err(reason) => {
                let reason = format!("connection {}: {reason}", self.connection.name);
                known.failure = Some((reason, Timestamp::now() + FAILURE));
            }
        }
    }

    async fn ask(&self, oauth: &OAuth) -> Result<Token, String> {
        let reply = self
            .sender
            .send(oauth.token_call(), DEADLINE, LONGEST_ANSWER)
            .await;
        oauth.read_token(
            &reply.map_err(|error| format!("no token: {error}"))?,
            Timestamp::now(),
        )
    }

    fn lock(&self) -> MutexGuard<'_, Known> {
        self.known.lock()
    }
}

impl Known {
    fn at(&self, now: Timestamp) -> TokenState {
        let failure = self.failure.as_ref().filter(|(_, until)| now < *until);
        match (
            self.token.as_ref().filter(|token| now < token.expires_at),
            failure,
        ) {
            // A stale token is good enough until the next request for another one.
            (Some(token), Some(_)) => TokenState::Fresh(token.value.clone()),
            (Some(token), None) if now < token.stale_at => TokenState::Fresh(token.value.clone()),
            (Some(token), None) => TokenState::Stale(token.value.clone()),
            (None, Some((reason, _))) => TokenState::Failed(reason.clone()),
            (None, None) => TokenState::Unknown,
        }
    }
}

#[cfg(test)]
mod tests;
