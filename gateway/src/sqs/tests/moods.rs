//! A fake SQS in many bad moods. In each of them: no message that was not stored is answered with
//! success, none goes to SQS more than three times, and nobody waits for somebody else.
//!
//! `TIDEGATE_FULL=1` sends twenty times as many messages.

mod fake;
mod heard;
mod told;

use std::collections::{BTreeMap, BTreeSet};

use fake::{FakeSqs, Mood, Reaction};
use tokio::task::JoinSet;

use super::*;

/// What becomes of the messages in a mood.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    /// Every message is stored, and every caller told so.
    All,
    /// No caller is told that its message is stored.
    None,
    /// Callers are told what is true.
    Truth,
}

/// How many callers at a time, and how often.
fn size() -> (usize, usize) {
    match std::env::var_os("TIDEGATE_FULL") {
        Some(_) => (60, 20),
        None => (24, 1),
    }
}

async fn in_mood(name: &str, mood: Mood, outcome: Outcome) {
    let (callers, times) = size();
    for time in 0..times {
        let once = once_in_mood((name, time), mood, outcome, callers);
        let over = tokio::time::timeout(2 * PATIENCE, once).await;
        assert!(over.is_ok(), "{name}: somebody waits for ever");
    }
}

async fn once_in_mood((name, time): (&str, usize), mood: Mood, outcome: Outcome, callers: usize) {
    let sqs = FakeSqs::start(mood).await;
    let messages = sender(kit::aws::local(&sqs.endpoint()).await);
    let mut answers = JoinSet::new();
    for caller in 0..callers {
        let messages = messages.clone();
        let body = format!("{name} {time} {caller}");
        answers.spawn(async move {
            // Not all at once, so that single messages and batches of every size occur.
            tokio::time::sleep(Duration::from_millis(caller as u64 / 4)).await;
            let answer = send(&messages, message(QUEUE, &body)).await;
            (body, answer)
        });
    }
    let answers: BTreeMap<String, Answer> = answers.join_all().await.into_iter().collect();
    let told: BTreeSet<&String> = answers
        .iter()
        .filter(|(_, answer)| matches!(answer, Ok(SqsAnswer::Stored(_))))
        .map(|(body, _)| body)
        .collect();
    let seen = sqs.seen();
    for body in &told {
        assert!(
            seen.stored.contains(*body),
            "{name}: {body} is told to be stored"
        );
    }
    for (body, calls) in &seen.calls {
        assert!(*calls <= 3, "{name}: {body} was in {calls} calls");
    }
    match outcome {
        Outcome::All => assert_eq!(told.len(), callers, "{name}: {answers:?}"),
        Outcome::None => assert_eq!(told.len(), 0, "{name}"),
        Outcome::Truth => {}
    }
}

fn error(status: u16, code: &str) -> Reaction {
    Reaction::error(status, code)
}

