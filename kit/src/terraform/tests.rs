use std::collections::BTreeMap;

use super::*;
use crate::cloudformation::{Account, Inputs, Stack};

const PLAN: &str = include_str!("../../../tests/definitions/plan.json");
const STATE: &str = include_str!("../../../tests/definitions/state.json");

fn account() -> Account {
    Account {
        region: "eu-west-1".into(),
        account_id: "123456789012".into(),
        stack_name: "tide".into(),
    }
}

/// What a plan or a state makes: each resource's name and properties, and what is told.
fn made(text: &str) -> (BTreeMap<String, (String, serde_json::Value)>, Vec<String>) {
    let root = Node::parse("f", text).unwrap();
    assert!(is_terraform(&root));
    let translated = translated(&root);
    let mut problems = translated.problems;
    let template = &translated.template;
    let stack = Stack::load(template, &Inputs::default(), &account(), &mut problems).unwrap();
    let resources = stack.all().map(|resource| {
        let value = (resource.physical_id.clone(), resource.properties.to_json());
        (resource.logical_id.clone(), value)
    });
    let told = problems.iter().map(|problem| problem.message.clone());
    (resources.collect(), told.collect())
}

/// A plan with these resources, each with its expressions.
fn plan(resources: &[(&str, &str, &str)]) -> String {
    let (mut planned, mut configured) = (Vec::new(), Vec::new());
    for (address, values, expressions) in resources {
        let plain = address.split('[').next().unwrap();
        let (kind, name) = plain.split_once('.').unwrap();
        let index = address
            .split_once('[')
            .map(|(_, rest)| rest.trim_end_matches(']'));
        let index = index
            .map(|index| format!(r#""index":{index},"#))
            .unwrap_or_default();
        let address = address.replace('"', "\\\"");
        let named = format!(r#""mode":"managed","type":"{kind}","name":"{name}""#);
        planned.push(format!(
            r#"{{"address":"{address}",{index}{named},"values":{values}}}"#
        ));
        configured.push(format!(r#"{{"address":"{plain}",{named},{expressions}}}"#));
    }
    configured.dedup();
    format!(
        r#"{{"format_version":"1.2","planned_values":{{"root_module":{{"resources":[{}]}}}},
            "configuration":{{"root_module":{{"resources":[{}]}}}}}}"#,
        planned.join(","),
        configured.join(",")
    )
}

#[test]
fn a_plan_is_the_template_that_would_make_the_same() {
    let (made, told) = made(PLAN);
    assert!(told.is_empty(), "{told:?}");
    let queue = &made["module.queue.aws_sqs_queue.this"];
    assert_eq!(queue.0, "tide-queue-this");
    let policy = r#"{"deadLetterTargetArn":"arn:aws:sqs:eu-west-1:123456789012:orders-dead","maxReceiveCount":10}"#;
    assert_eq!(queue.1["RedrivePolicy"].to_string(), policy);
    let method = &made["aws_api_gateway_method.orders"].1;
    let integration = &method["Integration"];
    let uri = "arn:aws:apigateway:eu-west-1:sqs:path/123456789012/tide-queue-this";
    assert_eq!(integration["Uri"], uri);
    assert_eq!(
        integration["Credentials"],
        "arn:aws:iam::123456789012:role/shop-gateway"
    );
    assert_eq!(
        integration["IntegrationResponses"].to_string(),
        r#"[{"StatusCode":"200"}]"#
    );
    assert_eq!(
        method["MethodResponses"].to_string(),
        r#"[{"StatusCode":"200"}]"#
    );
    assert_eq!(
        method["RestApiId"].as_str(),
        Some(made["aws_api_gateway_rest_api.shop"].0.as_str())
    );
    let pipe = &made["aws_pipes_pipe.crm"].1;
    assert_eq!(
        pipe["Source"],
        "arn:aws:sqs:eu-west-1:123456789012:tide-queue-this"
    );
    assert_eq!(
        pipe["SourceParameters"].to_string(),
        r#"{"FilterCriteria":{"Filters":[{"Pattern":"{\"body\":{\"id\":[{\"exists\":true}]}}"}]},"SqsQueueParameters":{"BatchSize":1}}"#
    );
    assert_eq!(
        pipe["TargetParameters"]["HttpParameters"].to_string(),
        r#"{"HeaderParameters":{"x-shop":"1"}}"#
    );
    let auth = &made["aws_cloudwatch_event_connection.crm"].1["AuthParameters"];
    assert_eq!(
        auth.to_string(),
        r#"{"ApiKeyAuthParameters":{"ApiKeyName":"x-api-key","ApiKeyValue":"k"}}"#
    );
}

#[test]
fn a_state_keeps_the_ids_that_aws_gave() {
    let root = Node::parse("f", STATE).unwrap();
    let home = translated(&root);
    assert_eq!(
        (home.account_id.as_deref(), home.region.as_deref()),
        (Some("123456789012"), Some("eu-west-1"))
    );
    let (made, told) = made(STATE);
    assert!(told.is_empty(), "{told:?}");
    assert_eq!(made["aws_api_gateway_rest_api.shop"].0, "a1b2c3d4e5");
    assert_eq!(
        made["aws_api_gateway_method.orders"].1["ResourceId"],
        "ord3rs"
    );
    assert_eq!(
        made["module.queue.aws_sqs_queue.this"].1["RedrivePolicy"]["maxReceiveCount"],
        4
    );
    // The destination's own part of its ARN is made up here, for both.
    let target = made["aws_pipes_pipe.crm"].1["Target"]
        .as_str()
        .unwrap()
        .to_owned();
    assert!(
        !target.contains("1f6a2f0c") && target.contains("api-destination/crm/"),
        "{target}"
    );
}

#[test]
fn references_go_through_counts_and_keys() {
    let arn = r#""expressions":{"source":{"references":["aws_sqs_queue.q","each.key"]},"target":{"references":["aws_sqs_queue.sink[1].arn","aws_sqs_queue.sink[1]","aws_sqs_queue.sink"]}}"#;
    let text = plan(&[
        (
            "aws_sqs_queue.q[\"a\"]",
            r#"{"fifo_queue":true}"#,
            r#""expressions":{}"#,
        ),
        (
            "aws_sqs_queue.q[\"b\"]",
            r#"{"fifo_queue":true}"#,
            r#""expressions":{}"#,
        ),
        ("aws_sqs_queue.sink[0]", "{}", r#""expressions":{}"#),
        ("aws_sqs_queue.sink[1]", "{}", r#""expressions":{}"#),
        ("aws_pipes_pipe.p[\"b\"]", r#"{"name":"p"}"#, arn),
    ]);
    let (made, told) = made(&text);
    assert!(told.is_empty(), "{told:?}");
    let pipe = &made["aws_pipes_pipe.p[\"b\"]"].1;
    assert_eq!(
        pipe["Source"],
        "arn:aws:sqs:eu-west-1:123456789012:tide-q-b.fifo"
    );
    assert_eq!(
        pipe["Target"],
        "arn:aws:sqs:eu-west-1:123456789012:tide-sink-1"
    );
}

#[test]
fn a_text_of_which_only_parts_are_known_is_told() {
    let body = r#""expressions":{"body":{"references":["aws_iam_role.r.arn","aws_iam_role.r","aws_sqs_queue.q.name","aws_sqs_queue.q"]}}"#;
    let (_, told) = made(&plan(&[
        ("aws_api_gateway_rest_api.a", r#"{"name":"a"}"#, body),
        ("aws_iam_role.r", "{}", r#""expressions":{}"#),
        ("aws_sqs_queue.q", "{}", r#""expressions":{}"#),
    ]));
    assert!(
        told[0].contains("aws_api_gateway_rest_api.a: body is known only after")
            && told[0].contains("state.json"),
        "{told:?}"
    );
}

#[test]
fn an_http_api_has_its_maps_filled() {
    let api = r#""expressions":{}"#;
    let integration = r#""expressions":{"api_id":{"references":["aws_apigatewayv2_api.a.id","aws_apigatewayv2_api.a"]},
        "request_parameters":{"references":["aws_sqs_queue.q.url","aws_sqs_queue.q"]}}"#;
    let route = r#""expressions":{"api_id":{"references":["aws_apigatewayv2_api.a.id","aws_apigatewayv2_api.a"]},
        "target":{"references":["aws_apigatewayv2_integration.i.id","aws_apigatewayv2_integration.i"]}}"#;
    let text = plan(&[
        (
            "aws_apigatewayv2_api.a",
            r#"{"name":"a","protocol_type":"HTTP","api_key_selection_expression":"$request.header.x-api-key","cors_configuration":[]}"#,
            api,
        ),
        ("aws_sqs_queue.q", r#"{"name":"q"}"#, api),
        (
            "aws_apigatewayv2_integration.i",
            r#"{"integration_type":"AWS_PROXY","integration_subtype":"SQS-SendMessage","request_parameters":{"MessageBody":"$request.body"}}"#,
            integration,
        ),
        (
            "aws_apigatewayv2_route.r",
            r#"{"route_key":"POST /q"}"#,
            route,
        ),
    ]);
    let text = text.replace(
        r#""configuration""#,
        r#""resource_changes":[{"address":"aws_apigatewayv2_integration.i","change":{"after_unknown":{"api_id":true,"request_parameters":{"QueueUrl":true}}}}],"configuration""#,
    );
    let (made, told) = made(&text);
    assert!(told.is_empty(), "{told:?}");
    let parameters = &made["aws_apigatewayv2_integration.i"].1["RequestParameters"];
    let expected = r#"{"MessageBody":"$request.body","QueueUrl":"https://sqs.eu-west-1.amazonaws.com/123456789012/q"}"#;
    assert_eq!(parameters.to_string(), expected);
    let target = made["aws_apigatewayv2_route.r"].1["Target"]
        .as_str()
        .unwrap()
        .to_owned();
    assert_eq!(
        target,
        format!("integrations/{}", made["aws_apigatewayv2_integration.i"].0)
    );
    assert!(
        made["aws_apigatewayv2_api.a"]
            .1
            .get("ApiKeySelectionExpression")
            .is_none()
    );
}

#[test]
fn policies_and_settings_go_where_they_belong() {
    let none = r#""expressions":{}"#;
    let stage = r#"{"rest_api_id":"x","stage_name":"s"}"#;
    let text = plan(&[
        (
            "aws_api_gateway_rest_api.a",
            r#"{"id":"x","name":"a"}"#,
            none,
        ),
        (
            "aws_api_gateway_rest_api_policy.p",
            r#"{"rest_api_id":"x","policy":"{\"Statement\":[]}"}"#,
            none,
        ),
        ("aws_api_gateway_stage.s", stage, none),
        (
            "aws_api_gateway_method_settings.m",
            r#"{"rest_api_id":"x","stage_name":"s","method_path":"a~1b/POST","settings":[{"throttling_rate_limit":5,"throttling_burst_limit":-1,"metrics_enabled":false}]}"#,
            none,
        ),
        ("aws_s3_bucket.b", r#"{"bucket":"my"}"#, none),
        (
            "aws_s3_bucket_versioning.b",
            r#"{"bucket":"my","versioning_configuration":[{"status":"Enabled"}]}"#,
            none,
        ),
        (
            "aws_sqs_queue_redrive_policy.q",
            r#"{"queue_url":"https://sqs.e.amazonaws.com/1/nobody","redrive_policy":"{}"}"#,
            none,
        ),
    ]);
    let (made, told) = made(&text);
    assert_eq!(
        made["aws_api_gateway_rest_api.a"].1["Policy"].to_string(),
        r#"{"Statement":[]}"#
    );
    let settings = &made["aws_api_gateway_stage.s"].1["MethodSettings"];
    let expected = r#"[{"ResourcePath":"/a/b","HttpMethod":"POST","ThrottlingRateLimit":5,"MetricsEnabled":false}]"#;
    assert_eq!(settings.to_string(), expected);
    let versioning = &made["aws_s3_bucket.b"].1["VersioningConfiguration"];
    assert_eq!(versioning.to_string(), r#"{"Status":"Enabled"}"#);
    assert_eq!(
        told,
        ["aws_sqs_queue_redrive_policy.q: it belongs to no AWS::SQS::Queue of this plan"]
    );
}

#[test]
fn a_policy_document_that_waits_is_written_out() {
    let text = r#"{"format_version":"1.2",
      "planned_values":{"root_module":{"resources":[
        {"address":"aws_sqs_queue.q","mode":"managed","type":"aws_sqs_queue","name":"q","values":{"name":"q"}},
        {"address":"data.aws_iam_policy_document.d","mode":"data","type":"aws_iam_policy_document","name":"d","values":{"statement":[
          {"actions":["sqs:SendMessage"],"effect":"Allow","principals":[{"type":"Service","identifiers":["events.amazonaws.com"]}],"resources":[null],
           "condition":[{"test":"ArnEquals","variable":"aws:SourceArn","values":["a"]}]}]}},
        {"address":"aws_sqs_queue_policy.p","mode":"managed","type":"aws_sqs_queue_policy","name":"p","values":{}}]}},
      "resource_changes":[{"address":"data.aws_iam_policy_document.d","change":{"after_unknown":{"json":true,"statement":[{"resources":[true]}]}}}],
      "configuration":{"root_module":{"resources":[
        {"address":"data.aws_iam_policy_document.d","mode":"data","type":"aws_iam_policy_document","name":"d",
         "expressions":{"statement":[{"resources":{"references":["aws_sqs_queue.q.arn","aws_sqs_queue.q"]}}]}},
        {"address":"aws_sqs_queue_policy.p","mode":"managed","type":"aws_sqs_queue_policy","name":"p",
         "expressions":{"policy":{"references":["data.aws_iam_policy_document.d.json","data.aws_iam_policy_document.d"]},
                        "queue_url":{"references":["aws_sqs_queue.q.id","aws_sqs_queue.q"]}}}]}}}"#;
    let (made, told) = made(text);
    assert!(told.is_empty(), "{told:?}");
    let policy = &made["aws_sqs_queue_policy.p"].1;
    assert_eq!(
        policy["Queues"].to_string(),
        r#"["https://sqs.eu-west-1.amazonaws.com/123456789012/q"]"#
    );
    let expected = r#"[{"Effect":"Allow","Action":["sqs:SendMessage"],"Resource":["arn:aws:sqs:eu-west-1:123456789012:q"],"Principal":{"Service":["events.amazonaws.com"]},"Condition":{"ArnEquals":{"aws:SourceArn":["a"]}}}]"#;
    assert_eq!(policy["PolicyDocument"]["Statement"].to_string(), expected);
}

#[test]
fn circles_end() {
    let own = r#""expressions":{"name":{"references":["aws_sqs_queue.q.kms_master_key_id","aws_sqs_queue.q"]},"kms_master_key_id":{"references":["aws_sqs_queue.q.kms_master_key_id","aws_sqs_queue.q"]}}"#;
    let (_, told) = made(&plan(&[("aws_sqs_queue.q", "{}", own)]));
    assert!(
        told.iter().any(|text| text.contains("in a circle")),
        "{told:?}"
    );
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(48))]

    /// No text makes the reader panic: parts of a plan cut out, doubled or replaced.
    #[test]
    fn a_damaged_plan_is_read_or_told(
        cuts in proptest::collection::vec((0_usize..30_000, 0_usize..60, "[\\[\\]{}\",:a-z0-9.]{0,6}"), 1..4),
        of_state in proptest::bool::ANY,
    ) {
        let mut text = if of_state { STATE } else { PLAN }.to_owned();
        for (at, length, put) in cuts {
            let at = at % text.len();
            let end = (at + length).min(text.len());
            if text.is_char_boundary(at) && text.is_char_boundary(end) {
                text.replace_range(at..end, &put);
            }
        }
        if let Ok(root) = Node::parse("f", &text) {
            let translated = translated(&root);
            let mut problems = translated.problems;
            _ = Stack::load(&translated.template, &Inputs::default(), &account(), &mut problems);
        }
    }
}

#[test]
fn targets_of_rules_are_part_of_their_rules() {
    let (made, told) = made(&plan(&[
        (
            "aws_cloudwatch_event_bus.orders",
            r#"{"name":"orders"}"#,
            r#""expressions":{}"#,
        ),
        (
            "aws_cloudwatch_event_rule.paid",
            r#"{"name":"paid","event_bus_name":"orders","event_pattern":"{\"source\":[\"shop\"]}"}"#,
            r#""expressions":{}"#,
        ),
        (
            "aws_cloudwatch_event_target.queue",
            r#"{"target_id":"q","rule":"paid","event_bus_name":"orders","arn":"arn:aws:sqs:eu-west-1:123456789012:q",
                "input_transformer":[{"input_paths":{"the_id":"$.detail.id"},"input_template":"<the_id>"}],
                "retry_policy":[{"maximum_retry_attempts":3,"maximum_event_age_in_seconds":60}],
                "sqs_target":[{"message_group_id":"g"}],"dead_letter_config":[]}"#,
            r#""expressions":{}"#,
        ),
    ]));
    assert_eq!(told, [""; 0]);
    let rules = made.values().filter(|(name, _)| name == "paid");
    let [(_, rule)] = rules.collect::<Vec<_>>()[..] else {
        panic!("one rule: {made:?}");
    };
    let expected = serde_json::json!({
        "EventBusName": "orders",
        "EventPattern": {"source": ["shop"]},
        "Name": "paid",
        "Targets": [{
            "Arn": "arn:aws:sqs:eu-west-1:123456789012:q",
            "Id": "q",
            "InputTransformer": {"InputPathsMap": {"the_id": "$.detail.id"}, "InputTemplate": "<the_id>"},
            "RetryPolicy": {"MaximumEventAgeInSeconds": 60, "MaximumRetryAttempts": 3},
            "SqsParameters": {"MessageGroupId": "g"}
        }]
    });
    assert_eq!(rule, &expected);
}
