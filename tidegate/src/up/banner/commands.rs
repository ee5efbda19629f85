//! Commands to try, for a shell: a request that an API accepts, or a message for a queue.

use std::net::SocketAddr;

use gateway::example::Example;

use super::contents::Contents;
use crate::up::args::Part;
use crate::up::resources::Resources;

/// The event of the built-in template, and the body where a request may have any.
pub(in crate::up) const EVENT: &str =
    r#"{"id": 10, "age": 31, "name": "leedonggyu", "job": "devops"}"#;

impl Contents<'_> {
    /// Commands, under what they do.
    pub(super) fn commands(&self) -> Vec<(&'static str, Vec<String>)> {
        let example = self
            .example
            .filter(|_| !self.without.contains(&Part::Gateway));
        let gateway = example.map(|example| call(example, &self.ports.gateway));
        match (gateway, self.subscriber) {
            (Some(call), Some(bucket)) if self.publisher.is_some() => {
                let kept = format!("curl http://{}/{bucket}/10-sqs.txt", self.ports.emulator);
                vec![(
                    "Send one event, and read it back from S3:",
                    vec![call, kept],
                )]
            }
            (Some(call), _) => vec![("Call a route:", vec![call])],
            (None, _) => self
                .send()
                .map(|line| ("Send a message:", vec![line]))
                .into_iter()
                .collect(),
        }
    }

    /// A message for a queue that a pipe reads, else for any queue. The curl line is not signed, so
    /// that only queues of this region can be named.
    fn send(&self) -> Option<String> {
        let Resources {
            declared,
            undeclared,
            pipes,
            ..
        } = self.resources;
        let own = declared
            .queues
            .iter()
            .map(|name| (self.account.account_id.as_str(), name.as_str()));
        let others = undeclared
            .iter()
            .filter(|queue| queue.region == self.account.region);
        let queues: Vec<(&str, &str)> = own
            .chain(others.map(|queue| (queue.account.as_str(), queue.name.as_str())))
            .collect();
        let is_read = |(account, name): &&(&str, &str)| {
            pipes
                .pipes
                .iter()
                .any(|pipe| pipe.source.queue == *name && pipe.source.account == *account)
        };
        let (account, name) = queues.iter().find(is_read).or_else(|| queues.first())?;
        let group = if name.ends_with(".fifo") {
            " -d MessageGroupId=a -d MessageDeduplicationId=1"
        } else {
            ""
        };
        let url = format!("http://{}/{account}/{name}", self.ports.emulator);
        Some(format!(
            "curl {url} -d Action=SendMessage --data-urlencode 'MessageBody={EVENT}'{group}"
        ))
    }
}

/// An example as a command for a shell.
fn call(example: &Example, gateway: &SocketAddr) -> String {
    let Example {
        host,
        method,
        path,
        headers,
        body,
    } = example;
    let address = host.as_ref().map_or_else(
        || gateway.to_string(),
        |host| format!("{host}:{}", gateway.port()),
    );
    let url = format!("http://{address}{path}");
    let url = if path.contains(['?', '&', '*', '$']) {
        quoted(&url)
    } else {
        url
    };
    let headers: String = headers
        .iter()
        .map(|(name, value)| format!(" -H {}", quoted(&format!("{name}: {value}"))))
        .collect();
    let body = body
        .as_ref()
        .map(|body| format!(" -d {}", quoted(body)))
        .unwrap_or_default();
    format!("curl -X {method} {url}{headers}{body}")
}

pub(super) fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}
