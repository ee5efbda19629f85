//! Definitions as people write and export them, and what is said about those that are wrong.

use super::*;
use crate::execution_log::LogLevel;
use crate::targets::connection::Auth;
use crate::targets::{Destination, DynamicValue};
use kit::cloudformation::{Account, Overrides, Stack};
use kit::definition::DefinitionArgs;

const TEMPLATE: &str = r#"
Resources:
  Queue: {Type: AWS::SQS::Queue, Properties: {QueueName: orders}}
  Pipe:
    Type: AWS::Pipes::Pipe
    Properties:
      Name: p1
      RoleArn: arn:aws:iam::123456789012:role/p
      Source: !GetAtt Queue.Arn
      SourceParameters:
        SqsQueueParameters: {BatchSize: 1}
        FilterCriteria: {Filters: [{Pattern: '{"body":{"kind":["order"]}}'}]}
      Target: !GetAtt Destination.Arn
      TargetParameters:
        InputTemplate: '{"id":<$.body.id>}'
        HttpParameters:
          PathParameterValues: [$.body.id]
          HeaderParameters: {x-sent: $.attributes.SentTimestamp, Host: evil}
          QueryStringParameters: {v: "2"}
      LogConfiguration: {Level: INFO}
  Destination:
    Type: AWS::Events::ApiDestination
    Properties:
      ConnectionArn: !GetAtt Connection.Arn
      InvocationEndpoint: http://crm.example/orders/*
      HttpMethod: PUT
      InvocationRateLimitPerSecond: 20
  Connection:
    Type: AWS::Events::Connection
    Properties:
      AuthorizationType: API_KEY
      AuthParameters:
        ApiKeyAuthParameters: {ApiKeyName: x-key, ApiKeyValue: s3cret}
        InvocationHttpParameters:
          QueryStringParameters: [{Key: v, Value: "1", IsValueSecret: true}]
"#;

fn given(text: &str) -> kit::definition::Declarations {
    let account = Account {
        region: "eu-west-1".into(),
        account_id: "123456789012".into(),
        stack_name: "t".into(),
    };
    let node = Node::parse("t.yaml", text).expect("a document");
    let stack =
        Stack::load(&node, &Overrides::new(), &account, &mut Vec::new()).expect("a template");
    with(|given| {
        given.stacks = vec![stack];
        given.account = Some(account);
    })
}

fn with(fill: impl FnOnce(&mut kit::definition::Declarations)) -> kit::definition::Declarations {
    let mut given = kit::definition::Declarations::default();
    fill(&mut given);
    given
}

fn destination(pipe: &Pipe) -> &Destination {
    &pipe
        .target
        .invocation()
        .expect("an API destination")
        .destination
}

#[track_caller]
fn refused(from: &str, to: &str, message: &str) {
    assert!(TEMPLATE.contains(from), "{from}");
    let error = PipeDefinitions::load(&given(&TEMPLATE.replace(from, to)))
        .expect_err("must be refused")
        .to_string();
    assert!(error.contains(message), "{error}");
    assert!(error.starts_with("t.yaml:"), "{error}");
    assert!(!error.contains("s3cret"), "{error}");
}

#[test]
fn a_pipe_is_read_with_all_it_refers_to() {
    let definition = PipeDefinitions::load(&given(TEMPLATE)).unwrap();
    let [pipe] = definition.pipes.as_slice() else {
        panic!("one pipe")
    };
    assert_eq!(
        (pipe.name.as_str(), pipe.state, pipe.log.unwrap().level),
        ("p1", DesiredState::Running, LogLevel::Info)
    );
    assert_eq!(
        pipe.names.pipe_arn,
        "arn:aws:pipes:eu-west-1:123456789012:pipe/p1"
    );
    assert_eq!(
        (pipe.source.queue.as_str(), pipe.source.account.as_str()),
        ("orders", "123456789012")
    );
    assert!(pipe.input.is_some() && !pipe.filter.is_empty());
    assert!(!pipe.log.unwrap().execution_data);
    let destination = destination(pipe);
    assert_eq!(
        (
            destination.method.as_str(),
            destination.rate,
            destination.endpoint.wildcards()
        ),
        ("PUT", 20, 1)
    );
    let headers: Vec<_> = pipe
        .target
        .invocation()
        .unwrap()
        .parameters
        .headers
        .iter()
        .map(|(name, _)| name.as_str())
        .collect();
    assert_eq!(headers, ["x-sent"], "Host is dropped");
    assert!(matches!(&destination.connection.auth, Auth::Header { name, .. } if name == "x-key"));
    assert_eq!(destination.connection.invocation.query.len(), 1);
    assert!(!format!("{definition:?}").contains("s3cret"));
}

