//! `tidegate provision` against the emulator, again and again.

#![allow(clippy::unwrap_used, reason = "a test")]

mod fake_aws;
mod harness;

use std::path::Path;
use std::process::{Command, Output};

use fake_aws::FakeAws;
use harness::{Running, Stop};
use http::StatusCode;
use tempfile::TempDir;

/// A definition that only starts the emulator.
const OTHER: &str =
    "Resources:\n  Other: {Type: AWS::SQS::Queue, Properties: {QueueName: other}}\n";

fn template(properties: &str) -> String {
    format!(
        "Resources:\n  Dead: {{Type: AWS::SQS::Queue, Properties: {{QueueName: orders-dlq}}}}\n  Orders:\n    \
         Type: AWS::SQS::Queue\n    Properties: {{QueueName: orders, RedrivePolicy: {{deadLetterTargetArn: !GetAtt \
         Dead.Arn, maxReceiveCount: 3}}, {properties}}}\n  Kept: {{Type: AWS::S3::Bucket, Properties: {{BucketName: kept}}}}\n"
    )
}

/// What `tidegate provision` prints about a definition.
async fn provision(chain: &Running, folder: &Path, text: &str, args: &[&str]) -> String {
    let output = run_provision(chain, folder, text, args, &[]).await;
    let told = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{told}");
    String::from_utf8(output.stdout).unwrap()
}

async fn run_provision(
    chain: &Running,
    folder: &Path,
    text: &str,
    args: &[&str],
    environment: &[(&str, &str)],
) -> Output {
    let file = folder.join("provisioned.yaml");
    std::fs::write(&file, text).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_tidegate"));
    command
        .arg("provision")
        .arg("--definition")
        .arg(file)
        .args(args);
    let emulator = format!("http://127.0.0.1:{}", chain.port(4566));
    command
        .env("AWS_ENDPOINT_URL", emulator)
        .env("AWS_ACCESS_KEY_ID", "test")
        .env("AWS_SECRET_ACCESS_KEY", "test")
        .env("RUST_LOG", "error")
        .envs(environment.iter().copied());
    let output = tokio::task::spawn_blocking(move || command.output().unwrap());
    output.await.unwrap()
}

#[tokio::test]
async fn what_is_made_what_is_there_and_what_differs_is_told() {
    let data = TempDir::new().unwrap();
    let other = data.path().join("other.yaml");
    std::fs::write(&other, OTHER).unwrap();
    let args = ["--in-memory", "--definition", other.to_str().unwrap()];
    let mut chain = Running::start(data.path(), &args).await;
    let first = template("VisibilityTimeout: 45, Tags: [{Key: team, Value: a}]");

    let told = provision(&chain, data.path(), &first, &["--dry-run"]).await;
    let expected = "queue orders-dlq would be created\nqueue orders would be created\nbucket kept would be created\n";
    assert_eq!(sorted(&told), sorted(expected));
    let missing = "/?Action=GetQueueUrl&QueueName=orders&Version=2012-11-05";
    assert_eq!(
        chain.get(4566, missing).await.status,
        StatusCode::BAD_REQUEST,
        "a dry run makes nothing"
    );

    let told = provision(&chain, data.path(), &first, &[]).await;
    assert_eq!(sorted(&told), sorted(&expected.replace("would be ", "")));
    let unchanged = "queue orders-dlq unchanged\nqueue orders unchanged\nbucket kept unchanged\n";
    for args in [&[][..], &["--dry-run"]] {
        let told = provision(&chain, data.path(), &first, args).await;
        assert_eq!(sorted(&told), sorted(unchanged), "{args:?}");
    }

    let second = template("VisibilityTimeout: 60, DelaySeconds: 5, Tags: [{Key: team, Value: b}]");
    let lines = [
        "queue orders would be updated",
        "  DelaySeconds: declared 5, found 0",
        "  VisibilityTimeout: declared 60, found 45",
        "  tag team: declared b, found a",
    ]
    .join("\n");
    let told = provision(&chain, data.path(), &second, &["--dry-run"]).await;
    assert!(told.contains(&lines), "{told}");
    let json = provision(&chain, data.path(), &second, &["--dry-run", "--json"]).await;
    let difference = r#"{"attribute":"VisibilityTimeout","declared":"60","real":"45"}"#;
    assert!(
        json.contains(difference),
        "a dry run changes nothing: {json}"
    );
    let told = provision(&chain, data.path(), &second, &[]).await;
    assert!(told.contains(&lines.replace("would be ", "")), "{told}");

    // What is not declared any more stays, and is told of.
    let third = template("VisibilityTimeout: 60");
    let told = provision(&chain, data.path(), &third, &[]).await;
    let line = "queue orders unchanged\n  DelaySeconds: not declared, found 5, left as it is\n";
    assert!(told.contains(line), "{told}");
    assert_eq!(chain.end(Stop::Terminate), Some(0));
}

/// What a stack's resources are called is asked of CloudFormation, where it is named.
#[tokio::test]
async fn a_stack_name_brings_the_names_of_its_resources() {
    let data = TempDir::new().unwrap();
    let other = data.path().join("other.yaml");
    std::fs::write(&other, OTHER).unwrap();
    let args = ["--in-memory", "--definition", other.to_str().unwrap()];
    let chain = Running::start(data.path(), &args).await;
    let text = "Resources:\n  Orders: {Type: AWS::SQS::Queue}\n  Copies: {Type: AWS::SQS::Queue}\n";
    let named = [
        "--stack-name",
        "shop",
        "--physical",
        "Copies=own",
        "--dry-run",
    ];

    // The emulator knows no stacks.
    let told = provision(&chain, data.path(), text, &named).await;
    assert_eq!(
        told,
        "queue shop-Orders would be created\nqueue own would be created\n"
    );

    let aws = FakeAws::start("http://127.0.0.1:9/", |_| None).await;
    let environment = [("AWS_ENDPOINT_URL_CLOUDFORMATION", aws.url.as_str())];
    let output = run_provision(&chain, data.path(), text, &named, &environment).await;
    let told = String::from_utf8_lossy(&output.stdout);
    let expected = "queue shop-Orders-1A2B3C would be created\nqueue own would be created\n";
    assert_eq!(told, expected);
    assert_eq!(aws.asked(), ["ListStackResources", "ListStackResources"]);

    let denied = FakeAws::start("http://127.0.0.1:9/", |_| {
        let text = "<R><Error><Code>AccessDenied</Code><Message>no</Message></Error></R>";
        Some((403, text.to_owned()))
    })
    .await;
    let environment = [("AWS_ENDPOINT_URL_CLOUDFORMATION", denied.url.as_str())];
    let output = run_provision(&chain, data.path(), text, &named, &environment).await;
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(
        String::from_utf8_lossy(&output.stderr),
        "tidegate: --stack-name or STACK_NAME: cannot read the stack shop: the credentials lack the \
         permission cloudformation:ListStackResources (AccessDenied: no)\n"
    );
}

fn sorted(text: &str) -> Vec<&str> {
    let mut lines: Vec<&str> = text.lines().collect();
    lines.sort_unstable();
    lines
}
