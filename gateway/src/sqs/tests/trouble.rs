//! What SQS refuses, throttles or fails as a whole, and what hangs.

use super::*;

/// Answers a batch with this, and single messages honestly.
fn batch_only(status: StatusCode, error: &str, action: &str, request: &Json) -> (StatusCode, Json) {
    match action {
        "SendMessageBatch" => (status, json!({"__type": error, "message": "m"})),
        _ => honest(action, request),
    }
}

#[tokio::test]
async fn a_refused_batch_is_taken_apart() {
    let too_long: Script = |action, request| {
        let error = "com.amazonaws.sqs#BatchRequestTooLong";
        batch_only(StatusCode::BAD_REQUEST, error, action, request)
    };
    let (_sqs, messages) = Sqs::start(too_long).await;
    assert_eq!(
        shown(&send_all(&messages, QUEUE, &["first", "a", "b"]).await),
        ["id-first", "id-a", "id-b"]
    );
}

#[tokio::test]
async fn a_refusal_that_is_about_the_whole_queue_costs_one_more_call() {
    let denied: Script = |action, request| match request["MessageBody"].as_str() {
        Some("first") => honest(action, request),
        _ => (
            StatusCode::FORBIDDEN,
            json!({"__type": "AccessDeniedException", "message": "no"}),
        ),
    };
    let (sqs, messages) = Sqs::start(denied).await;
    let answers = send_all(&messages, QUEUE, &["first", "a", "b", "c", "d"]).await;
    let refused = "403 AccessDeniedException: no";
    assert_eq!(
        shown(&answers),
        ["id-first", refused, refused, refused, refused]
    );
    let calls = [
        ("SendMessage", 1),
        ("SendMessageBatch", 4),
        ("SendMessage", 1),
    ];
    assert_eq!(sqs.asked(), asked(&calls));
}

#[tokio::test]
async fn a_batch_that_fails_is_asked_again_together_and_then_each_by_itself() {
    let down: Script = |action, request| {
        let status = StatusCode::SERVICE_UNAVAILABLE;
        batch_only(status, "ServiceUnavailable", action, request)
    };
    let (sqs, messages) = Sqs::start(down).await;
    let answers = send_all(&messages, QUEUE, &["first", "a", "b"]).await;
    assert_eq!(shown(&answers), ["id-first", "id-a", "id-b"]);
    let (one, two) = (("SendMessage", 1), ("SendMessageBatch", 2));
    assert_eq!(sqs.asked(), asked(&[one, two, two, one, one]));
}

#[tokio::test]
async fn what_is_throttled_is_asked_again_together_three_times_at_most() {
    let throttled: Script = |_, _| {
        (
            StatusCode::BAD_REQUEST,
            json!({"__type": "com.amazonaws.sqs#RequestThrottled", "message": "m"}),
        )
    };
    let (sqs, messages) = Sqs::start(throttled).await;
    let answer = send(&messages, message(QUEUE, "a")).await;
    assert_eq!(shown(&[answer]), ["400 RequestThrottled: m"]);
    assert_eq!(sqs.asked(), asked(&[("SendMessage", 1); 3]));
}

#[tokio::test]
async fn nothing_is_asked_again_beyond_the_callers_time() {
    let down: Script = |_, _| {
        (
            StatusCode::INTERNAL_SERVER_ERROR,
            json!({"__type": "InternalError", "message": "m"}),
        )
    };
    let (sqs, messages) = Sqs::start(down).await;
    // The answer takes 50 ms, and so does the pause before the next attempt.
    let deadline = Instant::now() + Duration::from_millis(90);
    let answer = messages
        .send(message(QUEUE, "a"), &Identity::Environment, deadline)
        .await;
    let shown = shown(&[answer]).remove(0);
    assert!(
        ["500 InternalError: m", "TimedOut"].contains(&shown.as_str()),
        "{shown}"
    );
    assert!(sqs.asked().len() <= 1);
}

/// An SQS whose first request hangs.
#[tokio::test]
async fn a_request_that_hangs_holds_up_nobody_behind_it() {
    for queue in [QUEUE, FIFO] {
        let stuck: Script = |action, request| match request["MessageBody"].as_str() {
            Some("stuck") => (StatusCode::SWITCHING_PROTOCOLS, json!(null)),
            _ => honest(action, request),
        };
        let (_sqs, messages) = Sqs::start(stuck).await;
        let hanging = tokio::spawn({
            let messages = messages.clone();
            async move { send(&messages, message(queue, "stuck")).await }
        });
        tokio::task::yield_now().await;
        let answers = send_all(&messages, queue, &["a", "b", "c"]).await;
        assert_eq!(shown(&answers), ["id-a", "id-b", "id-c"]);
        assert!(!hanging.is_finished(), "it is still waiting");
        hanging.abort();
    }
}
