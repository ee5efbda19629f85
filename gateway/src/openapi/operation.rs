//! The operations of a path to the methods of a resource.

use kit::document::{Entry, Node, OrCollect as _, Problem};

use super::declarations::MethodDeclarations;
use super::extensions::is_foreign;
use super::integration;
use super::security::SecurityReader;
use super::validation::{Checked, ValidationReader};
use crate::api::{Method, Resource, Segment, Siblings, Verb};

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
const PASSIVE_OPERATION: [&str; 10] = [
    "tags",
    "summary",
    "description",
    "operationId",
    "produces",
    "externalDocs",
    "deprecated",
    "schemes",
    "servers",
    "callbacks",
];

/// Reads the paths of a document.
pub(super) struct PathReader<'d, 'p> {
    pub root: &'d Node,
    pub security: SecurityReader<'d>,
    pub validation: ValidationReader<'d>,
    /// The parameters in the paths that were read.
    pub siblings: Siblings,
    pub problems: &'p mut Vec<Problem>,
}

impl<'d> PathReader<'d, '_> {
    /// The resource of one path; `None` when its path is malformed.
    pub(super) fn resource(&mut self, entry: &'d Entry) -> Option<Resource> {
        let path = &entry.key;
        let segments = Segment::parse_path(path).map_err(|message| entry.place.problem(message));
        let segments = segments.or_collect(self.problems);
        if let Some(segments) = &segments {
            let fits = self.siblings.add(segments);
            let fits =
                fits.map_err(|message| entry.place.problem(format!("path {path}: {message}")));
            fits.or_collect(self.problems);
        }
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
        common: Option<&'d Node>,
        operation: &'d Node,
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
        let demands = self.security.demands(label, security, auth, self.problems);
        let validator = fields.optional("x-amazon-apigateway-request-validator");
        let checked = Checked {
            validator,
            parameters: [common, parameters],
            body: fields.optional("requestBody"),
            consumes: fields.optional("consumes"),
        };
        let checks = self.validation.checks(label, &checked, self.problems);
        fields.ignore(&PASSIVE_OPERATION);
        fields.ignore_where(is_foreign);
        self.problems.extend(fields.finish());
        let mut method = Method {
            access: demands.access,
            needs_api_key: demands.needs_key,
            checks,
            statuses,
            ..Method::default()
        };
        let Some(integration) = integration else {
            self.problems.push(
                operation
                    .problem(format!("{label}: No integration defined for method"))
                    .tolerable(),
            );
            return Some(method);
        };
        let declared = MethodDeclarations::read(self.root, [common, parameters], responses);
        method.undeclared = declared.warn(label, path, integration);
        method.integration = integration::read(label, integration, self.problems)?;
        self.report_undeclared(label, operation, &method);
        Some(method)
    }

    /// Reports integration responses with a status that the method does not declare.
    fn report_undeclared(&mut self, label: &str, operation: &Node, method: &Method) {
        for response in &method.integration.responses {
            let status = response.status;
            if !method.statuses.is_empty() && !method.statuses.contains(&status) {
                let message = format!(
                    "{label}: an integration response has status {status}, which the method does not declare in responses"
                );
                self.problems.push(operation.problem(message).tolerable());
            }
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
