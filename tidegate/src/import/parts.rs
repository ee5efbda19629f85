//! What was imported so far. Pure.

use std::collections::{BTreeMap, BTreeSet};

use kit::arn::Arn;
use kit::cloudformation::Deployed;
use serde_json::{Map, Value, json};

/// A stack with its template.
#[derive(Debug)]
pub(super) struct ImportedStack {
    pub name: String,
    pub template: Value,
}

/// What was imported so far.
#[derive(Debug, Default)]
pub(super) struct Parts {
    /// Resources that were asked for one by one, by their ids in the template.
    pub resources: Map<String, Value>,
    pub stacks: Vec<ImportedStack>,
    /// Where it was imported from.
    pub from: Deployed,
    /// What is in the definition, a line for each.
    pub brought: Vec<String>,
    /// What could not be brought, and what to do about it, a line for each.
    pub missing: Vec<String>,
    /// The ids of what was asked for or is referred to, by kind and name.
    known: BTreeMap<(&'static str, String), String>,
    /// The ids of what was asked for.
    begun: BTreeSet<String>,
}

impl Parts {
    pub(super) fn of_region(region: &str) -> Parts {
        Parts {
            from: Deployed {
                region: Some(region.to_owned()),
                ..Deployed::default()
            },
            ..Parts::default()
        }
    }

    /// The id in the template for something that is asked for now, and whether it is so for the
    /// first time.
    pub(super) fn begin(&mut self, kind: &'static str, name: &str) -> (String, bool) {
        let id = self.id_of(kind, name);
        let is_new = self.begun.insert(id.clone());
        (id, is_new)
    }

    /// The id in the template for something.
    pub(super) fn id_of(&mut self, kind: &'static str, name: &str) -> String {
        let key = (kind, name.to_owned());
        if let Some(id) = self.known.get(&key) {
            return id.clone();
        }
        let id = self.free_id(&format!("{}{kind}", camel(name)));
        self.known.insert(key, id.clone());
        self.resources.insert(id.clone(), Value::Null);
        id
    }

    /// Forgets an id for which there is nothing.
    pub(super) fn release(&mut self, kind: &'static str, name: &str) {
        if let Some(id) = self.known.remove(&(kind, name.to_owned())) {
            self.resources.shift_remove(&id);
            self.begun.remove(&id);
        }
    }

    /// An id that no resource has yet.
    pub(super) fn free_id(&self, wanted: &str) -> String {
        let numbered = (2..).map(|number| format!("{wanted}{number}"));
        let mut candidates = std::iter::once(wanted.to_owned()).chain(numbered);
        let free = candidates.find(|id| !self.resources.contains_key(id));
        free.unwrap_or_else(|| wanted.to_owned())
    }

    /// Whether something is asked for for the first time.
    pub(super) fn is_first(&mut self, what: &str) -> bool {
        self.begun.insert(what.to_owned())
    }

    /// Puts the resources of a small template under ids of their own, which begin with `prefix`,
    /// and turns what refers to them. The new id of `main`.
    pub(super) fn put_all(
        &mut self,
        prefix: &str,
        resources: Map<String, Value>,
        main: &str,
    ) -> String {
        let mut ids = BTreeMap::new();
        for name in resources.keys() {
            let id = self.free_id(&format!("{prefix}{}", camel(name)));
            self.resources.insert(id.clone(), Value::Null);
            ids.insert(name.clone(), id);
        }
        for (name, resource) in resources {
            self.resources
                .insert(ids[&name].clone(), turned(&resource, &ids));
        }
        ids.get(main).cloned().unwrap_or_default()
    }

    /// Puts a resource under an id.
    pub(super) fn put(&mut self, id: &str, kind: &str, properties: Map<String, Value>) {
        let members = [
            ("Type".to_owned(), kind.into()),
            ("Properties".to_owned(), Value::Object(properties)),
        ];
        let resource = Value::Object(Map::from_iter(members));
        self.resources.insert(id.to_owned(), resource);
    }

    /// Learns from an ARN in which account all of this is.
    pub(super) fn learn_account(&mut self, arn: &str) {
        let account = Arn::parse(arn).map(|arn| arn.account);
        let account = account.filter(|account| !account.is_empty());
        if self.from.account_id.is_none() {
            self.from.account_id = account.map(str::to_owned);
        }
    }

