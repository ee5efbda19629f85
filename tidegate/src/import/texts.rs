//! What the texts of a document lead to: queues, and values in other services. Pure.

use std::collections::BTreeSet;

use percent_encoding::percent_decode_str;
use serde_json::Value;

/// A queue that a text names.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct NamedQueue {
    pub account: String,
    pub name: String,
}

/// Calls `look` with every text in a document.
pub(super) fn each(value: &Value, look: &mut impl FnMut(&str)) {
    match value {
        Value::String(text) => look(text),
        Value::Array(items) => items.iter().for_each(|item| each(item, look)),
        Value::Object(members) => members.values().for_each(|item| each(item, look)),
        _ => {}
    }
}

/// The queues that an API's integrations name: in the path of a URI (`…:sqs:path/ACCOUNT/NAME`), or
/// by a URL in a mapping template or a parameter.
pub(super) fn queues(document: &Value) -> BTreeSet<NamedQueue> {
    let mut found = BTreeSet::new();
    each(document, &mut |text| {
        let plain = percent_decode_str(text).decode_utf8_lossy();
        let mut rest = &*plain;
        while let Some((_, after)) = rest.split_once("sqs") {
            found.extend(queue_behind(after));
            rest = after;
        }
    });
    found
}

/// The queue in what follows `sqs`: `:path/123456789012/orders`,
/// `.eu-west-1.amazonaws.com/123456789012/orders`.
fn queue_behind(text: &str) -> Option<NamedQueue> {
    let (front, rest) = text.split_once('/')?;
    let is_host = front.starts_with('.') && front.contains(".amazonaws.com");
    if front != ":path" && !is_host {
        return None;
    }
    let (account, rest) = rest.split_once('/')?;
    let is_account = account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit());
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_".contains(c);
    let end = rest.find(|c| !is_plain(c)).unwrap_or(rest.len());
    let (stem, rest) = rest.split_at(end);
    let suffix = if rest.starts_with(".fifo") {
        ".fifo"
    } else {
        ""
    };
    (is_account && !stem.is_empty()).then(|| NamedQueue {
        account: account.to_owned(),
        name: format!("{stem}{suffix}"),
    })
}

/// The dynamic references in a document, as `--secret` takes their names.
pub(super) fn secrets(document: &Value) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    each(document, &mut |text| {
        let parts = text.split("{{resolve:").skip(1);
        let inner = parts.filter_map(|part| part.split_once("}}").map(|(inner, _)| inner));
        found.extend(inner.map(secret_name));
    });
    found
}

/// `secretsmanager:crm:SecretString:key` is `crm:key`.
fn secret_name(inner: &str) -> String {
    let (service, rest) = inner.split_once(':').unwrap_or((inner, ""));
    if service != "secretsmanager" || rest.starts_with("arn:") {
        return rest.trim_end_matches(':').to_owned();
    }
    let mut parts = rest.split(':');
    let name = parts.next().unwrap_or_default();
    match parts.nth(1).filter(|key| !key.is_empty()) {
        Some(key) => format!("{name}:{key}"),
        None => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn queues_are_found_in_paths_and_addresses() {
        let document = json!({"a": ["arn:aws:apigateway:e:sqs:path/123456789012/in.fifo"],
            "b": "Action=SendMessage&QueueUrl=https%3A%2F%2Fsqs.eu-west-1.amazonaws.com%2F123456789012%2Forders&x=1",
            "c": "arn:aws:apigateway:e:sqs:path/{account}/{name}", "d": "arn:aws:apigateway:e:sqs:action/SendMessage",
            "e": "https://sqs.example/123456789012/no"});
        let found: Vec<String> = queues(&document)
            .into_iter()
            .map(|queue| queue.name)
            .collect();
        assert_eq!(found, ["in.fifo", "orders"]);
    }

    #[test]
    fn references_are_named_as_secrets_are_given() {
        let document = json!({"a": "{{resolve:secretsmanager:crm:SecretString:key}} {{resolve:ssm:/a/b:3}}",
            "b": "{{resolve:secretsmanager:whole}}", "c": "{{resolve:ssm-secure:p}}"});
        let found: Vec<String> = secrets(&document).into_iter().collect();
        assert_eq!(found, ["/a/b:3", "crm:key", "p", "whole"]);
    }
}
