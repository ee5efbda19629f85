//! Against a small SQS that follows a script, and remembers its requests.

mod moods;
mod trouble;

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use aws_config::SdkConfig;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider, future};
use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use bytes::Bytes;
use kit::service::{Identity, Services};
use serde_json::{Value as Json, json};

use super::*;
use crate::integration_request::{Protocol, SendMessage};
use crate::integration_response::{Answer, NoAnswer, SqsAnswer, SqsError};

pub(super) fn message(queue_url: &str, body: &str) -> SendMessage {
    SendMessage {
        region: "eu-west-1".into(),
        queue_url: queue_url.into(),
        body: body.into(),
        delay_seconds: None,
        group_id: None,
        deduplication_id: None,
        attributes: Vec::new(),
        trace_header: None,
        protocol: Protocol::Query,
    }
}

fn sender(config: SdkConfig) -> MessageSender {
    kit::program::install_tls();
    let services = Services::new(config.clone()).unwrap();
    MessageSender::new(config, services)
}

/// Sends one message, whose caller waits for a while.
async fn send(messages: &MessageSender, message: SendMessage) -> Answer {
    let deadline = Instant::now() + PATIENCE;
    messages
        .send(message, &Identity::Environment, deadline)
        .await
}

const PATIENCE: Duration = Duration::from_secs(30);

/// Decides an answer by the action's name and the request; with status 101 there is none.
type Script = fn(action: &str, request: &Json) -> (StatusCode, Json);

#[derive(Clone)]
struct Sqs {
    script: Script,
    asked: Arc<Mutex<Vec<(String, usize)>>>,
}

impl Sqs {
    /// Starts, with a sender that calls it.
    async fn start(script: Script) -> (Sqs, MessageSender) {
        let (sqs, config) = Sqs::serve(script).await;
        (sqs, sender(config))
    }

    /// Starts, with a configuration whose endpoint it is.
    async fn serve(script: Script) -> (Sqs, SdkConfig) {
        let sqs = Sqs {
            script,
            asked: Arc::default(),
        };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let app = Router::new().fallback(answer).with_state(sqs.clone());
        tokio::spawn(async move { axum::serve(listener, app).await });
        (sqs, kit::aws::local(&format!("http://{address}")).await)
    }

    /// The actions that were asked for, with the number of their entries.
    fn asked(&self) -> Vec<(String, usize)> {
        self.asked.lock().unwrap().clone()
    }
}

async fn answer(State(sqs): State<Sqs>, headers: HeaderMap, body: Bytes) -> (StatusCode, String) {
    let action = headers["x-amz-target"]
        .to_str()
        .unwrap()
        .trim_start_matches("AmazonSQS.")
        .to_owned();
    let request: Json = serde_json::from_slice(&body).unwrap();
    sqs.asked.lock().unwrap().push((
        action.clone(),
        request["Entries"].as_array().map_or(1, Vec::len),
    ));
    // Long enough for what comes after the first message to gather.
    tokio::time::sleep(Duration::from_millis(50)).await;
    let (status, answer) = (sqs.script)(&action, &request);
    if status == StatusCode::SWITCHING_PROTOCOLS {
        std::future::pending::<()>().await;
    }
    (status, answer.to_string())
}

fn digest(body: &Json) -> String {
    use md5::Digest as _;
    hex::encode(md5::Md5::digest(body.as_str().unwrap()))
}

fn taken(message: &Json) -> Json {
    json!({"MessageId": format!("id-{}", message["MessageBody"].as_str().unwrap()), "MD5OfMessageBody": digest(&message["MessageBody"])})
}

fn taken_entry(entry: &Json) -> Json {
    let mut taken = taken(entry);
    taken["Id"] = entry["Id"].clone();
    taken
}

