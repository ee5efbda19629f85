//! `$context`: what is known of an exchange, and the overrides that its templates set.
//!
//! A [`Context`] lives through the request template and the response template of one exchange, so
//! that what the first sets is there for the second. Overrides are final: setting the same one
//! twice fails the template. See `docs/aws/api-gateway.md#context` and
//! `docs/aws/api-gateway.md#overrides`.

use std::sync::Arc;

use serde_json::{Map as Members, Value as Json};

use crate::vtl::limits::Exceeded;
use crate::vtl::value::{Key, Map, MapKind};
use crate::vtl::{Known, Value};

/// The names of the two overrides, and the maps that each starts with.
const OVERRIDES: [(&str, &[&str]); 2] = [
    ("requestOverride", &["path", "header", "querystring"]),
    ("responseOverride", &["header"]),
];

/// What `$context` has: `docs/aws/api-gateway.md#context`.
pub(super) const KNOWN: Known = Known {
    variable: "context",
    members: &[
        "accountId",
        "apiId",
        "authorizer",
        "awsEndpointRequestId",
        "deploymentId",
        "domainName",
        "domainPrefix",
        "error",
        "extendedRequestId",
        "httpMethod",
        "identity",
        "isCanaryRequest",
        "path",
        "protocol",
        "requestId",
        "requestOverride",
        "requestTime",
        "requestTimeEpoch",
        "resourceId",
        "resourcePath",
        "responseOverride",
        "stage",
        "wafResponseCode",
        "webaclArn",
    ],
    is_map: true,
    check: |_, _| Ok(()),
};

/// `$context` of one exchange.
#[derive(Debug, Clone, Default)]
pub struct Context {
    fields: Arc<Members<String, Json>>,
    /// `requestOverride` and `responseOverride`, when a template set anything there.
    overrides: Members<String, Json>,
}

/// What templates set in `$context.requestOverride`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RequestOverride {
    /// Headers of the call.
    pub header: Vec<(String, String)>,
    /// Path parameters of the call.
    pub path: Vec<(String, String)>,
    /// Query parameters of the call.
    pub querystring: Vec<(String, String)>,
}

/// What templates set in `$context.responseOverride`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ResponseOverride {
    /// The status, if it was set to a whole number that can be one.
    pub status: Option<u16>,
    /// Headers of the answer.
    pub header: Vec<(String, String)>,
}

impl Context {
    /// A context with these fields. What stands there under the names of the overrides counts as
    /// set by an earlier template.
    pub fn new(mut fields: Members<String, Json>) -> Context {
        let mut overrides = Members::new();
        for (name, _) in OVERRIDES {
            if let Some(set @ Json::Object(_)) = fields.shift_remove(name) {
                overrides.insert(name.to_owned(), set);
            }
        }
        Context {
            fields: Arc::new(fields),
            overrides,
        }
    }

    /// The text of a field, by the names that lead to it; [`None`] when it is missing, null, or not
    /// a single value.
    pub fn get<S: AsRef<str>>(&self, path: &[S]) -> Option<String> {
        let (first, rest) = path.split_first()?;
        let start = self
            .overrides
            .get(first.as_ref())
            .or_else(|| self.fields.get(first.as_ref()))?;
        let found = rest
            .iter()
            .try_fold(start, |value, name| value.get(name.as_ref()))?;
        single(found)
    }

    /// The overrides for the call.
    pub fn request_override(&self) -> RequestOverride {
        let set = self.overrides.get("requestOverride");
        RequestOverride {
            header: texts(set, "header"),
            path: texts(set, "path"),
            querystring: texts(set, "querystring"),
        }
    }

    /// The overrides for the answer.
    pub fn response_override(&self) -> ResponseOverride {
        let set = self.overrides.get("responseOverride");
        let status = set.and_then(|set| single(set.get("status")?)?.parse().ok());
        ResponseOverride {
            status: status.filter(|status| (100..600).contains(status)),
            header: texts(set, "header"),
        }
    }

