//! Parameters: an override, else the default, checked and converted by type.

use std::collections::BTreeMap;

use super::account::Account;
use super::constraints;
use super::function::function;
use super::inputs::Inputs;
use super::names::Named;
use super::wanted::Want;
use crate::document::{Entry, Node, OrCollect as _, Place, Problem, Value};

/// A parameter's value, or why it has none. A missing value only matters once something refers to
/// it: CDK's `BootstrapVersion`, for one, comes from Parameter Store, and nothing refers to it.
pub(super) type Values = BTreeMap<String, Result<Node, Problem>>;

/// What a parameter may have beside its type and its default.
const PROPERTIES: [&str; 9] = [
    "AllowedPattern",
    "AllowedValues",
    "ConstraintDescription",
    "Description",
    "MaxLength",
    "MaxValue",
    "MinLength",
    "MinValue",
    "NoEcho",
];

/// Every parameter's value by name, the pseudo parameters among them.
pub(super) fn values(
    declared: Option<&Node>,
    given: &Inputs,
    account: &Account,
    problems: &mut Vec<Problem>,
) -> Values {
    let mut values = pseudo(account);
    for entry in declared
        .and_then(|node| node.entries().or_collect(problems))
        .unwrap_or_default()
    {
        check(entry, problems);
        values.insert(entry.key.clone(), value(entry, given));
    }
    values
}

/// Checks the entries of a parameter: a misspelt default would be no default.
fn check(entry: &Entry, problems: &mut Vec<Problem>) {
    let fields = entry
        .node
        .fields(format!("parameter {}", entry.key))
        .or_collect(problems);
    let Some(mut fields) = fields else { return };
    if let Some(default) = fields
        .optional("Default")
        .filter(|default| function(default).is_some())
    {
        let message = format!(
            "parameter {}: Default must be a literal value, not a function",
            entry.key
        );
        problems.push(default.problem(message));
    }
    let kind = fields.optional("Type");
    problems.extend(kind.and_then(|kind| constraints::unknown_type(&entry.key, kind)));
    fields.ignore(&PROPERTIES);
    problems.extend(fields.finish());
}

fn pseudo(account: &Account) -> Values {
    let place = Place {
        file: "pseudo parameters".into(),
        line: 1,
        column: 1,
    };
    let node = |value: Value| {
        Ok(Node {
            value,
            place: place.clone(),
            tag: None,
        })
    };
    let stack = Named {
        kind: "",
        seed: &account.stack_name,
        physical_id: "",
        path: "",
        account,
    };
    let mut values: Values = [
        ("AWS::Region", account.region.clone()),
        ("AWS::AccountId", account.account_id.clone()),
        ("AWS::StackName", account.stack_name.clone()),
        ("AWS::StackId", stack.stack_id()),
        ("AWS::Partition", account.partition().to_owned()),
        ("AWS::URLSuffix", account.url_suffix().to_owned()),
    ]
    .into_iter()
    .map(|(name, value)| (name.to_owned(), node(Value::String(value))))
    .collect();
    values.insert(
        "AWS::NotificationARNs".to_owned(),
        node(Value::List(Vec::new())),
    );
    values
}

fn value(entry: &Entry, inputs: &Inputs) -> Result<Node, Problem> {
    let given = inputs.parameters.get(&entry.key);
    // What stands before a slash tells templates apart; overrides do not.
    let path = inputs.path.rsplit('/').next().unwrap_or_default();
    let name = &format!("{path}{}", entry.key);
    let declaration = &entry.node;
    let kind = declaration
        .get("Type")
        .ok_or_else(|| {
            entry
                .place
                .problem(format!("parameter {name}: Type is missing"))
        })?
        .text()?;
    let node = match (given, declaration.get("Default")) {
        (Some(text), _) => declaration.with(Value::String(text.clone())),
        (None, Some(default)) if kind.starts_with("AWS::SSM::Parameter::Value") => {
            let stored = default.text()?;
            if let Some(value) = inputs.secrets.get(stored) {
                return of_type(default.with(Value::String(value)), kind);
            }
            // Every template of CDK has that one, and refers to it nowhere but in a rule.
            if !stored.starts_with("/cdk-bootstrap/") {
                inputs.secrets.want(Want::Parameter(stored.to_owned()));
            }
            let message = format!(
                "parameter {name} comes from Parameter Store on AWS: set it with --parameter-overrides {name}=…"
            );
            return Err(entry.place.problem(message).tolerable());
        }
        (None, Some(default)) => default.clone(),
        (None, None) => {
            let message = format!(
                "parameter {name} has no default: set it with --parameter-overrides {name}=…"
            );
            return Err(entry.place.problem(message));
        }
    };
    // What only stands in for a value need not be one that is allowed.
    if !inputs.secrets.are_assumed() {
        constraints::check(entry, name, kind, &node)?;
    }
    of_type(node, kind)
}

/// A value as its type has it: a text, or a list.
fn of_type(node: Node, kind: &str) -> Result<Node, Problem> {
    match constraints::is_list(kind) {
        true => split(&node),
        false => Ok(node),
    }
}

fn split(node: &Node) -> Result<Node, Problem> {
    let items = node
        .text()?
        .split(',')
        .map(|item| node.with(Value::String(item.trim().to_owned())))
        .collect();
    Ok(node.with(Value::List(items)))
}
