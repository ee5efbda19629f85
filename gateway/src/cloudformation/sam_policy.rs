//! `ResourcePolicy` of SAM, as the policy document that the SAM transform makes of it. Source: the
//! SAM developer guide, "ResourcePolicyStatement".

use kit::document::{Entry, Node, OrCollect as _, Problem, Value};

use super::nodes::{entry_at, text_at};

/// The conditions of lists: the property, the operator of its denial, and the key. All callers are
/// allowed beside it.
const LISTS: [(&str, &str, &str); 8] = [
    ("IpRangeWhitelist", "NotIpAddress", "aws:SourceIp"),
    ("IpRangeBlacklist", "IpAddress", "aws:SourceIp"),
    ("SourceVpcWhitelist", "StringNotEquals", ""),
    ("SourceVpcBlacklist", "StringEquals", ""),
    ("IntrinsicVpcWhitelist", "StringNotEquals", "aws:SourceVpc"),
    ("IntrinsicVpcBlacklist", "StringEquals", "aws:SourceVpc"),
    (
        "IntrinsicVpceWhitelist",
        "StringNotEquals",
        "aws:SourceVpce",
    ),
    ("IntrinsicVpceBlacklist", "StringEquals", "aws:SourceVpce"),
];

/// The policy document.
pub(super) fn document(label: &str, at: &Node, problems: &mut Vec<Problem>) -> Option<Node> {
    let mut fields = at.fields(label).or_collect(problems)?;
    let mut statements = Vec::new();
    let custom = fields.optional("CustomStatements");
    match custom.map(|node| (node, node.list())) {
        None => {}
        Some((_, Ok(nodes))) => statements.extend(nodes.iter().cloned()),
        Some((node, Err(_))) => statements.push(node.clone()),
    }
    for (name, effect) in [
        ("AwsAccountWhitelist", "Allow"),
        ("AwsAccountBlacklist", "Deny"),
    ] {
        let Some(accounts) = fields.optional(name) else {
            continue;
        };
        let aws = at.with(Value::Map(vec![entry_at(at, "AWS", accounts.clone())]));
        statements.push(statement(at, effect, aws, None));
    }
    let everybody = || at.with(Value::String("*".to_owned()));
    let mut is_open = false;
    for (name, operator, key) in LISTS {
        let Some(values) = fields.optional(name) else {
            continue;
        };
        is_open = true;
        for (key, values) in by_key(key, values, problems)? {
            let keys = at.with(Value::Map(vec![entry_at(at, key, values)]));
            let condition = at.with(Value::Map(vec![entry_at(at, operator, keys)]));
            statements.push(statement(at, "Deny", everybody(), Some(condition)));
        }
    }
    if is_open {
        statements.push(statement(at, "Allow", everybody(), None));
    }
    problems.extend(fields.finish());
    let fields = vec![
        text_at(at, "Version", "2012-10-17"),
        entry_at(at, "Statement", at.with(Value::List(statements))),
    ];
    Some(at.with(Value::Map(fields)))
}

/// The values of a list by condition key; those of `SourceVpc…` say by their form which they are
/// of.
fn by_key(
    key: &'static str,
    values: &Node,
    problems: &mut Vec<Problem>,
) -> Option<Vec<(&'static str, Node)>> {
    if !key.is_empty() {
        return Some(vec![(key, values.clone())]);
    }
    let nodes = values.list().or_collect(problems)?;
    let (endpoints, networks): (Vec<Node>, Vec<Node>) = nodes
        .iter()
        .cloned()
        .partition(|node| node.text().is_ok_and(|id| id.starts_with("vpce-")));
    let lists = [("aws:SourceVpce", endpoints), ("aws:SourceVpc", networks)];
    let lists = lists.into_iter().filter(|(_, nodes)| !nodes.is_empty());
    Some(
        lists
            .map(|(key, nodes)| (key, values.with(Value::List(nodes))))
            .collect(),
    )
}

fn statement(at: &Node, effect: &str, principal: Node, condition: Option<Node>) -> Node {
    let mut fields: Vec<Entry> = vec![
        text_at(at, "Effect", effect),
        entry_at(at, "Principal", principal),
        text_at(at, "Action", "execute-api:Invoke"),
        text_at(at, "Resource", "execute-api:/*"),
    ];
    fields.extend(condition.map(|node| entry_at(at, "Condition", node)));
    at.with(Value::Map(fields))
}
