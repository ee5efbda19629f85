//! Targets and enrichments, each with the parameters of its service.

use super::*;

const TO_QUEUE: &str = r#"{"Name": "relay", "Source": "arn:aws:sqs:eu-west-1:1:in", "RoleArn": "r",
    "SourceParameters": {"SqsQueueParameters": {"BatchSize": 5, "MaximumBatchingWindowInSeconds": 2}},
    "Target": "arn:aws:sqs:eu-west-1:2:out.fifo",
    "TargetParameters": {"SqsQueueParameters": {"MessageGroupId": "$.body.tenant", "MessageDeduplicationId": "one"}},
    "LogConfiguration": {"Level": "TRACE", "IncludeExecutionData": ["ALL"]}}"#;

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
        message.contains("BatchSize must be at most 10: the target accepts no more at once"),
        "{message}"
    );
    let message = refusal(
        r#"{"SqsQueueParameters": {"Me"#,
        r#"{"HttpParameters": {}, "SqsQueueParameters": {"Me"#,
    );
    assert!(
        message.contains("HttpParameters are for another service than the ARN's"),
        "{message}"
    );
    assert!(refusal("ALL", "SOME").contains("invalid IncludeExecutionData: expected ALL"));
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
                &read.http_target().unwrap().destination,
                &pipe.target.http_target().unwrap().destination
            )
    );
    assert_eq!(
        read.http_target().unwrap().parameters.path,
        [DynamicValue::Literal("ask".into())]
    );
    assert_eq!(pipe.names.enrichment_arn, pipe.names.target_arn);
    refused(
        "      LogConfiguration",
        "      Enrichment: arn:aws:ecs:eu-west-1:1:cluster/c\n      LogConfiguration",
        "Enrichment arn:aws:ecs:eu-west-1:1:cluster/c is not supported: expected the ARN of an API destination, REST API",
    );
    refused(
        "      LogConfiguration",
        &enrichment.replace("[ask]", "[]"),
        "has 1 `*`, but PathParameterValues has 0 values",
    );
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
            "KinesisStreamParameters are for another service than the ARN's",
        ),
        (
            function,
            r#"{"EcsTaskParameters": {}}"#,
            "{}",
            "EcsTaskParameters are for another service",
        ),
        (
            function,
            r#"{"LambdaFunctionParameters": {"InvocationType": "X"}}"#,
            "{}",
            "invalid InvocationType X: expected REQUEST_RESPONSE",
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
            r#"{"CloudWatchLogsParameters": {"LogStream": "s"}}"#,
            "{}",
            "LogStream is unknown; did you mean LogStreamName?",
        ),
        (
            logs,
            r#"{"CloudWatchLogsParameters": {"LogStreamName": "s", "Timestamp": "now"}}"#,
            "{}",
            "expected a path",
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
            "has 1 `*`, but PathParameterValues has 0",
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
            "Source must not begin with aws.",
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
            "is not supported: expected the ARN of an API destination",
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
        error.contains("BatchSize must be 1: the enrichment accepts no more at once"),
        "{error}"
    );
    // AWS's own example of describe-pipe has it: aws-cli, awscli/examples/pipes/describe-pipe.rst.
    let empty = TO_QUEUE.replace(r#""LogConf"#, r#""EnrichmentParameters": {}, "LogConf"#);
    assert!(described(&empty).is_ok());
    let orphan = TO_QUEUE.replace(
        r#""LogConf"#,
        r#""EnrichmentParameters": {"InputTemplate": "<$.body>"}, "LogConf"#,
    );
    assert!(
        described(&orphan)
            .unwrap_err()
            .contains("EnrichmentParameters without Enrichment")
    );
}
