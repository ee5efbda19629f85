//! `tidegate invoke` as a user runs it.

#![allow(clippy::unwrap_used, reason = "a test")]

use std::process::{Command, Output, Stdio};

use serde_json::Value;

fn invoke(args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tidegate"));
    // No account may be asked for: nothing leaves this machine.
    command
        .env("AWS_ENDPOINT_URL", "")
        .env_remove("AWS_ACCOUNT_ID");
    command.arg("invoke").args(args).stdin(Stdio::null());
    command.output().unwrap()
}

fn text(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

#[test]
fn without_a_path_an_example_is_played() {
    let output = invoke(&[]);
    let table = text(&output);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    for line in [
        "route      /events/{proxy+} of event-api-gw",
        "           proxy = sub",
        "           Action=SendMessage&MessageBody=%7B%22id%22%3A+10",
        "message    to https://sqs.ap-northeast-2.amazonaws.com/000000000000/ex-queue",
        "response   unknown: give the backend's reply with --reply FILE, or --send",
    ] {
        assert!(table.contains(line), "{line}\n{table}");
    }
}

#[test]
fn a_reply_becomes_the_response_in_json() {
    let folder = tempfile::TempDir::new().unwrap();
    let reply = folder.path().join("reply");
    let stored = r#"{"SendMessageResponse":{"SendMessageResult":{"MessageId":"m"},"ResponseMetadata":{"RequestId":"r"}}}"#;
    std::fs::write(
        &reply,
        format!("HTTP/1.1 200 OK\nContent-Type: application/json\n\n{stored}"),
    )
    .unwrap();
    let body = r#"{"id":1,"name":"a&b"}"#;
    let reply = reply.display().to_string();
    let output = invoke(&[
        "--path",
        "/events/sub",
        "-d",
        body,
        "--reply",
        &reply,
        "--json",
    ]);
    let shown: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(shown["call"]["message"]["body"], body);
    assert_eq!(shown["reply"]["status"], 200);
    assert_eq!(shown["response"]["status"], 200);
    assert!(shown["log"].as_array().is_some_and(|log| !log.is_empty()));
}

#[test]
fn a_refusal_and_wrong_usage_have_their_exit_codes() {
    let output = invoke(&["--path", "/nowhere"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output).contains("Missing Authentication Token"));
    for (args, expected) in [
        (vec!["--path", "events"], "invalid path events"),
        (vec!["--path", "/e", "-H", "broken"], "NAME: VALUE"),
        (vec!["--path", "/e", "--reply", "/nowhere"], "/nowhere"),
        (vec!["-X", "POST"], "--path"),
    ] {
        let output = invoke(&args);
        let error = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{args:?}: {error}");
        assert!(error.contains(expected), "{args:?}: {error}");
    }
}

#[test]
fn a_message_goes_through_a_pipe() {
    let folder = tempfile::TempDir::new().unwrap();
    let definition = folder.path().join("t.yaml");
    let template = r#"
Resources:
  Pipe:
    Type: AWS::Pipes::Pipe
    Properties:
      Name: orders
      RoleArn: arn:aws:iam::123456789012:role/p
      Source: arn:aws:sqs:eu-west-1:123456789012:orders
      SourceParameters:
        FilterCriteria: {Filters: [{Pattern: '{"body":{"kind":["order"]}}'}]}
      Target: arn:aws:sqs:eu-west-1:123456789012:next
      TargetParameters: {InputTemplate: '{"id":<$.body.id>}'}
"#;
    std::fs::write(&definition, template).unwrap();
    let definition = definition.display().to_string();
    let invoke =
        |body: &str| invoke(&["--definition", &definition, "--pipe", "orders", "-d", body]);
    let output = invoke(r#"{"kind":"order","id":7}"#);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let table = text_of_rows(&output);
    assert!(
        table.contains("filter passes") && table.contains(r#"{"id":7}"#),
        "{table}"
    );
    let output = invoke(r#"{"kind":"refund"}"#);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert!(text(&output).contains("does not pass"));
    let output = self::invoke(&["--definition", &definition, "--pipe", "other", "-d", "x"]);
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(error.contains("no pipe other: expected orders"), "{error}");
}

/// The table with single blanks.
fn text_of_rows(output: &Output) -> String {
    text(output)
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
}