    /// Everything that was overridden, as JSON, for tools; [`None`] when nothing was. Each override
    /// shows its three maps, set or not.
    pub fn overrides(&self) -> Option<Members<String, Json>> {
        let mut all = Members::new();
        for (name, _) in OVERRIDES {
            let mut shown: Members<String, Json> = ["header", "path", "querystring"]
                .map(|map| (map.to_owned(), Members::new().into()))
                .into_iter()
                .collect();
            shown.extend(
                self.overrides
                    .get(name)
                    .and_then(Json::as_object)
                    .cloned()
                    .unwrap_or_default(),
            );
            all.insert(name.to_owned(), shown.into());
        }
        let is_set = |json: &Json| json.as_object().is_none_or(|members| !members.is_empty());
        let any = all
            .values()
            .filter_map(Json::as_object)
            .flat_map(Members::values)
            .any(is_set);
        any.then_some(all)
    }

    pub(super) fn fields(&self) -> Arc<Members<String, Json>> {
        self.fields.clone()
    }

    /// Takes over what a rendering set.
    pub(super) fn keep(&mut self, overrides: Option<Members<String, Json>>) {
        self.overrides = overrides.unwrap_or(std::mem::take(&mut self.overrides));
    }
}

/// A string, number or boolean as text.
fn single(json: &Json) -> Option<String> {
    match json {
        Json::String(text) => Some(text.clone()),
        Json::Number(_) | Json::Bool(_) => Some(json.to_string()),
        Json::Null | Json::Array(_) | Json::Object(_) => None,
    }
}

fn texts(set: Option<&Json>, name: &str) -> Vec<(String, String)> {
    let members = set.and_then(|set| set.get(name)?.as_object());
    members
        .into_iter()
        .flatten()
        .filter_map(|(name, value)| Some((name.clone(), single(value)?)))
        .collect()
}

/// `$context` of one rendering. The map of it is made when a template treats it as a map, or
/// touches an override.
pub(super) struct View {
    fields: Arc<Members<String, Json>>,
    /// Overrides of an earlier template.
    before: Members<String, Json>,
    /// Fields that have fields of their own, as a template asked for them.
    parts: Vec<(String, Value)>,
    map: Option<Map>,
}

impl View {
    pub(super) fn new(fields: Arc<Members<String, Json>>, context: &Context) -> View {
        View {
            fields,
            before: context.overrides.clone(),
            parts: Vec::new(),
            map: None,
        }
    }

    pub(super) fn property(&mut self, name: &str) -> Result<Value, Exceeded> {
        if self.map.is_none() && !OVERRIDES.iter().any(|(known, _)| *known == name) {
            return self.field(name);
        }
        Ok(self.map()?.get_text(name).unwrap_or(Value::Null))
    }

    fn field(&mut self, name: &str) -> Result<Value, Exceeded> {
        let Some(json) = self.fields.get(name) else {
            return Ok(Value::Null);
        };
        if !json.is_object() {
            return field(json);
        }
        if let Some((_, part)) = self.parts.iter().find(|(known, _)| known == name) {
            return Ok(part.clone());
        }
        let part = field(json)?;
        self.parts.push((name.to_owned(), part.clone()));
        Ok(part)
    }

    pub(super) fn map(&mut self) -> Result<Map, Exceeded> {
        if let Some(map) = &self.map {
            return Ok(map.clone());
        }
        let mut entries = indexmap::IndexMap::with_capacity(self.fields.len() + 2);
        for name in self.fields.clone().keys() {
            entries.insert(Key::from(name.as_str()), self.field(name)?);
        }
        for (name, maps) in OVERRIDES {
            entries.insert(
                Key::from(name),
                Value::Map(overrides(self.before.get(name), maps)?),
            );
        }
        let map = Map::new(MapKind::Silent, entries)?;
        self.map = Some(map.clone());
        Ok(map)
    }

    /// What the overrides hold after the rendering; [`None`] when no template touched them.
    pub(super) fn overrides(&self) -> Option<Members<String, Json>> {
        let map = self.map.as_ref()?;
        let mut all = Members::new();
        for (name, _) in OVERRIDES {
            let set = map.get_text(name).unwrap_or(Value::Null);
            all.insert(name.to_owned(), set.to_json().unwrap_or(Json::Null));
        }
        Some(all)
    }
}

/// A field of `$context`: those with fields of their own print nothing.
fn field(json: &Json) -> Result<Value, Exceeded> {
    match json {
        Json::Object(members) => Ok(Value::Map(Value::map_from_json(MapKind::Silent, members)?)),
        other => Value::from_json(other),
    }
}

