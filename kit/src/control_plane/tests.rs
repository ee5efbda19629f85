//! Questions against a service that answers what it is told to.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use http::{StatusCode, Uri};

use super::plane::pause;
use super::*;
use crate::aws;

type Answer = fn(usize, &str, &str) -> (u16, String);

#[derive(Clone)]
struct Fake {
    answer: Answer,
    asked: Arc<AtomicUsize>,
}

async fn answer(State(fake): State<Fake>, uri: Uri, body: Bytes) -> Response {
    let number = fake.asked.fetch_add(1, Ordering::SeqCst);
    let body = String::from_utf8_lossy(&body);
    let (status, text) = (fake.answer)(number, &uri.to_string(), &body);
    (StatusCode::from_u16(status).unwrap(), text).into_response()
}

/// A control plane whose service answers by the number, the path and the body of the request, and
/// how often it was asked.
async fn plane(answer_with: Answer) -> (ControlPlane, Arc<AtomicUsize>) {
    crate::program::install_tls();
    let asked = Arc::new(AtomicUsize::new(0));
    let fake = Fake {
        answer: answer_with,
        asked: asked.clone(),
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let router = Router::new().fallback(answer).with_state(fake);
    tokio::spawn(async { axum::serve(listener, router).await.unwrap() });
    let plane = ControlPlane::new(&aws::local(&url).await).unwrap();
    (plane, asked)
}

fn listed(name: &str, token: Option<&str>) -> String {
    let token = token
        .map(|token| format!("<NextToken>{token}</NextToken>"))
        .unwrap_or_default();
    format!(
        "<ListStackResourcesResponse xmlns=\"http://cloudformation.amazonaws.com/doc/2010-05-15/\">\
         <ListStackResourcesResult><StackResourceSummaries><member><ResourceType>AWS::SQS::Queue</ResourceType>\
         <LogicalResourceId>{name}</LogicalResourceId><PhysicalResourceId>https://sqs/1/{name}-1A</PhysicalResourceId>\
         <ResourceStatus>CREATE_COMPLETE</ResourceStatus></member><member><ResourceType>AWS::SQS::Queue</ResourceType>\
         <LogicalResourceId>Gone</LogicalResourceId><PhysicalResourceId>x</PhysicalResourceId>\
         <ResourceStatus>DELETE_COMPLETE</ResourceStatus></member></StackResourceSummaries>{token}\
         </ListStackResourcesResult></ListStackResourcesResponse>"
    )
}

#[tokio::test]
async fn pages_are_joined_and_throttled_questions_are_asked_again() {
    let (plane, asked) = plane(|number, _, body| match number {
        0 => (400, "<ErrorResponse><Error><Code>Throttling</Code><Message>Rate exceeded</Message></Error></ErrorResponse>".into()),
        1 => {
            assert_eq!(body, "Action=ListStackResources&Version=2010-05-15&StackName=shop");
            (200, listed("A", Some("n&amp;2")))
        }
        _ => {
            assert!(body.ends_with("&NextToken=n%262"), "{body}");
            (200, listed("B", None))
        }
    })
    .await;
    let resources = plane.stack_resources("shop").await.unwrap();
    let names: Vec<&str> = resources
        .iter()
        .map(|one| one.logical_id.as_str())
        .collect();
    assert_eq!(names, ["A", "B"]);
    assert_eq!(resources[0].physical_id, "https://sqs/1/A-1A");
    assert_eq!(asked.load(Ordering::SeqCst), 3);
}

#[tokio::test]
async fn lists_of_api_gateway_are_followed_to_their_end() {
    let (plane, _) = plane(|_, uri, _| match uri {
        "/restapis/a/resources?embed=methods" => {
            (200, r#"{"item": [{"id": "1"}], "position": "p/2"}"#.into())
        }
        "/restapis/a/resources?embed=methods&position=p%2F2" => {
            (200, r#"{"items": [{"id": "2"}]}"#.into())
        }
        other => (404, format!(r#"{{"message": "{other}"}}"#)),
    })
    .await;
    let question =
        Question::api_gateway("/restapis/a/resources".into()).with_query("embed", "methods");
    let found = plane.list(question, "items").await.unwrap();
    assert_eq!(found.len(), 2);
    assert_eq!(found[1]["id"], "2");
}

#[tokio::test]
async fn a_refusal_is_told_at_once_and_a_service_in_trouble_after_some_attempts() {
    let (refusing, asked) = plane(|_, _, _| {
        (
            400,
            r#"{"__type": "com.amazon.coral#AccessDeniedException", "Message": "no"}"#.into(),
        )
    })
    .await;
    let question = Question::pipe("a b");
    let refusal = refusing.ask(&question).await.unwrap_err();
    assert_eq!(
        refusal.to_string(),
        "the credentials lack the permission pipes:DescribePipe (AccessDeniedException: no)"
    );
    assert_eq!(asked.load(Ordering::SeqCst), 1);
    let (endless, _) = plane(|_, _, _| (200, listed("A", Some("same")))).await;
    let refusal = endless.stack_resources("s").await.unwrap_err();
    assert!(
        refusal.to_string().contains("pages without an end"),
        "{refusal}"
    );
    let (broken, _) = plane(|_, _, _| (200, "<html>".into())).await;
    let refusal = broken.describe_stack("s").await.unwrap_err();
    assert_eq!(
        refusal.to_string(),
        "cloudformation:DescribeStacks: the answer cannot be read: no XML: it ends too early"
    );
}

#[test]
fn pauses_grow_and_are_left_to_chance_by_half() {
    let millis = |attempt, chance| pause(attempt, chance).as_millis();
    assert_eq!(
        [millis(1, 0.0), millis(2, 0.0), millis(5, 0.0)],
        [250, 500, 4000]
    );
    assert_eq!(millis(1, 1.0), 125);
}
