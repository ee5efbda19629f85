//! Request validators, required parameters and models of a document:
//! `docs/aws/api-gateway.md#request-validation`.

use std::cell::OnceCell;

use kit::document::{Node, OrCollect as _, Problem};

use super::declarations::target;
use crate::api::{BodyModels, RequestChecks, RequiredLocation, RequiredParameter};
use crate::method_request::media_type;
use crate::schema::Library;

/// Reads what the operations of a document check.
pub(super) struct ValidationReader<'d> {
    root: &'d Node,
    /// `x-amazon-apigateway-request-validators`.
    validators: Option<&'d Node>,
    /// The name of the validator of operations that name none.
    common: Option<&'d Node>,
    /// The document's schemas, read when a validator needs them; the first is the document itself.
    library: OnceCell<Library>,
}

/// The parts of an operation that say what is checked.
#[derive(Default)]
pub(super) struct Checked<'d> {
    /// `x-amazon-apigateway-request-validator`.
    pub validator: Option<&'d Node>,
    /// `parameters` of the path and of the operation.
    pub parameters: [Option<&'d Node>; 2],
    /// OpenAPI 3's `requestBody`.
    pub body: Option<&'d Node>,
    /// Swagger's `consumes`.
    pub consumes: Option<&'d Node>,
}

/// What a validator looks at.
#[derive(Clone, Copy, Default)]
struct ValidatorFlags {
    parameters: bool,
    body: bool,
}

impl<'d> ValidationReader<'d> {
    /// A reader for a document with these validators, and this one for operations that name none.
    pub(super) fn new(
        root: &'d Node,
        validators: Option<&'d Node>,
        common: Option<&'d Node>,
    ) -> ValidationReader<'d> {
        ValidationReader {
            root,
            validators,
            common,
            library: OnceCell::new(),
        }
    }

    /// The checks of one operation.
    pub(super) fn checks(
        &self,
        label: &str,
        operation: &Checked<'d>,
        problems: &mut Vec<Problem>,
    ) -> RequestChecks {
        let name = operation.validator.or(self.common);
        let flags = name
            .and_then(|name| self.flags(label, name).or_collect(problems))
            .unwrap_or_default();
        let mut checks = RequestChecks::default();
        if flags.parameters {
            checks.parameters = self.required(operation);
        }
        if flags.body {
            checks.models = Some(self.models(label, operation, problems));
        }
        checks
    }

    fn flags(&self, label: &str, name: &Node) -> Result<ValidatorFlags, Problem> {
        let text = name.text()?;
        let Some(validator) = self.validators.and_then(|all| all.get(text)) else {
            return Err(name.problem(format!(
                "{label}: the document declares no request validator {text}"
            )));
        };
        let flag = |key: &str| validator.get(key).map_or(Ok(false), Node::boolean);
        Ok(ValidatorFlags {
            parameters: flag("validateRequestParameters")?,
            body: flag("validateRequestBody")?,
        })
    }

    /// The parameters of the path and of the operation, references followed.
    fn parameters(&self, operation: &Checked<'d>) -> impl Iterator<Item = &'d Node> {
        let lists = operation.parameters.into_iter().flatten();
        let nodes = lists.filter_map(|node| node.list().ok()).flatten();
        nodes.filter_map(|node| target(self.root, node))
    }

    /// Parameters that are required. The operation's own counts where the path has the same.
    fn required(&self, operation: &Checked<'d>) -> Vec<RequiredParameter> {
        let mut all: Vec<RequiredParameter> = Vec::new();
        for node in self.parameters(operation) {
            let text = |key: &str| node.get(key).and_then(|node| node.text().ok());
            let (Some(place), Some(name)) = (text("in"), text("name")) else {
                continue;
            };
            let location = match place {
                "header" => RequiredLocation::Header,
                "path" => RequiredLocation::Path,
                "query" => RequiredLocation::QueryString,
                _ => continue,
            };
            let parameter = RequiredParameter {
                location,
                name: name.to_owned(),
            };
            all.retain(|earlier| *earlier != parameter);
            if text("required") == Some("true") {
                all.push(parameter);
            }
        }
        all.sort_by_key(|parameter| parameter.location);
        all
    }

    /// The models of an operation's bodies by media type.
    fn models(
        &self,
        label: &str,
        operation: &Checked<'d>,
        problems: &mut Vec<Problem>,
    ) -> BodyModels {
        let mut models = BodyModels::default();
        for (media_type, schema) in self.schemas(operation) {
            let compiled = self.library().inline(0, &schema.to_json()).map_err(|why| {
                schema.problem(format!("{label}: the model for {media_type}: {why}"))
            });
            if let Some(model) = compiled.or_collect(problems) {
                models.0.insert(media_type, model);
            }
        }
        models
    }

    fn schemas(&self, operation: &Checked<'d>) -> Vec<(String, &'d Node)> {
        if let Some(body) = operation.body.and_then(|body| target(self.root, body)) {
            let content = body.get("content").and_then(|node| node.entries().ok());
            let entries = content.unwrap_or_default().iter();
            return entries
                .filter_map(|entry| Some((media_type(&entry.key), entry.node.get("schema")?)))
                .collect();
        }
        let is_body = |node: &&Node| node.get("in").is_some_and(|node| node.text() == Ok("body"));
        let body = self.parameters(operation).filter(is_body).last();
        let Some(schema) = body.and_then(|node| node.get("schema")) else {
            return Vec::new();
        };
        let consumes = operation.consumes.or_else(|| self.root.get("consumes"));
        let types = consumes.and_then(|node| node.list().ok());
        let types = types.unwrap_or_default().iter();
        let mut types: Vec<String> = types
            .filter_map(|node| node.text().ok().map(media_type))
            .collect();
        if types.is_empty() {
            types.push("application/json".to_owned());
        }
        types.into_iter().map(|name| (name, schema)).collect()
    }

    fn library(&self) -> &Library {
        self.library.get_or_init(|| {
            let mut library = Library::default();
            library.import(self.root.to_json());
            library
        })
    }
}
