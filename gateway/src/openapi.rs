//! An OpenAPI 3.0 or Swagger 2.0 document, with the `x-amazon-apigateway-*` extensions, to resources and methods.
//!
//! Fact sheet section 12. What has no effect on requests (descriptions, tags, schemas without a validator) is passed
//! over; what API Gateway would do and Tidegate does not becomes a problem with its place.

mod expression;
mod integration;
mod uri;

pub(crate) use integration::read as read_integration;

use kit::document::{Entry, Node, Problem};

use crate::api::{Method, Resource, Segment, Verb};

/// What a document declares.
#[derive(Debug, Default)]
pub struct Document {
    /// `info.title`.
    pub title: String,
    /// Resources that have methods, in the order of the document.
    pub resources: Vec<Resource>,
    /// The stage that an export names in `servers[0].variables.basePath`.
    pub stage: Option<String>,
}

/// Extensions of the root that change answers in ways that are not built.
const UNSUPPORTED_ROOT: [&str; 4] = [
    "x-amazon-apigateway-binary-media-types",
    "x-amazon-apigateway-gateway-responses",
    "x-amazon-apigateway-minimum-compression-size",
    "x-amazon-apigateway-policy",
];

/// Entries of the root without effect on requests.
const PASSIVE_ROOT: [&str; 14] = [
    "openapi",
    "swagger",
    "host",
    "basePath",
    "schemes",
    "consumes",
    "produces",
    "tags",
    "components",
    "definitions",
    "securityDefinitions",
    "security",
    "externalDocs",
    "x-amazon-apigateway-documentation",
];

/// Entries of an operation without effect on requests.
const PASSIVE_OPERATION: [&str; 13] = [
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
    "parameters",
    "requestBody",
    "callbacks",
];

impl Document {
    /// Reads a document. What could be passed over is added to `problems`.
    ///
    /// # Errors
    /// The first thing that makes the document unreadable.
    pub fn read(root: &Node, problems: &mut Vec<Problem>) -> Result<Document, Problem> {
        let mut fields = root.fields("the OpenAPI document")?;
        let title = match fields.optional("info").and_then(|info| info.get("title")) {
            Some(title) => title.text()?.to_owned(),
            None => String::new(),
        };
        let stage = fields.optional("servers").and_then(base_path);
        let paths = fields.required("paths")?;
        let validators = fields.optional("x-amazon-apigateway-request-validators");
        let validator = fields.optional("x-amazon-apigateway-request-validator");
        fields.ignore(&PASSIVE_ROOT);
        fields.unsupported(&UNSUPPORTED_ROOT);
        problems.extend(fields.finish().into_iter().filter(|problem| !is_foreign_extension(problem)));
        let mut reader = Reader { validators, validator, problems };
        let mut resources = Vec::new();
        for entry in paths.entries()? {
            let resource = reader.resource(entry)?;
            if !resource.methods.is_empty() {
                resources.push(resource);
            }
        }
        Ok(Document { title, resources, stage })
    }
}

/// AWS passes over extensions that it does not know. Fact sheet section 12.1.
fn is_foreign_extension(problem: &Problem) -> bool {
    let unknown = problem.message.strip_suffix(" is unknown").and_then(|text| text.rsplit(' ').next());
    unknown.is_some_and(|name| name.starts_with("x-"))
}

/// An export's server variable `basePath` is the stage's name.
fn base_path(servers: &Node) -> Option<String> {
    let server = servers.list().ok()?.first()?;
    let default = server.get("variables")?.get("basePath")?.get("default")?.text().ok()?;
    let stage = default.trim_matches('/');
    (!stage.is_empty()).then(|| stage.to_owned())
}

struct Reader<'d, 'p> {
    validators: Option<&'d Node>,
    validator: Option<&'d Node>,
    problems: &'p mut Vec<Problem>,
}

impl Reader<'_, '_> {
    fn resource(&mut self, entry: &Entry) -> Result<Resource, Problem> {
        let path = &entry.key;
        let segments = Segment::parse_path(path).map_err(|message| entry.place.problem(message))?;
        let mut fields = entry.node.fields(format!("path {path}"))?;
        fields.ignore(&["summary", "description", "parameters", "servers"]);
        fields.unsupported(&["$ref"]);
        let mut methods = Vec::new();
        for name in ["get", "put", "post", "delete", "options", "head", "patch", "x-amazon-apigateway-any-method"] {
            if let Some(operation) = fields.optional(name) {
                methods.push((verb(name), self.method(&format!("{name} {path}"), operation)?));
            }
        }
        self.problems.extend(fields.finish().into_iter().filter(|problem| !is_foreign_extension(problem)));
        Ok(Resource { path: path.clone(), id: resource_id(path), segments, methods })
    }

    fn method(&mut self, label: &str, operation: &Node) -> Result<Method, Problem> {
        let mut fields = operation.fields(label)?;
        let integration = fields.optional("x-amazon-apigateway-integration");
        let integration =
            integration.ok_or_else(|| operation.problem(format!("{label}: No integration defined for method")))?;
        let statuses = fields.optional("responses").map(statuses).transpose()?.unwrap_or_default();
        self.security(label, fields.optional("security"), fields.optional("x-amazon-apigateway-auth"))?;
        self.validation(label, fields.optional("x-amazon-apigateway-request-validator"))?;
        fields.ignore(&PASSIVE_OPERATION);
        self.problems.extend(fields.finish().into_iter().filter(|problem| !is_foreign_extension(problem)));
        let integration = integration::read(label, integration, self.problems)?;
        for response in &integration.responses {
            if !statuses.is_empty() && !statuses.contains(&response.status) {
                let status = response.status;
                let message =
                    format!("{label}: an integration response answers {status}, which responses does not declare");
                self.problems.push(operation.problem(message));
            }
        }
        Ok(Method { statuses, integration })
    }

