//! Parses the text of an event pattern into trees, or finds the reason why it is refused.
//!
//! `$or` is expanded as the event rules engine does it, so each tree is a plain AND. `operator`
//! reads the operators of a field's list.

use std::sync::Arc;

use indexmap::IndexMap;
use serde_json::Value;
use serde_json::value::RawValue;

use super::complexity::{Beginnings, MOST};
use super::error::PatternError;
use super::matcher::Matcher;
use super::members::{Members, Shape, expression};
use super::operator::{operator, second_key};
use super::tree::{Leaf, Tree};

/// How many trees a pattern may expand to.
const MAX_COMBINATIONS: usize = 1000;

/// How many fields one of them may have.
const MAX_FIELDS: usize = 256;

/// Names of operators, existing and planned ones, which cannot be fields within `$or`.
const RESERVED: [&str; 24] = [
    "exactly",
    "equals-ignore-case",
    "prefix",
    "suffix",
    "anything-but",
    "exists",
    "wildcard",
    "numeric",
    "cidr",
    "=",
    "<",
    "<=",
    ">",
    ">=",
    "regex",
    "not-wildcard",
    "not-equals-ignore-case",
    "date-after",
    "date-on-or-after",
    "date-before",
    "date-on-or-before",
    "in-date-range",
    "ip-address-in-range",
    "ip-address-not-in-range",
];

const TOO_COMPLEX: &str = "Rule is too complex - try using fewer wildcard characters or fewer repeating character \
                           sequences after a wildcard character";

/// One way to satisfy the pattern: alternatives by dotted path.
type Combination = IndexMap<String, Arc<Leaf>>;

/// Reads a pattern.
pub(super) fn parse(text: &str) -> Result<Vec<Tree>, PatternError> {
    serde_json::from_str::<Value>(text).map_err(|error| unreadable(&error))?;
    let Shape::Object(fields) = Shape::of(text).map_err(|error| unreadable(&error))? else {
        return Err(PatternError::new("", "Filter is not an object"));
    };
    let mut combinations = vec![Combination::new()];
    read_object(&mut combinations, "", fields, Inside::Pattern)?;
    if combinations
        .iter()
        .any(|combination| combination.len() > MAX_FIELDS)
    {
        return Err(PatternError::new(
            "",
            format!("Size of rule exceeds max value of {MAX_FIELDS}"),
        ));
    }
    check_complexity(&combinations)?;
    Ok(combinations.iter().map(tree).collect())
}

fn unreadable(error: &serde_json::Error) -> PatternError {
    PatternError::new("", error.to_string())
}

/// What the engine keeps in one machine: a field, after the same fields with the same lists.
type Machine<'c> = (Vec<(&'c str, &'c str)>, &'c str);

/// Refuses wildcards that are too complex together. Fields are checked in the order of their paths.
/// Those of several combinations count together if the fields before them are the same, because the
/// engine then keeps them in one machine. Fields after one that must be absent are not checked, as
/// in EventBridge.
fn check_complexity(combinations: &[Combination]) -> Result<(), PatternError> {
    let has_wildcard = |leaf: &Arc<Leaf>| leaf.alternatives.iter().any(Matcher::has_wildcard);
    if !combinations
        .iter()
        .any(|combination| combination.values().any(has_wildcard))
    {
        return Ok(());
    }
    let mut fields: IndexMap<Machine<'_>, Vec<&Arc<Leaf>>> = IndexMap::new();
    for combination in combinations {
        let mut sorted: Vec<(&str, &Arc<Leaf>)> = combination
            .iter()
            .map(|(path, leaf)| (path.as_str(), leaf))
            .collect();
        sorted.sort_by_key(|&(path, _)| path);
        let mut before = Vec::new();
        for (path, leaf) in sorted {
            if has_wildcard(leaf) {
                fields.entry((before.clone(), path)).or_default().push(leaf);
            }
            if leaf
                .alternatives
                .iter()
                .all(|matcher| *matcher == Matcher::Absent)
            {
                break;
            }
            before.push((path, leaf.text.as_str()));
        }
    }
    for ((_, path), leaves) in &fields {
        if Beginnings::of(leaves.iter().flat_map(|leaf| &leaf.alternatives)).exceed(MOST) {
            return Err(PatternError::new(path, TOO_COMPLEX));
        }
    }
    Ok(())
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
    Members(fields): Members,
    inside: Inside,
) -> Result<(), PatternError> {
    if fields.is_empty() {
        return Err(PatternError::new(at, "Empty objects are not allowed"));
    }
    for (name, value) in fields {
        let path = if at.is_empty() {
            name.clone()
        } else {
            format!("{at}.{name}")
        };
        let shape = Shape::of(value.get()).map_err(|error| unreadable(&error))?;
        match shape {
            _ if name == "$or" => read_or(combinations, at, shape)?,
            _ if inside == Inside::Or && RESERVED.contains(&name.as_str()) => {
                let reason =
                    format!("{name} is Ruler reserved fieldName which cannot be used inside $or.");
                return Err(PatternError::new(&path, reason));
            }
            Shape::Object(inner) => read_object(combinations, &path, inner, inside)?,
            Shape::List(list) => {
                let leaf = Arc::new(leaf(&path, &list, &value)?);
                combinations.iter_mut().for_each(|combination| {
                    combination.insert(path.clone(), leaf.clone());
                });
            }
            Shape::Other => {
                return Err(PatternError::new(
                    &path,
                    format!("\"{name}\" must be an object or an array"),
                ));
            }
        }
    }
    Ok(())
}

