//! The keys of an issuer of tokens (JWKS), and when they are fetched again. Pure.

use std::sync::Arc;
use std::time::Duration;

use jsonwebtoken::jwk::{Jwk, PublicKeyUse};
use jsonwebtoken::{AlgorithmFamily, DecodingKey};
use kit::time::Timestamp;
use serde_json::Value as Json;

/// Keys are fetched again after this time, so that one that was withdrawn is not accepted for ever.
const LIFETIME: Duration = Duration::from_secs(60 * 60);

/// One public key of an issuer.
#[derive(Clone)]
pub(crate) struct VerifyingKey {
    pub(super) id: Option<String>,
    /// The only algorithm that it is for: `RS256`.
    pub(super) algorithm: Option<String>,
    pub(super) key: DecodingKey,
}

impl std::fmt::Debug for VerifyingKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "VerifyingKey({})", self.id.as_deref().unwrap_or("-"))
    }
}

/// The public keys of an issuer.
#[derive(Debug, Clone, Default)]
pub(crate) struct KeySet(Vec<VerifyingKey>);

impl KeySet {
    /// Reads a JWKS document. A key of a kind that is not known is left out, and so are secrets
    /// that both sides share: an issuer does not publish those.
    ///
    /// # Errors
    /// The document is no JWKS, or has no key of a known kind.
    pub(crate) fn parse(document: &[u8]) -> Result<KeySet, String> {
        let document: Json =
            serde_json::from_slice(document).map_err(|error| format!("not valid JSON: {error}"))?;
        let keys = document
            .get("keys")
            .and_then(Json::as_array)
            .ok_or("expected a JSON object with a list \"keys\"")?;
        let keys: Vec<VerifyingKey> = keys.iter().filter_map(verifying_key).collect();
        if keys.is_empty() {
            return Err("no key is of a supported kind: expected RSA or EC keys".to_owned());
        }
        Ok(KeySet(keys))
    }

    /// The key with this id. A token without an id means the only key, if there is only one.
    pub(crate) fn find(&self, id: Option<&str>) -> Option<&VerifyingKey> {
        match (id, self.0.as_slice()) {
            (Some(id), keys) => keys.iter().find(|key| key.id.as_deref() == Some(id)),
            (None, [only]) => Some(only),
            (None, _) => None,
        }
    }
}

fn verifying_key(json: &Json) -> Option<VerifyingKey> {
    let jwk: Jwk = serde_json::from_value(json.clone()).ok()?;
    if jwk.common.public_key_use == Some(PublicKeyUse::Encryption) {
        return None;
    }
    let key = DecodingKey::from_jwk(&jwk).ok()?;
    let algorithm = json.get("alg").and_then(Json::as_str);
    (key.family() != AlgorithmFamily::Hmac).then(|| VerifyingKey {
        id: jwk.common.key_id.clone(),
        algorithm: algorithm.map(ToOwned::to_owned),
        key,
    })
}

/// What is known of an issuer's keys.
#[derive(Debug, Clone, Default)]
pub(crate) struct KnownKeys {
    /// The keys, and when they were fetched.
    pub keys: Option<(Arc<KeySet>, Timestamp)>,
    /// When they were asked for last, with or without success.
    pub asked: Option<Timestamp>,
}

impl KnownKeys {
    /// Whether the keys must be fetched to find the key with this id: none are known, they are old,
    /// or the id is a new one. They are asked for at most once in `interval`, whatever tokens come.
    pub(crate) fn is_due(&self, id: Option<&str>, now: Timestamp, interval: Duration) -> bool {
        if self.asked.is_some_and(|asked| now < asked + interval) {
            return false;
        }
        match &self.keys {
            None => true,
            Some((keys, fetched)) => *fetched + LIFETIME <= now || keys.find(id).is_none(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Public keys as issuers show them: elliptic ones are short.
    fn jwks(ids: &[&str]) -> String {
        let key = |id: &&str| {
            format!(
                r#"{{"kty": "EC", "crv": "P-256", "alg": "ES256", "use": "sig", "kid": "{id}",
                "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU", "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}}"#
            )
        };
        let keys: Vec<String> = ids.iter().map(key).collect();
        format!(
            r#"{{"keys": [{}, {{"kty": "new"}}, {{"kty": "oct", "k": "c2VjcmV0", "kid": "shared"}}]}}"#,
            keys.join(",")
        )
    }

    #[test]
    fn keys_are_found_by_id() {
        let two = KeySet::parse(jwks(&["a", "b"]).as_bytes()).unwrap();
        assert!(two.find(Some("b")).is_some());
        assert!(
            two.find(Some("shared")).is_none(),
            "a secret verifies nothing"
        );
        assert!(two.find(Some("c")).is_none() && two.find(None).is_none());
        let one = KeySet::parse(jwks(&["a"]).as_bytes()).unwrap();
        assert!(one.find(None).is_some());
        for wrong in ["", "{}", r#"{"keys": []}"#, &jwks(&[])] {
            assert!(KeySet::parse(wrong.as_bytes()).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_new_id_fetches_again_and_a_stream_of_them_does_not() {
        let interval = Duration::from_secs(10);
        let at = |seconds: u64| Timestamp::from_millis(seconds * 1000);
        let mut known = KnownKeys::default();
        assert!(known.is_due(Some("a"), at(0), interval));
        known.asked = Some(at(0));
        assert!(!known.is_due(Some("a"), at(9), interval), "it just failed");
        assert!(known.is_due(Some("a"), at(10), interval));
        let keys = KeySet::parse(jwks(&["a"]).as_bytes()).unwrap();
        known.keys = Some((Arc::new(keys), at(10)));
        known.asked = Some(at(10));
        assert!(!known.is_due(Some("a"), at(100), interval));
        assert!(!known.is_due(Some("new"), at(19), interval));
        assert!(known.is_due(Some("new"), at(20), interval));
        assert!(known.is_due(Some("a"), at(3610), interval), "an hour later");
    }
}
