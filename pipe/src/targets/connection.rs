//! The connection of an API destination: credentials, and what it adds to every call.
//!
//! Plain data and pure plans: an OAuth connection plans the call that asks for a token and reads
//! the answer. Who sends it and keeps the token is `authorizer`. Secrets print as nothing.

use std::time::Duration;

use base64::Engine as _;
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use kit::call::{Call, Reply};
use kit::time::Timestamp;
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::Value;
use url::Url;

/// A token is fetched anew when it would expire within this time (API destinations guide, "OAuth"),
/// or within a quarter of its life if that is shorter.
const BEFORE_EXPIRY: Duration = Duration::from_secs(60);

/// How long a token is trusted whose answer names no lifetime.
const UNKNOWN_LIFETIME: Duration = Duration::from_secs(300);

/// A connection, all of it checked.
#[derive(Debug)]
pub struct Connection {
    /// Its name, for messages.
    pub name: String,
    /// How it authorizes.
    pub auth: Auth,
    /// What it adds to every invocation; on the same key it wins over the pipe's own parameters.
    pub invocation: ConnectionParameters,
}

/// How a connection authorizes.
#[derive(Debug)]
pub enum Auth {
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

/// Additional parameters; values may be secret, keys are not.
#[derive(Debug, Default)]
pub struct ConnectionParameters {
    /// Headers.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// For the query string.
    pub query: Vec<(String, SecretString)>,
    /// For the body.
    pub body: Vec<(String, SecretString)>,
    /// Values among these that the definition declares to be no secrets, with
    /// `IsValueSecret: false`.
    pub public: Vec<String>,
}

/// The client credentials flow.
#[derive(Debug)]
pub struct OAuth {
    /// Where tokens are asked for.
    pub endpoint: Url,
    /// GET, POST or PUT.
    pub method: Method,
    /// The client.
    pub client_id: SecretString,
    /// Its secret.
    pub client_secret: SecretString,
    /// What is sent beside them.
    pub parameters: ConnectionParameters,
}

/// A token, as the header value that it becomes.
#[derive(Debug, Clone)]
pub struct Token {
    /// `Bearer …`, marked as sensitive.
    pub value: HeaderValue,
    /// From when on another one is wanted.
    pub stale_at: Timestamp,
    /// From when on it is not used any more.
    pub expires_at: Timestamp,
}

/// Credentials that cannot be sent in a header.
#[derive(Debug, thiserror::Error)]
#[error("it holds characters that a header cannot carry")]
pub struct NotAHeader;

impl Auth {
    /// `Authorization: Basic …`
    pub fn basic(username: &str, password: &SecretString) -> Auth {
        let pair = format!("{username}:{}", password.expose_secret());
        let text = format!(
            "Basic {}",
            base64::engine::general_purpose::STANDARD.encode(pair)
        );
        let value = secret_header(&text).expect("base64 is printable");
        Auth::Header {
            name: header::AUTHORIZATION,
            value,
        }
    }