fn read_or(
    combinations: &mut Vec<Combination>,
    at: &str,
    branches: Shape,
) -> Result<(), PatternError> {
    let refuse = |reason: &str| PatternError::new(&format!("{at}.$or"), reason);
    let Shape::List(branches) = branches else {
        return Err(refuse("It must be an Array followed with $or."));
    };
    let before = std::mem::take(combinations);
    for branch in &branches {
        let Shape::Object(fields) = Shape::of(branch.get()).map_err(|error| unreadable(&error))?
        else {
            return Err(refuse(
                "Only JSON object is allowed in array of $or relationship.",
            ));
        };
        let mut branch = before.clone();
        read_object(&mut branch, at, fields, Inside::Or)?;
        combinations.append(&mut branch);
        if combinations.len() > MAX_COMBINATIONS {
            return Err(refuse("The combinations of $or are more than 1000."));
        }
    }
    if branches.len() < 2 {
        return Err(refuse(
            "There must have at least 2 Objects in $or relationship.",
        ));
    }
    Ok(())
}

fn leaf(path: &str, list: &[Box<RawValue>], text: &RawValue) -> Result<Leaf, PatternError> {
    if list.is_empty() {
        return Err(PatternError::new(path, "Empty arrays are not allowed"));
    }
    let alternatives = list
        .iter()
        .map(|value| alternative(value.get()))
        .collect::<Result<Vec<_>, _>>();
    let alternatives = alternatives.map_err(|reason| PatternError::new(path, reason))?;
    // The engine takes the state that follows from the first alternative, and an empty list of
    // exclusions has none. After another alternative it excludes nothing. Both are recorded.
    if matches!(alternatives.first(), Some(Matcher::AnythingBut(excluded)) if excluded.is_empty()) {
        return Err(PatternError::new(
            path,
            "An empty anything-but list needs another match value before it",
        ));
    }
    let compact = serde_json::from_str::<Value>(text.get())
        .map_or_else(|_| text.to_string(), |value| value.to_string());
    Ok(Leaf {
        alternatives,
        text: compact,
    })
}

fn alternative(text: &str) -> Result<Matcher, String> {
    let (value, repeats) = expression(text).map_err(|error| error.to_string())?;
    Ok(match &value {
        Value::Null => Matcher::Null,
        Value::Bool(expected) => Matcher::Boolean(*expected),
        Value::Number(number) => Matcher::number(number.as_str()),
        Value::String(text) => Matcher::text(text),
        Value::Object(expression) => {
            let matcher = operator(expression)?;
            if repeats {
                return Err(second_key(expression).to_owned());
            }
            matcher
        }
        Value::Array(_) => {
            return Err("Match value must be String, number, true, false, or null".into());
        }
    })
}
