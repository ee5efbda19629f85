//! `AWS::ApiGateway::*` resources of CloudFormation templates, and OpenAPI files beside them, to [`Apis`].

mod methods;

use indexmap::IndexMap;
use kit::cloudformation::{Resource, Stack};
use kit::definition::{Definition, LoadError};
use kit::document::{Node, Problem};

use crate::api::{Api, Apis, BasePathMapping, Stage};
use crate::openapi::Document;

/// Resource types that only matter to a deployment on AWS.
const PASSIVE: [&str; 6] = [
    "AWS::ApiGateway::Deployment",
    "AWS::ApiGateway::Account",
    "AWS::ApiGateway::ClientCertificate",
    "AWS::ApiGateway::DocumentationPart",
    "AWS::ApiGateway::DocumentationVersion",
    "AWS::ApiGateway::DomainName",
];

const REST_API: &str = "AWS::ApiGateway::RestApi";
const STAGE: &str = "AWS::ApiGateway::Stage";
const BASE_PATH_MAPPING: &str = "AWS::ApiGateway::BasePathMapping";

impl Apis {
    /// Reads every REST API of a definition. `default_stage` is `--stage`.
    ///
    /// # Errors
    /// A definition cannot be read, asks for something that is not supported (unless it was loaded leniently), or
    /// declares no REST API at all.
    pub fn load(definition: &Definition, default_stage: Option<String>) -> Result<Apis, LoadError> {
        let mut apis = Apis { default_stage, ..Apis::default() };
        let mut problems = Vec::new();
        for stack in &definition.stacks {
            apis.add_stack(stack, &mut problems)?;
        }
        for (number, document) in definition.apis.iter().enumerate() {
            apis.add_document(number, document, &mut problems)?;
        }
        definition.judge(problems)?;
        Ok(apis)
    }

    fn add_stack(&mut self, stack: &Stack, problems: &mut Vec<Problem>) -> Result<(), Problem> {
        for resource in stack.of_kind(REST_API) {
            let stages = stages(stack, &resource.physical_id, problems)?;
            let resources = methods::read(stack, resource, problems)?;
            if let Some(api) = rest_api(resource, resources, stages, problems)? {
                self.apis.push(api);
            }
        }
        for resource in stack.of_kind(BASE_PATH_MAPPING) {
            let (domain, mapping) = base_path_mapping(resource, problems)?;
            self.domains.entry(domain).or_default().push(mapping);
        }
        let read = [REST_API, STAGE, BASE_PATH_MAPPING, methods::RESOURCE, methods::METHOD];
        let known = |kind: &str| PASSIVE.contains(&kind) || read.contains(&kind);
        for resource in stack.resources.iter().filter(|resource| resource.kind.starts_with("AWS::ApiGateway::")) {
            if !known(&resource.kind) {
                problems.push(resource.properties.problem(format!("{}: this type is not supported", resource.label())));
            }
        }
        Ok(())
    }

    fn add_document(&mut self, number: usize, root: &Node, problems: &mut Vec<Problem>) -> Result<(), Problem> {
        let document = Document::read(root, problems)?;
        let stage = document.stage.clone().unwrap_or_else(|| "default".to_owned());
        let stages = vec![Stage { name: stage, deployment_id: "local".to_owned(), variables: IndexMap::new() }];
        let id = format!("api{number}");
        self.apis.push(Api { id, name: document.title, stages, resources: document.resources });
        Ok(())
    }
}

