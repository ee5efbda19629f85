//! What an API has beside its methods, as `aws apigateway get-authorizers`, `get-models`,
//! `get-request-validators` and `get-usage-plans` print it. Pure.

use super::made::resource;
use super::members::{capital, capitals, list, properties, word};
use crate::document::made::{map, text};
use crate::document::{Entry, Node, Value};

/// A sort of resources beside methods.
struct Kind {
    /// The resource type.
    name: &'static str,
    /// What only such an item has.
    marks: &'static [&'static str],
    /// What is a property of it, in AWS's own spelling: what the template calls otherwise is named
    /// behind it.
    properties: &'static [&'static str],
}

const AUTHORIZER: &str = "AWS::ApiGateway::Authorizer";
const MODEL: &str = "AWS::ApiGateway::Model";
const USAGE_PLAN: &str = "AWS::ApiGateway::UsagePlan";

const KINDS: [Kind; 4] = [
    Kind {
        name: USAGE_PLAN,
        marks: &["apiStages"],
        properties: &["name=UsagePlanName", "description"],
    },
    Kind {
        name: "AWS::ApiGateway::RequestValidator",
        marks: &["validateRequestBody", "validateRequestParameters"],
        properties: &["name", "validateRequestBody", "validateRequestParameters"],
    },
    Kind {
        name: MODEL,
        marks: &["schema", "contentType"],
        properties: &["name", "contentType", "description"],
    },
    Kind {
        name: AUTHORIZER,
        marks: &["name", "type"],
        properties: &[
            "name",
            "type",
            "providerARNs=ProviderARNs",
            "authType",
            "authorizerUri",
            "authorizerCredentials",
            "identitySource",
            "identityValidationExpression",
            "authorizerResultTtlInSeconds",
        ],
    },
];

/// The types of authorizers: other items have a type, too.
const TYPES: [&str; 3] = ["TOKEN", "REQUEST", "COGNITO_USER_POOLS"];

/// Whether an item of a list is one of these.
pub(super) fn is_one(item: &Node) -> bool {
    kind_of(item).is_some()
}

fn kind_of(item: &Node) -> Option<&'static Kind> {
    let kind = KINDS
        .iter()
        .find(|kind| kind.marks.iter().any(|mark| item.get(mark).is_some()))?;
    let is_whole = kind.marks.iter().all(|mark| item.get(mark).is_some());
    match kind.name {
        AUTHORIZER => word(item, "type").is_some_and(|kind| TYPES.contains(&kind)),
        MODEL => is_whole,
        _ => true,
    }
    .then_some(kind)
}

/// The resource of a template for an item of the API that `api` refers to, whose id is `id` where it
/// is known; nothing for the usage plan of other APIs.
pub(super) fn made(item: &Node, api: &Node, id: Option<&str>) -> Option<(String, Node)> {
    let kind = kind_of(item)?;
    let mut members = properties(item, kind.properties);
    let own = match kind.name {
        USAGE_PLAN => {
            members.extend(plan(item, api, id)?);
            word(item, "id")
        }
        MODEL => {
            members.extend(schema(item));
            members.push(("RestApiId".to_owned(), api.clone()));
            word(item, "name")
        }
        _ => {
            members.push(("RestApiId".to_owned(), api.clone()));
            word(item, "id")
        }
    };
    let (_, short) = kind.name.rsplit_once("::")?;
    let name = word(item, "name").or(own).unwrap_or_default();
    Some((
        format!("{short} {name}"),
        resource(item, kind.name, own, map(item, members)),
    ))
}

/// The schema of a model, which is JSON in a text.
fn schema(item: &Node) -> Option<(String, Node)> {
    let node = item.get("schema")?;
    let parsed = node
        .text()
        .ok()
        .and_then(|text| Node::parse(&node.place.file, text).ok());
    Some(("Schema".to_owned(), parsed.unwrap_or_else(|| node.clone())))
}