#[test]
fn only_a_value_that_is_said_to_be_no_secret_is_none() {
    for (given_as, public) in [
        ("true", None),
        ("false", Some("12345")),
        ("'false'", Some("12345")),
    ] {
        let text = TEMPLATE.replace(
            "\"1\", IsValueSecret: true",
            &format!("\"12345\", IsValueSecret: {given_as}"),
        );
        let definition = PipeDefinitions::load(&given(&text)).unwrap();
        let connection = &destination(&definition.pipes[0]).connection;
        assert_eq!(
            connection.invocation.public.first().map(String::as_str),
            public,
            "{given_as}"
        );
        assert_eq!(
            connection.credentials().contains(&"12345".to_owned()),
            public.is_none(),
            "{given_as}"
        );
    }
    let silent = TEMPLATE.replace(", IsValueSecret: true", "");
    let definition = PipeDefinitions::load(&given(&silent)).unwrap();
    assert!(
        destination(&definition.pipes[0])
            .connection
            .invocation
            .public
            .is_empty()
    );
}

#[test]
fn the_built_in_definition_has_one_pipe() {
    let account = Account {
        region: "eu-west-1".into(),
        account_id: "000000000000".into(),
        stack_name: "tidegate".into(),
    };
    let definition =
        PipeDefinitions::load(&DefinitionArgs::default().load(&account).unwrap()).unwrap();
    let [pipe] = definition.pipes.as_slice() else {
        panic!("one pipe")
    };
    assert_eq!(
        (pipe.name.as_str(), pipe.source.queue.as_str()),
        ("pub-sub-pipe", "ex-queue")
    );
    assert_eq!(
        (destination(pipe).name.as_str(), pipe.log),
        ("pub-sub-api", None)
    );
}

#[test]
fn what_is_wrong_is_named_with_its_place() {
    refused(
        "Name: p1",
        "Nmae: p1",
        "t.yaml:7:7: Pipe (AWS::Pipes::Pipe): Nmae is unknown",
    );
    refused(
        "BatchSize: 1",
        "BatchSize: 10",
        "BatchSize must be 1, the target takes no more at once",
    );
    refused(
        r#"["order"]"#,
        r#""order""#,
        r#""kind" must be an object or an array (at body.kind)"#,
    );
    refused(
        "<$.body.id>}'",
        "<$.body[id]>}'",
        "input template, line 1, column 7",
    );
    refused(
        "[$.body.id]",
        "[]",
        "the endpoint of t-Destination has 1 `*`, PathParameterValues has 0 values",
    );
    refused(
        "HttpMethod: PUT",
        "HttpMethod: TRACE",
        "method TRACE is none of POST, GET",
    );
    refused(
        "http://crm",
        "ftp://crm",
        "InvocationEndpoint must be an http or https URL",
    );
    refused(
        "Level: INFO",
        "Level: LOUD",
        "Level LOUD is none of OFF, ERROR, INFO, TRACE",
    );
    refused(
        "API_KEY",
        "KERBEROS",
        "AuthorizationType KERBEROS is none of",
    );
    refused("s3cret", "'{{resolve:ssm:s3cret}}'", "dynamic references");
    refused(
        "!GetAtt Destination.Arn",
        "arn:aws:lambda:eu-west-1:1:function:f",
        "HttpParameters are of another service than the ARN",
    );
    refused(
        "!GetAtt Queue.Arn",
        "arn:aws:kinesis:eu-west-1:1:stream/s",
        "only the ARN of an SQS queue is",
    );
    refused(
        "!GetAtt Connection.Arn",
        "arn:aws:events:e:1:connection/x/1",
        "no definition declares the connection x",
    );
    let tagged = |tag: &str| format!("Tags: {{{tag}}}\n      LogConfiguration:");
    let judge = |said: &str| {
        format!(
            "Tags: tidegate:verdict: invalid verdict rule \"{said}\": expected comparison or aws"
        )
    };
    refused(
        "LogConfiguration:",
        &tagged("'tidegate:verdict': amazon"),
        &judge("amazon"),
    );
    refused(
        "LogConfiguration:",
        &tagged("'tidegate:verdct': aws"),
        "tidegate:verdct: unknown tag: expected tidegate:ver",
    );
    refused(
        "HttpParameters:\n",
        "Wrong: {}\n        HttpParameters:\n",
        "TargetParameters: Wrong is unknown",
    );
}

