//! Door: keeps the token of an OAuth connection, and fetches another one in time.
//!
//! How a token is asked for is planned in `connection`. Many deliveries share one token and one request for it.

use std::sync::Arc;
use std::time::Duration;

use http::HeaderValue;
use kit::send::Sender;
use kit::time::Timestamp;
use tokio::sync::Mutex;

use crate::connection::{Auth, Connection, OAuth, Token};

/// How long the token endpoint may take.
const DEADLINE: Duration = Duration::from_secs(5);

/// Tokens are short; an answer beyond this is none.
const LONGEST_ANSWER: usize = 64 * 1024;

/// The credentials of a connection at work.
#[derive(Debug)]
pub struct Authorizer {
    connection: Arc<Connection>,
    sender: Sender,
    token: Mutex<Option<Token>>,
}

impl Authorizer {
    /// For one connection; tokens are asked for by `sender`.
    pub fn new(connection: Arc<Connection>, sender: Sender) -> Authorizer {
        Authorizer { connection, sender, token: Mutex::new(None) }
    }

    /// The `Authorization` of an OAuth connection; `None` for connections whose credentials are no token.
    ///
    /// # Errors
    /// There is no token to be had; the reason holds no secret.
    pub async fn token(&self) -> Result<Option<HeaderValue>, String> {
        let Auth::OAuth(oauth) = &self.connection.auth else { return Ok(None) };
        let mut cached = self.token.lock().await;
        if let Some(token) = cached.as_ref().filter(|token| Timestamp::now() < token.stale_at) {
            return Ok(Some(token.value.clone()));
        }
        let token =
            self.fetch(oauth).await.map_err(|reason| format!("connection {}: {reason}", self.connection.name))?;
        Ok(Some(cached.insert(token).value.clone()))
    }

    /// The target did not accept this token: the next one is fetched anew.
    pub async fn forget(&self, refused: &HeaderValue) {
        let mut cached = self.token.lock().await;
        if cached.as_ref().is_some_and(|token| token.value == refused) {
            *cached = None;
        }
    }

    async fn fetch(&self, oauth: &OAuth) -> Result<Token, String> {
        let reply = self.sender.send(oauth.token_call(), DEADLINE, LONGEST_ANSWER).await;
        oauth.read_token(&reply.map_err(|error| format!("no token: {error}"))?, Timestamp::now())
    }
}
