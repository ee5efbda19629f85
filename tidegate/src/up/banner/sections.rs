//! The parts of the chain that run, each with its address and what it offers.

use std::collections::BTreeSet;
use std::net::SocketAddr;

use gateway::api::Backend;
use gateway::example::{Offer, offers};
use pipe::definition::{Pipe, Target};

use super::contents::Contents;
use crate::up::args::Part;
use crate::up::resources::Resources;
use crate::up::undeclared::UndeclaredQueue;

/// The most routes, queues, buckets and pipes that are listed of each; a large definition has
/// hundreds.
pub(super) const LISTED: usize = 20;

/// One part of the chain, with what it offers.
#[derive(Debug, Clone)]
pub(super) struct Section {
    pub name: &'static str,
    pub at: String,
    pub offers: Vec<String>,
}

impl Contents<'_> {
    /// The sections of the banner, in the order of a message's way.
    pub(super) fn sections(&self) -> Vec<Section> {
        let section = |name, at, offers| Section { name, at, offers };
        let emulator = url(&self.ports.emulator);
        let publisher = self.publisher.map(|_| {
            let at = format!("{}pub", url(&self.ports.publisher));
            section("publisher", at, Vec::new())
        });
        let emulator = section("SQS and S3", emulator.clone(), self.stored(&emulator));
        let subscriber = self.subscriber.map(|_| {
            let at = format!("{}sub", url(&self.ports.subscriber));
            section("subscriber", at, Vec::new())
        });
        [
            publisher,
            self.gateway(),
            Some(emulator),
            self.pipe(),
            subscriber,
        ]
        .into_iter()
        .flatten()
        .collect()
    }

    fn gateway(&self) -> Option<Section> {
        let apis = &self.resources.apis;
        if apis.apis.is_empty() || self.without.contains(&Part::Gateway) {
            return None;
        }
        let offers = offers(apis);
        let routes = offers.iter().map(|offer| route(offer, &self.ports.gateway));
        Some(Section {
            name: "gateway",
            at: format!(
                "{}   {}",
                url(&self.ports.gateway),
                metrics(&self.ports.gateway_admin)
            ),
            offers: short(routes, "routes"),
        })
    }

    fn pipe(&self) -> Option<Section> {
        let pipes = &self.resources.pipes.pipes;
        if pipes.is_empty() || self.without.contains(&Part::Pipe) {
            return None;
        }
        let mut offers = short(pipes.iter().map(delivery), "pipes");
        offers.extend(self.resources.named.iter().map(|target| {
            format!("{target} is on this machine: allowed, because the definition names it")
        }));
        let held = &self.resources.held;
        if !held.is_empty() {
            let held: Vec<&str> = held.iter().map(String::as_str).collect();
            let admin = self.ports.pipe_admin;
            offers.push(format!(
                "not called, but kept at http://{admin}/outbox, unless --allow-target names them: {}",
                held.join(", ")
            ));
        }
        Some(Section {
            name: "pipe",
            at: metrics(&self.ports.pipe_admin),
            offers,
        })
    }

    /// Queues and buckets, by their URLs.
    fn stored(&self, emulator: &str) -> Vec<String> {
        let Resources {
            declared,
            undeclared,
            ..
        } = self.resources;
        let account = &self.account.account_id;
        let own = declared
            .queues
            .iter()
            .map(|queue| format!("queue  {emulator}{account}/{queue}"));
        let others = undeclared.iter().map(|queue| {
            let UndeclaredQueue {
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
}

fn url(address: &SocketAddr) -> String {
    format!("http://{address}/")
}

fn metrics(admin: &SocketAddr) -> String {
    format!("(admin http://{admin}/metrics)")
}

/// `POST   /events/{proxy+}`.
fn route(offer: &Offer<'_>, gateway: &SocketAddr) -> String {
    let host = offer
        .host()
        .map(|host| format!("http://{host}:{}", gateway.port()))
        .unwrap_or_default();
    let note = match offer.backend() {
        Backend::Absent(_) => "   (answers 502: there is no such service here)",
        Backend::Unsupported => "   (answers 500: its integration is not supported)",
        _ => "",
    };
    format!("{:<6} {host}{}{note}", offer.verb(), offer.path())
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
    let state = match (&pipe.blocked, pipe.state) {
        (Some(_), _) => "   (stopped: what it leads to does not run here)",
        (None, pipe::definition::DesiredState::Stopped) => "   (stopped)",
        (None, pipe::definition::DesiredState::Running) => "",
    };
    let source = match &pipe.rule {
        Some(rule) => format!("event bus {}", rule.queue.bus),
        None => pipe.source.queue.clone(),
    };
    format!("{}: {source}{asked} → {target}{state}", pipe.name)
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