#[test]
fn a_tag_says_whose_word_counts_and_other_tags_say_nothing() {
    let of = |tags: &str| {
        let text = TEMPLATE.replace(
            "LogConfiguration:",
            &format!("Tags: {tags}\n      LogConfiguration:"),
        );
        PipeDefinitions::load(&given(&text))
            .unwrap()
            .pipes
            .remove(0)
            .verdict_rule
    };
    assert_eq!(
        of("{'tidegate:verdict': aws, cost-center: 42}"),
        Some(VerdictRule::Aws)
    );
    assert_eq!(
        of("{'tidegate:verdict': comparison}"),
        Some(VerdictRule::Comparison)
    );
    assert_eq!(of("{team: orders, since: 2024}"), None);
    assert_eq!(
        of("[{Key: 'tidegate:verdict', Value: aws}]"),
        None,
        "a list is no tags of a pipe"
    );
}

const TO_QUEUE: &str = r#"{"Name": "relay", "Source": "arn:aws:sqs:eu-west-1:1:in", "RoleArn": "r",
    "SourceParameters": {"SqsQueueParameters": {"BatchSize": 5, "MaximumBatchingWindowInSeconds": 2}},
    "Target": "arn:aws:sqs:eu-west-1:2:out.fifo",
    "TargetParameters": {"SqsQueueParameters": {"MessageGroupId": "$.body.tenant", "MessageDeduplicationId": "one"}},
    "LogConfiguration": {"Level": "TRACE", "IncludeExecutionData": ["ALL"]}}"#;

fn described(pipe: &str) -> Result<PipeDefinitions, String> {
    let given = with(|given| given.pipes = vec![Node::parse("d.json", pipe).expect("a document")]);
    PipeDefinitions::load(&given).map_err(|error| error.to_string())
}

