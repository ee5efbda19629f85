//! Blocks of Terraform as the mappings that CloudFormation has. Pure.

use super::types::in_capitals;
use crate::document::made::map;
use crate::document::{Entry, Node, Value};

/// What a block's entry is in CloudFormation, where capitals are not enough; with `[]`, it stays a
/// list.
const NAMES: [(&str, &str); 25] = [
    ("filter", "Filters[]"),
    (
        "eventbridge_event_bus_parameters",
        "EventBridgeEventBusParameters",
    ),
    ("cloudwatch_logs_parameters", "CloudWatchLogsParameters"),
    (
        "cloudwatch_logs_log_destination",
        "CloudwatchLogsLogDestination",
    ),
    (
        "sagemaker_pipeline_parameters",
        "SageMakerPipelineParameters",
    ),
    ("pipeline_parameter", "PipelineParameterList[]"),
    ("dynamodb_stream_parameters", "DynamoDBStreamParameters"),
    ("api_key", "ApiKeyAuthParameters"),
    ("basic", "BasicAuthParameters"),
    ("oauth", "OAuthParameters"),
    ("oauth_http_parameters", "OAuthHttpParameters"),
    ("invocation_http_parameters", "InvocationHttpParameters"),
    ("client_id", "ClientID"),
    ("body", "BodyParameters[]"),
    ("header", "HeaderParameters[]"),
    ("query_string", "QueryStringParameters[]"),
    ("types", "Types[]"),
    ("vpc_endpoint_ids", "VpcEndpointIds[]"),
    ("allow_headers", "AllowHeaders[]"),
    ("allow_methods", "AllowMethods[]"),
    ("allow_origins", "AllowOrigins[]"),
    ("expose_headers", "ExposeHeaders[]"),
    ("audience", "Audience[]"),
    ("path_parameter_values", "PathParameterValues[]"),
    ("input_paths", "InputPathsMap"),
];

/// Entries whose own keys are data.
const DATA: [&str; 4] = [
    "header_parameters",
    "input_paths",
    "query_string_parameters",
    "stage_variable_overrides",
];

/// Values that stand for nothing.
const UNSET: [(&str, &str); 4] = [
    ("throttling_burst_limit", "-1"),
    ("throttling_rate_limit", "-1"),
    ("require_authorization_for_cache_control", "true"),
    (
        "unauthorized_cache_control_header_strategy",
        "SUCCEED_WITH_RESPONSE_HEADER",
    ),
];

/// The only block of a list.
pub(super) fn one(attribute: &str, node: &Node) -> Node {
    match &node.value {
        Value::List(nodes) => nodes
            .first()
            .map_or_else(|| node.clone(), |block| mapping(attribute, block)),
        _ => mapping(attribute, node),
    }
}

/// All blocks of a list, or a list of the one value.
pub(super) fn several(attribute: &str, node: &Node) -> Node {
    match &node.value {
        Value::List(nodes) => {
            let blocks = nodes.iter().map(|block| mapping(attribute, block));
            let blocks: Vec<Node> = blocks.collect();
            match attribute {
                "route_settings" => by_key(node, &blocks, "RouteKey"),
                _ => node.with(Value::List(blocks)),
            }
        }
        _ => node.with(Value::List(vec![node.clone()])),
    }
}

/// A mapping whose keys are attributes.
fn mapping(within: &str, block: &Node) -> Node {
    let Value::Map(entries) = &block.value else {
        return block.clone();
    };
    // A function that stands for a value.
    if matches!(entries.as_slice(), [only] if only.key == "Ref" || only.key.starts_with("Fn::")) {
        return block.clone();
    }
    let mut made = Vec::new();
    for entry in entries
        .iter()
        .filter(|entry| !entry.node.is_blank() && !is_unset(entry))
    {
        let key = entry.key.as_str();
        if within == "api_stages" && key == "throttle" {
            made.push((
                "Throttle".to_owned(),
                by_key(&entry.node, &throttles(&entry.node), "Path"),
            ));
            continue;
        }
        let known = NAMES
            .iter()
            .find(|(name, _)| *name == key)
            .map(|(_, property)| *property);
        let property = match (within, key) {
            ("api_key", "key") => "ApiKeyName".to_owned(),
            ("api_key", "value") => "ApiKeyValue".to_owned(),
            _ => known.map_or_else(
                || in_capitals(key),
                |name| name.trim_end_matches("[]").to_owned(),
            ),
        };
        let is_list = known.is_some_and(|name| name.ends_with("[]"));
        let node = match &entry.node.value {
            _ if DATA.contains(&key) => entry.node.clone(),
            Value::Map(members) if is_list => {
                let values = members.iter().map(|member| member.node.clone());
                entry.node.with(Value::List(values.collect()))
            }
            Value::List(nodes)
                if is_list || !nodes.iter().all(|node| matches!(node.value, Value::Map(_))) =>
            {
                let blocks = nodes.iter().map(|node| mapping(key, node));
                entry.node.with(Value::List(blocks.collect()))
            }
            _ => one(key, &entry.node),
        };
        made.push((property, node));
    }
    map(block, made)
}

fn is_unset(entry: &Entry) -> bool {
    let text = entry.node.text().unwrap_or_default();
    UNSET
        .iter()
        .any(|(name, value)| *name == entry.key && *value == text)
}

fn throttles(node: &Node) -> Vec<Node> {
    let nodes = node.list().unwrap_or_default();
    nodes.iter().map(|node| mapping("throttle", node)).collect()
}

/// Blocks as a mapping by one of their entries.
fn by_key(at: &Node, blocks: &[Node], key: &str) -> Node {
    let members = blocks.iter().filter_map(|block| {
        let name = block.get(key)?.text().ok()?.to_owned();
        let rest = block
            .entries()
            .ok()?
            .iter()
            .filter(|entry| entry.key != key)
            .cloned();
        Some((name, block.with(Value::Map(rest.collect()))))
    });
    map(at, members.collect())
}
