//! Door: the keys of issuers of tokens, from files and URLs.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use aws_config::SdkConfig;
use kit::call::Call;
use kit::send::{AllowTargets, Sender};
use kit::time::Timestamp;
use serde_json::Value as Json;
use url::Url;

use crate::api::Issuer;
use crate::authorization::{KeyPlace, KeySet, KeySource, KnownKeys};
use crate::config::AccessArgs;

/// The longest document that is read.
const LONGEST: usize = 1024 * 1024;

/// The longest wait for one document.
const DEADLINE: Duration = Duration::from_secs(5);

/// The keys of issuers, fetched when they are needed and kept.
#[derive(Debug)]
pub(crate) struct IssuerKeys {
    sources: Vec<KeySource>,
    /// For issuers that definitions name.
    sender: Sender,
    /// The endpoint of Cognito that the environment names, and the way to it.
    cognito: Option<(Url, Sender)>,
    /// An issuer is asked at most once in this time.
    interval: Duration,
    known: Mutex<HashMap<String, Arc<tokio::sync::Mutex<KnownKeys>>>>,
}

impl IssuerKeys {
    /// Keys by the settings: issuers are asked at public addresses, and at those in
    /// `allowed`.
    ///
    /// # Errors
    /// The system's certificate authorities cannot be read.
    pub(super) fn by(
        args: &AccessArgs,
        allowed: AllowTargets,
        sdk: &SdkConfig,
    ) -> std::io::Result<IssuerKeys> {
        let endpoint = kit::aws::endpoint(sdk, "COGNITO_IDENTITY_PROVIDER");
        let endpoint = endpoint.and_then(|url| url.parse().ok());
        let cognito = match endpoint {
            Some(url) => Some((url, Sender::through_proxies()?)),
            None => None,
        };
        Ok(IssuerKeys::new(
            args.jwks.clone(),
            Sender::new(allowed)?,
            cognito,
            args.jwks_interval(),
        ))
    }

    /// Keys from `sources`; those of other issuers from where they publish them, through `sender`.
    pub(crate) fn new(
        sources: Vec<KeySource>,
        sender: Sender,
        cognito: Option<(Url, Sender)>,
        interval: Duration,
    ) -> IssuerKeys {
        IssuerKeys {
            sources,
            sender,
            cognito,
            interval,
            known: Mutex::default(),
        }
    }

    /// The names that an issuer goes by in tokens: its URL, and that of its emulator.
    pub(crate) fn names(&self, issuer: &Issuer) -> Vec<String> {
        let mut names = vec![issuer.url()];
        if let (Issuer::UserPool { id, .. }, Some((endpoint, _))) = (issuer, &self.cognito) {
            names.push(format!("{}/{id}", endpoint.as_str().trim_end_matches('/')));
        }
        names
    }

    /// The keys of an issuer, for a token whose key has this id. Requests that wait for the same
    /// issuer share one fetch.
    ///
    /// # Errors
    /// No keys are known, and they cannot be fetched; the reason in plain words.
    pub(crate) async fn of(
        &self,
        issuer: &Issuer,
        id: Option<&str>,
        now: Timestamp,
    ) -> Result<Arc<KeySet>, String> {
        let known = {
            let mut all = self.known.lock().unwrap_or_else(PoisonError::into_inner);
            all.entry(issuer.url()).or_default().clone()
        };
        let mut known = known.lock().await;
        if known.is_due(id, now, self.interval) {
            known.asked = Some(now);
            match self.fetch(issuer).await {
                Ok(keys) => known.keys = Some((Arc::new(keys), now)),
                Err(reason) if known.keys.is_none() => return Err(reason),
                Err(reason) => tracing::warn!(
                    issuer = issuer.url(),
                    "cannot fetch the keys of an issuer again, the known ones stay valid: {reason}"
                ),
            }
        }
        match &known.keys {
            Some((keys, _)) => Ok(keys.clone()),
            None => Err("the last attempt to fetch them failed a moment ago".to_owned()),
        }
    }

    async fn fetch(&self, issuer: &Issuer) -> Result<KeySet, String> {
        let url = issuer.url();
        let is_meant = |source: &&KeySource| source.is_for(issuer);
        let document = match (self.sources.iter().find(is_meant), issuer, &self.cognito) {
            (Some(source), _, _) => match source.place() {
                KeyPlace::File(file) => tokio::fs::read(file)
                    .await
                    .map_err(|error| format!("cannot read {}: {error}", file.display()))?,
                KeyPlace::Url(url) => get(&self.sender, url.clone()).await?,
            },
            (None, Issuer::UserPool { id, .. }, Some((endpoint, sender))) => {
                let base = endpoint.as_str().trim_end_matches('/');
                get(
                    sender,
                    parsed(&format!("{base}/{id}/.well-known/jwks.json"))?,
                )
                .await?
            }
            (None, Issuer::UserPool { .. }, None) => {
                get(
                    &self.sender,
                    parsed(&format!("{url}/.well-known/jwks.json"))?,
                )
                .await?
            }
            (None, Issuer::Provider(url), _) => {
                get(&self.sender, discover(&self.sender, url).await?).await?
            }
        };
        KeySet::parse(&document)
    }
}

/// Where an OpenID provider publishes its keys.
async fn discover(sender: &Sender, issuer: &str) -> Result<Url, String> {
    let base = issuer.trim_end_matches('/');
    let url = parsed(&format!("{base}/.well-known/openid-configuration"))?;
    let document = get(sender, url.clone()).await?;
    let document: Json = serde_json::from_slice(&document)
        .map_err(|error| format!("{url}: not valid JSON: {error}"))?;
    let keys = document.get("jwks_uri").and_then(Json::as_str);
    parsed(keys.ok_or_else(|| format!("{url}: jwks_uri is missing"))?)
}

fn parsed(text: &str) -> Result<Url, String> {
    Url::parse(text).map_err(|error| format!("invalid URL {text}: {error}"))
}

async fn get(sender: &Sender, url: Url) -> Result<Vec<u8>, String> {
    let shown = url.to_string();
    let call = Call {
        method: http::Method::GET,
        url,
        headers: http::HeaderMap::new(),
        body: bytes::Bytes::new(),
    };
    let reply = sender
        .send(call, DEADLINE, LONGEST)
        .await
        .map_err(|error| format!("{shown}: {error}"))?;
    if !reply.status.is_success() || !reply.complete {
        return Err(format!("{shown} answered {}", reply.status));
    }
    Ok(reply.body.to_vec())
}
