//! A form to the members of AWS JSON. Lists are flattened and counted from 1:
//! `Attribute.1.Name=…&Attribute.1.Value=…`.
//!
//! A list of one may come without its number (`AttributeName=All`,
//! `Attribute.Name=…&Attribute.Value=…`, as the examples of the API reference have it), and
//! botocore sends an empty list as its name with no value (`Entries=`).

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::action::Action;
use crate::fault::Fault;

/// What a request cannot be read as.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum FormError {
    /// There is no `Action` at all: SQS answers 404 with a body of its own.
    NoAction,
    /// Any other fault.
    Fault(Fault),
}

/// The form's name of a list, the member it becomes, and what its entries look like.
enum Shape {
    /// `AttributeName.1=x` → `["x"]`
    Texts,
    /// `Attribute.1.Name=x&Attribute.1.Value=y` → `{"x": "y"}`, with the names of the two parts.
    Pairs(&'static str, &'static str),
    /// `MessageAttribute.1.Name=x&MessageAttribute.1.Value.DataType=…` → `{"x": {"DataType": …}}`
    Attributes,
    /// `SendMessageBatchRequestEntry.1.Id=x` → `[{"Id": "x"}]`
    Entries,
}

impl Shape {
    /// The entry's number, and which part of it this is; none for what is no part of an entry. An
    /// entry without a number stands before all others.
    fn place<'r>(&self, rest: &'r str, value: &str) -> Option<(usize, &'r str)> {
        let (number, part) = rest.split_once('.').unwrap_or((rest, ""));
        if let Ok(number) = number.parse() {
            return Some((number, part));
        }
        let is_part = match self {
            Shape::Texts => rest.is_empty() && !value.is_empty(),
            Shape::Pairs(key, inner) => rest == *key || rest == *inner,
            Shape::Attributes => rest == "Name" || rest.starts_with("Value."),
            Shape::Entries => !rest.is_empty(),
        };
        is_part.then_some((0, rest))
    }
}

const LISTS: [(&str, &str, Shape); 14] = [
    ("Attribute", "Attributes", Shape::Pairs("Name", "Value")),
    ("AttributeName", "AttributeNames", Shape::Texts),
    (
        "MessageAttributeName",
        "MessageAttributeNames",
        Shape::Texts,
    ),
    (
        "MessageSystemAttributeName",
        "MessageSystemAttributeNames",
        Shape::Texts,
    ),
    ("MessageAttribute", "MessageAttributes", Shape::Attributes),
    ("MessageAttributes", "MessageAttributes", Shape::Attributes),
    (
        "MessageSystemAttribute",
        "MessageSystemAttributes",
        Shape::Attributes,
    ),
    ("Tag", "Tags", Shape::Pairs("Key", "Value")),
    ("TagKey", "TagKeys", Shape::Texts),
    ("SendMessageBatchRequestEntry", "Entries", Shape::Entries),
    ("DeleteMessageBatchRequestEntry", "Entries", Shape::Entries),
    (
        "ChangeMessageVisibilityBatchRequestEntry",
        "Entries",
        Shape::Entries,
    ),
    ("AWSAccountId", "AWSAccountIds", Shape::Texts),
    ("ActionName", "Actions", Shape::Texts),
];

/// The entries of a list by their number, each with its parts.
type Entries = BTreeMap<usize, Map<String, Value>>;

/// More entries of a list than any action takes; what lies beyond is not read.
const MOST: usize = 1000;

