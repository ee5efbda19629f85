//! Who asks: region and account, and under which address; enough to find queues and to name them in answers.

use crate::engine::{Engine, QueueArn, QueueId};
use crate::fault::Fault;

/// The caller of an action.
#[derive(Debug, Clone)]
pub struct Caller {
    /// The region that the request's signature names, or the default one.
    pub region: String,
    /// The account, twelve digits.
    pub account: String,
    /// The address that the client used, such as `http://localhost:4566`: queue URLs begin with it.
    pub base: String,
    /// The `X-Amzn-Trace-Id` header; becomes AWSTraceHeader of a message that has none.
    pub trace_header: Option<String>,
}

impl Caller {
    /// The URL of a queue, as this caller can reach it.
    pub fn url(&self, queue: &QueueArn) -> String {
        format!("{}/{}/{}", self.base, queue.account, queue.name)
    }

    /// The identity of a queue of this caller's own.
    pub fn own(&self, name: &str) -> QueueArn {
        QueueArn { region: self.region.clone(), account: self.account.clone(), name: name.to_owned() }
    }

    /// The queue that a QueueUrl means: its last two path segments are account and name, its host may name a region;
    /// a bare name is a queue of the caller.
    pub fn arn(&self, url: &str) -> QueueArn {
        let (host, path) = split_url(url);
        let mut segments = path.rsplit('/').filter(|segment| !segment.is_empty());
        let name = segments.next().unwrap_or_default();
        let account = segments.next().filter(|account| account.bytes().all(|byte| byte.is_ascii_digit()));
        QueueArn {
            region: region_of(host).unwrap_or(&self.region).to_owned(),
            account: account.unwrap_or(&self.account).to_owned(),
            name: name.to_owned(),
        }
    }

    /// The existing queue that a required QueueUrl means.
    pub fn queue(&self, engine: &Engine, url: Option<&str>) -> Result<QueueId, Fault> {
        let url = url.filter(|url| !url.is_empty()).ok_or_else(|| Fault::missing("QueueUrl"))?;
        engine.find(&self.arn(url)).ok_or(Fault::QueueDoesNotExist)
    }
}

fn split_url(url: &str) -> (&str, &str) {
    match url.split_once("://") {
        Some((_, rest)) => rest.split_once('/').unwrap_or((rest, "")),
        None => ("", url),
    }
}

/// `sqs.{region}.…`, `sqs-fips.{region}.…` and `{region}.queue.…` name their region.
fn region_of(host: &str) -> Option<&str> {
    let mut labels = host.split(['.', ':']);
    match (labels.next()?, labels.next()?) {
        ("sqs" | "sqs-fips", region) => Some(region),
        (region, "queue") => Some(region),
        _ => None,
    }
    .filter(|region| region.contains('-'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_of_every_form() {
        let caller = Caller {
            region: "eu-west-1".into(),
            account: "111111111111".into(),
            base: "http://localhost:4566".into(),
            trace_header: None,
        };
        for (url, arn) in [
            ("q", "eu-west-1:111111111111:q"),
            ("http://localhost:4566/000000000000/q", "eu-west-1:000000000000:q"),
            ("http://localhost:4566/queue/eu-west-1/000000000000/q", "eu-west-1:000000000000:q"),
            ("https://sqs.us-east-2.amazonaws.com/123456789012/q.fifo", "us-east-2:123456789012:q.fifo"),
            ("http://sqs.us-east-2.localhost.localstack.cloud:4566/123456789012/q", "us-east-2:123456789012:q"),
            ("https://us-east-2.queue.amazonaws.com/123456789012/q/", "us-east-2:123456789012:q"),
            ("/123456789012/q", "eu-west-1:123456789012:q"),
        ] {
            assert_eq!(caller.arn(url).to_string(), format!("arn:aws:sqs:{arn}"), "{url}");
        }
        assert_eq!(caller.url(&caller.own("q")), "http://localhost:4566/111111111111/q");
    }
}
