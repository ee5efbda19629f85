//! `AWS::ApiGateway::*` resources of CloudFormation templates, SAM's `AWS::Serverless::Api`, and OpenAPI files beside them,
//! to [`Apis`].

mod domains;
mod import;
mod methods;
mod rest_api;
mod serverless;
mod stages;
#[cfg(test)]
mod tests;

use kit::cloudformation::{Account, Resource, Stack};
use kit::definition::{Definition, LoadError};
use kit::document::Problem;

use crate::api::{Api, Apis};
use crate::openapi::Document;
use import::only_stage;

/// Resource types that only matter to a deployment on AWS, or only where a method refers to them, which is told there.
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
    /// A definition is wrong somewhere, or asks for something that is not supported (unless it was loaded leniently). All
    /// of it is told at once.
    pub fn load(definition: &Definition, default_stage: Option<String>) -> Result<Apis, LoadError> {
        let mut apis = Apis { default_stage, ..Apis::default() };
        let mut problems = Vec::new();
        for stack in &definition.stacks {
            apis.add_stack(stack, definition.account.as_ref(), &mut problems);
        }
        for (number, root) in definition.apis.iter().enumerate() {
            match import::document(root, definition.account.as_ref(), &mut problems) {
                Ok(document) => apis.apis.push(from_file(number, document)),
                Err(problem) => problems.push(problem.collected()),
            }
        }
        definition.judge(problems)?;
        Ok(apis)
    }

    fn add_stack(&mut self, stack: &Stack, account: Option<&Account>, problems: &mut Vec<Problem>) {
        for resource in stack.of_kind(rest_api::KIND) {
            let read = rest_api::read(stack, resource, account, problems);
            self.apis.extend(kept(read, problems).flatten());
        }
        for resource in stack.of_kind(serverless::API) {
            let read = serverless::read(stack, resource, account, problems);
            let Some((api, domains)) = kept(read, problems).flatten() else { continue };
            self.apis.push(api);
            for (domain, mapping) in domains {
                self.domains.entry(domain).or_default().push(mapping);
            }
        }
        for resource in stack.of_kind(domains::DOMAIN) {
            kept(domains::check(resource, problems), problems);
        }
        for resource in stack.of_kind(domains::MAPPING) {
            let read = domains::mapping(resource, &self.apis, problems);
            if let Some((domain, mapping)) = kept(read, problems) {
                self.domains.entry(domain).or_default().push(mapping);
            }
        }
        for resource in &stack.resources {
            kept(tell_unread(resource, problems), problems);
        }
    }
}

/// The value, or one problem more.
fn kept<T>(read: Result<T, Problem>, problems: &mut Vec<Problem>) -> Option<T> {
    read.map_err(|problem| problems.push(problem.collected())).ok()
}

/// What would answer requests on AWS, and is read by nobody.
fn tell_unread(resource: &Resource, problems: &mut Vec<Problem>) -> Result<(), Problem> {
    let kind = resource.kind.as_str();
    let told = match kind {
        _ if READ.contains(&kind) || PASSIVE.contains(&kind) => return Ok(()),
        _ if kind.starts_with("AWS::ApiGatewayV2::") => "HTTP and WebSocket APIs are not supported",
        "AWS::Serverless::HttpApi" | "AWS::Serverless::WebSocketApi" => "HTTP and WebSocket APIs are not supported",
        _ if kind.starts_with("AWS::ApiGateway::") => "this type is not supported",
        _ if kind.starts_with("AWS::Serverless::") => return serverless::tell_events(resource, problems),
        _ => return Ok(()),
    };
    problems.push(resource.properties.problem(format!("{}: {told}", resource.label())));
    Ok(())
}

/// An API whose only stage is the one that its export names.
fn from_file(number: usize, document: Document) -> Api {
    let stages = vec![only_stage(&document)];
    let Document { title, resources, endpoint, .. } = document;
    Api { id: format!("api{number}"), name: title, stages, endpoint, resources }
}
