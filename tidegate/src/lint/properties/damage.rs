//! Damages a definition: as a document, member by member, and as a text.

use kit::document::{Node, Value};
use proptest::prelude::*;
use proptest::sample::Index;
use serde_json::{Map, Value as Json, json};

/// One damage: where, and what.
#[derive(Debug, Clone)]
pub(super) struct Damage {
    at: Index,
    kind: u8,
    other: Index,
}

impl Arbitrary for Damage {
    type Parameters = ();
    type Strategy = BoxedStrategy<Damage>;

    fn arbitrary_with((): ()) -> BoxedStrategy<Damage> {
        (any::<Index>(), 0_u8..9, any::<Index>())
            .prop_map(|(at, kind, other)| Damage { at, kind, other })
            .boxed()
    }
}

/// Values of every type, and functions used in every wrong way.
fn odd_values() -> Vec<Json> {
    vec![
        Json::Null,
        json!(true),
        json!(-1),
        json!(1e308),
        json!(99_999_999_999_999_999_u64),
        json!(""),
        json!("${"),
        json!("${A.B.C}${!x}${AWS::Region}"),
        json!("$input.path('$.x')$util.urlEncode("),
        json!("{{resolve:secretsmanager:a}}{{resolve:"),
        json!("arn:aws:sqs:::"),
        json!("arn:"),
        json!("https://[::1"),
        json!("\u{0}é\u{10ffff}"),
        json!("<$.body.a[0]><aws.pipes.x><$."),
        json!("{\"body\":[{\"numeric\":[\"<\",1,\">\"]}]}"),
        json!([]),
        json!({}),
        json!([[[[[{}]]]]]),
        json!({"Ref": "AWS::NoValue"}),
        json!({"Ref": []}),
        json!({"Ref": "Queue", "Fn::Sub": "x"}),
        json!({"Fn::GetAtt": "A"}),
        json!({"Fn::GetAtt": ["Api", {"Ref": "X"}]}),
        json!({"Fn::Sub": ["${a}", {"b": 1}, 3]}),
        json!({"Fn::Join": [1, 2]}),
        json!({"Fn::Join": ["", {"Fn::Split": ["", "abc"]}]}),
        json!({"Fn::Select": [-1, ["a"]]}),
        json!({"Fn::Select": ["99999999999999999999", ["a"]]}),
        json!({"Fn::Split": ["", ""]}),
        json!({"Fn::If": ["None", 1]}),
        json!({"Fn::If": [{"Fn::Equals": [1]}, 1, 2]}),
        json!({"Fn::FindInMap": ["M", {"Ref": "AWS::Region"}]}),
        json!({"Fn::Cidr": ["10.0.0.0/33", 300, 99]}),
        json!({"Fn::Base64": {"Fn::Base64": []}}),
        json!({"Fn::ImportValue": {"Fn::Sub": "${x}"}}),
        json!({"Fn::Transform": {"Name": "AWS::Include", "Parameters": {"Location": "../../nothing"}}}),
        json!({"Fn::ForEach::X": ["I", ["a", "b"], {"${I}": {}}]}),
        json!({"Fn::Length": "x"}),
        json!({"Fn::ToJsonString": {"a": {"Ref": "Nobody"}}}),
        json!({"Fn::Nothing": 1}),
        json!({"Condition": "Nobody"}),
        json!({"$ref": "#/components/schemas/Empty"}),
        json!({"references": ["aws_sqs_queue.jobs.arn", "var.x", "local.y", "module.a.b"]}),
    ]
}

/// The document with these damages, as JSON.
pub(super) fn of_document(text: &str, damages: &[Damage]) -> String {
    let Ok(root) = Node::parse("seed", text) else {
        return text.to_owned();
    };
    let mut json = long(&root);
    for damage in damages {
        let mut left = damage.at.index(count(&json));
        let inner = picked(&json, damage.other.index(count(&json)));
        apply(&mut json, &mut left, damage, &inner);
    }
    serde_json::to_string_pretty(&json).unwrap()
}