#[test]
fn a_queue_can_be_the_target() {
    let definition = described(TO_QUEUE).unwrap();
    let Target::Queue(outlet) = &definition.pipes[0].target else {
        panic!("a queue")
    };
    assert_eq!(
        (outlet.account.as_str(), outlet.queue.as_str()),
        ("2", "out.fifo")
    );
    assert_eq!(
        definition.pipes[0].batch,
        Batch {
            size: 5,
            window: Duration::from_secs(2)
        }
    );
    assert!(matches!(outlet.group, Some(DynamicValue::Path(_))));
    assert_eq!(
        outlet.deduplication,
        Some(DynamicValue::Literal("one".into()))
    );
    assert!(definition.pipes[0].log.unwrap().execution_data);
    let refusal = |from: &str, to: &str| described(&TO_QUEUE.replace(from, to)).unwrap_err();
    assert!(
        refusal(r#""MessageGroupId": "$.body.tenant", "#, "")
            .contains("out.fifo needs a MessageGroupId")
    );
    let message = refusal(r#""BatchSize": 5"#, r#""BatchSize": 11"#);
    assert!(
        message.contains("BatchSize must be at most 10, the target takes no more at once"),
        "{message}"
    );
    let message = refusal(
        r#"{"SqsQueueParameters": {"Me"#,
        r#"{"HttpParameters": {}, "SqsQueueParameters": {"Me"#,
    );
    assert!(
        message.contains("HttpParameters are of another service than the ARN"),
        "{message}"
    );
    assert!(refusal("ALL", "SOME").contains("IncludeExecutionData may hold ALL and nothing else"));
}

#[test]
fn an_enrichment_has_a_destination_and_parameters_of_its_own() {
    let enrichment = "      Enrichment: !GetAtt Destination.Arn
      EnrichmentParameters:
        InputTemplate: '{\"ask\":<$.body.id>}'
        HttpParameters: {PathParameterValues: [ask]}
      LogConfiguration";
    let text = TEMPLATE.replace("      LogConfiguration", enrichment);
    let definition = PipeDefinitions::load(&given(&text)).unwrap();
    let [pipe] = definition.pipes.as_slice() else {
        panic!("one pipe")
    };
    let read = pipe.enrichment.as_ref().unwrap();
    assert!(
        read.input.is_some()
            && Arc::ptr_eq(
                &read.invocation().unwrap().destination,
                &pipe.target.invocation().unwrap().destination
            )
    );
    assert_eq!(
        read.invocation().unwrap().parameters.path,
        [DynamicValue::Literal("ask".into())]
    );
    assert_eq!(pipe.names.enrichment_arn, pipe.names.target_arn);
    refused(
        "      LogConfiguration",
        "      Enrichment: arn:aws:ecs:eu-west-1:1:cluster/c\n      LogConfiguration",
        "Enrichment arn:aws:ecs:eu-west-1:1:cluster/c is not supported; API destinations, REST APIs",
    );
    refused(
        "      LogConfiguration",
        &enrichment.replace("[ask]", "[]"),
        "has 1 `*`, PathParameterValues has 0 values",
    );
}

/// A pipe from the queue `in` to a target, with parameters of target and source as they stand in
/// JSON.
fn to(target: &str, parameters: &str, source: &str) -> Result<Pipe, String> {
    let text = format!(
        r#"{{"Name": "p", "Source": "arn:aws:sqs:eu-west-1:1:in", "RoleArn": "r", "Target": "{target}",
            "TargetParameters": {parameters}, "SourceParameters": {{"SqsQueueParameters": {source}}}}}"#
    );
    described(&text).map(|mut definition| definition.pipes.remove(0))
}

#[test]
fn each_service_takes_its_own_batches_and_parameters() {
    let window = r#"{"BatchSize": 400, "MaximumBatchingWindowInSeconds": 5}"#;
    let stream = "arn:aws:kinesis:eu-west-1:1:stream/s";
    let key = r#"{"KinesisStreamParameters": {"PartitionKey": "$.messageId"}}"#;
    assert_eq!(
        to(stream, key, window).unwrap().batch,
        Batch {
            size: 400,
            window: Duration::from_secs(5)
        }
    );
    assert_eq!(
        to(stream, key, "{}").unwrap().batch.size,
        10,
        "what AWS gathers when nothing is said"
    );

    let (function, too_many) = (
        "arn:aws:lambda:eu-west-1:1:function:f",
        window.replace("400", "501"),
    );
    let logs = "arn:aws:logs:eu-west-1:1:log-group:g";
    for (target, parameters, source, message) in [
        (
            stream,
            key,
            too_many.as_str(),
            "BatchSize must be at most 500",
        ),
        (
            stream,
            key,
            r#"{"BatchSize": 11}"#,
            "MaximumBatchingWindowInSeconds must be greater than 0",
        ),
        (stream, "{}", "{}", "KinesisStreamParameters are missing"),
        (
            function,
            key,
            "{}",
            "KinesisStreamParameters are of another service than the ARN",
        ),
        (
            function,
            r#"{"EcsTaskParameters": {}}"#,
            "{}",
            "EcsTaskParameters are of another service",
        ),
        (
            function,
            r#"{"LambdaFunctionParameters": {"InvocationType": "X"}}"#,
            "{}",
            "X is none of REQUEST_RESPONSE",
        ),
        (
            "arn:aws:sns:eu-west-1:1:t.fifo",
            "{}",
            "{}",
            "is a FIFO topic",
        ),
        (
            "arn:aws:sns:eu-west-1:1:t",
            "{}",
            r#"{"BatchSize": 20}"#,
            "BatchSize must be at most 10",
        ),
        (
            logs,
            r#"{"CloudWatchLogsParameters": {}}"#,
            "{}",
            "LogStreamName is missing",
        ),
        (
            logs,
            r#"{"CloudWatchLogsParameters": {"LogStreamName": "s", "Timestamp": "now"}}"#,
            "{}",
            "must be a path",
        ),
        (
            "arn:aws:states:eu-west-1:1:execution:x",
            "{}",
            "{}",
            "is not the ARN of a state machine",
        ),
        (
            "arn:aws:execute-api:eu-west-1:1:a/prod/POST/x/*",
            "{}",
            "{}",
            "has 1 `*`, PathParameterValues has 0",
        ),
        (
            "arn:aws:execute-api:eu-west-1:1:a/prod",
            "{}",
            "{}",
            "is not the ARN of a method",
        ),
        (
            "arn:aws:events:eu-west-1:1:event-bus/b",
            r#"{"EventBridgeEventBusParameters": {"Source": "aws.x"}}"#,
            "{}",
            "Source cannot begin with aws.",
        ),
        (
            "arn:aws:events:eu-west-1:1:event-bus/b",
            r#"{"EventBridgeEventBusParameters": {"EndpointId": "e"}}"#,
            "{}",
            "EndpointId is not supported",
        ),
        (
            "arn:aws:firehose:eu-west-1:1:deliverystream/d",
            "{}",
            "{}",
            "is not supported; API destinations",
        ),
    ] {
        let error = to(target, parameters, source)
            .err()
            .unwrap_or_else(|| panic!("{target} {parameters}"));
        assert!(error.contains(message), "{error}");
    }
}

