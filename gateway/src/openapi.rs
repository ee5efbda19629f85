//! An OpenAPI 3.0 or Swagger 2.0 document, with the `x-amazon-apigateway-*` extensions, to
//! resources and methods.
//!
//! See `docs/aws/api-gateway.md#openapi`. What has no effect on requests (descriptions, tags,
//! schemas without a validator) is passed over; what API Gateway would do and Tidegate does not
//! becomes a problem with its place.

mod base;
mod declared;
mod expression;
mod integration;
#[cfg(test)]
mod tests;
mod uri;
mod variables;

pub(crate) use base::Base;
pub(crate) use declared::Declared;
pub(crate) use integration::read as read_integration;
pub(crate) use variables::expanded;

use kit::document::{Entry, Node, OrCollect as _, Problem};

use crate::api::{DefaultEndpoint, Integration, Method, Resource, Segment, Verb};

/// What a document declares.
#[derive(Debug, Default)]
pub struct Document {
    /// `info.title`.
    pub title: String,
    /// Resources that have methods, in the order of the document.
    pub resources: Vec<Resource>,
    /// Where the document says that the API is served.
    pub(crate) base: Base,
    /// `disableExecuteApiEndpoint` of `x-amazon-apigateway-endpoint-configuration`.
    pub endpoint: DefaultEndpoint,
}

/// Extensions of the root that change answers in ways that are not built.
const UNSUPPORTED_ROOT: [&str; 5] = [
    "x-amazon-apigateway-binary-media-types",
    "x-amazon-apigateway-cors",
    "x-amazon-apigateway-gateway-responses",
    "x-amazon-apigateway-minimum-compression-size",
    "x-amazon-apigateway-policy",
];

/// Entries of the root without effect on requests. Where API keys come from matters to methods that
/// want one, and those are told.
const PASSIVE_ROOT: [&str; 18] = [
    "openapi",
    "swagger",
    "host",
    "schemes",
    "consumes",
    "produces",
    "tags",
    "components",
    "definitions",
    "parameters",
    "responses",
    "securityDefinitions",
    "security",
    "externalDocs",
    "x-amazon-apigateway-api-key-source",
    "x-amazon-apigateway-authtype",
    "x-amazon-apigateway-documentation",
    "x-amazon-apigateway-importexport-version",
];

/// Entries of an operation without effect on requests.
const PASSIVE_OPERATION: [&str; 12] = [
    "tags",
    "summary",
    "description",
    "operationId",
    "consumes",
    "produces",
    "externalDocs",
    "deprecated",
    "schemes",
    "servers",
    "requestBody",
    "callbacks",
];

impl Document {
    /// Reads a document. What is wrong with single operations, or could be passed over, is added to
    /// `problems`.
    ///
    /// # Errors
    /// It is no mapping.
    pub fn read(root: &Node, problems: &mut Vec<Problem>) -> Result<Document, Problem> {
        let mut fields = root.fields("the OpenAPI document")?;
        let title = fields
            .optional("info")
            .and_then(|info| info.get("title"))
            .map(Node::text)
            .transpose();
        let title = title
            .or_collect(problems)
            .flatten()
            .unwrap_or_default()
            .to_owned();
        let servers = fields.optional("servers");
        let base = Base::read(servers, fields.optional("basePath"));
        let configuration = fields.optional("x-amazon-apigateway-endpoint-configuration");
        let endpoint = base::endpoint(configuration, servers, problems);
        let paths = fields
            .required("paths")
            .and_then(Node::entries)
            .or_collect(problems)
            .unwrap_or_default();
        let validators = fields.optional("x-amazon-apigateway-request-validators");
        let validator = fields.optional("x-amazon-apigateway-request-validator");
        fields.ignore(&PASSIVE_ROOT);
        fields.unsupported(&UNSUPPORTED_ROOT);
        fields.ignore_where(is_foreign);
        problems.extend(fields.finish());
        let mut reader = Reader {
            root,
            validators,
            validator,
            problems,
        };
        let mut resources = Vec::new();
        for entry in paths.iter().filter(|entry| !is_foreign(&entry.key)) {
            resources.extend(
                reader
                    .resource(entry)
                    .filter(|resource| !resource.methods.is_empty()),
            );
        }
        Ok(Document {
            title,
            resources,
            base,
            endpoint,
        })
    }
}

/// AWS passes over extensions that it does not know: `docs/aws/api-gateway.md#import`. Its own
/// begin with its name, and one of those that is not known here may well be a slip of the pen.
fn is_foreign(name: &str) -> bool {
    name.starts_with("x-") && !name.starts_with("x-amazon-apigateway-")
}

struct Reader<'d, 'p> {
    root: &'d Node,
    validators: Option<&'d Node>,
    validator: Option<&'d Node>,
    problems: &'p mut Vec<Problem>,
}

