//! The secrets that must not be logged: of all connections at work, and the tokens that they got.
//!
//! One list for the whole process: what one pipe's target repeats may come back as another pipe's
//! message. A connection is on it for as long as anything may still be sent over it; whoever logs
//! text of others asks [`redactor`] first.

use std::collections::VecDeque;
use std::sync::{Arc, Weak};

use kit::lock::{Mutex, MutexGuard};

use crate::redact::Redactor;

/// Tokens of one connection that are remembered: a call may still be under way with the one before.
const TOKENS: usize = 4;

static REGISTRY: Mutex<Registry> = Mutex::new(Registry {
    kept: Vec::new(),
    redactor: None,
});

struct Registry {
    kept: Vec<Weak<Mutex<Kept>>>,
    /// For what is known now; `None` when that has changed.
    redactor: Option<Arc<Redactor>>,
}

/// Secrets that are not logged while this lives.
#[derive(Debug)]
pub struct Secrets(Arc<Mutex<Kept>>);

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
    /// From now on, these are secrets.
    pub fn new(fixed: Vec<String>) -> Secrets {
        let kept = Arc::new(Mutex::new(Kept {
            fixed,
            tokens: VecDeque::new(),
        }));
        let mut registry = REGISTRY.lock();
        registry.kept.push(Arc::downgrade(&kept));
        registry.redactor = None;
        Secrets(kept)
    }

    /// And so are these.
    pub fn add(&self, more: impl IntoIterator<Item = String>) {
        self.change(|kept| {
            for secret in more {
                if !kept.fixed.contains(&secret) {
                    kept.fixed.push(secret);
                }
            }
        });
    }

    /// And so is this one, which takes turns with others.
    pub fn add_token(&self, token: String) {
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

/// Takes out what is a secret now.
pub fn redactor() -> Arc<Redactor> {
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
