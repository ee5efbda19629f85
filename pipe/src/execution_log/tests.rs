//! The form of records, and what of an event they hold.

use super::*;

fn record(execution_data: bool, details: Details) -> String {
    let configuration = LogConfiguration {
        level: LogLevel::Trace,
        execution_data,
    };
    let execution_id = Some(OnceLock::from(Uuid::from_u128(1)));
    let log = ExecutionLog {
        configuration,
        pipe_arn: "arn:p",
        message_ids: vec!["m1"],
        execution_id,
        is_probe: false,
    };
    let step = ExecutionStep::Of(Stage::Target, StageStep::InvocationFailed);
    log.json(step, Timestamp::from_millis(5), details)
        .to_string()
}

fn details(payload: &str) -> Details {
    Details {
        payload: Some(payload.into()),
        request: Some("POST /".into()),
        error: Some("the target answered 400".into()),
        status: Some(400),
        ..Details::default()
    }
}

#[test]
fn a_record_has_the_form_of_aws_and_data_only_on_request() {
    let head = concat!(
        r#"{"executionId":"00000000-0000-0000-0000-000000000001","timestamp":5,"messageType":"TargetInvocationFailed","resourceArn":"arn:p","#,
        r#""logLevel":"ERROR","messageId":"m1","#,
    );
    let error = r#""error":{"message":"the target answered 400","httpStatusCode":400}}"#;
    assert_eq!(record(false, details("x")), format!("{head}{error}"));
    let data = r#""payload":"x","awsRequest":"POST /","#;
    assert_eq!(record(true, details("x")), format!("{head}{data}{error}"));
}

#[test]
fn long_data_is_cut_and_named() {
    let record: Value = serde_json::from_str(&record(true, details(&"ä".repeat(LONGEST)))).unwrap();
    assert_eq!(record["payload"].as_str().unwrap().len(), LONGEST);
    assert_eq!(record["truncatedFields"], json!(["payload"]));
}

#[test]
fn steps_have_the_names_and_levels_of_aws() {
    let shown = |step: ExecutionStep| format!("{} {}", step, step.level().name());
    assert_eq!(
        shown(ExecutionStep::ExecutionFailed),
        "ExecutionFailed ERROR"
    );
    assert_eq!(
        shown(ExecutionStep::Of(Stage::Target, StageStep::StageSkipped)),
        "TargetStageSkipped INFO"
    );
    assert_eq!(
        shown(ExecutionStep::Of(
            Stage::Enrichment,
            StageStep::InvocationTimedOut
        )),
        "EnrichmentInvocationTimedOut ERROR"
    );
    assert_eq!(
        shown(ExecutionStep::Of(
            Stage::Target,
            StageStep::TransformationStarted
        )),
        "TargetTransformationStarted TRACE"
    );
    assert_eq!(
        shown(ExecutionStep::PollingStageSucceeded),
        "PollingStageSucceeded TRACE"
    );
}