#[test]
fn an_enrichment_over_http_takes_one_event_and_a_function_the_batch() {
    let enriched = |arn: &str| {
        let text = TO_QUEUE.replace(
            r#""LogConf"#,
            &format!(r#""Enrichment": "{arn}", "LogConf"#),
        );
        described(&text).map(|mut definition| definition.pipes.remove(0).batch.size)
    };
    assert_eq!(enriched("arn:aws:lambda:eu-west-1:1:function:f"), Ok(5));
    let error = enriched("arn:aws:execute-api:eu-west-1:1:a/prod/POST/").unwrap_err();
    assert!(
        error.contains("BatchSize must be 1, the enrichment takes no more at once"),
        "{error}"
    );
    let orphan = TO_QUEUE.replace(r#""LogConf"#, r#""EnrichmentParameters": {}, "LogConf"#);
    assert!(
        described(&orphan)
            .unwrap_err()
            .contains("EnrichmentParameters without Enrichment")
    );
}

#[test]
fn a_fingerprint_covers_all_that_a_pipe_refers_to_and_no_places() {
    let print = |text: &str| PipeDefinitions::load(&given(text)).unwrap().pipes[0].fingerprint;
    let same = TEMPLATE.replace("\nResources:", "\n# a comment\nResources:");
    assert_eq!(print(TEMPLATE), print(&same));
    for (from, to) in [
        ("<$.body.id>", "<$.body.no>"),
        ("/orders/*", "/order/*"),
        ("s3cret", "secret"),
    ] {
        assert_ne!(
            print(TEMPLATE),
            print(&TEMPLATE.replace(from, to)),
            "{from}"
        );
    }
}

#[test]
fn nothing_is_declared_twice() {
    let twice = |from: &str, to: &str| {
        let text = format!(
            "{TEMPLATE}  Second:{}",
            TEMPLATE
                .split_once(from)
                .unwrap()
                .1
                .split_once(to)
                .unwrap()
                .0
        );
        PipeDefinitions::load(&given(&text))
            .unwrap_err()
            .to_string()
    };
    assert!(twice("  Pipe:", "  Destination:").contains("p1 is declared twice"));
}

#[test]
fn what_the_describe_commands_print_is_read_too() {
    let node = |text: &str| vec![Node::parse("d.json", text).expect("a document")];
    let given = with(|given| {
        given.pipes = node(
            r#"{"Arn": "arn:aws:pipes:eu-west-1:1:pipe/orders", "Name": "orders", "DesiredState": "STOPPED",
                "CurrentState": "STOPPED", "Source": "arn:aws:sqs:eu-west-1:1:orders.fifo", "RoleArn": "r",
                "Target": "arn:aws:events:eu-west-1:1:api-destination/crm/1111", "CreationTime": 1.5}"#,
        );
        given.api_destinations = node(
            r#"{"ApiDestinationArn": "arn:aws:events:eu-west-1:1:api-destination/crm/1111", "Name": "crm",
                "ApiDestinationState": "ACTIVE", "HttpMethod": "POST", "InvocationEndpoint": "https://crm.example/in",
                "ConnectionArn": "arn:aws:events:eu-west-1:1:connection/id/2222"}"#,
        );
        given.connections = node(
            r#"{"ConnectionArn": "arn:aws:events:eu-west-1:1:connection/id/2222", "Name": "id",
                "ConnectionState": "AUTHORIZED", "AuthorizationType": "OAUTH_CLIENT_CREDENTIALS",
                "AuthParameters": {"OAuthParameters": {"AuthorizationEndpoint": "https://id.example/token",
                "HttpMethod": "POST", "ClientParameters": {"ClientID": "me", "ClientSecret": "added"},
                "OAuthHttpParameters": {"BodyParameters": [{"Key": "scope", "Value": "a", "IsValueSecret": false}]}}}}"#,
        );
    });
    let definition = PipeDefinitions::load(&given).unwrap();
    assert_eq!(
        (
            definition.pipes[0].state,
            definition.pipes[0].input.is_none()
        ),
        (DesiredState::Stopped, true)
    );
    assert_eq!(
        definition.pipes[0].names.pipe_arn,
        "arn:aws:pipes:eu-west-1:1:pipe/orders"
    );
    assert!(matches!(
        destination(&definition.pipes[0]).connection.auth,
        Auth::OAuth(_)
    ));

    let secretless = with(|given| {
        given.connections = node(
            r#"{"ConnectionArn": "a", "Name": "c", "AuthorizationType": "API_KEY",
                "AuthParameters": {"ApiKeyAuthParameters": {"ApiKeyName": "k"}}}"#,
        );
    });
    let error = PipeDefinitions::load(&secretless).unwrap_err().to_string();
    assert!(
        error.contains("ApiKeyValue is missing (describe-connection does not print secrets"),
        "{error}"
    );
}

