//! A policy document from JSON.

use serde_json::{Map, Value as Json};

use super::operator::condition;
use crate::api::{Condition, Effect, Names, Policy, Principals, Statement};

/// What a policy is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PolicyKind {
    /// The resource policy of an API: its statements name principals.
    Resource,
    /// The answer of an authorizer, about one caller.
    Authorizer,
    /// The policy of one caller, which names no principals either.
    Identity,
}

/// Reads a policy document.
///
/// # Errors
/// What is wrong with it.
pub(crate) fn parse(document: &Json, form: PolicyKind) -> Result<Policy, String> {
    let fields = document
        .as_object()
        .ok_or("a policy must be a JSON object")?;
    let version = fields.get("Version").and_then(Json::as_str);
    if let Some(version) = version
        && !matches!(version, "2008-10-17" | "2012-10-17")
    {
        return Err(format!(
            "invalid Version {version}: expected 2012-10-17 or 2008-10-17"
        ));
    }
    let statements = match fields.get("Statement") {
        Some(Json::Array(statements)) => statements.iter().collect(),
        Some(statement @ Json::Object(_)) => vec![statement],
        _ => return Err("Statement must be an object or a list of objects".to_owned()),
    };
    let statements = statements.into_iter().map(|one| statement(one, form));
    Ok(Policy {
        statements: statements.collect::<Result<_, _>>()?,
        has_variables: version == Some("2012-10-17"),
    })
}

/// What a statement may hold.
const KNOWN: [&str; 9] = [
    "Sid",
    "Effect",
    "Principal",
    "NotPrincipal",
    "Action",
    "NotAction",
    "Resource",
    "NotResource",
    "Condition",
];

fn statement(statement: &Json, form: PolicyKind) -> Result<Statement, String> {
    let fields = statement
        .as_object()
        .ok_or("a statement must be an object")?;
    if let Some(unknown) = fields.keys().find(|key| !KNOWN.contains(&key.as_str())) {
        return Err(format!("unknown member {unknown} in a statement"));
    }
    let effect = match fields.get("Effect").and_then(Json::as_str) {
        Some("Allow") => Effect::Allow,
        Some("Deny") => Effect::Deny,
        _ => return Err("Effect of a statement must be Allow or Deny".to_owned()),
    };
    let resources = match names(fields, "Resource", "NotResource") {
        // Of a resource policy it may be left out: the API itself is meant.
        Err(_) if form == PolicyKind::Resource && !fields.contains_key("Resource") => {
            Names::In(vec!["*".to_owned()])
        }
        other => other?,
    };
    Ok(Statement {
        effect,
        principals: match form {
            PolicyKind::Resource => principals(fields)?,
            PolicyKind::Identity if fields.keys().any(|key| key.ends_with("Principal")) => {
                return Err("a caller's own policy names no Principal".to_owned());
            }
            PolicyKind::Authorizer | PolicyKind::Identity => Principals::Unnamed,
        },
        actions: names(fields, "Action", "NotAction")?,
        resources,
        conditions: match fields.get("Condition") {
            None => Vec::new(),
            Some(conditions) => read_conditions(conditions)?,
        },
    })
}

fn names(fields: &Map<String, Json>, name: &str, negated: &str) -> Result<Names, String> {
    match (fields.get(name), fields.get(negated)) {
        (Some(given), None) => Ok(Names::In(texts(given, name)?)),
        (None, Some(given)) => Ok(Names::NotIn(texts(given, negated)?)),
        _ => Err(format!("a statement must have either {name} or {negated}")),
    }
}

fn texts(given: &Json, name: &str) -> Result<Vec<String>, String> {
    let text = |value: &Json| match value {
        Json::String(text) => Ok(text.clone()),
        Json::Bool(value) => Ok(value.to_string()),
        Json::Number(number) => Ok(number.to_string()),
        _ => Err(format!("{name} must be a string or a list of strings")),
    };
    match given {
        Json::Array(values) => values.iter().map(text).collect(),
        one => Ok(vec![text(one)?]),
    }
}

fn principals(fields: &Map<String, Json>) -> Result<Principals, String> {
    match (fields.get("Principal"), fields.get("NotPrincipal")) {
        (Some(given), None) => Ok(Principals::In(callers(given, "Principal")?)),
        (None, Some(given)) => Ok(Principals::NotIn(callers(given, "NotPrincipal")?)),
        _ => Err(
            "a statement of a resource policy must have either Principal or NotPrincipal"
                .to_owned(),
        ),
    }
}

/// `"*"`, or a mapping whose `AWS` names accounts and ARNs. Services and identity providers do not
/// call here.
fn callers(given: &Json, name: &str) -> Result<Vec<String>, String> {
    match given {
        Json::String(text) if text == "*" => Ok(vec!["*".to_owned()]),
        Json::Object(kinds) => {
            let mut all = Vec::new();
            for (kind, given) in kinds {
                match kind.as_str() {
                    "AWS" => all.extend(texts(given, name)?),
                    "Service" | "Federated" | "CanonicalUser" => {}
                    other => {
                        return Err(format!(
                            "unknown member {other} in {name}: expected AWS, Service, Federated or CanonicalUser"
                        ));
                    }
                }
            }
            Ok(all)
        }
        _ => Err(format!("{name} must be * or an object")),
    }
}

fn read_conditions(given: &Json) -> Result<Vec<Condition>, String> {
    let mut all = Vec::new();
    for (operator, keys) in given.as_object().ok_or("Condition must be an object")? {
        let keys = keys
            .as_object()
            .ok_or_else(|| format!("{operator} must be an object"))?;
        for (key, values) in keys {
            all.push(condition(operator, key, &texts(values, key)?)?);
        }
    }
    Ok(all)
}