    /// Whether what an ARN names is in the account and the region that are imported.
    pub(super) fn is_here(&self, arn: &Arn<'_>) -> bool {
        self.from.region.as_deref() == Some(arn.region)
            && self
                .from
                .account_id
                .as_deref()
                .is_none_or(|own| own == arn.account)
    }

    /// Notes what could not be brought, once.
    pub(super) fn miss(&mut self, line: String) {
        if !self.missing.contains(&line) {
            self.missing.push(line);
        }
    }
}

/// `Ref`.
pub(super) fn reference(id: &str) -> Value {
    json!({"Ref": id})
}

/// `Fn::GetAtt` of the ARN.
pub(super) fn arn_of(id: &str) -> Value {
    json!({"Fn::GetAtt": [id, "Arn"]})
}

/// The same with the ids that references name replaced.
fn turned(value: &Value, ids: &BTreeMap<String, String>) -> Value {
    let new = |name: &Value| name.as_str().and_then(|name| ids.get(name));
    match value {
        Value::Object(members) => {
            if let Some(id) = members.get("Ref").and_then(new) {
                return reference(id);
            }
            let pair = members.get("Fn::GetAtt").and_then(Value::as_array);
            if let Some([resource, attribute]) = pair.map(Vec::as_slice)
                && let Some(id) = new(resource)
            {
                return json!({"Fn::GetAtt": [id, attribute]});
            }
            let members = members.iter();
            Value::Object(
                members
                    .map(|(name, value)| (name.clone(), turned(value, ids)))
                    .collect(),
            )
        }
        Value::Array(items) => items.iter().map(|item| turned(item, ids)).collect(),
        other => other.clone(),
    }
}

/// The members of an answer that are properties of a resource; nothing for those that are null.
pub(super) fn properties(answer: &Value, names: &[&str]) -> Map<String, Value> {
    let known = names.iter().filter_map(|&name| {
        let value = answer.get(name).filter(|value| !value.is_null())?;
        Some((name.to_owned(), without_nulls(value)))
    });
    known.collect()
}

fn without_nulls(value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            let kept = members.iter().filter(|(_, value)| !value.is_null());
            Value::Object(
                kept.map(|(name, value)| (name.clone(), without_nulls(value)))
                    .collect(),
            )
        }
        Value::Array(items) => items.iter().map(without_nulls).collect(),
        other => other.clone(),
    }
}

/// What is an id in a template: `orders-dlq.fifo` is `OrdersDlqFifo`.
pub(super) fn camel(name: &str) -> String {
    let words = name.split(|c: char| !c.is_ascii_alphanumeric());
    let capital = |word: &str| {
        let mut letters = word.chars();
        let first = letters.next().map(|first| first.to_ascii_uppercase());
        first.into_iter().chain(letters).collect::<String>()
    };
    words.map(capital).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_made_of_names_and_never_the_same() {
        let mut parts = Parts::of_region("eu-west-1");
        assert_eq!(parts.begin("Queue", "a-b"), ("ABQueue".into(), true));
        assert_eq!(parts.begin("Queue", "a-b"), ("ABQueue".into(), false));
        assert_eq!(parts.begin("Queue", "a_b"), ("ABQueue2".into(), true));
        parts.release("Queue", "a-b");
        assert_eq!(parts.id_of("Queue", "a.b"), "ABQueue");
    }

    #[test]
    fn a_small_template_gets_ids_of_its_own() {
        let mut parts = Parts::of_region("eu-west-1");
        parts.id_of("Api", "orders");
        let made = json!({"Api": {"Type": "A"}, "POST /a": {"B": {"Ref": "Api"}, "C": {"Fn::GetAtt": ["Api", "Root"]}, "D": {"Ref": "X"}}});
        let id = parts.put_all("Orders", made.as_object().unwrap().clone(), "Api");
        assert_eq!(id, "OrdersApi2");
        let method = &parts.resources["OrdersPOSTA"];
        assert_eq!(
            method,
            &json!({"B": {"Ref": "OrdersApi2"}, "C": {"Fn::GetAtt": ["OrdersApi2", "Root"]}, "D": {"Ref": "X"}})
        );
    }

    #[test]
    fn nulls_are_no_properties() {
        let answer = json!({"Name": "p", "Enrichment": null, "T": {"a": null, "b": [{"c": null}]}, "Arn": "x"});
        let found = Value::Object(properties(&answer, &["Name", "Enrichment", "T"]));
        assert_eq!(found, json!({"Name": "p", "T": {"b": [{}]}}));
    }
}