/// An SQS that refuses bodies that begin with `bad`.
fn honest(action: &str, request: &Json) -> (StatusCode, Json) {
    let is_bad = |message: &Json| message["MessageBody"].as_str().unwrap().starts_with("bad");
    if action == "SendMessage" {
        return match is_bad(request) {
            true => {
                let error = json!({"__type": "com.amazonaws.sqs#InvalidMessageContents", "message": "told alone"});
                (StatusCode::BAD_REQUEST, error)
            }
            false => (StatusCode::OK, taken(request)),
        };
    }
    let (bad, good): (Vec<&Json>, Vec<&Json>) = request["Entries"]
        .as_array()
        .unwrap()
        .iter()
        .partition(|entry| is_bad(entry));
    let failed = |entry: &&Json| json!({"Id": entry["Id"], "Code": "InvalidMessageContents", "Message": "told in the batch", "SenderFault": true});
    let successful: Vec<Json> = good.into_iter().map(taken_entry).collect();
    let failed: Vec<Json> = bad.iter().map(failed).collect();
    (
        StatusCode::OK,
        json!({"Successful": successful, "Failed": failed}),
    )
}

/// Sends all at once: the first leaves alone, the others gather behind it.
async fn send_all(messages: &MessageSender, queue: &str, bodies: &[&str]) -> Vec<Answer> {
    let tasks: Vec<_> = bodies
        .iter()
        .map(|body| {
            let (messages, message) = (messages.clone(), message(queue, body));
            tokio::spawn(async move { send(&messages, message).await })
        })
        .collect();
    let mut answers = Vec::new();
    for task in tasks {
        answers.push(task.await.unwrap());
    }
    answers
}

fn shown(answers: &[Answer]) -> Vec<String> {
    let show = |answer: &Answer| match answer {
        Ok(SqsAnswer::Stored(result)) => result.message_id.clone(),
        Ok(SqsAnswer::Refused(SqsError {
            status,
            code,
            message,
            ..
        })) => format!("{status} {code}: {message}"),
        Err(NoAnswer::Unreachable(reason)) => {
            reason.split(':').next().unwrap_or_default().to_owned()
        }
        Err(other) => format!("{other:?}"),
    };
    answers.iter().map(show).collect()
}

const QUEUE: &str = "https://sqs.eu-west-1.amazonaws.com/123456789012/orders";
const FIFO: &str = "https://sqs.eu-west-1.amazonaws.com/123456789012/orders.fifo";

#[tokio::test]
async fn an_entry_that_failed_is_sent_again_alone_for_its_own_error() {
    let (sqs, messages) = Sqs::start(honest).await;
    let answers = send_all(&messages, QUEUE, &["first", "a", "bad", "b"]).await;
    assert_eq!(
        shown(&answers),
        [
            "id-first",
            "id-a",
            "400 InvalidMessageContents: told alone",
            "id-b"
        ]
    );
    let calls = [
        ("SendMessage", 1),
        ("SendMessageBatch", 3),
        ("SendMessage", 1),
    ];
    assert_eq!(sqs.asked(), asked(&calls));
}

#[tokio::test]
async fn on_a_fifo_queue_nothing_is_sent_again_behind_what_was_stored() {
    let (sqs, messages) = Sqs::start(honest).await;
    let answers = send_all(&messages, FIFO, &["first", "bad", "b"]).await;
    assert_eq!(
        shown(&answers),
        [
            "id-first",
            "400 InvalidMessageContents: told in the batch",
            "id-b"
        ]
    );
    assert_eq!(sqs.asked().len(), 2);
}

#[tokio::test]
async fn an_answer_that_is_not_from_sqs_is_no_answer() {
    let empty: Script = |_, _| (StatusCode::OK, json!({}));
    let (_sqs, messages) = Sqs::start(empty).await;
    let answers = send_all(&messages, QUEUE, &["first", "a", "b"]).await;
    assert_eq!(shown(&answers), ["unexpected response from SQS"; 3]);

    let garbled: Script = |action, request| match honest(action, request) {
        (status, Json::Object(mut sent)) if action == "SendMessage" => {
            sent["MD5OfMessageBody"] = "00000000000000000000000000000000".into();
            (status, sent.into())
        }
        (status, mut batch) => {
            batch["Successful"][0]["MD5OfMessageBody"] = "00000000000000000000000000000000".into();
            (status, batch)
        }
    };
    let (sqs, messages) = Sqs::start(garbled).await;
    let answers = send_all(&messages, QUEUE, &["first", "a", "b"]).await;
    assert_eq!(
        shown(&answers),
        [
            "unexpected response from SQS",
            "unexpected response from SQS",
            "id-b"
        ]
    );
    assert_eq!(sqs.asked().len(), 2, "what may be stored is not sent again");
}

