//! The sender of a request: region, account, and the address that it used; enough to find queues
//! and to name them in responses.

use crate::endpoint::Strategy;
use crate::engine::{Engine, QueueArn, QueueId};
use crate::fault::Fault;
use crate::region::{is_region, of_queue_host};

/// The sender of a request.
#[derive(Debug, Clone)]
pub struct Caller {
    /// The region that the request's signature names, or its host, or the default one.
    pub region: String,
    /// Whether the request itself named the region.
    pub names_region: bool,
    /// The account, twelve digits.
    pub account: String,
    /// The address that the client used, such as `http://localhost:4566`: queue URLs are made of
    /// it.
    pub base: String,
    /// The form of these URLs.
    pub strategy: Strategy,
    /// The `X-Amzn-Trace-Id` header; becomes AWSTraceHeader of a message that has none.
    pub trace_header: Option<String>,
    /// Whether PurgeQueue and DeleteQueue have a cooldown.
    pub cooldowns: Cooldowns,
}

/// Whether a queue can be purged again, and a deleted one created again, only after 60 seconds, as
/// in SQS. LocalStack has no such cooldown, and test suites made for it clean up between tests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Cooldowns {
    /// After 60 seconds.
    #[default]
    AsAws,
    /// At once.
    Skipped,
}

impl Caller {
    /// The URL of a queue, as this caller can reach it.
    pub fn url(&self, queue: &QueueArn) -> String {
        self.strategy.url(&self.base, queue)
    }

    /// The identity of a queue of this caller's own.
    pub fn own(&self, name: &str) -> QueueArn {
        QueueArn {
            region: self.region.clone(),
            account: self.account.clone(),
            name: name.to_owned(),
        }
    }

    /// The queue that a QueueUrl means: its last two path segments are account and name, and it may
    /// name a region in front of them, as LocalStack does, or in its host; a bare name is a queue
    /// of the caller.
    pub fn arn(&self, url: &str) -> QueueArn {
        let (region, account, name) = split(url);
        QueueArn {
            region: region.unwrap_or(&self.region).to_owned(),
            account: account.unwrap_or(&self.account).to_owned(),
            name: name.to_owned(),
        }
    }

    /// The existing queue that a required QueueUrl means.
    pub fn queue(&self, engine: &Engine, url: Option<&str>) -> Result<QueueId, Fault> {
        let url = url
            .filter(|url| !url.is_empty())
            .ok_or_else(|| Fault::missing("QueueUrl"))?;
        let names_region = self.names_region || split(url).0.is_some();
        find(engine, &self.arn(url), names_region).ok_or(Fault::QueueDoesNotExist)
    }

    /// The existing queue of this name and account, in the caller's region.
    pub fn named(
        &self,
        engine: &Engine,
        account: Option<String>,
        name: &str,
    ) -> Result<QueueId, Fault> {
        let own = self.own(name);
        let arn = QueueArn {
            account: account.unwrap_or(own.account),
            ..own
        };
        find(engine, &arn, self.names_region).ok_or(Fault::QueueDoesNotExist)
    }
}

fn find(engine: &Engine, arn: &QueueArn, names_region: bool) -> Option<QueueId> {
    engine.find(arn).or_else(|| {
        if names_region {
            None
        } else {
            only_one(engine, arn)
        }
    })
}

/// Queue URLs of `localhost` name no region, and unsigned requests do not either: then the queue is
/// meant that has the name, as long as there is one such queue.
fn only_one(engine: &Engine, arn: &QueueArn) -> Option<QueueId> {
    let is_it = |other: &QueueArn| (&other.account, &other.name) == (&arn.account, &arn.name);
    let mut named = engine
        .queues()
        .map(|queue| &queue.definition.arn)
        .filter(|other| is_it(other));
    let (found, another) = (named.next()?, named.next());
    another.is_none().then(|| engine.find(found))?
}

/// Region, account and name as a QueueUrl names them.
fn split(url: &str) -> (Option<&str>, Option<&str>, &str) {
    let (host, path) = match url.split_once("://") {
        Some((_, rest)) => rest.split_once('/').unwrap_or((rest, "")),
        None => ("", url),
    };
    let mut segments = path.rsplit('/').filter(|segment| !segment.is_empty());
    let name = segments.next().unwrap_or_default();
    let account = segments
        .next()
        .filter(|account| account.bytes().all(|byte| byte.is_ascii_digit()));
    let region = segments.next().filter(|region| is_region(region));
    (region.or_else(|| of_queue_host(host)), account, name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_of_every_form() {
        let caller = Caller {
            region: "eu-west-1".into(),
            names_region: false,
            account: "111111111111".into(),
            base: "http://localhost:4566".into(),
            trace_header: None,
            cooldowns: Cooldowns::AsAws,
            strategy: Strategy::Dynamic,
        };
        for (url, arn) in [
            ("q", "eu-west-1:111111111111:q"),
            (
                "http://localhost:4566/000000000000/q",
                "eu-west-1:000000000000:q",
            ),
            (
                "http://localhost:4566/queue/us-west-2/000000000000/q",
                "us-west-2:000000000000:q",
            ),
            (
                "/queue/us-west-2/000000000000/q",
                "us-west-2:000000000000:q",
            ),
            (
                "https://sqs.us-east-2.amazonaws.com/123456789012/q.fifo",
                "us-east-2:123456789012:q.fifo",
            ),
            (
                "http://sqs.us-east-2.localhost.localstack.cloud:4566/123456789012/q",
                "us-east-2:123456789012:q",
            ),
            (
                "https://us-east-2.queue.amazonaws.com/123456789012/q/",
                "us-east-2:123456789012:q",
            ),
            (
                "https://queue.amazonaws.com/123456789012/q",
                "us-east-1:123456789012:q",
            ),
            ("/123456789012/q", "eu-west-1:123456789012:q"),
        ] {
            assert_eq!(
                caller.arn(url).to_string(),
                format!("arn:aws:sqs:{arn}"),
                "{url}"
            );
        }
        assert_eq!(
            caller.url(&caller.own("q")),
            "http://localhost:4566/111111111111/q"
        );
        for strategy in [Strategy::Standard, Strategy::Domain, Strategy::Path] {
            for region in ["us-east-1", "ap-northeast-2"] {
                let queue = QueueArn {
                    region: region.into(),
                    ..caller.own("q")
                };
                let url = Caller {
                    strategy,
                    ..caller.clone()
                }
                .url(&queue);
                assert_eq!(
                    caller.arn(&url),
                    queue,
                    "{url} is read whatever the strategy"
                );
            }
        }
    }
}