impl Reader<'_, '_> {
    fn resource(&mut self, entry: &Entry) -> Option<Resource> {
        let path = &entry.key;
        let segments = Segment::parse_path(path).map_err(|message| entry.place.problem(message));
        let segments = segments.or_collect(self.problems);
        let mut fields = entry
            .node
            .fields(format!("path {path}"))
            .or_collect(self.problems)?;
        let common = fields.optional("parameters");
        fields.ignore(&["summary", "description", "servers"]);
        fields.unsupported(&["$ref"]);
        let mut methods = Vec::new();
        for name in [
            "get",
            "put",
            "post",
            "delete",
            "options",
            "head",
            "patch",
            "x-amazon-apigateway-any-method",
        ] {
            let Some(operation) = fields.optional(name) else {
                continue;
            };
            let method = self.method(&format!("{name} {path}"), path, common, operation);
            methods.extend(method.map(|method| (verb(name), method)));
        }
        fields.ignore_where(is_foreign);
        self.problems.extend(fields.finish());
        Some(Resource {
            path: path.clone(),
            id: resource_id(path),
            segments: segments?,
            methods,
        })
    }

    fn method(
        &mut self,
        label: &str,
        path: &str,
        common: Option<&Node>,
        operation: &Node,
    ) -> Option<Method> {
        let mut fields = operation.fields(label).or_collect(self.problems)?;
        let integration = fields.optional("x-amazon-apigateway-integration");
        let (parameters, responses) = (fields.optional("parameters"), fields.optional("responses"));
        let statuses = responses
            .map(|node| statuses(node, self.problems))
            .unwrap_or_default();
        self.security(
            label,
            fields.optional("security"),
            fields.optional("x-amazon-apigateway-auth"),
        );
        self.validation(
            label,
            fields.optional("x-amazon-apigateway-request-validator"),
        );
        fields.ignore(&PASSIVE_OPERATION);
        fields.ignore_where(is_foreign);
        self.problems.extend(fields.finish());
        let Some(integration) = integration else {
            self.problems.push(
                operation
                    .problem(format!("{label}: No integration defined for method"))
                    .tolerable(),
            );
            return Some(Method {
                statuses,
                integration: Integration::unsupported(),
            });
        };
        Declared::read(self.root, [common, parameters], responses).warn(label, path, integration);
        let integration = integration::read(label, integration, self.problems)?;
        for response in &integration.responses {
            if !statuses.is_empty() && !statuses.contains(&response.status) {
                let status = response.status;
                let message = format!(
                    "{label}: an integration response answers {status}, which responses does not declare"
                );
                self.problems.push(operation.problem(message).tolerable());
            }
        }
        Some(Method {
            statuses,
            integration,
        })
    }

    fn security(&mut self, label: &str, security: Option<&Node>, auth: Option<&Node>) {
        if let Some(security) =
            security.filter(|node| node.list().is_ok_and(|list| !list.is_empty()))
        {
            self.problems.push(
                security
                    .problem(format!(
                        "{label}: API keys and authorizers are not supported"
                    ))
                    .tolerable(),
            );
        }
        let kind = auth.and_then(|auth| auth.get("type"));
        let Some((kind, text)) =
            kind.and_then(|kind| Some((kind, kind.text().or_collect(self.problems)?)))
        else {
            return;
        };
        if !text.eq_ignore_ascii_case("NONE") {
            self.problems.push(
                kind.problem(format!(
                    "{label}: authorization type {text} is not supported"
                ))
                .tolerable(),
            );
        }
    }

    /// A validator is only a problem when it would check something.
    fn validation(&mut self, label: &str, own: Option<&Node>) {
        let Some(name) = own.or(self.validator) else {
            return;
        };
        let Some(text) = name.text().or_collect(self.problems) else {
            return;
        };
        let Some(validator) = self.validators.and_then(|all| all.get(text)) else {
            self.problems
                .push(name.problem(format!("{label}: there is no request validator {text}")));
            return;
        };
        let flags =
            ["validateRequestBody", "validateRequestParameters"].map(|flag| validator.get(flag));
        let on = flags.map(|flag| flag.and_then(|node| node.boolean().or_collect(self.problems)));
        if on.contains(&Some(true)) {
            self.problems.push(
                name.problem(format!("{label}: request validation is not supported"))
                    .tolerable(),
            );
        }
    }
}

fn verb(name: &str) -> Verb {
    match name {
        "x-amazon-apigateway-any-method" => Verb::Any,
        name => Verb::One(
            name.to_uppercase()
                .parse()
                .expect("the list holds verbs only"),
        ),
    }
}

/// The statuses that a method declares; `default` declares none in particular, so nothing is
/// checked then.
fn statuses(responses: &Node, problems: &mut Vec<Problem>) -> Vec<u16> {
    let (mut statuses, mut is_open) = (Vec::new(), false);
    let entries = responses.entries().or_collect(problems).unwrap_or_default();
    for entry in entries.iter().filter(|entry| !is_foreign(&entry.key)) {
        match entry.key.parse() {
            Ok(status) => statuses.push(status),
            Err(_) if entry.key == "default" => is_open = true,
            Err(_) => problems.push(
                entry
                    .place
                    .problem(format!("{} is not a status", entry.key)),
            ),
        }
    }
    if is_open { Vec::new() } else { statuses }
}

/// Six characters as in API Gateway's resource ids, the same on every start.
fn resource_id(path: &str) -> String {
    let hash = path.bytes().fold(5381u64, |hash, byte| {
        hash.wrapping_mul(33) ^ u64::from(byte)
    });
    let letter =
        |index: u32| char::from_digit((hash >> (index * 5)) as u32 % 36, 36).unwrap_or('0');
    (0..6).map(letter).collect()
}
