//! A REST API as `aws apigateway get-rest-api`, `get-resources --embed methods`, `get-stages` and
//! their like print it, each in a file. Pure.

use super::aside;
use super::made::{resource, template};
use super::members::{list, properties, word};
use crate::document::made::{map, text};
use crate::document::{Entry, Node, Value};

/// What AWS printed of one API.
#[derive(Debug)]
pub(super) struct RestApi {
    api: Option<Node>,
    resources: Vec<Node>,
    stages: Vec<Node>,
    /// What it has beside its methods.
    aside: Vec<Node>,
    /// Where the first of the files begins.
    at: Node,
}

/// Properties of an API, a method and so on, in AWS's own spelling: what the template calls
/// otherwise is named behind it.
const OF_API: [&str; 8] = [
    "name",
    "binaryMediaTypes",
    "minimumCompressionSize",
    "apiKeySource=ApiKeySourceType",
    "endpointConfiguration",
    "disableExecuteApiEndpoint",
    "policy",
    "description",
];
const OF_METHOD: [&str; 9] = [
    "httpMethod",
    "authorizationType",
    "authorizerId",
    "authorizationScopes",
    "apiKeyRequired",
    "requestValidatorId",
    "requestModels",
    "requestParameters",
    "operationName",
];
const OF_INTEGRATION: [&str; 14] = [
    "type",
    "httpMethod=IntegrationHttpMethod",
    "uri",
    "credentials",
    "requestParameters",
    "requestTemplates",
    "passthroughBehavior",
    "contentHandling",
    "timeoutInMillis",
    "cacheNamespace",
    "cacheKeyParameters",
    "connectionType",
    "connectionId",
    "tlsConfig",
];
const OF_RESPONSE: [&str; 6] = [
    "statusCode",
    "selectionPattern",
    "responseParameters",
    "responseTemplates",
    "responseModels",
    "contentHandling",
];
const OF_STAGE: [&str; 6] = [
    "stageName",
    "variables",
    "cacheClusterEnabled",
    "clientCertificateId",
    "tracingEnabled",
    "description",
];

impl RestApi {
    /// Whether this is what `get-rest-api` printed.
    pub(super) fn is_api(root: &Node) -> bool {
        let has = |key: &str| root.get(key).is_some();
        has("id")
            && has("name")
            && (has("rootResourceId") || has("apiKeySource") || has("endpointConfiguration"))
    }

    /// Whether this is what `get-resources`, `get-stages` or one of their like printed.
    pub(super) fn is_part(root: &Node) -> bool {
        let has_path = |item: &Node| item.get("path").is_some() && item.get("id").is_some();
        let is_stage = |item: &Node| item.get("stageName").is_some();
        let items = list(root, "items");
        items.iter().any(has_path)
            || items.iter().any(aside::is_one)
            || list(root, "item").iter().any(is_stage)
            || is_empty_list(root)
    }

    pub(super) fn of(root: &Node) -> RestApi {
        RestApi {
            api: Some(root.clone()),
            resources: Vec::new(),
            stages: Vec::new(),
            aside: Vec::new(),
            at: root.clone(),
        }
    }

    /// Adds resources, stages and so on to their API: the one with this root, or else the last of
    /// the first `before`, which were given before this file.
    pub(super) fn add(root: &Node, before: usize, apis: &mut Vec<RestApi>) {
        let is_root = |item: &&Node| word(item, "path") == Some("/");
        let top = list(root, "items")
            .iter()
            .find(is_root)
            .and_then(|item| word(item, "id"));
        let is_of = |api: &RestApi| {
            top.is_some() && api.api.as_ref().and_then(|api| word(api, "rootResourceId")) == top
        };
        let found = apis
            .iter()
            .position(is_of)
            .or_else(|| Some(before.max(1) - 1).filter(|&last| last < apis.len()));
        let index = found.unwrap_or_else(|| {
            apis.push(RestApi {
                api: None,
                ..RestApi::of(root)
            });
            apis.len() - 1
        });
        let api = &mut apis[index];
        let items = list(root, "items").iter().cloned();
        let (aside, resources): (Vec<Node>, Vec<Node>) = items.partition(aside::is_one);
        api.resources.extend(resources);
        api.aside.extend(aside);
        api.stages.extend(list(root, "item").iter().cloned());
    }

    /// The template that would make the API.
    pub(super) fn template(&self) -> Node {
        let mut all = vec![("Api".to_owned(), self.rest_api())];
        for item in &self.resources {
            all.extend(self.resource(item));
            let methods = item
                .get("resourceMethods")
                .and_then(|node| node.entries().ok());
            let methods = methods.unwrap_or_default().iter();
            all.extend(methods.map(|entry| self.method(item, entry)));
        }
        for stage in &self.stages {
            let mut members = properties(stage, &OF_STAGE);
            members.push(("RestApiId".to_owned(), self.reference()));
            members.extend(method_settings(stage));
            let name = word(stage, "stageName").unwrap_or_default();
            let made = resource(stage, "AWS::ApiGateway::Stage", None, map(stage, members));
            all.push((format!("stage {name}"), made));
        }
        let id = self.api.as_ref().and_then(|api| word(api, "id"));
        let aside = self.aside.iter();
        all.extend(aside.filter_map(|item| aside::made(item, &self.reference(), id)));
        template(&self.at, all)
    }

