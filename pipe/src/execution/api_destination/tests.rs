//! Against addresses that answer in part, late or not at all.

use super::*;
use crate::flow::Cause;
use crate::targets::connection::{Auth, Connection, ConnectionParameters, OAuth};
use crate::targets::{Destination, Endpoint, HttpParameters, plan};
use http::Method;
use kit::send::AllowTargets;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

/// An address where the first call of every connection gets `answer` and then nothing.
async fn server(answer: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    tokio::spawn(async move {
        let mut open = Vec::new();
        while let Ok((mut stream, _)) = listener.accept().await {
            assert!(stream.read(&mut [0; 4096]).await.unwrap() > 0);
            stream.write_all(answer.as_bytes()).await.unwrap();
            open.push(stream);
        }
    });
    url
}

fn client(auth: Auth, target: &str, deadline: Duration) -> ApiDestinationClient {
    kit::program::install_tls();
    let connection = Arc::new(Connection {
        name: "c".into(),
        auth,
        invocation: ConnectionParameters::default(),
    });
    let destination = Destination {
        name: "d".into(),
        method: Method::POST,
        endpoint: Endpoint::parse(target).unwrap(),
        rate: 300,
        connection: connection.clone(),
    };
    let invocation = Arc::new(HttpTarget {
        destination: Arc::new(destination),
        parameters: HttpParameters::default(),
    });
    let sender = Sender::new(AllowTargets::anywhere()).unwrap();
    let tokens = Arc::new(TokenCache::new(connection, sender.clone()));
    ApiDestinationClient {
        stage: Stage::Target,
        invocation,
        tokens,
        sender,
        deadline,
        webhook_keys: None,
        outbox: None,
        unfinished: UnfinishedReplies::default(),
    }
}

fn draft(client: &ApiDestinationClient) -> PlannedCall {
    plan(
        &client.invocation,
        &Event::from_record(serde_json::json!({})),
        "m",
        String::new(),
    )
    .unwrap()
}

async fn send(auth: Auth, target: &str, part: ReplyPart) -> (InvocationResult, Duration) {
    let client = client(auth, target, Duration::from_millis(200));
    let begun = Instant::now();
    (client.send(draft(&client), part).await, begun.elapsed())
}

#[tokio::test]
async fn a_token_that_does_not_come_uses_up_the_deadline_and_blames_no_message() {
    let (silence, target) = (server("").await, server("").await);
    let oauth = OAuth {
        endpoint: silence.parse().unwrap(),
        method: Method::POST,
        client_id: "me".into(),
        client_secret: "s".into(),
        parameters: ConnectionParameters::default(),
    };
    let (answer, took) = send(Auth::OAuth(oauth), &target, ReplyPart::Status).await;
    assert!(
        answer.timed_out && took < Duration::from_secs(4),
        "{took:?}"
    );
    assert_eq!(
        answer.verdict,
        Verdict::unreachable("connection c: no token within 200ms".into())
    );
}

#[tokio::test]
async fn the_deadline_is_for_the_whole_answer() {
    let half = server("HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf").await;
    let (answer, took) = send(Auth::basic("me", &"s".into()), &half, ReplyPart::Status).await;
    assert!(
        answer.timed_out && took < Duration::from_secs(4),
        "{took:?}"
    );
    assert!(
        matches!(
            answer.verdict,
            Verdict::Failed {
                cause: Cause::Timeout,
                ..
            }
        ),
        "{:?}",
        answer.verdict
    );
    let reason = "the target: incomplete response within 200ms: the status 200 OK arrived, the whole body did not";
    assert_eq!(answer.verdict.reason(), Some(reason));
}

/// A body without end is whole when its first MiB is there, for AWS asks for no more.
#[tokio::test]
async fn the_first_mebibyte_of_an_answer_is_enough() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let target = format!("http://{}/", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                assert!(stream.read(&mut [0; 4096]).await.unwrap() > 0);
                let head = "HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n".as_bytes();
                let (mut bytes, mut written) = (head.to_vec(), 0);
                // Until the pipe closes the connection.
                while stream.write_all(&bytes).await.is_ok() {
                    bytes = vec![b'x'; 64 * 1024];
                    written += bytes.len();
                }
                assert!(written >= LONGEST_ANSWER);
            });
        }
    });
    let client = client(
        Auth::basic("me", &"s".into()),
        &target,
        Duration::from_secs(30),
    );
    let answer = client.send(draft(&client), ReplyPart::Status).await;
    assert_eq!(answer.verdict, Verdict::Delivered);
    assert!(answer.reply.is_some_and(|reply| !reply.complete));
}

#[tokio::test]
async fn a_body_is_kept_when_it_is_needed() {
    let target = server("HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nbody").await;
    for (part, kept) in [(ReplyPart::Status, ""), (ReplyPart::Body, "body")] {
        let (answer, _) = send(Auth::basic("me", &"s".into()), &target, part).await;
        assert_eq!(
            (answer.verdict, answer.reply.unwrap().body),
            (Verdict::Delivered, kept.into())
        );
    }
}