/// Reads an action and its name. `path` is the URL's: a queue's own address stands for a missing
/// `QueueUrl`.
///
/// # Errors
/// See [`FormError`].
pub(crate) fn read(path: &str, query: &str, body: &[u8]) -> Result<(String, Action), FormError> {
    let pairs = || form_urlencoded::parse(query.as_bytes()).chain(form_urlencoded::parse(body));
    let action = pairs()
        .find(|(name, _)| name == "Action")
        .ok_or(FormError::NoAction)?
        .1
        .into_owned();
    let is_queue = !path.trim_matches('/').is_empty();
    let invalid = || {
        FormError::Fault(Fault::InvalidAction {
            action: action.clone(),
        })
    };
    if is_queue && matches!(action.as_str(), "CreateQueue" | "ListQueues") {
        return Err(invalid());
    }
    let mut members = members(pairs().map(|(name, value)| (name.into_owned(), value.into_owned())));
    if is_queue && !members.contains_key("QueueUrl") {
        members.insert("QueueUrl".to_owned(), path.into());
    }
    // Beside the older list the newer one counts in AWS JSON only:
    // `docs/aws/sqs.md#system-attributes`.
    if members
        .get("AttributeNames")
        .and_then(Value::as_array)
        .is_some_and(|names| !names.is_empty())
    {
        members.remove("MessageSystemAttributeNames");
    }
    // The one member whose name differs: `docs/aws/sqs.md#json-protocol`.
    if action == "CreateQueue"
        && let Some(tags) = members.remove("Tags")
    {
        members.insert("tags".to_owned(), tags);
    }
    let json = Value::Object(members).to_string();
    match Action::from_json(&action, json.as_bytes()) {
        Some(Ok(read)) => Ok((action, read)),
        Some(Err(error)) => Err(FormError::Fault(Fault::Serialization(error.to_string()))),
        None => Err(invalid()),
    }
}

fn members(pairs: impl Iterator<Item = (String, String)>) -> Map<String, Value> {
    let mut members = Map::new();
    let mut lists: BTreeMap<&'static str, (usize, Entries)> = BTreeMap::new();
    for (name, value) in pairs {
        let (head, rest) = name.split_once('.').unwrap_or((&name, ""));
        let Some(list) = LISTS
            .iter()
            .position(|(form, member, _)| *form == head || rest.is_empty() && *member == head)
        else {
            if !matches!(name.as_str(), "Action" | "Version") {
                members.insert(name, value.into());
            }
            continue;
        };
        let (_, member, shape) = &LISTS[list];
        let entries = &mut lists
            .entry(member)
            .or_insert_with(|| (list, BTreeMap::new()))
            .1;
        if let Some((number, part)) = shape.place(rest, &value)
            && (entries.len() < MOST || entries.contains_key(&number))
        {
            entries
                .entry(number)
                .or_default()
                .insert(part.to_owned(), value.into());
        }
    }
    for (member, (list, entries)) in lists {
        members.insert(
            member.to_owned(),
            shaped(&LISTS[list].2, entries.into_values()),
        );
    }
    members
}

fn shaped(shape: &Shape, entries: impl Iterator<Item = Map<String, Value>>) -> Value {
    let text = |entry: &Map<String, Value>, part: &str| {
        entry
            .get(part)
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned()
    };
    match shape {
        Shape::Texts => entries.map(|entry| Value::from(text(&entry, ""))).collect(),
        Shape::Pairs(key, value) => entries
            .map(|entry| (text(&entry, key), Value::from(text(&entry, value))))
            .collect::<Map<_, _>>()
            .into(),
        Shape::Attributes => entries
            .map(|entry| (text(&entry, "Name"), attribute(entry)))
            .collect::<Map<_, _>>()
            .into(),
        Shape::Entries => entries
            .map(|entry| Value::Object(members(texts(entry))))
            .collect(),
    }
}

/// `Value.DataType`, `Value.StringValue` and so on, without the `Value.` in front.
fn attribute(entry: Map<String, Value>) -> Value {
    let inner = entry
        .into_iter()
        .filter_map(|(part, value)| Some((part.strip_prefix("Value.")?.to_owned(), value)));
    Value::Object(inner.collect())
}