/// A node as JSON, with functions in their long form.
fn long(node: &Node) -> Json {
    let plain = match &node.value {
        Value::List(nodes) => nodes.iter().map(long).collect(),
        Value::Map(entries) => entries
            .iter()
            .map(|entry| (entry.key.clone(), long(&entry.node)))
            .collect(),
        _ => node.to_json(),
    };
    match node.tag.as_deref() {
        None => plain,
        Some(name @ ("Ref" | "Condition")) => json!({name: plain}),
        Some(name) => json!({format!("Fn::{name}"): plain}),
    }
}

fn count(json: &Json) -> usize {
    let below: usize = match json {
        Json::Array(items) => items.iter().map(count).sum(),
        Json::Object(members) => members.values().map(count).sum(),
        _ => 0,
    };
    1 + below
}

/// The value of this number, in the order of the document.
fn picked(json: &Json, at: usize) -> Json {
    fn find(json: &Json, left: &mut usize) -> Option<Json> {
        if *left == 0 {
            return Some(json.clone());
        }
        *left -= 1;
        match json {
            Json::Array(items) => items.iter().find_map(|item| find(item, left)),
            Json::Object(members) => members.values().find_map(|item| find(item, left)),
            _ => None,
        }
    }
    find(json, &mut { at }).unwrap_or_default()
}

/// Damages the value of this number. Returns whether it was found.
fn apply(json: &mut Json, left: &mut usize, damage: &Damage, inner: &Json) -> bool {
    if *left == 0 {
        hit(json, damage, inner);
        return true;
    }
    *left -= 1;
    match json {
        Json::Array(items) => items
            .iter_mut()
            .any(|item| apply(item, left, damage, inner)),
        Json::Object(members) => members
            .values_mut()
            .any(|item| apply(item, left, damage, inner)),
        _ => false,
    }
}

fn hit(json: &mut Json, damage: &Damage, inner: &Json) {
    let odd = odd_values();
    let one = odd[damage.other.index(odd.len())].clone();
    match (damage.kind, &mut *json) {
        // A member is left out, renamed, doubled or moved.
        (0, Json::Object(members)) => {
            remove(members, &damage.other);
        }
        (1, Json::Object(members)) => {
            if let Some((key, value)) = remove(members, &damage.other) {
                let mut letters: Vec<char> = key.chars().collect();
                letters.pop();
                members.insert(letters.into_iter().collect(), value);
            }
        }
        (2, Json::Object(members)) => {
            if let Some((key, value)) = remove(members, &damage.other) {
                members.insert(format!("{key}2"), value.clone());
                members.insert(key, value);
            }
        }
        (0..=2, Json::Array(items)) if !items.is_empty() => {
            items.remove(damage.other.index(items.len()));
        }
        // A part of the document stands where another did.
        (3, _) => *json = inner.clone(),
        (4, _) => {
            for _ in 0..1 + damage.other.index(40) {
                *json = json!([json.take()]);
            }
        }
        (5, _) => {
            for _ in 0..1 + damage.other.index(40) {
                *json = json!({"Fn::Sub": json.take()});
            }
        }
        (6, _) => *json = json!({"Fn::If": ["IsProd", json.take(), {"Ref": "AWS::NoValue"}]}),
        _ => *json = one,
    }
}

fn remove(members: &mut Map<String, Json>, which: &Index) -> Option<(String, Json)> {
    let key = members
        .keys()
        .nth(which.index(members.len().max(1)))?
        .clone();
    let value = members.remove(&key)?;
    Some((key, value))
}

/// The text with parts cut out and others put in.
pub(super) fn of_text(text: &str, cuts: &[(Index, usize, String)]) -> String {
    let mut text = text.to_owned();
    for (at, length, put) in cuts {
        let at = at.index(text.len().max(1));
        let end = (at + length).min(text.len());
        if at <= end && text.is_char_boundary(at) && text.is_char_boundary(end) {
            text.replace_range(at..end, put);
        }
    }
    text
}