/// Everything that is wrong with `text`, sorted by place.
fn problems(text: &str, allowed: &[&str]) -> Vec<String> {
    let allowed = AllowTargets::new(allowed.iter().map(|text| text.parse().expect("a target")));
    match PipeDefinitions::load_allowed(&given(text), &allowed) {
        Ok(_) => Vec::new(),
        Err(error) => error.to_string().lines().map(ToOwned::to_owned).collect(),
    }
}

#[test]
fn six_endpoints_that_are_wrong_are_told_at_once() {
    let destination = |number: usize, endpoint: &str| {
        format!(
            "  D{number}: {{Type: AWS::Events::ApiDestination, Properties: {{ConnectionArn: !GetAtt Connection.Arn, HttpMethod: POST, InvocationEndpoint: '{endpoint}'}}}}\n"
        )
    };
    let wrong = [
        "nonsense",
        "ftp://x",
        "http://u:p@x",
        "http://x/#f",
        "http://*.x",
        "http://127.0.0.1:1/",
    ];
    let six: String = wrong
        .iter()
        .enumerate()
        .map(|(number, endpoint)| destination(number, endpoint))
        .collect();
    let told = problems(&format!("{TEMPLATE}{six}"), &[]);
    assert_eq!(told.len(), 6, "{told:#?}");
    for (number, line) in told.iter().enumerate() {
        assert!(
            line.contains(&format!(
                "D{number} (AWS::Events::ApiDestination): InvocationEndpoint"
            )),
            "{line}"
        );
    }
}