fn texts(entry: Map<String, Value>) -> impl Iterator<Item = (String, String)> {
    entry.into_iter().map(|(name, value)| match value {
        Value::String(text) => (name, text),
        other => (name, other.to_string()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(form: &str, expected: &str) {
        let pairs = form_urlencoded::parse(form.as_bytes()).into_owned();
        assert_eq!(Value::Object(members(pairs)).to_string(), expected);
    }

    /// Names on the wire: `docs/aws/sqs.md#query-requests`.
    #[test]
    fn flattened_lists_become_members() {
        check(
            "Action=X&Version=2012-11-05&QueueName=q",
            r#"{"QueueName":"q"}"#,
        );
        check(
            "Attribute.1.Name=a&Attribute.1.Value=1&Attribute.2.Name=b&Attribute.2.Value=2",
            r#"{"Attributes":{"a":"1","b":"2"}}"#,
        );
        check(
            "AttributeName.2=b&AttributeName.1=a",
            r#"{"AttributeNames":["a","b"]}"#,
        );
        check(
            "MessageAttribute.1.Name=k&MessageAttribute.1.Value.DataType=String&MessageAttribute.1.Value.StringValue=v",
            r#"{"MessageAttributes":{"k":{"DataType":"String","StringValue":"v"}}}"#,
        );
        check(
            "SendMessageBatchRequestEntry.1.Id=i&SendMessageBatchRequestEntry.1.MessageBody=b&SendMessageBatchRequestEntry.1.MessageAttribute.1.Name=k&SendMessageBatchRequestEntry.1.MessageAttribute.1.Value.DataType=String",
            r#"{"Entries":[{"Id":"i","MessageBody":"b","MessageAttributes":{"k":{"DataType":"String"}}}]}"#,
        );
        check(
            "Tag.1.Key=k&Tag.1.Value=v&TagKey.1=x",
            r#"{"TagKeys":["x"],"Tags":{"k":"v"}}"#,
        );
    }

    #[test]
    fn an_empty_list_is_its_name_alone() {
        for (form, member, shape) in &LISTS {
            let empty = if matches!(shape, Shape::Pairs(..) | Shape::Attributes) {
                "{}"
            } else {
                "[]"
            };
            check(&format!("{form}="), &format!(r#"{{"{member}":{empty}}}"#));
            check(&format!("{member}="), &format!(r#"{{"{member}":{empty}}}"#));
        }
        check(
            "AttributeName.1=a&AttributeName=",
            r#"{"AttributeNames":["a"]}"#,
        );
    }

    #[test]
    fn a_list_of_one_needs_no_number() {
        for (form, member, _) in LISTS
            .iter()
            .filter(|(.., shape)| matches!(shape, Shape::Texts))
        {
            check(&format!("{form}=x"), &format!(r#"{{"{member}":["x"]}}"#));
        }
        check(
            "Attribute.Name=a&Attribute.Value=1",
            r#"{"Attributes":{"a":"1"}}"#,
        );
        check("Tag.Key=a&Tag.Value=1", r#"{"Tags":{"a":"1"}}"#);
        for name in ["MessageAttribute", "MessageSystemAttribute"] {
            check(
                &format!("{name}.Name=k&{name}.Value.DataType=String&{name}.Value.StringValue=v"),
                &format!(r#"{{"{name}s":{{"k":{{"DataType":"String","StringValue":"v"}}}}}}"#),
            );
        }
        check(
            "SendMessageBatchRequestEntry.Id=i",
            r#"{"Entries":[{"Id":"i"}]}"#,
        );
        check(
            "SendMessageBatchRequestEntry.1.Id=i&SendMessageBatchRequestEntry.1.MessageAttribute=",
            r#"{"Entries":[{"Id":"i","MessageAttributes":{}}]}"#,
        );
        check("Attribute.Nonsense=a", r#"{"Attributes":{}}"#);
    }

    /// Beside the older list the newer one counts in AWS JSON only, but an empty list is none.
    #[test]
    fn an_empty_older_list_leaves_the_newer_one() {
        let read = |form: &str| format!("{:?}", read("/", "", form.as_bytes()).unwrap().1);
        let newer = "Action=ReceiveMessage&MessageSystemAttributeName=All";
        assert!(read(&format!("{newer}&AttributeNames=")).contains("\"All\""));
        assert!(!read(&format!("{newer}&AttributeName=SenderId")).contains("\"All\""));
    }

    #[test]
    fn what_is_no_action_is_told_apart() {
        assert_eq!(
            read("/", "", b"MessageBody=x").unwrap_err(),
            FormError::NoAction
        );
        let invalid = |action: &str| {
            FormError::Fault(Fault::InvalidAction {
                action: action.into(),
            })
        };
        assert_eq!(read("/", "Action=Nope", b"").unwrap_err(), invalid("Nope"));
        assert_eq!(
            read("/000000000000/q", "", b"Action=CreateQueue").unwrap_err(),
            invalid("CreateQueue")
        );
        assert_eq!(
            read("/000000000000/q", "", b"Action=SendMessage&MessageBody=x")
                .unwrap()
                .0,
            "SendMessage"
        );
    }
}