/// One override with what was set before.
fn overrides(before: Option<&Json>, maps: &[&str]) -> Result<Map, Exceeded> {
    let mut entries = indexmap::IndexMap::new();
    for name in maps {
        let set = before.and_then(|before| before.get(name)?.as_object());
        let map = match set {
            Some(members) => Value::map_from_json(MapKind::Once, members)?,
            None => Map::new(MapKind::Once, indexmap::IndexMap::new())?,
        };
        entries.insert(Key::from(*name), Value::Map(map));
    }
    for (name, json) in before.and_then(Json::as_object).into_iter().flatten() {
        if !maps.contains(&name.as_str()) {
            entries.insert(Key::from(name.as_str()), Value::from_json(json)?);
        }
    }
    Map::new(MapKind::SilentOnce, entries)
}

#[cfg(test)]
mod tests {
    use indexmap::IndexMap;
    use serde_json::json;

    use super::super::{Input, Parameters, render};
    use super::*;
    use crate::vtl::Template;

    fn context() -> Context {
        let fields = json!({"requestId": "r", "epoch": 5, "identity": {"sourceIp": "192.0.2.1", "caller": null}});
        Context::new(fields.as_object().cloned().unwrap())
    }

    #[track_caller]
    fn run(context: &mut Context, template: &str) -> Option<String> {
        let template = Template::parse("test", template).unwrap();
        let input = Input {
            body: "",
            parameters: &Parameters::default(),
        };
        render(&template, &input, &IndexMap::new(), context).ok()
    }

    #[test]
    fn what_the_request_template_sets_the_response_template_sees() {
        let mut context = context();
        run(
            &mut context,
            "#set($context.responseOverride.status = 444)#set($context.requestOverride.header.A = 'x')",
        );
        run(
            &mut context,
            "#set($context.responseOverride.header.B = true)#set($context.responseOverride.mine = [1])",
        );
        let seen = run(
            &mut context,
            "$context.requestOverride.header.A $context.responseOverride.mine",
        );
        assert_eq!(seen.as_deref(), Some("x [1]"));
        assert_eq!(
            context.request_override().header,
            [("A".to_owned(), "x".to_owned())]
        );
        let response = context.response_override();
        assert_eq!(
            (response.status, response.header),
            (Some(444), vec![("B".to_owned(), "true".to_owned())])
        );
        assert_eq!(
            run(&mut context, "#set($context.responseOverride.status = 500)"),
            None
        );
    }

    #[test]
    fn overrides_among_the_fields_count_as_set_before() {
        let fields = json!({"stage": "s", "requestOverride": {"header": {"A": "x"}}, "responseOverride": {"status": 404}});
        let mut context = Context::new(fields.as_object().cloned().unwrap());
        assert_eq!(context.response_override().status, Some(404));
        let seen = run(
            &mut context,
            "$context.requestOverride.header.A $context.responseOverride.status $context.stage",
        );
        assert_eq!(seen.as_deref(), Some("x 404 s"));
        assert_eq!(
            run(&mut context, "#set($context.responseOverride.status = 500)"),
            None,
            "an override is final"
        );
        assert!(
            run(
                &mut context,
                "#set($context.requestOverride.header.B = 'y')"
            )
            .is_some()
        );
        assert_eq!(context.request_override().header.len(), 2);
    }

    #[test]
    fn a_template_that_fails_sets_nothing() {
        let mut context = context();
        assert_eq!(
            run(
                &mut context,
                "#set($context.responseOverride.status = 444)#set($l = [])$l.get(1)"
            ),
            None
        );
        assert_eq!(context.response_override(), ResponseOverride::default());
        assert_eq!(context.overrides(), None);
    }

    #[test]
    fn a_status_that_is_none_is_ignored() {
        for (status, expected) in [
            ("'404'", Some(404)),
            ("99", None),
            ("600", None),
            ("'x'", None),
            ("404.5", None),
        ] {
            let mut context = context();
            run(
                &mut context,
                &format!("#set($context.responseOverride.status = {status})"),
            );
            assert_eq!(context.response_override().status, expected, "{status}");
        }
    }

    #[test]
    fn fields_by_path() {
        let context = context();
        assert_eq!(
            context.get(&["identity", "sourceIp"]).as_deref(),
            Some("192.0.2.1")
        );
        assert_eq!(context.get(&["epoch"]).as_deref(), Some("5"));
        for path in [
            &["identity", "caller"][..],
            &["identity"],
            &["nope", "x"],
            &[],
        ] {
            assert_eq!(context.get(path), None);
        }
    }
}
