//! Rules of event buses: which of them lead to something that can run here. Pure.
//!
//! A template may hold rules for functions and for other services beside our part. They are not
//! run, and need not even resolve.

use super::intrinsic::Resolver;
use super::types::RULE;
use crate::document::{Entry, Node};

/// What stands in the ARN of a target that can run here.
const OURS: [&str; 3] = [":sqs:", ":api-destination/", ":event-bus/"];

/// Whether a resource of this type, which is one of ours, may run here: of rules, those that lead
/// to something that does.
pub(super) fn is_ours(resolver: &Resolver<'_>, kind: &str, entry: &Entry) -> bool {
    kind != RULE || leads_here(resolver, entry)
}

/// Whether one of the rule's targets is a queue, an API destination or a bus.
fn leads_here(resolver: &Resolver<'_>, entry: &Entry) -> bool {
    resolver.references().belong_to(None);
    let declared = entry
        .node
        .get("Properties")
        .and_then(|node| node.get("Targets"));
    let leads = declared.is_some_and(|declared| {
        let resolved = resolver.resolve(declared).ok().flatten();
        let targets = resolved.as_ref().unwrap_or(declared);
        let targets = targets.list().unwrap_or_default();
        targets.iter().any(|target| is_run(resolver, target))
    });
    // Its problems are told where it is read, if it is.
    drop(resolver.further());
    drop(resolver.assumed());
    leads
}

fn is_run(resolver: &Resolver<'_>, target: &Node) -> bool {
    let arn = target
        .get("Arn")
        .and_then(|arn| resolver.resolve(arn).ok().flatten());
    let text = arn.as_ref().and_then(|arn| arn.text().ok());
    text.is_some_and(|text| OURS.iter().any(|part| text.contains(part)))
}
