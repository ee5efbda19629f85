//! What `tidegate up` prints: what the definition offers, where everything is, and a line to try.

use std::collections::BTreeSet;
use std::fmt;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use gateway::api::Backend;
use gateway::example::{Example, Offer, offers};
use pipe::definition::{Pipe, Target};

use super::Part as Program;
use super::chain::Chain;
use super::ports::Ports;
use super::queues::Used;

/// So many routes, queues, buckets and pipes are listed each; a large definition has hundreds.
const LISTED: usize = 20;

/// The column that everything stands in.
const INDENT: &str = "               ";

/// What is printed.
#[derive(Debug, Clone)]
pub(super) struct Banner {
    data: Option<PathBuf>,
    parts: Vec<Part>,
    /// Lines to try, under what they do.
    tries: Vec<(&'static str, Vec<String>)>,
}

/// One program, with what it offers.
#[derive(Debug, Clone)]
struct Part {
    name: &'static str,
    at: String,
    offers: Vec<String>,
}

/// Which parts run, and what they are asked to do.
pub(super) struct Parts<'a> {
    pub ports: &'a Ports,
    pub chain: &'a Chain,
    /// `AWS::Region` and `AWS::AccountId` here.
    pub account: &'a kit::cloudformation::Account,
    /// Parts that do not run.
    pub without: &'a [Program],
    /// A request that an API takes.
    pub example: Option<&'a Example>,
    /// Where the publisher posts to, if there is one.
    pub publisher: Option<&'a url::Url>,
    /// The bucket in which the subscriber keeps events, if there is one.
    pub subscriber: Option<&'a str>,
}

impl Banner {
    pub(super) fn of(parts: &Parts<'_>, data: Option<&Path>) -> Banner {
        let Parts {
            ports,
            chain,
            publisher,
            subscriber,
            without,
            ..
        } = parts;
        let url = |address: &SocketAddr| format!("http://{address}/");
        let metrics = |address: &SocketAddr| format!("(admin {}metrics)", url(address));
        let part = |name, at, offers| Part { name, at, offers };
        let mut shown = Vec::new();
        if publisher.is_some() {
            shown.push(part(
                "publisher",
                format!("{}pub", url(&ports.publisher)),
                Vec::new(),
            ));
        }
        if !chain.apis.apis.is_empty() && !without.contains(&Program::Gateway) {
            let at = format!(
                "{}   {}",
                url(&ports.gateway),
                metrics(&ports.gateway_admin)
            );
            let offers = offers(&chain.apis);
            shown.push(part(
                "gateway",
                at,
                short(
                    offers.iter().map(|offer| route(offer, &ports.gateway)),
                    "routes",
                ),
            ));
        }
        shown.push(part(
            "SQS and S3",
            url(&ports.emulator),
            parts.stored(&url(&ports.emulator)),
        ));
        if !chain.pipes.pipes.is_empty() && !without.contains(&Program::Pipe) {
            let pipes = short(chain.pipes.pipes.iter().map(delivery), "pipes");
            let named = chain.named.iter();
            let named = named.map(|target| {
                format!("{target} is on this machine: allowed, as the definition names it")
            });
            shown.push(part(
                "pipe",
                metrics(&ports.pipe_admin),
                pipes.into_iter().chain(named).collect(),
            ));
        }
        if subscriber.is_some() {
            shown.push(part(
                "subscriber",
                format!("{}sub", url(&ports.subscriber)),
                Vec::new(),
            ));
        }
        Banner {
            data: data.map(Path::to_owned),
            parts: shown,
            tries: parts.tries(),
        }
    }
}

