//! Calls that are kept instead of being made: `tidegate up` runs the definitions of strangers, and
//! calls no public host that nobody named.
//!
//! A call that is kept counts as delivered. The last ones are shown on the admin port, without the
//! connection's credentials, which are added to what is sent only.

use std::collections::VecDeque;

use kit::lock::Mutex;
use kit::send::{AllowTarget, AllowTargets};
use kit::time::Timestamp;
use serde_json::{Value, json};
use url::Url;

/// How many calls are kept.
const KEPT: usize = 100;

/// How much of a call is kept, in characters.
const LONGEST: usize = 8192;

/// The calls that were kept, and the targets that are called.
#[derive(Debug)]
pub struct Outbox {
    named: AllowTargets,
    calls: Mutex<Calls>,
}

#[derive(Debug, Default)]
struct Calls {
    count: u64,
    last: VecDeque<Value>,
}

impl Outbox {
    /// An outbox for all targets but the `named` ones.
    pub fn new(named: AllowTargets) -> Outbox {
        Outbox {
            named,
            calls: Mutex::default(),
        }
    }

    /// Whether calls to this URL are kept.
    pub fn holds(&self, url: &Url) -> bool {
        !self.named.name(url)
    }

    /// Keeps a call that was made of a message; `text` is the call without credentials.
    pub(crate) fn keep(
        &self,
        destination: &str,
        url: &Url,
        message_id: &str,
        text: &str,
        at: Timestamp,
    ) {
        let call = json!({
            "timestamp": at.as_millis(),
            "destination": destination,
            "messageId": message_id,
            "call": text.chars().take(LONGEST).collect::<String>(),
        });
        let target = AllowTarget::text_for(url);
        tracing::info!(
            destination,
            message_id,
            "a call to {target} is kept in the outbox and counts as delivered: it is made with \
             --allow-target {target}"
        );
        let mut calls = self.calls.lock();
        calls.count += 1;
        if calls.last.len() == KEPT {
            calls.last.pop_front();
        }
        calls.last.push_back(call);
    }

    /// The last calls, and how many there were.
    pub(crate) fn show(&self) -> Value {
        let calls = self.calls.lock();
        json!({"count": calls.count, "calls": calls.last})
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_calls_are_kept_and_named_targets_are_called() {
        let named = ["127.0.0.1:3001", "crm.example"].map(|text| text.parse().unwrap());
        let outbox = Outbox::new(AllowTargets::new(named));
        for (url, holds) in [
            ("http://127.0.0.1:3001/sub", false),
            ("http://127.0.0.1:3002/sub", true),
            ("https://CRM.example/x", false),
            ("https://api.example/x", true),
        ] {
            assert_eq!(outbox.holds(&url.parse().unwrap()), holds, "{url}");
        }
        let url = "https://api.example/x".parse().unwrap();
        for number in 0..102 {
            outbox.keep(
                "d",
                &url,
                &number.to_string(),
                "POST …",
                Timestamp::from_millis(7),
            );
        }
        let shown = outbox.show();
        assert_eq!(shown["count"], 102);
        let expected =
            json!({"timestamp": 7, "destination": "d", "messageId": "2", "call": "POST …"});
        assert_eq!(
            (&shown["calls"][0], shown["calls"].as_array().unwrap().len()),
            (&expected, 100)
        );
    }
}
