//! `AWS::ApiGateway::*` resources of CloudFormation templates, SAM's `AWS::Serverless::Api`, and
//! OpenAPI files beside them, to [`Apis`].

mod domains;
mod import;
mod methods;
mod rest_api;
mod serverless;
mod stages;
#[cfg(test)]
mod tests;

use kit::cloudformation::{Account, Resource, Stack};
use kit::definition::{Declarations, LoadError};
use kit::document::{OrCollect as _, Problem};

use crate::api::{Api, Apis};
use crate::openapi::Document;
use import::only_stage;

/// Resource types that only matter to a deployment on AWS, or only where a method refers to them,
/// which is told there.
const PASSIVE: [&str; 6] = [
    "AWS::ApiGateway::Account",
    "AWS::ApiGateway::ClientCertificate",
    "AWS::ApiGateway::DocumentationPart",
    "AWS::ApiGateway::DocumentationVersion",
    "AWS::ApiGateway::Model",
    "AWS::ApiGateway::RequestValidator",
];

/// Resource types that are read.
const READ: [&str; 8] = [
    rest_api::KIND,
    stages::STAGE,
    stages::DEPLOYMENT,
    domains::DOMAIN,
    domains::MAPPING,
    methods::RESOURCE,
    methods::METHOD,
    serverless::API,
];

impl Apis {
    /// Reads every REST API of a definition. `default_stage` is `--stage`.
    ///
    /// # Errors
    /// A definition is wrong somewhere, or asks for something that is not supported (unless it was
    /// loaded leniently). All of it is told at once.
    pub fn load(
        definition: &Declarations,
        default_stage: Option<String>,
    ) -> Result<Apis, LoadError> {
        let mut problems = Vec::new();
        let apis = Apis::read(definition, default_stage, &mut problems);
        definition.check(problems)?;
        Ok(apis)
    }

    /// The same for a program that reads more than APIs from a definition: what is wrong is added
    /// to `problems`.
    pub fn read(
        definition: &Declarations,
        default_stage: Option<String>,
        problems: &mut Vec<Problem>,
    ) -> Apis {
        let mut apis = Apis {
            default_stage,
            ..Apis::default()
        };
        for stack in &definition.stacks {
            apis.add_stack(stack, definition.account.as_ref(), problems);
        }
        for (number, root) in definition.apis.iter().enumerate() {
            let document =
                import::document(root, definition.account.as_ref(), problems).or_collect(problems);
            apis.apis
                .extend(document.map(|document| from_file(number, document)));
        }
        apis
    }

    fn add_stack(&mut self, stack: &Stack, account: Option<&Account>, problems: &mut Vec<Problem>) {
        for resource in stack.of_kind(rest_api::KIND) {
            self.apis
                .extend(rest_api::read(stack, resource, account, problems));
        }
        for resource in stack.of_kind(serverless::API) {
            let Some((api, domains)) = serverless::read(stack, resource, account, problems) else {
                continue;
            };
            self.apis.push(api);
            for (domain, mapping) in domains {
                self.domains.entry(domain).or_default().push(mapping);
            }
        }
        for resource in stack.of_kind(domains::DOMAIN) {
            domains::check(resource, problems);
        }
        for resource in stack.of_kind(domains::MAPPING) {
            if let Some((domain, mapping)) = domains::mapping(resource, stack, &self.apis, problems)
            {
                self.domains.entry(domain).or_default().push(mapping);
            }
        }
        for resource in stack.all() {
            tell_unread(resource, problems);
            tell_orphan(stack, resource, problems);
        }
    }
}

/// Whether an API of this id is declared in a template, be it readable or not.
fn is_declared(stack: &Stack, id: &str) -> bool {
    [rest_api::KIND, serverless::API]
        .iter()
        .any(|kind| stack.of_kind(kind).any(|api| api.physical_id == id))
}

/// Parts of an API that this template does not declare would be read by nobody.
fn tell_orphan(stack: &Stack, resource: &Resource, problems: &mut Vec<Problem>) {
    if ![
        methods::RESOURCE,
        methods::METHOD,
        stages::STAGE,
        stages::DEPLOYMENT,
    ]
    .contains(&resource.kind.as_str())
    {
        return;
    }
    let Some(mut fields) = resource.fields().or_collect(problems) else {
        return;
    };
    let id = fields
        .required("RestApiId")
        .and_then(|node| Ok((node, node.text()?)))
        .or_collect(problems);
    if let Some((node, _)) = id.filter(|(_, id)| !is_declared(stack, id)) {
        let message = format!(
            "{}: RestApiId is not an API of this template, so it is not served",
            resource.label()
        );
        problems.push(node.problem(message).tolerable());
    }
}

/// Whether a resource is a part of this API. One of which that cannot be said is told by
/// [`tell_orphan`].
fn is_part(resource: &Resource, api: &Resource) -> bool {
    resource
        .properties
        .get("RestApiId")
        .is_some_and(|id| id.text() == Ok(api.physical_id.as_str()))
}

/// What would answer requests on AWS, and is read by nobody.
fn tell_unread(resource: &Resource, problems: &mut Vec<Problem>) {
    let kind = resource.kind.as_str();
    let told = match kind {
        _ if READ.contains(&kind) || PASSIVE.contains(&kind) => return,
        _ if kind.starts_with("AWS::ApiGatewayV2::") => "HTTP and WebSocket APIs are not supported",
        "AWS::Serverless::HttpApi" | "AWS::Serverless::WebSocketApi" => {
            "HTTP and WebSocket APIs are not supported"
        }
        _ if kind.starts_with("AWS::ApiGateway::") => "this type is not supported",
        _ if kind.starts_with("AWS::Serverless::") => {
            return serverless::tell_events(resource, problems);
        }
        _ => return,
    };
    problems.push(
        resource
            .properties
            .problem(format!("{}: {told}", resource.label()))
            .tolerable(),
    );
}

/// An API whose only stage is the one that its export names.
fn from_file(number: usize, document: Document) -> Api {
    let stages = vec![only_stage(&document)];
    let Document {
        title,
        resources,
        endpoint,
        ..
    } = document;
    Api {
        id: format!("api{number}"),
        name: title,
        stages,
        endpoint,
        resources,
    }
}
