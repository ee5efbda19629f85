//! The operations of a path to the methods of a resource.

use kit::document::{Entry, Node, OrCollect as _, Problem};

use super::declarations::MethodDeclarations;
use super::extensions::is_foreign;
use super::security::SecurityReader;
use super::{integration, method_request};
use crate::api::{Access, Integration, Method, Resource, Segment, Verb};

/// The operations that a path can have.
const OPERATIONS: [&str; 8] = [
    "get",
    "put",
    "post",
    "delete",
    "options",
    "head",
    "patch",
    "x-amazon-apigateway-any-method",
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

/// Reads the paths of a document.
pub(super) struct PathReader<'d, 'p> {
    pub root: &'d Node,
    pub security: SecurityReader<'d>,
    /// `x-amazon-apigateway-request-validators`.
    pub validators: Option<&'d Node>,
    /// The name of the validator of methods that name none.
    pub validator: Option<&'d Node>,
    pub problems: &'p mut Vec<Problem>,
}

impl PathReader<'_, '_> {
    /// The resource of one path; `None` when its path is malformed.
    pub(super) fn resource(&mut self, entry: &Entry) -> Option<Resource> {
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
        for name in OPERATIONS {
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
        let parameters = fields.optional("parameters");
        let responses = fields.optional("responses");
        let statuses = responses
            .map(|node| statuses(node, self.problems))
            .unwrap_or_default();
        let security = fields.optional("security");
        let auth = fields.optional("x-amazon-apigateway-auth");
        let mut access = self.security.access(label, security, auth, self.problems);
        let validator = fields.optional("x-amazon-apigateway-request-validator");
        let validator = validator.or(self.validator);
        if method_request::refuse_validation(label, validator, self.validators, self.problems) {
            access = Access::Closed;
        }
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
                access,
                statuses,
                integration: Integration::unsupported(),
                ..Method::default()
            });
        };
        MethodDeclarations::read(self.root, [common, parameters], responses).warn(
            label,
            path,
            integration,
        );
        let integration = integration::read(label, integration, self.problems)?;
        for response in &integration.responses {
            if !statuses.is_empty() && !statuses.contains(&response.status) {
                let status = response.status;
                let message = format!(
                    "{label}: an integration response has status {status}, which the method does not declare in responses"
                );
                self.problems.push(operation.problem(message).tolerable());
            }
        }
        Some(Method {
            access,
            statuses,
            integration,
            ..Method::default()
        })
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
            Err(_) => problems.push(entry.place.problem(format!(
                "invalid response {}: expected a status or default",
                entry.key
            ))),
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
