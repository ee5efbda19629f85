//! Door: keeps the token of an OAuth connection, and fetches the next one in time.
//!
//! The request for a token is planned in `targets::connection`. Many deliveries share one token and
//! one request for it: while the token is still valid, one delivery fetches the next token and the
//! others go on; without a token, all wait for the same answer, a refusal included.

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

/// A longer answer is not a token.
const LONGEST_ANSWER: usize = 64 * 1024;

/// For so long a failed request for a token is not repeated, and its reason is the answer.
const FAILURE: Duration = Duration::from_secs(1);

/// The token of one connection, shared by all deliveries over it.
#[derive(Debug)]
pub(crate) struct TokenCache {
    connection: Arc<Connection>,
    secrets: Secrets,
    sender: Sender,
    known: Mutex<Known>,
    /// Locked while a token is fetched.
    fetching: Arc<tokio::sync::Mutex<()>>,
}

#[derive(Debug, Default)]
struct Known {
    token: Option<Token>,
    /// Why there is no newer token, and until when no other is fetched.
    failure: Option<(String, Timestamp)>,
}

/// What is known about the token at a time.
enum TokenState {
    /// This token, which is valid for a while.
    Fresh(HeaderValue),
    /// This token, which is about to expire.
    Stale(HeaderValue),
    /// A request for a token failed just now.
    Failed(String),
    /// Nothing.
    Unknown,
}

impl TokenCache {
    /// The token of `connection`, which is fetched by `sender`.
    pub(crate) fn new(connection: Arc<Connection>, sender: Sender) -> TokenCache {
        let secrets = Secrets::new(connection.credentials());
        TokenCache {
            connection,
            secrets,
            sender,
            known: Mutex::default(),
            fetching: Arc::default(),
        }
    }

    /// Adds to the secrets that must not be in the log.
    pub(crate) fn keep_secret(&self, more: impl IntoIterator<Item = String>) {
        self.secrets.add(more);
    }

    /// The `Authorization` of an OAuth connection; `None` for connections whose credentials are not
    /// a token.
    ///
    /// # Errors
    /// No token can be obtained; the reason holds no secret.
    pub(crate) async fn token(self: &Arc<TokenCache>) -> Result<Option<HeaderValue>, String> {
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
            // In a task of its own: this caller may run out of time, and others wait for the
            // answer.
            let fetched = tokio::spawn(self.clone().fetch(turn)).await;
            fetched.map_err(|error| format!("connection {}: {error}", self.connection.name))?;
        }
        match self.know() {
            TokenState::Fresh(token) | TokenState::Stale(token) => Ok(Some(token)),
            TokenState::Failed(reason) => Err(reason),
            TokenState::Unknown => Err(format!(
                "connection {}: the token had expired when it arrived",
                self.connection.name
            )),
        }
    }

    /// Forgets a token that the target did not accept.
    pub(crate) fn forget(&self, refused: &HeaderValue) {
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
            // Before the token can be sent.
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
            // A stale token will do until the next request for another one.
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
