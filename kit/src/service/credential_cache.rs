//! Credentials, fetched once and kept as long as they are valid.
//!
//! The SDK's providers keep nothing themselves: some of them make a request each time.

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

/// A cache in front of a credentials provider.
#[derive(Debug)]
pub(super) struct CredentialCache {
    provider: Option<SharedCredentialsProvider>,
    kept: Mutex<Option<Kept>>,
}

#[derive(Debug, Clone)]
struct Kept {
    credentials: Credentials,
    renew_at: SystemTime,
}

impl CredentialCache {
    /// A cache in front of this provider, if there is one.
    pub(super) fn new(provider: Option<SharedCredentialsProvider>) -> CredentialCache {
        CredentialCache {
            provider,
            kept: Mutex::default(),
        }
    }

    /// Credentials that are valid at `now`. Concurrent callers share one request to the provider.
    ///
    /// # Errors
    /// The provider has none; its own words.
    pub(super) async fn credentials(&self, now: SystemTime) -> Result<Credentials, String> {
        let mut kept = self.kept.lock().await;
        if let Some(kept) = kept.as_ref().filter(|kept| now < kept.renew_at) {
            return Ok(kept.credentials.clone());
        }
        let provider = self.provider.as_ref().ok_or("none are configured")?;
        match provider.provide_credentials().await {
            Ok(credentials) => {
                let renew_at = match credentials.expiry() {
                    Some(expiry) => expiry.checked_sub(MARGIN).unwrap_or(now).max(now + PAUSE),
                    None => now + UNKNOWN_LIFETIME,
                };
                *kept = Some(Kept {
                    credentials: credentials.clone(),
                    renew_at,
                });
                Ok(credentials)
            }
            Err(error) => {
                let is_good =
                    |old: &&mut Kept| old.credentials.expiry().is_none_or(|expiry| now < expiry);
                let Some(old) = kept.as_mut().filter(is_good) else {
                    return Err(crate::aws::explain(&error));
                };
                tracing::warn!(
                    "cannot renew the credentials, using the old ones: {}",
                    crate::aws::explain(&error)
                );
                old.renew_at = now + PAUSE;
                Ok(old.credentials.clone())
            }
        }
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
        let renew_at = cache.kept.lock().await.as_ref().unwrap().renew_at;
        assert_eq!(renew_at, at(15));
        assert_eq!(
            CredentialCache::new(None)
                .credentials(at(0))
                .await
                .unwrap_err(),
            "none are configured"
        );
    }
}