    fn security(&mut self, label: &str, security: Option<&Node>, auth: Option<&Node>) -> Result<(), Problem> {
        if let Some(security) = security.filter(|node| node.list().is_ok_and(|list| !list.is_empty())) {
            self.problems.push(security.problem(format!("{label}: API keys and authorizers are not supported")));
        }
        if let Some(kind) = auth.and_then(|auth| auth.get("type"))
            && !kind.text()?.eq_ignore_ascii_case("NONE")
        {
            self.problems.push(kind.problem(format!("{label}: authorization type {} is not supported", kind.text()?)));
        }
        Ok(())
    }

    /// A validator is only a problem when it would check something.
    fn validation(&mut self, label: &str, own: Option<&Node>) -> Result<(), Problem> {
        let Some(name) = own.or(self.validator) else { return Ok(()) };
        let Some(validator) = self.validators.and_then(|all| all.get(name.text().ok()?)) else {
            return Err(name.problem(format!("{label}: there is no request validator {}", name.text()?)));
        };
        let on = |flag: &str| validator.get(flag).map_or(Ok(false), Node::boolean);
        if on("validateRequestBody")? || on("validateRequestParameters")? {
            self.problems.push(name.problem(format!("{label}: request validation is not supported")));
        }
        Ok(())
    }
}

fn verb(name: &str) -> Verb {
    match name {
        "x-amazon-apigateway-any-method" => Verb::Any,
        name => Verb::One(name.to_uppercase().parse().expect("the list holds verbs only")),
    }
}

/// The statuses that a method declares; `default` declares none in particular, so nothing is checked then.
fn statuses(responses: &Node) -> Result<Vec<u16>, Problem> {
    let mut statuses = Vec::new();
    for entry in responses.entries()? {
        match entry.key.parse() {
            Ok(status) => statuses.push(status),
            Err(_) if entry.key == "default" => return Ok(Vec::new()),
            Err(_) => return Err(entry.place.problem(format!("{} is not a status", entry.key))),
        }
    }
    Ok(statuses)
}

/// Six characters as in API Gateway's resource ids, the same on every start.
fn resource_id(path: &str) -> String {
    let hash = path.bytes().fold(5381u64, |hash, byte| hash.wrapping_mul(33) ^ u64::from(byte));
    let letter = |index: u32| char::from_digit((hash >> (index * 5)) as u32 % 36, 36).unwrap_or('0');
    (0..6).map(letter).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<(Document, Vec<String>), Problem> {
        let mut problems = Vec::new();
        let document = Document::read(&Node::parse("api.yaml", text)?, &mut problems)?;
        Ok((document, problems.iter().map(ToString::to_string).collect()))
    }

    const MOCK: &str = "x-amazon-apigateway-integration: {type: mock, requestTemplates: {application/json: '{\"statusCode\": 200}'}, responses: {default: {statusCode: 200}}}";

    #[test]
    fn paths_methods_and_the_stage_are_read() {
        let text = format!(
            "openapi: 3.0.1\ninfo: {{title: t}}\nservers: [{{url: 'https://x/{{basePath}}', variables: {{basePath: {{default: /prod}}}}}}]\n\
             paths:\n  /a/{{id}}:\n    options:\n      responses: {{'200': {{description: ok}}}}\n      {MOCK}\n    x-amazon-apigateway-any-method:\n      {MOCK}\n  /empty: {{}}\n"
        );
        let (document, problems) = read(&text).unwrap();
        assert_eq!(problems, Vec::<String>::new());
        assert_eq!((document.title.as_str(), document.stage.as_deref()), ("t", Some("prod")));
        assert_eq!(document.resources.len(), 1);
        let verbs: Vec<_> = document.resources[0].methods.iter().map(|(verb, _)| verb.clone()).collect();
        assert_eq!(verbs, [Verb::One(http::Method::OPTIONS), Verb::Any]);
    }

    #[test]
    fn what_is_not_done_is_said_with_its_place() {
        let text = format!(
            "openapi: 3.0.1\nx-amazon-apigateway-policy: {{}}\nx-mine: 1\npaths:\n  /a:\n    post:\n      security: [{{key: []}}]\n      nonsense: 1\n      {MOCK}\n"
        );
        let (_, problems) = read(&text).unwrap();
        assert_eq!(
            problems,
            [
                "api.yaml:2:29: the OpenAPI document: x-amazon-apigateway-policy is not supported",
                "api.yaml:7:17: post /a: API keys and authorizers are not supported",
                "api.yaml:8:7: post /a: nonsense is unknown",
            ]
        );
    }

    #[test]
    fn an_operation_without_an_integration_is_refused_as_aws_refuses_its_deployment() {
        let message = read("openapi: 3.0.1\npaths: {/a: {get: {}}}").unwrap_err().to_string();
        assert_eq!(message, "api.yaml:2:19: get /a: No integration defined for method");
    }
}