fn asked(calls: &[(&str, usize)]) -> Vec<(String, usize)> {
    let owned = |(action, entries): &(&str, usize)| ((*action).to_owned(), *entries);
    calls.iter().map(owned).collect()
}

/// Of two identities, each signs its own messages; what they send at the same time shares nothing.
#[tokio::test]
async fn messages_of_different_identities_never_share_a_request() {
    let (sqs, messages) = Sqs::start(honest).await;
    let fixed = |key: &str| {
        Identity::Fixed(aws_credential_types::Credentials::new(
            key, "s", None, None, "test",
        ))
    };
    let mut tasks = tokio::task::JoinSet::new();
    for identity in [fixed("a"), fixed("b"), Identity::Environment] {
        let messages = messages.clone();
        tasks.spawn(async move {
            let deadline = Instant::now() + PATIENCE;
            messages
                .send(message(QUEUE, "x"), &identity, deadline)
                .await
        });
    }
    assert_eq!(shown(&tasks.join_all().await), ["id-x"; 3]);
    assert_eq!(sqs.asked(), asked(&[("SendMessage", 1); 3]));
}

#[tokio::test]
async fn a_repeated_deduplication_id_is_answered_in_the_name_of_the_first() {
    let first: Script = |_, _| {
        (
            StatusCode::OK,
            json!({"MessageId": "first", "MD5OfMessageBody": digest(&json!("other"))}),
        )
    };
    let (_sqs, messages) = Sqs::start(first).await;
    let again = SendMessage {
        deduplication_id: Some("d".into()),
        ..message(FIFO, "a")
    };
    assert_eq!(shown(&[send(&messages, again).await]), ["first"]);
    assert_eq!(
        shown(&[send(&messages, message(FIFO, "a")).await]),
        ["unexpected response from SQS"]
    );
}

/// Credentials whose provider has a bug the first time.
#[derive(Debug, Default)]
struct Buggy(std::sync::atomic::AtomicBool);

impl ProvideCredentials for Buggy {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        assert!(
            self.0.swap(true, std::sync::atomic::Ordering::SeqCst),
            "a bug"
        );
        future::ProvideCredentials::ready(Ok(aws_credential_types::Credentials::new(
            "a", "b", None, None, "test",
        )))
    }
}

#[tokio::test]
async fn a_panic_of_who_has_the_credentials_costs_one_batch_and_not_the_queue() {
    let (_sqs, config) = Sqs::serve(honest).await;
    let buggy = SharedCredentialsProvider::new(Buggy::default());
    let messages = sender(config.into_builder().credentials_provider(buggy).build());
    let first = send(&messages, message(QUEUE, "x")).await;
    assert!(
        matches!(first, Err(NoAnswer::NoCredentials(_))),
        "{first:?}"
    );
    let second = send(&messages, message(QUEUE, "x")).await;
    assert_eq!(shown(&[second]), ["id-x"], "the queue goes on");
}

#[tokio::test]
async fn no_connection_and_no_credentials_are_told_apart() {
    let closed = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let messages = sender(kit::aws::local(&format!("http://{closed}")).await);
    let answer = send(&messages, message(QUEUE, "x")).await;
    assert!(
        matches!(answer, Err(NoAnswer::Unreachable(_))),
        "{answer:?}"
    );

    let keyless = kit::aws::local(&format!("http://{closed}"))
        .await
        .into_builder()
        .credentials_provider(SharedCredentialsProvider::new(Keyless));
    let answer = send(&sender(keyless.build()), message(QUEUE, "x")).await;
    assert!(
        matches!(answer, Err(NoAnswer::NoCredentials(_))),
        "{answer:?}"
    );
}

#[derive(Debug)]
struct Keyless;

impl ProvideCredentials for Keyless {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::ready(Err(CredentialsError::not_loaded("none here")))
    }
}
