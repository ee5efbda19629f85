//! Signs the request of a case with Signature Version 4, in its headers or in its URL.

use std::time::{Duration, UNIX_EPOCH};

use kit::time::Timestamp;
use percent_encoding::utf8_percent_encode;
use serde_json::Value as Json;
use time::OffsetDateTime;
use time::macros::format_description;

use crate::call::{Call, IN_QUERY, signature};

const ALGORITHM: &str = "AWS4-HMAC-SHA256";

/// Who signs, with what, and when.
struct Signing {
    key: String,
    secret: String,
    token: Option<String>,
    date: String,
    /// `20260101/eu-west-1/execute-api/aws4_request`
    scope: String,
}

impl Signing {
    /// `key` and `secret`, and perhaps `token`, `region`, `service` and `skew`: seconds by which the
    /// client's clock is off.
    fn of(how: &Json) -> Signing {
        let member = |name: &str, default: &str| {
            how[name]
                .as_str()
                .map_or_else(|| default.to_owned(), ToOwned::to_owned)
        };
        let date = basic(how["skew"].as_i64().unwrap_or(0));
        let (region, service) = (
            member("region", "eu-west-1"),
            member("service", "execute-api"),
        );
        Signing {
            key: member("key", ""),
            secret: member("secret", ""),
            token: how["token"].as_str().map(ToOwned::to_owned),
            scope: format!("{}/{region}/{service}/aws4_request", &date[..8]),
            date,
        }
    }

    fn credential(&self) -> String {
        format!("{}/{}", self.key, self.scope)
    }

    fn signature(&self, call: &Call, names: &str) -> String {
        signature(call, names, &self.secret, &self.date, &self.scope)
    }
}

/// Signs a request as `how` says: with `expires` (seconds) in its URL, otherwise in its headers.
pub fn sign(how: &Json, call: &mut Call) {
    let signing = Signing::of(how);
    match how["expires"].as_u64() {
        Some(seconds) => in_query(&signing, seconds, call),
        None => in_headers(&signing, call),
    }
}

fn in_headers(signing: &Signing, call: &mut Call) {
    let mut names = "host;x-amz-date".to_owned();
    call.headers
        .push(("X-Amz-Date".to_owned(), signing.date.clone()));
    if let Some(token) = &signing.token {
        names += ";x-amz-security-token";
        call.headers
            .push(("X-Amz-Security-Token".to_owned(), token.clone()));
    }
    let authorization = format!(
        "{ALGORITHM} Credential={}, SignedHeaders={names}, Signature={}",
        signing.credential(),
        signing.signature(call, &names)
    );
    call.headers
        .push(("Authorization".to_owned(), authorization));
}

fn in_query(signing: &Signing, seconds: u64, call: &mut Call) {
    let mut add = |name: &str, value: &str| {
        let mark = if call.target.contains('?') { '&' } else { '?' };
        let value = utf8_percent_encode(value, IN_QUERY);
        call.target += &format!("{mark}{name}={value}");
    };
    add("X-Amz-Algorithm", ALGORITHM);
    add("X-Amz-Credential", &signing.credential());
    add("X-Amz-Date", &signing.date);
    add("X-Amz-Expires", &seconds.to_string());
    add("X-Amz-SignedHeaders", "host");
    if let Some(token) = &signing.token {
        add("X-Amz-Security-Token", token);
    }
    let signature = signing.signature(call, "host");
    call.target += &format!("&X-Amz-Signature={signature}");
}

/// `20260101T000000Z`, so many seconds from now.
fn basic(skew: i64) -> String {
    let off = Duration::from_secs(skew.unsigned_abs());
    let now = UNIX_EPOCH + Duration::from_millis(Timestamp::wall().as_millis());
    let at = if skew < 0 { now - off } else { now + off };
    let format = format_description!("[year][month][day]T[hour][minute][second]Z");
    OffsetDateTime::from(at)
        .format(format)
        .expect("a time of our days")
}
