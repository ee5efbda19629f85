//! The text of an event pattern to the trees that it stands for, or the reason why it is refused.
//!
//! `$or` is multiplied out as the event rules engine does it, so each tree is a plain AND. What the operators of a
//! field's list mean is read in `operator`.

use std::sync::Arc;

use indexmap::IndexMap;
use serde_json::{Map, Value};

use super::Refusal;
use super::matcher::Matcher;
use super::operator::operator;
use super::tree::{Leaf, Tree};

/// How many trees a pattern may multiply out to.
const MAX_COMBINATIONS: usize = 1000;

/// Names of operators, which cannot be fields inside of `$or`.
const RESERVED: [&str; 9] =
    ["exactly", "prefix", "suffix", "equals-ignore-case", "anything-but", "numeric", "exists", "cidr", "wildcard"];

/// One way to satisfy the pattern: alternatives by dotted path.
type Combination = IndexMap<String, Arc<Leaf>>;

/// Reads a pattern.
pub fn parse(text: &str) -> Result<Vec<Tree>, Refusal> {
    let pattern: Value = serde_json::from_str(text).map_err(|error| Refusal::new("", error.to_string()))?;
    let Value::Object(fields) = &pattern else {
        return Err(Refusal::new("", "Filter is not an object"));
    };
    let mut combinations = vec![Combination::new()];
    read_object(&mut combinations, "", fields, Inside::Pattern)?;
    Ok(combinations.iter().map(tree).collect())
}

fn tree(combination: &Combination) -> Tree {
    let mut tree = Tree::default();
    for (path, leaf) in combination {
        tree.insert(path, leaf.clone());
    }
    tree
}

#[derive(Clone, Copy, PartialEq)]
enum Inside {
    Pattern,
    Or,
}

fn read_object(
    combinations: &mut Vec<Combination>,
    at: &str,
    fields: &Map<String, Value>,
    inside: Inside,
) -> Result<(), Refusal> {
    if fields.is_empty() {
        return Err(Refusal::new(at, "Empty objects are not allowed"));
    }
    for (name, value) in fields {
        let path = if at.is_empty() { name.clone() } else { format!("{at}.{name}") };
        match value {
            _ if name == "$or" => read_or(combinations, at, value)?,
            _ if inside == Inside::Or && RESERVED.contains(&name.as_str()) => {
                let reason = format!("{name} is Ruler reserved fieldName which cannot be used inside $or.");
                return Err(Refusal::new(&path, reason));
            }
            Value::Object(inner) => read_object(combinations, &path, inner, inside)?,
            Value::Array(list) => {
                let leaf = Arc::new(leaf(&path, list, value)?);
                combinations.iter_mut().for_each(|combination| {
                    combination.insert(path.clone(), leaf.clone());
                });
            }
            _ => return Err(Refusal::new(&path, format!("\"{name}\" must be an object or an array"))),
        }
    }
    Ok(())
}

fn read_or(combinations: &mut Vec<Combination>, at: &str, value: &Value) -> Result<(), Refusal> {
    let refuse = |reason: &str| Refusal::new(&format!("{at}.$or"), reason);
    let branches = value.as_array().ok_or_else(|| refuse("It must be an Array followed with $or."))?;
    let before = std::mem::take(combinations);
    for branch in branches {
        let Value::Object(fields) = branch else {
            return Err(refuse("Only JSON object is allowed in array of $or relationship."));
        };
        let mut branch = before.clone();
        read_object(&mut branch, at, fields, Inside::Or)?;
        combinations.append(&mut branch);
        if combinations.len() > MAX_COMBINATIONS {
            return Err(refuse("The combinations of $or are more than 1000."));
        }
    }
    if branches.len() < 2 {
        return Err(refuse("There must have at least 2 Objects in $or relationship."));
    }
    Ok(())
}

fn leaf(path: &str, list: &[Value], text: &Value) -> Result<Leaf, Refusal> {
    if list.is_empty() {
        return Err(Refusal::new(path, "Empty arrays are not allowed"));
    }
    let alternatives = list.iter().map(alternative).collect::<Result<_, _>>();
    let alternatives = alternatives.map_err(|reason| Refusal::new(path, reason))?;
    Ok(Leaf { alternatives, text: text.to_string() })
}

fn alternative(value: &Value) -> Result<Matcher, String> {
    Ok(match value {
        Value::Null => Matcher::Null,
        Value::Bool(expected) => Matcher::Boolean(*expected),
        Value::Number(number) => Matcher::Number(super::number::Decimal::parse(number.as_str())),
        Value::String(text) => Matcher::text(text),
        Value::Object(expression) => operator(expression)?,
        Value::Array(_) => return Err("Match value must be String, number, true, false, or null".into()),
    })
}