/// One resource may be wrong in several ways, and so may those that refer to it.
#[test]
fn what_is_wrong_in_one_resource_is_told_at_once() {
    let text = TEMPLATE
        .replace(
            "BatchSize: 1",
            "BatchSize: many, MaximumBatchingWindowInSeconds: 301",
        )
        .replace(
            r#"["order"]}}'}"#,
            r#""order"}}'}, {Pattern: '{"a": 1}'}, {}"#,
        )
        .replace("<$.body.id>}'", "<$.body[id]>}'")
        .replace("[$.body.id]", "['$.a[', '$.b[']")
        .replace("Host: evil", "'ba d': x")
        .replace("Level: INFO", "Level: LOUD, IncludeExecutionData: [SOME]")
        .replace("!GetAtt Queue.Arn", "[q]")
        .replace("HttpMethod: PUT", "HttpMethod: TRACE")
        .replace("Second: 20", "Second: 0")
        .replace(
            "ApiKeyName: x-key, ApiKeyValue: s3cret",
            "ApiKeyName: 'x key'",
        )
        .replace("Value: \"1\", IsValueSecret: true", "Val: 1");
    let told = problems(&text, &[]);
    let expected = [
        ": expected text, found a list",
        ": expected a whole number, found text",
        ": 301 is outside of 0 to 300",
        "\"kind\" must be an object or an array",
        "\"a\" must be an object or an array",
        "Pattern is missing",
        "input template, line 1, column 7",
        ":17:33: ",
        ":17:41: ",
        "\"ba d\" is not a header name",
        "Level LOUD is none of",
        "IncludeExecutionData may hold ALL",
        "method TRACE is none of",
        "0 is outside of 1 to",
        "\"x key\" is not a header name",
        "ApiKeyValue is missing",
        "QueryStringParameters: Value is missing",
        "Val is unknown",
    ];
    for expected in expected {
        assert_eq!(
            told.iter().filter(|line| line.contains(expected)).count(),
            1,
            "{expected} in {told:#?}"
        );
    }
    assert_eq!(
        told.len(),
        expected.len() + 1,
        "and the hint at --lenient: {told:#?}"
    );
    let lines: Vec<usize> = told
        .iter()
        .filter_map(|line| line.split(':').nth(1)?.parse().ok())
        .collect();
    assert!(
        lines.is_sorted() && lines.len() == expected.len(),
        "{lines:?}"
    );
}

#[test]
fn a_target_that_is_plainly_private_is_refused_with_the_setting_that_allows_it() {
    let with = |endpoint: &str| TEMPLATE.replace("http://crm.example/orders/*", endpoint);
    let told = problems(&with("http://127.0.0.1:9000/orders/*?token=s3cret"), &[]);
    assert_eq!(
        told,
        [
            "t.yaml:25:27: Destination (AWS::Events::ApiDestination): InvocationEndpoint http://127.0.0.1:9000/orders/* \
          is at a private address, where calls go only if that is allowed: --allow-target 127.0.0.1:9000 or \
          PIPE_ALLOW_TARGET=127.0.0.1:9000"
        ]
    );
    for (endpoint, allowed) in [
        ("http://localhost/*", "localhost"),
        ("https://10.1.2.3:8443/*", "10.0.0.0/8"),
        ("http://169.254.169.254/*", "169.254.169.254:80"),
        ("http://[::1]:3000/*", "[::1]:3000"),
    ] {
        assert_eq!(problems(&with(endpoint), &[]).len(), 1, "{endpoint}");
        assert_eq!(
            problems(&with(endpoint), &[allowed]),
            Vec::<String>::new(),
            "{endpoint}"
        );
    }
    let oauth = TEMPLATE.replace("API_KEY", "OAUTH_CLIENT_CREDENTIALS").replace(
        "ApiKeyAuthParameters: {ApiKeyName: x-key, ApiKeyValue: s3cret}",
        "OAuthParameters: {AuthorizationEndpoint: 'http://192.168.1.1/token', HttpMethod: POST, ClientParameters: {ClientID: i, ClientSecret: s3cret}}",
    );
    let told = problems(&oauth, &[]);
    assert!(
        told.len() == 1
            && told[0].contains("AuthorizationEndpoint http://192.168.1.1:80/token is at"),
        "{told:?}"
    );
    let named = PipeDefinitions::endpoints(&given(&oauth));
    let named: Vec<&str> = named.iter().map(Url::as_str).collect();
    assert_eq!(
        named,
        ["http://crm.example/orders/*", "http://192.168.1.1/token"]
    );
}