/// An API from its `Body`, from its `Resource` and `Method` resources, or from both.
fn rest_api(
    declared: &Resource,
    mut resources: Vec<crate::api::Resource>,
    mut stages: Vec<Stage>,
    problems: &mut Vec<Problem>,
) -> Result<Option<Api>, Problem> {
    let mut fields = declared.fields()?;
    let body = fields.optional("Body");
    let name = fields.optional("Name").map(Node::text).transpose()?.map(ToOwned::to_owned);
    fields.ignore(&[
        "Description",
        "EndpointConfiguration",
        "Tags",
        "FailOnWarnings",
        "Mode",
        "Parameters",
        "DisableExecuteApiEndpoint",
        "SecurityPolicy",
        "ApiKeySourceType",
    ]);
    fields.unsupported(&["BodyS3Location", "BinaryMediaTypes", "CloneFrom", "MinimumCompressionSize", "Policy"]);
    problems.extend(fields.finish());
    let document = match body {
        Some(body) => Document::read(body, problems)?,
        None => Document::default(),
    };
    resources.splice(0..0, document.resources);
    if resources.is_empty() {
        let message = format!("{}: the API has no methods, neither in Body nor as resources", declared.label());
        problems.push(declared.properties.problem(message));
        return Ok(None);
    }
    if stages.is_empty() {
        let name = document.stage.unwrap_or_else(|| "default".to_owned());
        stages.push(Stage { name, deployment_id: "local".to_owned(), variables: IndexMap::new() });
    }
    Ok(Some(Api { id: declared.physical_id.clone(), name: name.unwrap_or(document.title), stages, resources }))
}

/// The stages of one API: `Stage` resources, and the `StageName` that a `Deployment` may carry.
fn stages(stack: &Stack, api_id: &str, problems: &mut Vec<Problem>) -> Result<Vec<Stage>, Problem> {
    let mut stages = Vec::new();
    for resource in stack.of_kind(STAGE) {
        let mut fields = resource.fields()?;
        if fields.required("RestApiId")?.text()? != api_id {
            continue;
        }
        let variables = fields.optional("Variables").map_or(Ok(Vec::new()), Node::text_map)?;
        let deployment_id = fields.optional("DeploymentId").map_or(Ok("local"), Node::text)?.to_owned();
        let name = fields.optional("StageName").map_or(Ok(resource.physical_id.as_str()), Node::text)?.to_owned();
        fields.ignore(&[
            "Description",
            "Tags",
            "AccessLogSetting",
            "TracingEnabled",
            "DocumentationVersion",
            "CacheClusterEnabled",
            "CacheClusterSize",
            "ClientCertificateId",
        ]);
        fields.unsupported(&["CanarySetting", "MethodSettings"]);
        problems.extend(fields.finish());
        let variables = variables.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        stages.push(Stage { name, deployment_id, variables });
    }
    for resource in stack.of_kind("AWS::ApiGateway::Deployment") {
        let of_this = resource.properties.get("RestApiId").is_some_and(|id| id.text() == Ok(api_id));
        if let (true, Some(name)) = (of_this, resource.properties.get("StageName")) {
            let deployment_id = resource.physical_id.clone();
            stages.push(Stage { name: name.text()?.to_owned(), deployment_id, variables: IndexMap::new() });
        }
    }
    Ok(stages)
}

