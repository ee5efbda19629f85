//! The connection of an API destination: credentials, and parameters that it adds to every call.
//! Pure.
//!
//! An OAuth connection plans the call that requests a token and reads the answer; `execution` sends
//! that call and keeps the token. `Debug` shows no secret.

mod oauth;
mod parameters;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderName, HeaderValue, header};
use secrecy::{ExposeSecret as _, SecretString};

pub(crate) use oauth::{OAuth, Token};
pub(crate) use parameters::{ConnectionParameters, NotAHeader, append, secret_header};

/// A connection, completely checked.
#[derive(Debug)]
pub(crate) struct Connection {
    /// Its name, for messages.
    pub(crate) name: String,
    /// How it authorizes calls.
    pub(crate) auth: Auth,
    /// What it adds to every call; for the same key it wins over the pipe's own parameters.
    pub(crate) invocation: ConnectionParameters,
}

/// How a connection authorizes calls.
#[derive(Debug)]
pub(crate) enum Auth {
    /// A header that is the same in every call: Basic, or an API key.
    Header {
        /// `authorization`, or the name of the API key.
        name: HeaderName,
        /// The whole value, marked as sensitive.
        value: HeaderValue,
    },
    /// A token that has to be fetched.
    OAuth(OAuth),
}

impl Auth {
    /// `Authorization: Basic …`
    pub(crate) fn basic(username: &str, password: &SecretString) -> Auth {
        let pair = format!("{username}:{}", password.expose_secret());
        let text = format!("Basic {}", STANDARD.encode(pair));
        let value = secret_header(&text).expect("base64 is printable");
        Auth::Header {
            name: header::AUTHORIZATION,
            value,
        }
    }

    /// `{name}: {value}`
    ///
    /// # Errors
    /// The value cannot be sent in a header.
    pub(crate) fn api_key(name: HeaderName, value: &SecretString) -> Result<Auth, NotAHeader> {
        Ok(Auth::Header {
            name,
            value: secret_header(value.expose_secret())?,
        })
    }
}

impl Connection {
    /// The secrets that authorize calls, as far as they are known beforehand: without user name and
    /// client id, which AWS shows as well.
    pub(crate) fn credentials(&self) -> Vec<String> {
        let mut secrets: Vec<String> = self.invocation.secrets().collect();
        match &self.auth {
            Auth::Header { value, .. } => {
                let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
                if let Some((scheme, rest)) = value.split_once(' ') {
                    secrets.extend(password(scheme, rest));
                    // An answer may repeat the header without its scheme.
                    secrets.push(rest.to_owned());
                }
                secrets.push(value);
            }
            Auth::OAuth(oauth) => {
                secrets.push(oauth.client_secret.expose_secret().to_owned());
                secrets.extend(oauth.parameters.secrets());
            }
        }
        secrets
    }

    /// Everything secret that the connection adds to calls, as far as it is known beforehand.
    pub(crate) fn secrets(&self) -> Vec<String> {
        let mut secrets = Vec::new();
        let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
        match &self.auth {
            Auth::Header { value, .. } => secrets.push(text(value)),
            Auth::OAuth(oauth) => {
                secrets.extend(
                    [&oauth.client_id, &oauth.client_secret]
                        .map(|secret| secret.expose_secret().to_owned()),
                );
                secrets.extend(oauth.parameters.secrets());
            }
        }
        secrets.extend(self.invocation.secrets());
        let basic = secrets
            .first()
            .and_then(|first| first.strip_prefix("Basic "));
        let pair = basic.and_then(|text| STANDARD.decode(text).ok());
        if let Some(pair) = pair.and_then(|pair| String::from_utf8(pair).ok()) {
            secrets.extend(pair.split(':').map(str::to_owned));
        }
        secrets
    }
}

/// The password in `Basic …`.
fn password(scheme: &str, pair: &str) -> Option<String> {
    let pair = STANDARD.decode(pair).ok().filter(|_| scheme == "Basic")?;
    Some(String::from_utf8(pair).ok()?.split_once(':')?.1.to_owned())
}

#[cfg(test)]
mod tests;
