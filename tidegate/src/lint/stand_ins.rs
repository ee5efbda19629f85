//! Values for parameters that have none: a definition is checked before anybody deploys it. Pure.

use kit::cloudformation::{Account, Overrides};
use kit::document::{Entry, Node, Place};

/// The parameters of these templates that have no value, each with one that it could have: place,
/// name and value.
pub(super) fn of(
    roots: &[&Node],
    given: &Overrides,
    account: &Account,
) -> Vec<(Place, String, String)> {
    let declared = || {
        let sections = roots.iter().filter_map(|root| root.get("Parameters"));
        sections.flat_map(|section| section.entries().unwrap_or_default())
    };
    let default = |name: &str| {
        let mut named = declared().filter(|entry| entry.key == name && !is_unset(entry));
        named.find_map(|entry| entry.node.get("Default")?.text().ok())
    };
    let unset = declared().filter(|entry| is_unset(entry) && !given.contains_key(&entry.key));
    let assumed = unset.map(|entry| {
        // Another template may know it.
        let value = default(&entry.key).map(ToOwned::to_owned);
        let value = value.unwrap_or_else(|| assumed(entry, account));
        (entry.place.clone(), entry.key.clone(), value)
    });
    assumed.collect()
}

/// Whether only a deployment gives it a value.
fn is_unset(entry: &Entry) -> bool {
    let kind = entry.node.get("Type").and_then(|kind| kind.text().ok());
    let of_store = kind.is_some_and(|kind| kind.starts_with("AWS::SSM::Parameter::"));
    of_store || entry.node.get("Default").is_none()
}

fn assumed(entry: &Entry, account: &Account) -> String {
    let text = |name: &str| entry.node.get(name).and_then(|node| node.text().ok());
    let allowed = entry.node.get("AllowedValues");
    if let Some(first) = allowed.and_then(|node| node.list().ok()?.first()?.text().ok()) {
        return first.to_owned();
    }
    let name = entry.key.to_lowercase();
    let kind = text("Type").unwrap_or_default();
    let Account {
        region, account_id, ..
    } = account;
    if kind.contains("Number") {
        return text("MinValue").unwrap_or("1").to_owned();
    }
    if name.ends_with("arn") {
        let id = entry.key.strip_suffix("Arn").unwrap_or(&entry.key);
        return if name.contains("role") {
            format!("arn:aws:iam::{account_id}:role/{id}")
        } else if name.contains("function") || name.contains("lambda") {
            format!("arn:aws:lambda:{region}:{account_id}:function:{id}")
        } else if name.contains("topic") {
            format!("arn:aws:sns:{region}:{account_id}:{id}")
        } else if name.contains("certificate") {
            format!("arn:aws:acm:{region}:{account_id}:certificate/{id}")
        } else {
            format!("arn:aws:sqs:{region}:{account_id}:{id}")
        };
    }
    let is_url = ["url", "uri", "endpoint", "webhook"];
    if is_url.iter().any(|word| name.contains(word)) {
        return "https://example.com/".to_owned();
    }
    if name.contains("domain") || name.contains("host") {
        return "example.com".to_owned();
    }
    entry.key.clone()
}