fn base_path_mapping(resource: &Resource, problems: &mut Vec<Problem>) -> Result<(String, BasePathMapping), Problem> {
    let mut fields = resource.fields()?;
    let domain = fields.required("DomainName")?.text()?.to_lowercase();
    let api_id = fields.required("RestApiId")?.text()?.to_owned();
    let stage = fields.optional("Stage").map(Node::text).transpose()?.map(ToOwned::to_owned);
    let base_path = match fields.optional("BasePath").map(Node::text).transpose()? {
        None | Some("(none)") => String::new(),
        Some(path) => path.trim_matches('/').to_owned(),
    };
    problems.extend(fields.finish());
    Ok((domain, BasePathMapping { base_path, api_id, stage }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use kit::cloudformation::Account;
    use kit::definition::DefinitionArgs;

    fn account() -> Account {
        Account { region: "eu-west-1".into(), account_id: "123456789012".into(), stack_name: "tidegate".into() }
    }

    fn load(template: &str) -> Result<Apis, LoadError> {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("t.yaml");
        std::fs::write(&file, template).unwrap();
        let args = DefinitionArgs { files: vec![file], ..DefinitionArgs::default() };
        Apis::load(&args.load(&account())?, None)
    }

    #[test]
    fn the_built_in_definition_is_served() {
        let apis = Apis::load(&DefinitionArgs::default().load(&account()).unwrap(), None).unwrap();
        let api = &apis.apis[0];
        assert_eq!((api.name.as_str(), api.stages[0].name.as_str()), ("event-api-gw", "default"));
        let mapping = &apis.domains["sub-gw.leedonggyu.com"][0];
        assert_eq!((mapping.base_path.as_str(), mapping.stage.as_deref()), ("", Some("default")));
        let route = crate::route::route(&apis, "sub-gw.leedonggyu.com", &http::Method::POST, "/events/sub").unwrap();
        assert_eq!(route.path["proxy"], "sub");
    }

    const PARTS: &str = r#"
Resources:
  Proxy: {Type: AWS::ApiGateway::Resource, Properties: {RestApiId: !Ref Api, ParentId: !Ref Events, PathPart: "{proxy+}"}}
  Events: {Type: AWS::ApiGateway::Resource, Properties: {RestApiId: !Ref Api, ParentId: !GetAtt Api.RootResourceId, PathPart: events}}
  Api: {Type: AWS::ApiGateway::RestApi, Properties: {Name: parts}}
  Post:
    Type: AWS::ApiGateway::Method
    Properties:
      RestApiId: !Ref Api
      ResourceId: !Ref Proxy
      HttpMethod: POST
      AuthorizationType: NONE
      MethodResponses: [{StatusCode: 200}, {StatusCode: "400"}]
      Integration:
        Type: AWS
        IntegrationHttpMethod: POST
        Uri: !Sub "arn:aws:apigateway:${AWS::Region}:sqs:path/${AWS::AccountId}/orders"
        RequestParameters: {integration.request.header.Content-Type: "'application/x-www-form-urlencoded'"}
        RequestTemplates: {application/json: "Action=SendMessage&MessageBody=$util.urlEncode($input.body)"}
        IntegrationResponses:
          - {StatusCode: 200}
          - {StatusCode: 400, SelectionPattern: '4\d{2}', ResponseTemplates: {application/json: "{}"}}
  Deployment: {Type: AWS::ApiGateway::Deployment, Properties: {RestApiId: !Ref Api, StageName: prod}}
"#;

    #[test]
    fn an_api_in_parts_is_put_together() {
        let apis = load(PARTS).unwrap();
        let route = crate::route::route(&apis, "localhost", &http::Method::POST, "/prod/events/a/b").unwrap();
        assert_eq!((route.resource.path.as_str(), route.path["proxy"].as_str()), ("/events/{proxy+}", "a/b"));
        assert_eq!(route.method.statuses, [200, 400]);
        let statuses: Vec<_> =
            route.method.integration.responses.iter().map(|r| (r.status, r.pattern.is_some())).collect();
        assert_eq!(statuses, [(400, true), (200, false)]);
    }

    #[track_caller]
    fn refused(template: &str, message: &str) {
        let error = load(template).unwrap_err().to_string();
        assert!(error.contains(message), "{error}");
    }

    #[test]
    fn what_does_not_fit_together_is_said() {
        refused(
            "Resources: {Api: {Type: AWS::ApiGateway::RestApi}}",
            "Api (AWS::ApiGateway::RestApi): the API has no methods",
        );
        refused(
            &PARTS.replace("!Ref Events", "nowhere"),
            "Proxy (AWS::ApiGateway::Resource): its parent is not a resource of this API",
        );
        refused(
            &PARTS.replace("AuthorizationType: NONE", "AuthorizationType: AWS_IAM"),
            "t.yaml:12:26: Post (AWS::ApiGateway::Method): authorization type AWS_IAM is not supported",
        );
        refused(&PARTS.replace("Type: AWS\n", "Type: HTTP\n"), "integrations of type http are not supported");
        refused(
            &PARTS.replace("IntegrationHttpMethod:", "Nonsense: 1\n        IntegrationHttpMethod:"),
            "integration: Nonsense is unknown",
        );
    }
}
