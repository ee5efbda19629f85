//! The form of queue URLs: LocalStack's `SQS_ENDPOINT_STRATEGY`. Pure.
//!
//! Only the URLs in responses depend on it; requests may use every form, see [`Caller::arn`].
//!
//! [`Caller::arn`]: crate::action::Caller::arn

use std::net::IpAddr;
use std::str::FromStr;

use crate::engine::QueueArn;
use crate::region::is_region;

/// A name that resolves to 127.0.0.1 with any labels in front of it, which `localhost` does not
/// everywhere.
const LOOPBACK: &str = "localhost.localstack.cloud";

/// How the URL of a queue names the queue's region.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Strategy {
    /// Not at all: `http://{the request's own host}/{account}/{name}`.
    #[default]
    Dynamic,
    /// `http://sqs.{region}.localhost.localstack.cloud:4566/{account}/{name}`
    Standard,
    /// `http://{region}.queue.localhost.localstack.cloud:4566/{account}/{name}`, without the region
    /// for us-east-1.
    Domain,
    /// `http://{the request's own host}/queue/{region}/{account}/{name}`
    Path,
}

/// The text is not one of the strategies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected dynamic, standard, domain or path")]
pub struct NotAStrategy;

impl FromStr for Strategy {
    type Err = NotAStrategy;

    /// Nothing at all, as compose files leave a variable that is not set, is the default.
    fn from_str(text: &str) -> Result<Strategy, NotAStrategy> {
        match text.trim().to_ascii_lowercase().as_str() {
            "" | "dynamic" => Ok(Strategy::Dynamic),
            "standard" => Ok(Strategy::Standard),
            "domain" => Ok(Strategy::Domain),
            "path" => Ok(Strategy::Path),
            _ => Err(NotAStrategy),
        }
    }
}

impl Strategy {
    /// The URL of a queue for a caller that used `base`, such as `http://localhost:4566`.
    pub fn url(
        self,
        base: &str,
        QueueArn {
            region,
            account,
            name,
        }: &QueueArn,
    ) -> String {
        let (scheme, host) = base.split_once("://").unwrap_or(("http", base));
        let base = match self {
            Strategy::Dynamic => base.to_owned(),
            Strategy::Path => format!("{scheme}://{}/queue/{region}", plain(host)),
            Strategy::Standard => format!("{scheme}://sqs.{region}.{}", domain(plain(host))),
            Strategy::Domain if region == "us-east-1" => {
                format!("{scheme}://queue.{}", domain(plain(host)))
            }
            Strategy::Domain => format!("{scheme}://{region}.queue.{}", domain(plain(host))),
        };
        format!("{base}/{account}/{name}")
    }
}

/// The host without the labels of SQS in front.
fn plain(host: &str) -> &str {
    let mut labels = host.splitn(3, '.');
    match (labels.next(), labels.next(), labels.next()) {
        (Some("sqs"), Some(region), Some(rest)) if is_region(region) => rest,
        (Some(region), Some("queue"), Some(rest)) if is_region(region) => rest,
        (Some("queue" | "sqs"), ..) => host.split_once('.').map_or(host, |(_, rest)| rest),
        _ => host,
    }
}

/// The host, in a form that can have labels in front: this machine by its name.
fn domain(host: &str) -> String {
    let (name, port) = match host.rsplit_once(':') {
        Some((name, port)) if !port.ends_with(']') => (name, format!(":{port}")),
        _ => (host, String::new()),
    };
    let is_address = name.trim_matches(['[', ']']).parse::<IpAddr>().is_ok();
    let name = if is_address || name.eq_ignore_ascii_case("localhost") {
        LOOPBACK
    } else {
        name
    };
    format!("{name}{port}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn queue(region: &str) -> QueueArn {
        QueueArn {
            region: region.into(),
            account: "000000000000".into(),
            name: "q".into(),
        }
    }

    /// Forms: LocalStack's documentation of `SQS_ENDPOINT_STRATEGY`.
    #[test]
    fn each_strategy_has_its_form() {
        let local = "http://localhost:4566";
        let behind = "https://sqs.eu-west-1.emulator.test";
        for (strategy, base, region, url) in [
            ("", local, "eu-west-1", "http://localhost:4566"),
            ("dynamic", behind, "eu-west-1", behind),
            (
                "path",
                local,
                "eu-west-1",
                "http://localhost:4566/queue/eu-west-1",
            ),
            (
                "path",
                behind,
                "us-east-1",
                "https://emulator.test/queue/us-east-1",
            ),
            (
                "standard",
                local,
                "eu-west-1",
                "http://sqs.eu-west-1.localhost.localstack.cloud:4566",
            ),
            (
                "STANDARD",
                "http://[::1]:4566",
                "eu-west-1",
                "http://sqs.eu-west-1.localhost.localstack.cloud:4566",
            ),
            (
                "standard",
                "http://127.0.0.1",
                "us-east-1",
                "http://sqs.us-east-1.localhost.localstack.cloud",
            ),
            (
                "standard",
                "http://emulator:4566",
                "us-east-1",
                "http://sqs.us-east-1.emulator:4566",
            ),
            (
                "standard",
                behind,
                "us-east-1",
                "https://sqs.us-east-1.emulator.test",
            ),
            (
                "domain",
                local,
                "eu-west-1",
                "http://eu-west-1.queue.localhost.localstack.cloud:4566",
            ),
            (
                "domain",
                local,
                "us-east-1",
                "http://queue.localhost.localstack.cloud:4566",
            ),
            (
                "domain",
                "http://us-west-2.queue.x.test:1",
                "us-east-1",
                "http://queue.x.test:1",
            ),
        ] {
            let strategy: Strategy = strategy.parse().unwrap();
            assert_eq!(
                strategy.url(base, &queue(region)),
                format!("{url}/000000000000/q"),
                "{strategy:?} {base}"
            );
        }
        assert_eq!("off".parse::<Strategy>(), Err(NotAStrategy));
    }
}