    /// `{name}: {value}`
    ///
    /// # Errors
    /// The value cannot be a header.
    pub fn api_key(name: HeaderName, value: &SecretString) -> Result<Auth, NotAHeader> {
        Ok(Auth::Header {
            name,
            value: secret_header(value.expose_secret())?,
        })
    }
}

impl Connection {
    /// What lets somebody in, as far as it is known beforehand: without user name and client id,
    /// which AWS shows as well.
    pub fn credentials(&self) -> Vec<String> {
        let mut secrets: Vec<String> = self.invocation.secrets().collect();
        match &self.auth {
            Auth::Header { value, .. } => {
                let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
                if let Some((scheme, rest)) = value.split_once(' ') {
                    secrets.extend(password(scheme, rest));
                    // Whoever repeats a header may do so without the word that names the scheme.
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

    /// Everything that it adds to calls and nobody else is to see, as far as it is known
    /// beforehand.
    pub fn secrets(&self) -> Vec<String> {
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
        let pair =
            basic.and_then(|text| base64::engine::general_purpose::STANDARD.decode(text).ok());
        if let Some(pair) = pair.and_then(|pair| String::from_utf8(pair).ok()) {
            secrets.extend(pair.split(':').map(str::to_owned));
        }
        secrets
    }
}

impl Token {
    /// The token itself, without the word before it.
    pub fn text(&self) -> String {
        let value = String::from_utf8_lossy(self.value.as_bytes());
        value
            .split_once(' ')
            .map_or(value.as_ref(), |(_, token)| token)
            .to_owned()
    }
}

impl ConnectionParameters {
    fn secrets(&self) -> impl Iterator<Item = String> {
        let headers = self
            .headers
            .iter()
            .map(|(_, value)| String::from_utf8_lossy(value.as_bytes()).into_owned());
        let others = self
            .query
            .iter()
            .chain(&self.body)
            .map(|(_, value)| value.expose_secret().to_owned());
        headers
            .chain(others)
            .filter(|value| !self.public.contains(value))
    }
}

/// The password in `Basic …`.
fn password(scheme: &str, pair: &str) -> Option<String> {
    let pair = base64::engine::general_purpose::STANDARD
        .decode(pair)
        .ok()
        .filter(|_| scheme == "Basic")?;
    Some(String::from_utf8(pair).ok()?.split_once(':')?.1.to_owned())
}

/// A header value that does not print.
///
/// # Errors
/// The text cannot be a header.
pub fn secret_header(text: &str) -> Result<HeaderValue, NotAHeader> {
    let mut value = HeaderValue::from_str(text).map_err(|_| NotAHeader)?;
    value.set_sensitive(true);
    Ok(value)
}

impl OAuth {
    /// The call that asks for a token: a form for POST and PUT, a query string for GET. Parameters
    /// that the author set replace `grant_type`, `client_id` and `client_secret` of the same name.
    pub fn token_call(&self) -> Call {
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
    /// There is no usable token; the reason holds nothing of the answer's body.
    pub fn read_token(&self, reply: &Reply, now: Timestamp) -> Result<Token, String> {
        if !reply.status.is_success() {
            return Err(format!("the token endpoint answered {}", reply.status));
        }
        let answer: Value = serde_json::from_slice(&reply.body)
            .map_err(|_| "the token endpoint's answer is not JSON")?;
        let token = answer["access_token"]
            .as_str()
            .ok_or("the token endpoint's answer has no access_token")?;
        let kind = match answer["token_type"].as_str() {
            Some(kind) if !kind.eq_ignore_ascii_case("bearer") => kind,
            _ => "Bearer",
        };
        let value = secret_header(&format!("{kind} {token}"))
            .map_err(|_| "the token cannot be sent in a header")?;
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

/// Appends to a query string, percent-encoding what needs it.
pub fn append<'p>(url: &mut Url, pairs: impl Iterator<Item = (&'p str, &'p str)>) {
    let mut pairs = pairs.peekable();
    if pairs.peek().is_some() {
        url.query_pairs_mut().extend_pairs(pairs);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::StatusCode;

    fn oauth(method: Method) -> OAuth {
        OAuth {
            endpoint: "https://id.example/token?tenant=t".parse().unwrap(),
            method,
            client_id: "me".into(),
            client_secret: "s&cret".into(),
            parameters: ConnectionParameters {
                query: vec![("v".into(), "1".into())],
                body: vec![
                    ("scope".into(), "a b".into()),
                    ("client_id".into(), "you".into()),
                ],
                ..ConnectionParameters::default()
            },
        }
    }

    fn answer(status: StatusCode, body: &'static str) -> Reply {
        Reply {
            status,
            headers: HeaderMap::new(),
            body: Bytes::from_static(body.as_bytes()),
            complete: true,
        }
    }

    #[test]
    fn headers_of_basic_and_api_key() {
        let Auth::Header { name, value } = Auth::basic("me", &"pass".into()) else {
            panic!("a header")
        };
        assert_eq!(
            (name, value.to_str().unwrap()),
            (header::AUTHORIZATION, "Basic bWU6cGFzcw==")
        );
        let key = Auth::api_key(HeaderName::from_static("x-key"), &"top secret".into()).unwrap();
        assert!(!format!("{key:?}").contains("top"), "{key:?}");
        assert!(Auth::api_key(HeaderName::from_static("x-key"), &"a\nb".into()).is_err());
    }

    #[test]
    fn credentials_are_all_that_lets_somebody_in_and_no_names() {
        let parameters = ConnectionParameters {
            headers: vec![(HeaderName::from_static("x-shown"), "shown".parse().unwrap())],
            query: vec![("q".into(), "hidden".into())],
            public: vec!["shown".into()],
            ..ConnectionParameters::default()
        };
        let credentials = |auth| {
            let invocation = ConnectionParameters {
                query: parameters.query.clone(),
                ..ConnectionParameters::default()
            };
            let all = Connection {
                name: "c".into(),
                auth,
                invocation,
            }
            .credentials();
            all.into_iter()
                .filter(|secret| secret != "hidden")
                .collect::<Vec<_>>()
        };
        assert_eq!(parameters.secrets().collect::<Vec<_>>(), ["hidden"]);
        let basic = credentials(Auth::basic("me", &"pa:ss".into()));
        assert_eq!(basic, ["pa:ss", "bWU6cGE6c3M=", "Basic bWU6cGE6c3M="]);
        let key =
            |text: &str| Auth::api_key(HeaderName::from_static("x-key"), &text.into()).unwrap();
        assert_eq!(credentials(key("top-secret")), ["top-secret"]);
        assert_eq!(credentials(key("ApiKey abc")), ["abc", "ApiKey abc"]);
        assert_eq!(
            credentials(Auth::OAuth(oauth(Method::POST))),
            ["s&cret", "1", "a b", "you"]
        );
    }

    #[test]
    fn a_token_is_asked_for_by_form_or_by_query() {
        let post = oauth(Method::POST).token_call();
        assert_eq!(post.url.as_str(), "https://id.example/token?tenant=t&v=1");
        let form = "grant_type=client_credentials&client_secret=s%26cret&scope=a+b&client_id=you";
        assert_eq!(post.body, form);
        assert_eq!(
            post.headers[header::CONTENT_TYPE],
            "application/x-www-form-urlencoded"
        );
        let get = oauth(Method::GET).token_call();
        assert_eq!(
            get.url.as_str(),
            format!("https://id.example/token?tenant=t&v=1&{form}")
        );
        assert!(get.body.is_empty());
    }

    #[test]
    fn a_token_goes_stale_in_time_and_a_short_one_not_at_once() {
        let oauth = oauth(Method::POST);
        let now = Timestamp::from_millis(0);
        let body = r#"{"access_token":"t0","token_type":"bearer","expires_in":3600}"#;
        let token = oauth
            .read_token(&answer(StatusCode::OK, body), now)
            .unwrap();
        assert_eq!(
            (token.value.to_str().unwrap(), token.stale_at),
            ("Bearer t0", Timestamp::from_millis(3_540_000))
        );
        assert!(!format!("{token:?}").contains("t0"));
        let body = r#"{"access_token":"t0","expires_in":"40"}"#;
        let token = oauth
            .read_token(&answer(StatusCode::OK, body), now)
            .unwrap();
        assert_eq!(
            (token.stale_at.as_secs(), token.expires_at.as_secs()),
            (30, 40)
        );
        for (status, body) in [
            (StatusCode::OK, "{}"),
            (StatusCode::OK, "no"),
            (StatusCode::BAD_REQUEST, "secret"),
        ] {
            let reason = oauth.read_token(&answer(status, body), now).unwrap_err();
            assert!(!reason.contains("secret"), "{reason}");
        }
    }
}
