//! Parameters: an override, else the default, checked and converted by type.

use std::collections::BTreeMap;

use super::{Account, Overrides};
use crate::document::{Entry, Node, Place, Problem, Value};

/// Every parameter's value by name, the pseudo parameters among them.
pub(super) fn values(
    declared: Option<&Node>,
    overrides: &Overrides,
    account: &Account,
) -> Result<BTreeMap<String, Node>, Problem> {
    let mut values = pseudo(account);
    for entry in declared.map_or(Ok(&[][..]), Node::entries)? {
        values.insert(entry.key.clone(), value(entry, overrides.get(&entry.key))?);
    }
    Ok(values)
}

fn pseudo(account: &Account) -> BTreeMap<String, Node> {
    let place = Place { file: "pseudo parameters".into(), line: 1, column: 1 };
    let partition = partition(&account.region);
    let suffix = if partition == "aws-cn" { "amazonaws.com.cn" } else { "amazonaws.com" };
    [
        ("AWS::Region", account.region.as_str()),
        ("AWS::AccountId", &account.account_id),
        ("AWS::StackName", &account.stack_name),
        ("AWS::Partition", partition),
        ("AWS::URLSuffix", suffix),
    ]
    .into_iter()
    .map(|(name, value)| (name.into(), Node { value: Value::String(value.into()), place: place.clone(), tag: None }))
    .collect()
}

/// The partition that a region belongs to.
pub(super) fn partition(region: &str) -> &'static str {
    match region {
        _ if region.starts_with("cn-") => "aws-cn",
        _ if region.starts_with("us-gov-") => "aws-us-gov",
        _ => "aws",
    }
}

fn value(entry: &Entry, given: Option<&String>) -> Result<Node, Problem> {
    let name = &entry.key;
    let declaration = &entry.node;
    let kind = declaration
        .get("Type")
        .ok_or_else(|| entry.place.problem(format!("parameter {name}: Type is missing")))?
        .text()?;
    let node = match (given, declaration.get("Default")) {
        (Some(text), _) => declaration.with(Value::String(text.clone())),
        (None, Some(_)) if kind.starts_with("AWS::SSM::Parameter::") => {
            let message = format!(
                "parameter {name} is read from the parameter store on AWS: give its value by --parameter-overrides {name}=…"
            );
            return Err(entry.place.problem(message));
        }
        (None, Some(default)) => default.clone(),
        (None, None) => {
            let message = format!("parameter {name} has no default: give it by --parameter-overrides {name}=…");
            return Err(entry.place.problem(message));
        }
    };
    allowed(entry, &node)?;
    Ok(if kind == "CommaDelimitedList" || kind.starts_with("List<") { split(&node)? } else { node })
}

fn allowed(entry: &Entry, node: &Node) -> Result<(), Problem> {
    let Some(values) = entry.node.get("AllowedValues") else { return Ok(()) };
    let text = node.text()?;
    if values.list()?.iter().any(|value| value.text() == Ok(text)) {
        return Ok(());
    }
    // The value itself may be a secret (NoEcho), so it is not shown.
    Err(entry.place.problem(format!("parameter {}: its value is not one of AllowedValues", entry.key)))
}

fn split(node: &Node) -> Result<Node, Problem> {
    let items = node.text()?.split(',').map(|item| node.with(Value::String(item.trim().to_owned()))).collect();
    Ok(node.with(Value::List(items)))
}