/// The stages and limits of a usage plan.
fn plan(item: &Node, api: &Node, id: Option<&str>) -> Option<Vec<(String, Node)>> {
    let is_own = |stage: &&Node| id.is_none() || word(stage, "apiId") == id;
    let stages: Vec<Node> = list(item, "apiStages")
        .iter()
        .filter(is_own)
        .map(|stage| of_stage(stage, api))
        .collect();
    if stages.is_empty() {
        return None;
    }
    let mut members = vec![("ApiStages".to_owned(), item.with(Value::List(stages)))];
    for name in ["throttle", "quota"] {
        let limits = item
            .get(name)
            .filter(|node| matches!(node.value, Value::Map(_)));
        members.extend(limits.map(|limits| (capital(name), capitals(limits))));
    }
    Some(members)
}

fn of_stage(stage: &Node, api: &Node) -> Node {
    let mut members = vec![("ApiId".to_owned(), api.clone())];
    members.extend(
        stage
            .get("stage")
            .map(|name| ("Stage".to_owned(), name.clone())),
    );
    let throttle = stage.get("throttle").and_then(|node| node.entries().ok());
    if let Some(entries) = throttle.filter(|entries| !entries.is_empty()) {
        let methods = entries
            .iter()
            .map(|Entry { key, node, .. }| (key.clone(), capitals(node)));
        members.push(("Throttle".to_owned(), map(stage, methods.collect())));
    }
    map(stage, members)
}

/// What refers to an API.
pub(super) fn reference(at: &Node) -> Node {
    map(at, vec![("Ref".into(), text(at, "Api"))])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(item: &str) -> Option<String> {
        let item = Node::parse("f", item).unwrap();
        let api = reference(&item);
        made(&item, &api, Some("a1")).map(|(name, node)| format!("{name}: {}", node.to_json()))
    }

    #[test]
    fn each_sort_is_known_by_what_only_it_has() {
        let api = r#"{"Ref":"Api"}"#;
        assert_eq!(
            shown(r#"{"id": "z9", "name": "tokens", "type": "TOKEN", "authType": "custom", "authorizerUri": "u", "identitySource": "method.request.header.Authorization"}"#).unwrap(),
            format!(r#"Authorizer tokens: {{"Type":"AWS::ApiGateway::Authorizer","Properties":{{"Name":"tokens","Type":"TOKEN","AuthType":"custom","AuthorizerUri":"u","IdentitySource":"method.request.header.Authorization","RestApiId":{api}}},"Tidegate::PhysicalId":"z9"}}"#)
        );
        assert_eq!(
            shown(r#"{"id": "m1", "name": "Order", "schema": "{\"type\": \"object\"}", "contentType": "application/json"}"#).unwrap(),
            format!(r#"Model Order: {{"Type":"AWS::ApiGateway::Model","Properties":{{"Name":"Order","ContentType":"application/json","Schema":{{"type":"object"}},"RestApiId":{api}}},"Tidegate::PhysicalId":"Order"}}"#)
        );
        assert_eq!(
            shown(r#"{"id": "v1", "name": "body", "validateRequestBody": true, "validateRequestParameters": false}"#).unwrap(),
            format!(r#"RequestValidator body: {{"Type":"AWS::ApiGateway::RequestValidator","Properties":{{"Name":"body","ValidateRequestBody":true,"ValidateRequestParameters":false,"RestApiId":{api}}},"Tidegate::PhysicalId":"v1"}}"#)
        );
        assert_eq!(
            shown(r#"{"id": "p1", "name": "basic", "apiStages": [{"apiId": "a1", "stage": "prod", "throttle": {"/x/GET": {"rateLimit": 1.0}}}, {"apiId": "other", "stage": "x"}], "quota": {"limit": 5, "period": "DAY"}}"#).unwrap(),
            format!(r#"UsagePlan basic: {{"Type":"AWS::ApiGateway::UsagePlan","Properties":{{"UsagePlanName":"basic","ApiStages":[{{"ApiId":{api},"Stage":"prod","Throttle":{{"/x/GET":{{"RateLimit":1.0}}}}}}],"Quota":{{"Limit":5,"Period":"DAY"}}}},"Tidegate::PhysicalId":"p1"}}"#)
        );
        for other in [
            r#"{"id": "p1", "apiStages": [{"apiId": "other", "stage": "x"}]}"#,
            r#"{"id": "k", "name": "key", "type": "API_KEY"}"#,
            r#"{"id": "r", "path": "/x"}"#,
        ] {
            assert_eq!(shown(other), None, "{other}");
        }
    }
}
