//! The results of Lambda authorizers, kept for a while.
//!
//! A result is kept for the values that identify a caller, and holds for all methods of the stage
//! that share the authorizer: `docs/aws/api-gateway.md#access`.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use kit::time::Timestamp;

use super::answer::Grant;

/// How many results are kept at most.
const ROOM: usize = 20_000;

/// What a result is kept for.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct ResultKey {
    /// API, stage and authorizer.
    pub authorizer: [String; 3],
    /// The values of the identity sources.
    pub identity: Vec<String>,
}

#[derive(Debug, Clone)]
struct KeptGrant {
    grant: Arc<Grant>,
    until: Timestamp,
}

/// The results that are kept. When half of the room is full, what came before the last filling of
/// the half is forgotten, so that no stream of new callers fills memory.
#[derive(Debug, Default)]
pub(crate) struct Results(Mutex<[HashMap<ResultKey, KeptGrant>; 2]>);

impl Results {
    /// The result for a key, if it is still valid.
    pub(crate) fn get(&self, key: &ResultKey, now: Timestamp) -> Option<Arc<Grant>> {
        let halves = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = halves.iter().find_map(|half| half.get(key))?;
        (now < kept.until).then(|| kept.grant.clone())
    }

    /// Forgets all of them.
    pub(crate) fn clear(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Default::default();
    }

    /// Keeps a result until `now` and `ttl`.
    pub(crate) fn keep(&self, key: ResultKey, grant: Arc<Grant>, now: Timestamp, ttl: Duration) {
        let mut halves = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if halves[0].len() >= ROOM / 2 {
            halves.swap(0, 1);
            halves[0].clear();
        }
        halves[0].insert(
            key,
            KeptGrant {
                grant,
                until: now + ttl,
            },
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::Policy;

    fn key(identity: usize) -> ResultKey {
        ResultKey {
            authorizer: ["api", "stage", "name"].map(Into::into),
            identity: vec![identity.to_string()],
        }
    }

    fn grant(principal: &str) -> Arc<Grant> {
        Arc::new(Grant {
            context: [("principalId".to_owned(), principal.into())]
                .into_iter()
                .collect(),
            policy: Policy {
                statements: Vec::new(),
                has_variables: false,
            },
            usage_key: None,
        })
    }

    const TTL: Duration = Duration::from_secs(300);

    #[test]
    fn a_result_is_kept_for_its_time() {
        let (results, now) = (Results::default(), Timestamp::from_millis(0));
        results.keep(key(1), grant("a"), now, TTL);
        assert!(
            results
                .get(&key(1), now + TTL - Duration::from_millis(1))
                .is_some()
        );
        assert!(results.get(&key(1), now + TTL).is_none());
        assert!(results.get(&key(2), now).is_none());
        results.keep(key(1), grant("b"), now + TTL, TTL);
        assert_eq!(results.get(&key(1), now + TTL), Some(grant("b")));
    }

    #[test]
    fn a_stream_of_callers_does_not_fill_memory() {
        let (results, now) = (Results::default(), Timestamp::from_millis(0));
        for caller in 0..3 * ROOM {
            results.keep(key(caller), grant("x"), now, TTL);
        }
        let kept = |caller| results.get(&key(caller), now).is_some();
        assert!(kept(3 * ROOM - 1) && !kept(0));
        let halves = results.0.lock().unwrap();
        assert!(halves[0].len() + halves[1].len() <= ROOM);
    }
}
