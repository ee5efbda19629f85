//! The OAuth client credentials flow of a connection: plans the call that asks for a token, and
//! reads the answer. Pure: time is an argument.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, header};
use kit::call::{Call, Reply};
use kit::time::Timestamp;
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::Value;
use url::Url;

use super::parameters::{ConnectionParameters, append, secret_header};

/// A token is fetched again when it would expire within this time (API destinations guide,
/// "OAuth"), or within a quarter of its lifetime if that is shorter.
const BEFORE_EXPIRY: Duration = Duration::from_secs(60);

/// The lifetime of a token whose answer names none.
const UNKNOWN_LIFETIME: Duration = Duration::from_secs(300);

/// The client credentials flow.
#[derive(Debug)]
pub(crate) struct OAuth {
    /// The URL that tokens are requested from.
    pub(crate) endpoint: Url,
    /// GET, POST or PUT.
    pub(crate) method: Method,
    /// The client's id.
    pub(crate) client_id: SecretString,
    /// The client's secret.
    pub(crate) client_secret: SecretString,
    /// Further parameters of the request.
    pub(crate) parameters: ConnectionParameters,
}

/// A token, as the value of a header.
#[derive(Debug, Clone)]
pub(crate) struct Token {
    /// `Bearer …`, marked as sensitive.
    pub(crate) value: HeaderValue,
    /// When another token should be fetched.
    pub(crate) stale_at: Timestamp,
    /// When the token must no longer be used.
    pub(crate) expires_at: Timestamp,
}

impl Token {
    /// The token itself, without the scheme before it.
    pub(crate) fn text(&self) -> String {
        let value = String::from_utf8_lossy(self.value.as_bytes());
        value
            .split_once(' ')
            .map_or(value.as_ref(), |(_, token)| token)
            .to_owned()
    }
}

impl OAuth {
    /// The call that requests a token: with a form for POST and PUT, with a query string for GET.
    /// Parameters of the connection replace `grant_type`, `client_id` and `client_secret` if they
    /// have the same name.
    pub(crate) fn token_call(&self) -> Call {
        let form = self.form();
        let mut url = self.endpoint.clone();
        append(
            &mut url,
            self.parameters
                .query
                .iter()
                .map(|(key, value)| (key.as_str(), value.expose_secret())),
        );
        let mut headers: HeaderMap = self.parameters.headers.iter().cloned().collect();
        let mut body = Bytes::new();
        if self.method == Method::GET {
            append(&mut url, form.iter().map(|(key, value)| (*key, *value)));
        } else {
            let text = url::form_urlencoded::Serializer::new(String::new())
                .extend_pairs(form)
                .finish();
            body = Bytes::from(text);
            let form = HeaderValue::from_static("application/x-www-form-urlencoded");
            headers.entry(header::CONTENT_TYPE).or_insert(form);
        }
        headers
            .entry(header::ACCEPT)
            .or_insert(HeaderValue::from_static("application/json"));
        Call {
            method: self.method.clone(),
            url,
            headers,
            body,
        }
    }

    fn form(&self) -> Vec<(&str, &str)> {
        let own = [
            ("grant_type", "client_credentials"),
            ("client_id", self.client_id.expose_secret()),
            ("client_secret", self.client_secret.expose_secret()),
        ];
        let given = || {
            self.parameters
                .body
                .iter()
                .map(|(key, value)| (key.as_str(), value.expose_secret()))
        };
        own.into_iter()
            .filter(|(key, _)| given().all(|(other, _)| other != *key))
            .chain(given())
            .collect()
    }

    /// Reads the answer to [`OAuth::token_call`].
    ///
    /// # Errors
    /// The answer has no usable token; the reason contains nothing of its body.
    pub(crate) fn read_token(&self, reply: &Reply, now: Timestamp) -> Result<Token, String> {
        if !reply.status.is_success() {
            return Err(format!("the token endpoint answered {}", reply.status));
        }
        let answer: Value = serde_json::from_slice(&reply.body)
            .map_err(|_| "the answer of the token endpoint is not JSON")?;
        let token = answer["access_token"]
            .as_str()
            .ok_or("the answer of the token endpoint has no access_token")?;
        let kind = match answer["token_type"].as_str() {
            Some(kind) if !kind.eq_ignore_ascii_case("bearer") => kind,
            _ => "Bearer",
        };
        let value = secret_header(&format!("{kind} {token}"))
            .map_err(|_| "the token contains characters that a header cannot carry")?;
        let seconds = answer["expires_in"]
            .as_u64()
            .or_else(|| answer["expires_in"].as_str()?.parse().ok());
        let lifetime = seconds.map_or(UNKNOWN_LIFETIME, Duration::from_secs);
        let stale_at = now + (lifetime - BEFORE_EXPIRY.min(lifetime / 4));
        Ok(Token {
            value,
            stale_at,
            expires_at: now + lifetime,
        })
    }
}
