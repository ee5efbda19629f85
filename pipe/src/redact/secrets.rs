//! The secrets that must not be logged: those of all connections in use, and their tokens.
//!
//! There is one list for the whole process, because a secret that one pipe's target repeats may
//! come back as another pipe's message. A connection is on the list as long as anything may be sent
//! over it. Foreign text passes through [`redactor`] before it is logged.

use std::collections::VecDeque;
use std::sync::{Arc, Weak};

use kit::lock::{Mutex, MutexGuard};

use super::redactor::Redactor;

/// How many tokens of a connection are remembered: a call with an earlier token may still be under
/// way.
const TOKENS: usize = 4;

static REGISTRY: Mutex<SecretRegistry> = Mutex::new(SecretRegistry {
    kept: Vec::new(),
    redactor: None,
});

struct SecretRegistry {
    kept: Vec<Weak<Mutex<Kept>>>,
    /// The redactor for the secrets of now; `None` when they have changed.
    redactor: Option<Arc<Redactor>>,
}

/// Secrets that are not logged as long as this value lives.
#[derive(Debug)]
pub(crate) struct Secrets(Arc<Mutex<Kept>>);

/// What a connection keeps.
#[derive(Default)]
struct Kept {
    fixed: Vec<String>,
    tokens: VecDeque<String>,
}

impl std::fmt::Debug for Kept {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} secrets", self.fixed.len() + self.tokens.len())
    }
}

impl Secrets {
    /// Keeps these secrets out of logs.
    pub(crate) fn new(fixed: Vec<String>) -> Secrets {
        let kept = Arc::new(Mutex::new(Kept {
            fixed,
            tokens: VecDeque::new(),
        }));
        let mut registry = REGISTRY.lock();
        registry.kept.push(Arc::downgrade(&kept));
        registry.redactor = None;
        Secrets(kept)
    }

    /// Adds further secrets.
    pub(crate) fn add(&self, more: impl IntoIterator<Item = String>) {
        self.change(|kept| {
            for secret in more {
                if !kept.fixed.contains(&secret) {
                    kept.fixed.push(secret);
                }
            }
        });
    }

    /// Adds a token. Only the last few tokens are remembered.
    pub(crate) fn add_token(&self, token: String) {
        self.change(|kept| {
            kept.tokens.retain(|known| *known != token);
            kept.tokens.push_back(token);
            if kept.tokens.len() > TOKENS {
                kept.tokens.pop_front();
            }
        });
    }

    fn change(&self, change: impl FnOnce(&mut Kept)) {
        // In the order in which `redactor` locks.
        let mut registry = REGISTRY.lock();
        change(&mut self.0.lock());
        registry.redactor = None;
    }
}

impl Drop for Secrets {
    fn drop(&mut self) {
        self.change(|kept| *kept = Kept::default());
    }
}

/// The redactor for all secrets of now.
pub(crate) fn redactor() -> Arc<Redactor> {
    let mut registry = REGISTRY.lock();
    if let Some(redactor) = &registry.redactor {
        return redactor.clone();
    }
    registry.kept.retain(|kept| kept.strong_count() > 0);
    let kept: Vec<Arc<Mutex<Kept>>> = registry.kept.iter().filter_map(Weak::upgrade).collect();
    let kept: Vec<MutexGuard<'_, Kept>> = kept.iter().map(|kept| kept.lock()).collect();
    let all = kept
        .iter()
        .flat_map(|kept| kept.fixed.iter().chain(&kept.tokens));
    let redactor = Arc::new(Redactor::new(all.map(String::as_str)));
    registry.redactor = Some(redactor.clone());
    redactor
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> String {
        redactor().redact(text).into_owned()
    }

    #[test]
    fn secrets_are_taken_out_while_their_connection_lives() {
        let text = "canary-one canary-two canary-three";
        assert_eq!(shown(text), text);
        let secrets = Secrets::new(vec!["canary-one".into()]);
        assert_eq!(shown(text), "… canary-two canary-three");
        secrets.add(["canary-two".into(), "canary-one".into()]);
        secrets.add_token("canary-three".into());
        assert_eq!(shown(text), "… … …");
        assert_eq!(format!("{secrets:?}").matches("canary").count(), 0);
        drop(secrets);
        assert_eq!(shown(text), text);
    }

    #[test]
    fn the_last_tokens_are_remembered() {
        let secrets = Secrets::new(Vec::new());
        (0..=TOKENS).for_each(|turn| secrets.add_token(format!("turning-token-{turn}!")));
        let all: Vec<String> = (0..=TOKENS)
            .map(|turn| shown(&format!("turning-token-{turn}!")))
            .collect();
        assert_eq!(all, ["turning-token-0!", "…", "…", "…", "…"]);
    }
}
