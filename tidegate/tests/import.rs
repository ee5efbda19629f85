//! `tidegate import` against a fake of AWS's control planes, and what it writes, run.

#![allow(clippy::unwrap_used, reason = "a test")]

mod fake_aws;
mod harness;

use std::sync::{Arc, Mutex};
use std::time::Instant;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use fake_aws::FakeAws;
use harness::{PATIENCE, Running, Stop};
use http::{HeaderMap, StatusCode};
use serde_json::Value;
use tempfile::TempDir;

/// What a subscriber got: the key and the body of each call.
type Calls = Arc<Mutex<Vec<(String, String)>>>;

async fn hook() -> (String, Calls) {
    async fn take(State(calls): State<Calls>, headers: HeaderMap, body: Bytes) {
        let key = headers
            .get("x-api-key")
            .map(|key| key.to_str().unwrap().to_owned());
        let body = String::from_utf8_lossy(&body).into_owned();
        calls.lock().unwrap().push((key.unwrap_or_default(), body));
    }
    let calls = Calls::default();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/hook", listener.local_addr().unwrap());
    let router = Router::new().fallback(take).with_state(calls.clone());
    tokio::spawn(async { axum::serve(listener, router).await.unwrap() });
    (url, calls)
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// From the fake to a file, and from the file to a delivered order.
#[tokio::test]
async fn an_api_and_a_pipe_are_written_as_one_definition_that_runs() {
    let (url, calls) = hook().await;
    let aws = FakeAws::start(&url, |_| None).await;
    let data = TempDir::new().unwrap();
    let file = data.path().join("imported.json");
    let name = file.to_str().unwrap();
    let args = ["--api", "a1b2c3d4e5", "--pipe", "orders", "--output", name];
    let output = aws.import(&args).await;
    let told = text(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{told}");
    assert_eq!(text(&output.stdout), "");
    for line in [
        "  pipe orders\n",
        "  queue orders\n",
        "  queue orders-dlq\n",
        "  API destination crm\n",
        "  REST API orders (a1b2c3d4e5), stage prod, 1 method\n",
        "connection crm-key: AWS does not show the secret ApiKeyValue: give it with --secret 'crm-key:ApiKeyValue=…'",
        "the stages dev have other deployments than prod",
    ] {
        assert!(told.contains(line), "{line}: {told}");
    }
    let written = std::fs::read_to_string(&file).unwrap();
    assert!(
        written.contains("\"VisibilityTimeout\": \"45\""),
        "{written}"
    );

    let refused = aws.import(&args).await;
    assert_eq!(refused.status.code(), Some(2));
    assert!(
        text(&refused.stderr).ends_with("imported.json: the file exists: --force overwrites it\n")
    );
    assert_eq!(
        aws.import(&[&args[..], &["--force"]].concat())
            .await
            .status
            .code(),
        Some(0)
    );
    assert_eq!(
        std::fs::read_to_string(&file).unwrap(),
        written,
        "the same again"
    );

    let secret = "crm-key:ApiKeyValue=k-123";
    let args = ["--in-memory", "--definition", name, "--secret", secret];
    let mut chain = Running::start(data.path(), &args).await;
    let order = r#"{"id": 7}"#;
    assert_eq!(
        chain.post(8080, "/prod/orders", order).await.status,
        StatusCode::OK
    );
    let begun = Instant::now();
    while calls.lock().unwrap().is_empty() {
        assert!(begun.elapsed() < PATIENCE, "nothing is delivered");
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    assert_eq!(
        calls.lock().unwrap()[0],
        ("k-123".to_owned(), order.to_owned())
    );
    assert_eq!(chain.end(Stop::Terminate), Some(0));
}

#[tokio::test]
async fn a_stack_keeps_its_names_and_the_values_of_its_parameters() {
    let aws = FakeAws::start("http://127.0.0.1:9/", |_| None).await;
    let output = aws.import(&["--stack", "shop"]).await;
    let told = text(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{told}");
    assert!(
        told.contains(
            "stack shop: 4 resources (AWS::IAM::Role, AWS::Pipes::Pipe, 2 AWS::SQS::Queue)"
        ),
        "{told}"
    );
    assert!(told.contains("the parameter Token is NoEcho"), "{told}");
    let written: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(written["Parameters"]["Retention"]["Default"], "600");
    assert_eq!(
        written["Resources"]["Pipe"]["Tidegate::PhysicalId"],
        "shop-Pipe-9Z"
    );

    let data = TempDir::new().unwrap();
    let file = data.path().join("shop.json");
    std::fs::write(&file, &output.stdout).unwrap();
    let args = ["--in-memory", "--definition", file.to_str().unwrap()];
    let mut chain = Running::start_with(data.path(), &args, &[("AWS_REGION", "eu-west-1")]).await;
    assert!(
        chain.printed().contains("shop-Pipe-9Z"),
        "{}",
        chain.printed()
    );
    let send =
        "/000000000000/shop-Orders-1A2B3C?Action=SendMessage&MessageBody=m&Version=2012-11-05";
    assert_eq!(chain.get(4566, send).await.status, StatusCode::OK);
    let receive = "/000000000000/shop-Copies-1A2B3C?Action=ReceiveMessage&WaitTimeSeconds=20&Version=2012-11-05";
    let received = chain.get(4566, receive).await;
    assert!(
        text(&received.body).contains("&quot;body&quot;:&quot;m&quot;"),
        "{}",
        text(&received.body)
    );
    assert_eq!(chain.end(Stop::Terminate), Some(0));
}

/// An API without a stage is brought as it is edited, several pages of it.
#[tokio::test]
async fn an_api_that_was_never_deployed_is_read_method_by_method() {
    let aws = FakeAws::start("http://127.0.0.1:9/", |_| None).await;
    let output = aws.import(&["--api", "e1d2i3t4ed"]).await;
    let told = text(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{told}");
    assert!(told.contains("REST API edited (e1d2i3t4ed), no stage: as it is edited, not as it is deployed, 1 method"), "{told}");
    let written: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(
        written["Resources"]["EditedPing"]["Properties"]["PathPart"],
        "ping"
    );
    assert_eq!(
        written["Resources"]["EditedPing"]["Properties"]["RestApiId"]["Ref"],
        "EditedApi"
    );
}

#[tokio::test]
async fn what_aws_does_not_say_is_one_line_each() {
    let aws = FakeAws::start("http://127.0.0.1:9/", |question| match question {
        "AmazonSQS.GetQueueUrl" => Some((403, r#"{"__type": "com.amazonaws.sqs#AccessDeniedException", "message": "User: u is not authorized"}"#.into())),
        _ => None,
    })
    .await;
    let output = aws
        .import(&["--pipe", "nope", "--queue", "q", "--api", "zz"])
        .await;
    assert_eq!(output.status.code(), Some(2));
    let told = text(&output.stderr);
    let lines: Vec<&str> = told.lines().collect();
    let expected = [
        "tidegate: pipe nope: pipes:DescribePipe: not found (NotFoundException: no /v1/pipes/nope): check the name, \
         AWS_REGION (eu-west-1) and whose credentials these are",
        "queue q: the credentials lack the permission sqs:GetQueueUrl (AccessDeniedException: User: u is not authorized)",
        "API zz: no REST API and no HTTP API has this id: apigateway:GET on /v2/apis/zz: not found (NotFoundException: \
         no /v2/apis/zz): check the name, AWS_REGION (eu-west-1) and whose credentials these are",
    ];
    assert_eq!(lines, expected);

    // What a pipe reads and may not be looked at is told of, and does not stop the import.
    let output = aws.import(&["--pipe", "orders"]).await;
    let told = text(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{told}");
    assert!(
        told.contains("lack the permission sqs:GetQueueUrl"),
        "{told}"
    );
    assert!(told.contains("up makes one with SQS's defaults"), "{told}");

    let expired = FakeAws::start("http://127.0.0.1:9/", |_| {
        Some((400, r#"{"__type": "ExpiredTokenException", "message": "The security token included in the request is expired"}"#.into()))
    })
    .await;
    let output = expired.import(&["--pipe", "a", "--pipe", "b"]).await;
    let told = text(&output.stderr);
    assert_eq!(told.lines().count(), 1, "nothing else is asked: {told}");
    assert!(
        told.contains("the credentials have expired") && told.contains("aws sso login"),
        "{told}"
    );
    assert_eq!(expired.asked(), ["/v1/pipes/a"]);
}

#[tokio::test]
async fn nothing_is_asked_for_nothing_and_one_service_can_be_elsewhere() {
    let aws = FakeAws::start("http://127.0.0.1:9/", |_| None).await;
    let output = aws.import(&[]).await;
    assert_eq!(output.status.code(), Some(2));
    assert!(
        text(&output.stderr).contains("--stack"),
        "{}",
        text(&output.stderr)
    );
    assert!(aws.asked().is_empty());
    let other = FakeAws::start("http://127.0.0.1:9/", |_| None).await;
    let environment = [
        ("AWS_ENDPOINT_URL", aws.url.as_str()),
        ("AWS_ENDPOINT_URL_API_GATEWAY", &other.url),
    ];
    let output = aws
        .import_as(&["--queue", "orders", "--api", "a1b2c3d4e5"], &environment)
        .await;
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    assert!(
        aws.asked()
            .iter()
            .all(|question| question.starts_with("AmazonSQS."))
    );
    assert!(
        other
            .asked()
            .iter()
            .all(|question| question.starts_with('/'))
    );
}
