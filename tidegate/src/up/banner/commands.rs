//! Commands to try, for a shell: a request that an API accepts, or a message for a queue.

use std::net::SocketAddr;

use gateway::example::Example;

use super::contents::Contents;
use crate::up::args::Part;
use crate::up::resources::Resources;

/// The event of the built-in template, and the body where a request may have any.
pub(in crate::up) const EVENT: &str =
    r#"{"id": 10, "age": 31, "name": "leedonggyu", "job": "devops"}"#;

/// What stands above a call to a method with `AWS_IAM`.
const SIGNED: &str =
    "Call a route, with the key of a caller that --iam-credentials KEY:SECRET names:";

impl Contents<'_> {
    /// Commands, under what they do.
    pub(super) fn commands(&self) -> Vec<(&'static str, Vec<String>)> {
        let example = self
            .example
            .filter(|_| !self.without.contains(&Part::Gateway));
        let gateway = example.map(|example| {
            let region = &self.account.region;
            call(example, &self.ports.gateway, region)
        });
        match (gateway, self.subscriber) {
            (Some(call), Some(bucket)) if self.publisher.is_some() => {
                let kept = format!("curl http://{}/{bucket}/10-sqs.txt", self.ports.emulator);
                vec![(
                    "Send one event, and read it back from S3:",
                    vec![call, kept],
                )]
            }
            (Some(call), _) if example.is_some_and(|example| example.is_signed) => {
                vec![(SIGNED, vec![call])]
            }
            (Some(call), _) => vec![("Call a route:", vec![call])],
            (None, _) => self
                .send()
                .map(|line| ("Send a message:", vec![line]))
                .into_iter()
                .collect(),
        }
    }

    /// A message for a queue that a pipe reads, else for any queue. One of another region is named
    /// by the region that the request is signed for.
    fn send(&self) -> Option<String> {
        let Resources {
            declared,
            undeclared,
            pipes,
            ..
        } = self.resources;
        let (own_account, own_region) = (&self.account.account_id, &self.account.region);
        let own = declared.queues.iter();
        let own = own.map(|name| (own_account, own_region, name));
        let others = undeclared.iter();
        let others = others.map(|queue| (&queue.account, &queue.region, &queue.name));
        let queues: Vec<(&String, &String, &String)> = own.chain(others).collect();
        let is_read = |(account, _, name): &&(&String, &String, &String)| {
            pipes
                .pipes
                .iter()
                .any(|pipe| pipe.source.queue == **name && pipe.source.account == **account)
        };
        let (account, region, name) = queues.iter().find(is_read).or_else(|| queues.first())?;
        let group = if name.ends_with(".fifo") {
            " -d MessageGroupId=a -d MessageDeduplicationId=1"
        } else {
            ""
        };
        let signed = if *region == own_region {
            String::new()
        } else {
            format!(" --aws-sigv4 aws:amz:{region}:sqs --user test:test")
        };
        let url = format!("http://{}/{account}/{name}", self.ports.emulator);
        Some(format!(
            "curl{signed} {url} -d Action=SendMessage --data-urlencode 'MessageBody={EVENT}'{group}"
        ))
    }
}

/// An example as a command for a shell.
fn call(example: &Example, gateway: &SocketAddr, region: &str) -> String {
    let Example {
        host,
        method,
        path,
        headers,
        body,
        is_signed,
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
    let signed = if *is_signed {
        format!(" --aws-sigv4 aws:amz:{region}:execute-api --user KEY:SECRET")
    } else {
        String::new()
    };
    format!("curl{signed} -X {method} {url}{headers}{body}")
}

pub(super) fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}
