//! `AWS::ApiGateway::RequestValidator` and `Model`, and what a `Method` checks by them.

use kit::cloudformation::{Resource as Declared, Stack};
use kit::document::{Fields, Node, OrCollect as _, Problem, Value};

use super::kinds::{MODEL, REQUEST_VALIDATOR};
use super::membership::is_part;
use crate::api::{BodyModels, RequestChecks, RequiredLocation, RequiredParameter};
use crate::method_request::media_type;
use crate::schema::Library;

/// The validators of one API, and its models.
pub(super) struct Validation<'s> {
    stack: &'s Stack,
    api: &'s Declared,
    library: Library,
}

impl<'s> Validation<'s> {
    /// Reads the models of an API: those of its body, those of SAM's `Models`, and those that stand
    /// by themselves.
    pub(super) fn of(
        stack: &'s Stack,
        api: &'s Declared,
        problems: &mut Vec<Problem>,
    ) -> Validation<'s> {
        let mut library = Library::default();
        let bodies = ["Body", "DefinitionBody"].iter();
        for body in bodies.filter_map(|name| api.properties.get(name)) {
            library.import(body.to_json());
        }
        let models = api.properties.get("Models").map(Node::entries).transpose();
        for entry in models.or_collect(problems).flatten().unwrap_or_default() {
            library.add(&entry.key, entry.node.to_json());
        }
        let models = stack.of_kind(MODEL);
        for declared in models.filter(|declared| is_part(declared, api)) {
            model(declared, &mut library, problems);
        }
        Validation {
            stack,
            api,
            library,
        }
    }

    /// What a method checks. Takes `RequestValidatorId`, `RequestModels` and `RequestParameters`.
    pub(super) fn checks(
        &self,
        label: &str,
        fields: &mut Fields<'_>,
        parameters: Option<&Node>,
        problems: &mut Vec<Problem>,
    ) -> RequestChecks {
        let models = fields.optional("RequestModels");
        let Some(validator) = fields.optional("RequestValidatorId") else {
            return RequestChecks::default();
        };
        let mut checks = RequestChecks::default();
        let found = self.validator(label, validator).or_collect(problems);
        let Some(mut flags) = found else {
            return checks;
        };
        let mut flag = |name: &str| {
            let found = flags.optional(name).map(Node::boolean).transpose();
            found.or_collect(problems).flatten().unwrap_or(false)
        };
        let (body, required) = (
            flag("ValidateRequestBody"),
            flag("ValidateRequestParameters"),
        );
        if required {
            checks.parameters = required_parameters(parameters);
        }
        if body {
            checks.models = Some(self.models(label, models, problems));
        }
        checks
    }

    fn validator(&self, label: &str, id: &Node) -> Result<Fields<'s>, Problem> {
        let text = id.text()?;
        let mut all = self.stack.of_kind(REQUEST_VALIDATOR);
        let found =
            all.find(|declared| declared.physical_id == text && is_part(declared, self.api));
        let missing = || {
            id.problem(format!(
                "{label}: RequestValidatorId {text} is not a request validator of this API"
            ))
        };
        found.ok_or_else(missing)?.fields()
    }

    fn models(&self, label: &str, names: Option<&Node>, problems: &mut Vec<Problem>) -> BodyModels {
        let mut models = BodyModels::default();
        let names = names.map(Node::entries).transpose();
        for entry in names.or_collect(problems).flatten().unwrap_or_default() {
            let name = entry.node.text().or_collect(problems).unwrap_or_default();
            let model = self.library.model(name).map_err(|why| {
                let message = format!("{label}: the model for {}: {why}", entry.key);
                entry.node.problem(message)
            });
            if let Some(model) = model.or_collect(problems) {
                models.0.insert(media_type(&entry.key), model);
            }
        }
        models
    }
}

/// The validators of a template say what they are; anything else in them is a problem.
pub(super) fn check_validator(declared: &Declared, problems: &mut Vec<Problem>) {
    if let Some(mut fields) = declared.fields().or_collect(problems) {
        fields.ignore(&["RestApiId", "Name"]);
        fields.ignore(&["ValidateRequestBody", "ValidateRequestParameters"]);
        problems.extend(fields.finish());
    }
}

fn model(declared: &Declared, library: &mut Library, problems: &mut Vec<Problem>) {
    let Some(mut fields) = declared.fields().or_collect(problems) else {
        return;
    };
    let schema = fields.optional("Schema").map(schema).transpose();
    let schema = schema.or_collect(problems).flatten();
    fields.ignore(&["RestApiId", "Name", "ContentType", "Description"]);
    problems.extend(fields.finish());
    let empty = || serde_json::Value::Object(serde_json::Map::new());
    library.add(&declared.physical_id, schema.unwrap_or_else(empty));
}

/// A schema as a mapping, or as the text of one.
fn schema(node: &Node) -> Result<serde_json::Value, Problem> {
    match &node.value {
        Value::String(text) => serde_json::from_str(text)
            .map_err(|error| node.problem(format!("Schema is not valid JSON: {error}"))),
        _ => Ok(node.to_json()),
    }
}

/// The parameters that a method's `RequestParameters` require.
fn required_parameters(node: Option<&Node>) -> Vec<RequiredParameter> {
    let entries = node.and_then(|node| node.entries().ok());
    let mut all: Vec<RequiredParameter> = entries
        .unwrap_or_default()
        .iter()
        .filter(|entry| entry.node.boolean() == Ok(true))
        .filter_map(|entry| {
            let rest = entry.key.strip_prefix("method.request.")?;
            let (place, name) = rest.split_once('.')?;
            let location = match place {
                "header" => RequiredLocation::Header,
                "path" => RequiredLocation::Path,
                "querystring" => RequiredLocation::QueryString,
                _ => return None,
            };
            Some(RequiredParameter {
                location,
                name: name.to_owned(),
            })
        })
        .collect();
    all.sort_by_key(|parameter| parameter.location);
    all
}