    fn reference(&self) -> Node {
        aside::reference(&self.at)
    }

    /// What refers to the resource with this id: the root is the API's own.
    fn id(&self, id: &str) -> Node {
        let at = &self.at;
        let top = self
            .resources
            .iter()
            .find(|item| word(item, "path") == Some("/"));
        if top.and_then(|item| word(item, "id")) != Some(id) {
            return text(at, id);
        }
        let argument = vec![text(at, "Api"), text(at, "RootResourceId")];
        map(
            at,
            vec![("Fn::GetAtt".into(), at.with(Value::List(argument)))],
        )
    }

    /// A resource, but for the root.
    fn resource(&self, item: &Node) -> Option<(String, Node)> {
        let path = word(item, "path").unwrap_or_default();
        let properties = vec![
            ("RestApiId".to_owned(), self.reference()),
            ("ParentId".to_owned(), self.id(word(item, "parentId")?)),
            ("PathPart".to_owned(), item.get("pathPart")?.clone()),
        ];
        let (kind, id) = ("AWS::ApiGateway::Resource", word(item, "id"));
        Some((
            path.to_owned(),
            resource(item, kind, id, map(item, properties)),
        ))
    }

    fn method(&self, item: &Node, entry: &Entry) -> (String, Node) {
        let mut members = properties(&entry.node, &OF_METHOD);
        if !members.iter().any(|(name, _)| name == "HttpMethod") {
            members.push(("HttpMethod".to_owned(), text(&entry.node, &entry.key)));
        }
        let id = self.id(word(item, "id").unwrap_or_default());
        members.push(("RestApiId".to_owned(), self.reference()));
        members.push(("ResourceId".to_owned(), id));
        members.extend(parts(&entry.node));
        let made = map(&entry.node, members);
        let path = word(item, "path").unwrap_or_default();
        let made = resource(&entry.node, "AWS::ApiGateway::Method", None, made);
        (format!("{} {path}", entry.key), made)
    }

    fn rest_api(&self) -> Node {
        let at = &self.at;
        let Some(api) = &self.api else {
            let name = vec![("Name".to_owned(), text(at, "api"))];
            return resource(at, "AWS::ApiGateway::RestApi", None, map(at, name));
        };
        let mut members = properties(api, &OF_API);
        for (name, node) in &mut members {
            // The policy is a document in a text, whose quotes are escaped once more.
            let policy = (name == "Policy").then(|| node.text().ok()).flatten();
            if let Some(policy) = policy {
                let plain = policy.replace("\\\"", "\"");
                *node = Node::parse(&node.place.file, &plain).unwrap_or_else(|_| node.clone());
            }
        }
        resource(
            api,
            "AWS::ApiGateway::RestApi",
            word(api, "id"),
            map(api, members),
        )
    }
}

/// Whether this is a list of nothing: an API without authorizers has one.
fn is_empty_list(root: &Node) -> bool {
    let entries = root.entries().unwrap_or_default();
    matches!(entries, [entry] if entry.key == "items" && entry.node.list() == Ok(&[]))
}

/// The integration and the responses of a method.
fn parts(method: &Node) -> Vec<(String, Node)> {
    let mut all = Vec::new();
    if let Some(integration) = method.get("methodIntegration") {
        let mut members = properties(integration, &OF_INTEGRATION);
        members.extend(responses(
            integration,
            "integrationResponses",
            "IntegrationResponses",
        ));
        all.push(("Integration".to_owned(), map(integration, members)));
    }
    all.extend(responses(method, "methodResponses", "MethodResponses"));
    all
}

fn responses(node: &Node, key: &str, property: &str) -> Option<(String, Node)> {
    let entries = node.get(key)?.entries().ok()?;
    let made = entries
        .iter()
        .map(|entry| map(&entry.node, properties(&entry.node, &OF_RESPONSE)));
    Some((property.to_owned(), node.with(Value::List(made.collect()))))
}

/// `{"*/*": {"throttlingRateLimit": 5}}` as a list.
fn method_settings(stage: &Node) -> Option<(String, Node)> {
    let entries = stage.get("methodSettings")?.entries().ok()?;
    let settings = entries.iter().map(|Entry { key, node, .. }| {
        let (path, method) = key.rsplit_once('/').unwrap_or((key, "*"));
        let path = path.replace("~1", "/");
        let path = format!("/{}", path.trim_start_matches('/'));
        const KNOWN: [&str; 8] = [
            "throttlingBurstLimit",
            "throttlingRateLimit",
            "cachingEnabled",
            "cacheTtlInSeconds",
            "cacheDataEncrypted",
            "metricsEnabled",
            "loggingLevel",
            "dataTraceEnabled",
        ];
        let mut members = properties(node, &KNOWN);
        members.push(("ResourcePath".to_owned(), text(node, &path)));
        members.push(("HttpMethod".to_owned(), text(node, method)));
        map(node, members)
    });
    let settings: Vec<Node> = settings.collect();
    (!settings.is_empty()).then(|| {
        (
            "MethodSettings".to_owned(),
            stage.with(Value::List(settings)),
        )
    })
}