impl Parts<'_> {
    /// Queues and buckets, by their URLs.
    fn stored(&self, emulator: &str) -> Vec<String> {
        let Chain { declared, used, .. } = self.chain;
        let account = &self.account.account_id;
        let own = declared
            .queues
            .iter()
            .map(|queue| format!("queue  {emulator}{account}/{queue}"));
        let others = used.iter().map(|queue| {
            let Used {
                account,
                name,
                region,
            } = queue;
            let place = if *region == self.account.region {
                String::new()
            } else {
                format!("   (in {region})")
            };
            format!("queue  {emulator}{account}/{name}{place}")
        });
        let mut buckets: BTreeSet<&str> = declared.buckets.iter().map(String::as_str).collect();
        buckets.extend(self.subscriber);
        let buckets = buckets
            .into_iter()
            .map(|bucket| format!("bucket {emulator}{bucket}"));
        let mut stored = short(own.chain(others), "queues");
        stored.extend(short(buckets, "buckets"));
        stored
    }

    fn tries(&self) -> Vec<(&'static str, Vec<String>)> {
        let example = self
            .example
            .filter(|_| !self.without.contains(&Program::Gateway));
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

    /// A message for a queue that a pipe reads, else for any. The curl line is not signed, so that
    /// it is one of the region here.
    fn send(&self) -> Option<String> {
        let Chain {
            declared,
            used,
            pipes,
            ..
        } = self.chain;
        let own = declared
            .queues
            .iter()
            .map(|name| (self.account.account_id.as_str(), name.as_str()));
        let others = used
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

/// The event of the demo, and a body like any other where nothing in particular is wanted.
pub(super) const EVENT: &str = r#"{"id": 10, "age": 31, "name": "leedonggyu", "job": "devops"}"#;

/// `POST   /events/{proxy+}`.
fn route(offer: &Offer<'_>, gateway: &SocketAddr) -> String {
    let host = offer
        .host()
        .map(|host| format!("http://{host}:{}", gateway.port()))
        .unwrap_or_default();
    let note = match offer.backend() {
        Backend::Unsupported => "   (answers 500: its integration is not supported)",
        _ => "",
    };
    format!("{:<7}{host}{}{note}", offer.verb(), offer.path())
}

/// `orders: in → https://crm.example/orders/*`.
fn delivery(pipe: &Pipe) -> String {
    let target = match &pipe.target {
        Target::Http(invocation) => invocation.destination.endpoint.shown(),
        Target::Queue(outlet) => outlet.queue.clone(),
        Target::Api(_) | Target::Feed(_) | Target::Program(_) => pipe.names.target_arn.clone(),
    };
    let asked = if pipe.enrichment.is_some() {
        " (enriched)"
    } else {
        ""
    };
    let state = if pipe.state == pipe::definition::DesiredState::Stopped {
        "   (stopped)"
    } else {
        ""
    };
    format!(
        "{}: {}{asked} → {target}{state}",
        pipe.name, pipe.source.queue
    )
}

/// The first of them, and how many more there are.
fn short(lines: impl Iterator<Item = String>, what: &str) -> Vec<String> {
    let mut lines: Vec<String> = lines.collect();
    let more = lines.len().saturating_sub(LISTED);
    // One line that says "1 more" is no shorter than that one.
    if more > 1 {
        lines.truncate(LISTED);
        lines.push(format!("and {more} more {what}"));
    }
    lines
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

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

impl fmt::Display for Banner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.data {
            Some(folder) => writeln!(
                f,
                "Tidegate is up. Messages and objects are kept in {}.\n",
                folder.display()
            )?,
            None => writeln!(
                f,
                "Tidegate is up. Messages and objects are kept in memory.\n"
            )?,
        }
        for Part { name, at, offers } in &self.parts {
            writeln!(f, "  {name:<13}{at}")?;
            for offer in offers {
                writeln!(f, "{INDENT}{offer}")?;
            }
        }
        for (what, lines) in &self.tries {
            writeln!(f, "\n{what}\n")?;
            for line in lines {
                writeln!(f, "  {line}")?;
            }
        }
        writeln!(f, "\nCtrl-C stops it.")
    }
}

#[cfg(test)]
mod tests;
