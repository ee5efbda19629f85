//! The gateway's responses to errors: AWS's own statuses, headers and bodies, and never a silent
//! 200.

use harness::Harness;
use harness::backend::Backend;
use http::{HeaderMap, Method, StatusCode};
use kit::call::Reply;

async fn harness() -> Harness {
    Harness::start(Backend::emulator().await).await
}

#[track_caller]
fn check(reply: &Reply, status: u16, body: &str, error_type: Option<&str>) {
    assert_eq!(
        (
            reply.status.as_u16(),
            String::from_utf8_lossy(&reply.body).as_ref()
        ),
        (status, body)
    );
    assert_eq!(
        reply
            .headers
            .get("x-amzn-errortype")
            .and_then(|value| value.to_str().ok()),
        error_type
    );
}

/// See `docs/aws/api-gateway.md#unknown-routes`,
/// `docs/aws/api-gateway.md#choosing-the-request-template`,
/// `docs/aws/api-gateway.md#limits-of-a-request` and `docs/aws/api-gateway.md#gateway-responses`.
#[tokio::test]
async fn the_gateways_own_errors_are_awss() {
    let harness = harness().await;
    let get = async |path: &str, headers: HeaderMap| {
        harness
            .send(Method::GET, harness.gateway_at(), path, headers, "")
            .await
            .expect("an answer")
    };
    let missing = r#"{"message":"Missing Authentication Token"}"#;
    check(
        &get("/nowhere", HeaderMap::new()).await,
        403,
        missing,
        Some("MissingAuthenticationTokenException"),
    );
    check(
        &get("/events/sub", HeaderMap::new()).await,
        403,
        missing,
        Some("MissingAuthenticationTokenException"),
    );

    let bearer = HeaderMap::from_iter([(
        http::header::AUTHORIZATION,
        "Bearer x".parse().expect("a value"),
    )]);
    let hashed = "{\"message\":\"Invalid key=value pair (missing equal-sign) in Authorization header (hashed with SHA-256 \
                  and encoded with Base64): 'uTem/WB082UJMN2ajD6lH6UChGpTAddMJSx2iu923No='.\"}";
    check(
        &get("/nowhere", bearer).await,
        403,
        hashed,
        Some("IncompleteSignatureException"),
    );

    let unsupported = harness
        .post("/events/sub", "text/plain", "Action=DeleteQueue")
        .await
        .expect("an answer");
    check(
        &unsupported,
        415,
        r#"{"message": "Unsupported Media Type"}"#,
        Some("BadRequestException"),
    );

    let oversized = harness
        .post("/events/sub", "application/json", &"x".repeat(10_485_761))
        .await
        .expect("an answer");
    check(
        &oversized,
        413,
        "HTTP content length exceeded 10485760 bytes.",
        None,
    );
    harness.end().await;
}

/// A client learns that SQS refused its message: the response has SQS's own error, and not a status
/// of success.
#[tokio::test]
async fn a_refusal_by_sqs_is_no_success() {
    let harness = harness().await;
    let reply = harness
        .publish(&format!("\"{}\"", "x".repeat(1_048_577)))
        .await
        .expect("an answer");
    assert_eq!(reply.status, StatusCode::INTERNAL_SERVER_ERROR);
    let body = String::from_utf8_lossy(&reply.body);
    assert!(body.contains(r#""Code":"InvalidParameterValue""#), "{body}");
    assert!(
        body.contains("Message must be shorter than 1048576 bytes."),
        "{body}"
    );
    assert_eq!(harness.messages_in(&harness.queue).await, 0);
    harness.end().await;
}

/// Thousands of concurrent requests share SendMessageBatch calls. Each client gets the MD5 of its
/// own body.
#[tokio::test]
async fn callers_that_share_a_batch_get_their_own_answers() {
    let harness = harness().await;
    let posts = (0..200).map(|number| {
        let harness = &harness;
        async move {
            let body = format!(r#"{{"id":"batch-{number}"}}"#);
            let reply = harness.publish(&body).await.expect("an answer");
            assert_eq!(reply.status, StatusCode::OK);
            (body, reply.body)
        }
    });
    let answers = join_all(posts).await;
    let mut ids = std::collections::BTreeSet::new();
    for (body, answer) in answers {
        let answer: serde_json::Value = serde_json::from_slice(&answer).expect("JSON");
        let result = &answer["SendMessageResponse"]["SendMessageResult"];
        assert_eq!(result["MD5OfMessageBody"], md5(&body), "{body}");
        assert!(
            ids.insert(result["MessageId"].as_str().expect("an id").to_owned()),
            "an id was given twice"
        );
    }
    assert_eq!(harness.wait_for_objects(200).await.len(), 200);
    harness.end().await;
}

async fn join_all<T>(futures: impl Iterator<Item = impl Future<Output = T>>) -> Vec<T> {
    let mut pinned: Vec<_> = futures.map(Box::pin).collect();
    let mut done: Vec<Option<T>> = pinned.iter().map(|_| None).collect();
    std::future::poll_fn(|context| {
        for (future, slot) in pinned.iter_mut().zip(&mut done) {
            if slot.is_none()
                && let std::task::Poll::Ready(value) = future.as_mut().poll(context)
            {
                *slot = Some(value);
            }
        }
        if done.iter().all(Option::is_some) {
            std::task::Poll::Ready(())
        } else {
            std::task::Poll::Pending
        }
    })
    .await;
    done.into_iter().flatten().collect()
}

fn md5(text: &str) -> String {
    use md5::Digest as _;
    md5::Md5::digest(text.as_bytes())
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}