/// Moods, each with what becomes of the messages.
const MOODS: [(&str, Mood, Outcome); 36] = [
    ("honest", |_| Reaction::honest(), Outcome::All),
    ("slow", |_| Reaction::honest().after(100), Outcome::All),
    ("drips", |_| Reaction::honest().dripping(), Outcome::All),
    (
        "closes after each answer",
        |_| Reaction::honest().closing(),
        Outcome::All,
    ),
    (
        "out of order",
        |_| Reaction::edited(|said| said.successful.reverse()),
        Outcome::All,
    ),
    ("500", |_| error(500, "InternalError"), Outcome::None),
    (
        "500 at first",
        |asked| asked.first(error(500, "InternalError")),
        Outcome::All,
    ),
    (
        "500 to batches",
        |asked| asked.batches(error(500, "InternalError")),
        Outcome::All,
    ),
    ("503", |_| error(503, "ServiceUnavailable"), Outcome::None),
    (
        "503 at first",
        |asked| asked.first(error(503, "ServiceUnavailable")),
        Outcome::All,
    ),
    (
        "502 of a proxy",
        |asked| asked.first(Reaction::raw(PROXY)),
        Outcome::All,
    ),
    (
        "403",
        |_| error(403, "AccessDeniedException"),
        Outcome::None,
    ),
    (
        "403 to batches",
        |asked| asked.batches(error(403, "AccessDenied")),
        Outcome::All,
    ),
    (
        "400 to batches",
        |asked| asked.batches(error(400, "BatchRequestTooLong")),
        Outcome::All,
    ),
    (
        "no queue",
        |_| error(400, "QueueDoesNotExist"),
        Outcome::None,
    ),
    (
        "throttled",
        |_| error(400, "RequestThrottled"),
        Outcome::None,
    ),
    (
        "throttled at first",
        |asked| asked.first(error(400, "RequestThrottled")),
        Outcome::All,
    ),
    (
        "429 at first",
        |asked| asked.first(error(429, "x")),
        Outcome::All,
    ),
    ("cut", |_| Reaction::honest().cut(), Outcome::None),
    (
        "cut at first",
        |asked| asked.first(Reaction::honest().cut()),
        Outcome::All,
    ),
    ("reset", |_| Reaction::Reset, Outcome::None),
    (
        "reset at first",
        |asked| asked.first(Reaction::Reset),
        Outcome::All,
    ),
    ("half-closed", |_| Reaction::raw(""), Outcome::None),
    (
        "half-closed at first",
        |asked| asked.first(Reaction::raw("")),
        Outcome::All,
    ),
    (
        "garbage",
        |_| Reaction::raw("\0\u{1}SSH-2.0-x\r\n\r\n"),
        Outcome::None,
    ),
    ("redirects", |_| Reaction::raw(REDIRECT), Outcome::None),
    ("empty", |_| Reaction::text(200, ""), Outcome::None),
    (
        "an error with 200",
        |_| error(200, "InternalError"),
        Outcome::None,
    ),
    (
        "HTML with 200",
        |_| Reaction::text(200, "<html>It works</html>"),
        Outcome::None,
    ),
    ("huge", |_| Reaction::honest().huge(), Outcome::None),
    (
        "wrong digests",
        |_| Reaction::edited(|said| said.each(|entry| entry.md5 = "0".repeat(32))),
        Outcome::None,
    ),
    (
        "no message ids",
        |_| Reaction::edited(|said| said.each(|entry| entry.message_id = None)),
        Outcome::None,
    ),
    (
        "wrong entry ids",
        |_| Reaction::edited(|said| said.each(|entry| entry.id += "7")),
        Outcome::Truth,
    ),
    (
        "entries twice",
        |_| Reaction::edited(fake::Said::double),
        Outcome::Truth,
    ),
    (
        "entries missing",
        |_| Reaction::edited(|said| said.successful.truncate(1)),
        Outcome::Truth,
    ),
    (
        "entries fail at first",
        |asked| asked.first(Reaction::edited(fake::Said::fail)),
        Outcome::All,
    ),
];

const PROXY: &str = "HTTP/1.1 502 Bad Gateway\r\nContent-Length: 2\r\n\r\nno";
const REDIRECT: &str =
    "HTTP/1.1 307 Temporary Redirect\r\nLocation: http://127.0.0.1:9/\r\nContent-Length: 0\r\n\r\n";

#[tokio::test]
async fn in_no_mood_of_sqs_is_a_message_lost_or_asked_for_too_often() {
    for (name, mood, outcome) in MOODS {
        in_mood(name, mood, outcome).await;
    }
}

/// Every tenth call hangs. Those callers are not answered, all the others are, while it hangs.
#[tokio::test]
async fn who_is_not_in_a_call_that_hangs_does_not_wait() {
    let sqs = FakeSqs::start(|asked| match asked.number % 10 {
        0 => Reaction::Hang,
        _ => Reaction::honest(),
    })
    .await;
    let messages = sender(kit::aws::local(&sqs.endpoint()).await);
    let (callers, times) = size();
    let mut answers = JoinSet::new();
    for caller in 0..callers * times {
        let messages = messages.clone();
        answers.spawn(async move {
            tokio::time::sleep(Duration::from_millis(caller as u64)).await;
            let body = caller.to_string();
            // An hour: whoever is answered did not wait for a timeout.
            let deadline = Instant::now() + Duration::from_secs(3600);
            messages
                .send(message(QUEUE, &body), &Identity::Environment, deadline)
                .await
        });
    }
    let mut answered = 0;
    let all = async {
        while answered + sqs.seen().hanging < callers * times {
            tokio::select! {
                Some(answer) = answers.join_next() => {
                    assert!(matches!(answer, Ok(Ok(SqsAnswer::Stored(_)))), "{answer:?}");
                    answered += 1;
                }
                () = tokio::time::sleep(Duration::from_millis(20)) => {}
            }
        }
    };
    assert!(
        tokio::time::timeout(PATIENCE, all).await.is_ok(),
        "somebody waits"
    );
    assert!(sqs.seen().hanging > 0 && answered > 0);
}
