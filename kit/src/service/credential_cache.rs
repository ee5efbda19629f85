//! Credentials, fetched once and kept as long as they are valid.
//!
//! The SDK's providers keep nothing themselves: some of them make a request each time.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_credential_types::provider::{ProvideCredentials as _, SharedCredentialsProvider};
use tokio::sync::Mutex;

/// Credentials are renewed this long before they expire.
const MARGIN: Duration = Duration::from_secs(60);

/// After a failure, or credentials that are about to expire, the provider is not asked again for
/// this long.
const PAUSE: Duration = Duration::from_secs(2);

/// Credentials without an expiry are fetched again after this time, as the SDK does: files and
/// variables change.
const UNKNOWN_LIFETIME: Duration = Duration::from_secs(15 * 60);

/// A cache in front of a credentials provider. Cheap to clone.
#[derive(Debug, Clone)]
pub(super) struct CredentialCache {
    provider: Option<SharedCredentialsProvider>,
    state: Arc<Mutex<CacheState>>,
}

#[derive(Debug, Default)]
struct CacheState {
    kept: Option<Kept>,
    /// The last failure, where there is nothing else.
    failure: Option<Failure>,
}

#[derive(Debug, Clone)]
struct Kept {
    credentials: Credentials,
    renew_at: SystemTime,
}

#[derive(Debug, Clone)]
struct Failure {
    reason: String,
    ask_at: SystemTime,
}

impl CredentialCache {
    /// A cache in front of this provider, if there is one.
    pub(super) fn new(provider: Option<SharedCredentialsProvider>) -> CredentialCache {
        CredentialCache {
            provider,
            state: Arc::default(),
        }
    }

    /// Credentials that are valid at `now`. Concurrent callers share one request to the provider,
    /// which goes on when they stop waiting.
    ///
    /// # Errors
    /// The provider has none; its own words.
    pub(super) async fn credentials(&self, now: SystemTime) -> Result<Credentials, String> {
        if let Some(answer) = self.state.lock().await.answer(now) {
            return answer;
        }
        let renewed = tokio::spawn(self.clone().renew(now)).await;
        renewed.unwrap_or_else(|error| Err(format!("the request for credentials failed: {error}")))
    }

    async fn renew(self, now: SystemTime) -> Result<Credentials, String> {
        let mut state = self.state.lock().await;
        if let Some(answer) = state.answer(now) {
            return answer;
        }
        let provider = self.provider.as_ref().ok_or("none are configured")?;
        match provider.provide_credentials().await {
            Ok(credentials) => Ok(state.keep(credentials, now)),
            Err(error) => state.fail(&crate::aws::explain(&error), now),
        }
    }
}

impl CacheState {
    /// What is known at `now`; `None` when the provider is to be asked.
    fn answer(&self, now: SystemTime) -> Option<Result<Credentials, String>> {
        if let Some(kept) = self.kept.as_ref().filter(|kept| now < kept.renew_at) {
            return Some(Ok(kept.credentials.clone()));
        }
        let failure = self
            .failure
            .as_ref()
            .filter(|failure| now < failure.ask_at && now + PAUSE >= failure.ask_at)?;
        Some(Err(failure.reason.clone()))
    }

    fn keep(&mut self, credentials: Credentials, now: SystemTime) -> Credentials {
        let renew_at = match credentials.expiry() {
            Some(expiry) => expiry.checked_sub(MARGIN).unwrap_or(now).max(now + PAUSE),
            None => now + UNKNOWN_LIFETIME,
        };
        self.failure = None;
        self.kept = Some(Kept {
            credentials: credentials.clone(),
            renew_at,
        });
        credentials
    }

    /// The old credentials, as long as they are good.
    fn fail(&mut self, reason: &str, now: SystemTime) -> Result<Credentials, String> {
        let is_good = |old: &&mut Kept| old.credentials.expiry().is_none_or(|expiry| now < expiry);
        let Some(old) = self.kept.as_mut().filter(is_good) else {
            self.failure = Some(Failure {
                reason: reason.to_owned(),
                ask_at: now + PAUSE,
            });
            return Err(reason.to_owned());
        };
        tracing::warn!("cannot renew the credentials, using the old ones: {reason}");
        old.renew_at = now + PAUSE;
        Ok(old.credentials.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_credential_types::provider::error::CredentialsError;
    use aws_credential_types::provider::future::ProvideCredentials;
    use std::sync::atomic::{AtomicU64, Ordering};

    /// The n-th answer is good for an hour from hour n on; the third is a refusal.
    #[derive(Debug, Default)]
    struct Hourly(AtomicU64);

    fn at(minutes: u64) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(minutes * 60)
    }

    impl aws_credential_types::provider::ProvideCredentials for Hourly {
        fn provide_credentials<'a>(&'a self) -> ProvideCredentials<'a>
        where
            Self: 'a,
        {
            let number = self.0.fetch_add(1, Ordering::Relaxed) + 1;
            ProvideCredentials::ready(match number {
                3 => Err(CredentialsError::not_loaded("no more")),
                _ => Ok(Credentials::new(
                    format!("key{number}"),
                    "s",
                    None,
                    Some(at(number * 60)),
                    "test",
                )),
            })
        }
    }

    #[tokio::test]
    async fn they_are_asked_for_again_before_they_expire_and_used_until_then() {
        let cache = CredentialCache::new(Some(SharedCredentialsProvider::new(Hourly::default())));
        let mut keys = Vec::new();
        for minute in [0, 58, 59, 118, 119, 119, 120] {
            keys.push(
                cache
                    .credentials(at(minute))
                    .await
                    .unwrap()
                    .access_key_id()
                    .to_owned(),
            );
        }
        // In minute 119 the provider refuses, and is not asked again at once.
        assert_eq!(
            keys,
            ["key1", "key1", "key2", "key2", "key2", "key2", "key4"]
        );
    }

    #[tokio::test]
    async fn those_that_never_expire_are_asked_for_again_too() {
        let fixed = Credentials::new("key", "s", None, None, "test");
        let cache = CredentialCache::new(Some(SharedCredentialsProvider::new(fixed)));
        cache.credentials(at(0)).await.unwrap();
        let renew_at = cache.state.lock().await.kept.as_ref().unwrap().renew_at;
        assert_eq!(renew_at, at(15));
        assert_eq!(
            CredentialCache::new(None)
                .credentials(at(0))
                .await
                .unwrap_err(),
            "none are configured"
        );
    }

    /// The first answer is a refusal.
    #[derive(Debug, Default)]
    struct Late(AtomicU64);

    impl aws_credential_types::provider::ProvideCredentials for Late {
        fn provide_credentials<'a>(&'a self) -> ProvideCredentials<'a>
        where
            Self: 'a,
        {
            ProvideCredentials::ready(match self.0.fetch_add(1, Ordering::Relaxed) {
                0 => Err(CredentialsError::not_loaded("not yet")),
                _ => Ok(Credentials::new("key", "s", None, None, "test")),
            })
        }
    }

    #[tokio::test]
    async fn a_refusal_is_not_asked_for_again_at_once() {
        let cache = CredentialCache::new(Some(SharedCredentialsProvider::new(Late::default())));
        let refused = cache.credentials(at(0)).await.unwrap_err();
        assert_eq!(cache.credentials(at(0)).await.unwrap_err(), refused);
        assert_eq!(
            cache
                .credentials(at(0) + PAUSE)
                .await
                .unwrap()
                .access_key_id(),
            "key"
        );
    }
}
