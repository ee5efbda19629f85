//! Standard Webhooks signatures: they show a target that a call comes from this pipe, and when it
//! was made. Pure: time is an argument.
//!
//! `webhook-signature` is `v1,` and the base64 of HMAC-SHA256 over
//! `{webhook-id}.{webhook-timestamp}.{body}`, one for each key (specification of Standard Webhooks,
//! "Signature scheme"). AWS has nothing like it, so calls are signed only if keys are given.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use http::{HeaderName, HeaderValue};
use kit::call::Call;
use kit::time::Timestamp;
use secrecy::{ExposeSecret as _, SecretSlice};
use sha2::Sha256;

/// The header with the id of the message.
pub const ID: HeaderName = HeaderName::from_static("webhook-id");

/// What a key in text form begins with.
const PREFIX: &str = "whsec_";

/// How long keys are, in bytes, by the specification.
const LENGTHS: std::ops::RangeInclusive<usize> = 24..=64;

/// The keys that calls are signed with; several while one is being replaced by the next.
#[derive(Debug)]
pub struct WebhookKeys(Vec<SecretSlice<u8>>);

impl WebhookKeys {
    /// Reads keys, one a line, each `whsec_` followed by base64. Empty lines are skipped.
    ///
    /// # Errors
    /// A line is not a key, or there is no key. The text names the line and shows nothing of it.
    pub(crate) fn parse(text: &str) -> Result<WebhookKeys, String> {
        let lines = text
            .lines()
            .enumerate()
            .filter(|(_, line)| !line.trim().is_empty());
        let keys = lines.map(|(index, line)| {
            let key = read(line.trim()).ok_or_else(|| {
                let (least, most) = (LENGTHS.start(), LENGTHS.end());
                format!(
                    "line {} is not a webhook key: expected {PREFIX} and the base64 of {least} to {most} bytes",
                    index + 1
                )
            })?;
            Ok(SecretSlice::from(key))
        });
        let keys = keys.collect::<Result<Vec<_>, String>>()?;
        if keys.is_empty() {
            Err("the file contains no webhook key".to_owned())
        } else {
            Ok(WebhookKeys(keys))
        }
    }

    /// Signs a call as it will be sent, at `now`. A call without `webhook-id` cannot be signed and
    /// stays as it is.
    pub(crate) fn sign(&self, call: &mut Call, now: Timestamp) {
        let Some(id) = call.headers.get(ID).cloned() else {
            return;
        };
        let timestamp = now.as_secs().to_string();
        let signature = |key: &SecretSlice<u8>| {
            let mut mac = Hmac::<Sha256>::new_from_slice(key.expose_secret())
                .expect("HMAC takes keys of any length");
            for part in [id.as_bytes(), b".", timestamp.as_bytes(), b".", &call.body] {
                mac.update(part);
            }
            format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
        };
        let signatures = self.0.iter().map(signature).collect::<Vec<_>>().join(" ");
        let value =
            |text: &str| HeaderValue::from_str(text).expect("digits and base64 can be sent");
        call.headers.insert(
            HeaderName::from_static("webhook-timestamp"),
            value(&timestamp),
        );
        call.headers.insert(
            HeaderName::from_static("webhook-signature"),
            value(&signatures),
        );
    }
}

fn read(line: &str) -> Option<Vec<u8>> {
    let key = STANDARD.decode(line.strip_prefix(PREFIX)?).ok()?;
    LENGTHS.contains(&key.len()).then_some(key)
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;
    use http::{HeaderMap, Method};

    /// The example that the libraries of Standard Webhooks share.
    const KEY: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

    fn signed(keys: &str) -> HeaderMap {
        let mut call = Call {
            method: Method::POST,
            url: "https://x.example".parse().unwrap(),
            headers: [(ID, "msg_p5jXN8AQM9LWM0D4loKWxJek".parse().unwrap())]
                .into_iter()
                .collect(),
            body: Bytes::from_static(br#"{"test": 2432232314}"#),
        };
        WebhookKeys::parse(keys)
            .unwrap()
            .sign(&mut call, Timestamp::from_millis(1_614_265_330_999));
        call.headers
    }

    #[test]
    fn a_call_is_signed_as_other_libraries_sign_it() {
        let headers = signed(KEY);
        assert_eq!(headers["webhook-timestamp"], "1614265330");
        assert_eq!(
            headers["webhook-signature"],
            "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
        );
    }

    #[test]
    fn every_key_signs() {
        let other = format!("{PREFIX}{}", STANDARD.encode([7; 32]));
        let both = signed(&format!("{KEY}\n\n  {other}\n"));
        let both = both["webhook-signature"].to_str().unwrap();
        assert_eq!(both.split(' ').count(), 2);
        assert_eq!(
            both.split(' ').next_back(),
            signed(&other)["webhook-signature"].to_str().ok()
        );
    }

    #[test]
    fn what_is_not_a_key_is_named_by_its_line_and_not_shown() {
        for text in [
            format!("{KEY}\nwhsec_hunter2"),
            format!("{KEY}\nhunter2"),
            format!("{KEY}\nwhsec_aHVudGVyMg=="),
        ] {
            let message = WebhookKeys::parse(&text).unwrap_err();
            assert!(
                message.starts_with("line 2 is not a webhook key") && !message.contains("hunter2"),
                "{message}"
            );
        }
        assert!(WebhookKeys::parse("\n").is_err());
        assert!(!format!("{:?}", WebhookKeys::parse(KEY).unwrap()).contains("MfKQ"));
    }
}
