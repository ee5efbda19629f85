//! The promises of the pipe to a target that misbehaves. Each is one function, for every
//! [`Backend`](crate::backend::Backend).

#![allow(
    clippy::print_stdout,
    reason = "figures, for whoever runs a story with --nocapture"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use crate::backend::Backend;
use crate::pipeline::{Pipeline, Shape};
use crate::target::{Answer, Delivery};
use crate::waiting::eventually;

/// The length of an outage, and the messages per second: `OUTAGE_SECONDS`, `OUTAGE_RATE`.
const OUTAGE: (u64, u64) = (6, 100);

/// The ways in which a target is down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outage {
    /// Connections are refused.
    Refused,
    /// 503 to everything.
    ServerError,
    /// 429 to everything.
    TooMany,
    /// No answer in time.
    Silent,
}

/// The target is down while messages come in, and comes back: all arrive, nothing is dead, hardly
/// anything was received more than once, and full speed is back within seconds.
pub async fn an_outage_is_a_wait(backend: Backend, outage: Outage) {
    let (seconds, rate) = (
        number("OUTAGE_SECONDS", OUTAGE.0),
        number("OUTAGE_RATE", OUTAGE.1),
    );
    let shape = Shape {
        visibility: 30,
        timeout: Duration::from_secs(1),
        ..Shape::default()
    };
    let mut pipeline = Pipeline::start(backend, shape).await;
    pipeline.send(0..50, |_| "all".to_owned()).await;
    pipeline.wait_until_empty().await;
    match outage {
        Outage::Refused => pipeline.target.close(),
        Outage::ServerError => pipeline.target.answer(|_| Answer::Status(503)),
        Outage::TooMany => pipeline.target.answer(|_| Answer::TooMany(1)),
        Outage::Silent => pipeline
            .target
            .answer(|_| Answer::Slow(Duration::from_secs(3600), 200)),
    }
    let total = 50 + seconds * rate;
    let begun = Instant::now();
    for second in 0..seconds {
        let first = 50 + second * rate;
        pipeline
            .send(first..first + rate, |_| "all".to_owned())
            .await;
        tokio::time::sleep(Duration::from_secs(second + 1).saturating_sub(begun.elapsed())).await;
    }
    assert!(
        pipeline.waiting().await >= seconds * rate,
        "something was taken from the queue during the outage"
    );
    let tried = pipeline.target.book().len() as u64;
    pipeline.target.answer(|_| Answer::Status(200));
    if outage == Outage::Refused {
        pipeline.target.reopen().await;
    }
    let recovered = Instant::now();
    pipeline.wait_until_empty().await;
    println!(
        "{outage:?}: {seconds} s, {rate} messages a second, {tried} calls before it ended, all delivered {:?} after it",
        recovered.elapsed()
    );
    assert_eq!(pipeline.dead_letters().await, 0);
    assert_eq!(
        pipeline.target.taken().into_keys().collect::<Vec<_>>(),
        (0..total).collect::<Vec<_>>()
    );
    let most = pipeline.target.book().iter().map(receives).max();
    assert!(most <= Some(2), "a message was received {most:?} times");
    pipeline.end().await;
}

/// One message is always refused. It dies after exactly `maxReceiveCount` receives, and delays no
/// other message.
pub async fn poison_dies_alone(backend: Backend) {
    let shape = Shape {
        visibility: 1,
        most_receives: 3,
        ..Shape::default()
    };
    let pipeline = Pipeline::start(backend, shape).await;
    pipeline
        .target
        .answer(|delivery| Answer::Status(if delivery.body["n"] == 13 { 400 } else { 200 }));
    pipeline.send(0..40, |_| "all".to_owned()).await;
    eventually("the others are delivered", async || {
        (pipeline.target.taken().len() == 39).then_some(())
    })
    .await;
    let poison = |book: &[Delivery]| {
        book.iter()
            .filter(|delivery| delivery.body["n"] == 13)
            .map(receives)
            .collect()
    };
    let early: Vec<u64> = poison(&pipeline.target.book());
    assert!(
        early.len() < 3,
        "the others waited until the poison was dead: {early:?}"
    );
    eventually("the poison is dead", async || {
        (pipeline.dead_letters().await == 1).then_some(())
    })
    .await;
    let all: Vec<u64> = poison(&pipeline.target.book());
    assert_eq!(all, [1, 2, 3]);
    assert_eq!(pipeline.waiting().await, 0);
    assert!(pipeline.target.taken().values().all(|times| *times == 1));
    pipeline.end().await;
}

/// The target takes longer than the visibility timeout. The pipe extends it, so no message is
/// delivered twice.
pub async fn slowness_makes_no_duplicates(backend: Backend) {
    let shape = Shape {
        visibility: 2,
        timeout: Duration::from_secs(30),
        ..Shape::default()
    };
    let pipeline = Pipeline::start(backend, shape).await;
    pipeline
        .target
        .answer(|_| Answer::Slow(Duration::from_secs(7), 200));
    pipeline.send(0..20, |_| "all".to_owned()).await;
    pipeline.wait_until_empty().await;
    let book = pipeline.target.book();
    let ids: BTreeSet<_> = book.iter().map(|delivery| delivery.id.clone()).collect();
    assert_eq!((book.len(), ids.len()), (20, 20), "something came twice");
    assert!(book.iter().all(|delivery| receives(delivery) == 1));
    assert_eq!(pipeline.dead_letters().await, 0);
    pipeline.end().await;
}

/// The target sends garbage at first. Nothing is lost, and the pipe continues.
pub async fn garbage_costs_nothing(backend: Backend) {
    let kinds = [
        Answer::Hangup,
        Answer::HalfHead,
        Answer::Noise,
        Answer::WrongLength,
        Answer::Endless,
        Answer::Interim,
        Answer::Status(301),
        Answer::Status(500),
    ];
    let shape = Shape {
        visibility: 2,
        most_receives: 50,
        timeout: Duration::from_secs(2),
        ..Shape::default()
    };
    let pipeline = Pipeline::start(backend, shape).await;
    let met = std::sync::Mutex::new(BTreeSet::new());
    pipeline.target.answer(move |delivery| {
        // Every third message gets one kind of garbage, once. A target that sends only garbage
        // would be down.
        let number = delivery.body["n"].as_u64().unwrap_or_default();
        let kind = kinds[usize::try_from(number / 3).unwrap_or_default() % kinds.len()];
        let is_first = met.lock().expect("no script panics").insert(number);
        if number % 3 == 0 && is_first {
            kind
        } else {
            Answer::Status(200)
        }
    });
    pipeline.send(0..96, |_| "all".to_owned()).await;
    eventually("all are taken", async || {
        (pipeline.target.taken().len() == 96).then_some(())
    })
    .await;
    pipeline.wait_until_empty().await;
    assert_eq!(pipeline.dead_letters().await, 0);
    let book = pipeline.target.book();
    for kind in kinds {
        assert!(
            book.iter().any(|delivery| delivery.answer == kind),
            "no message met {kind:?}"
        );
    }
    pipeline.end().await;
}

/// `InvocationRateLimitPerSecond` is kept within 2 %, as counted by the target once the pipe has
/// begun. A metronome in the same run measures how late a busy machine wakes its tasks; the same
/// deviation is allowed to the pipe.
pub async fn the_rate_is_kept(backend: Backend) {
    const RATE: u32 = 200;
    let seconds = number("RATE_SECONDS", 5);
    let mut pipeline = Pipeline::without_pipe(
        backend,
        Shape {
            rate: RATE,
            visibility: 60,
            ..Shape::default()
        },
    )
    .await;
    pipeline
        .send(0..u64::from(RATE) * (seconds + 3), |_| "all".to_owned())
        .await;
    let metronome = tokio::spawn(beats(RATE, Duration::from_secs(seconds + 4)));
    pipeline.start_pipe();
    pipeline.wait_until_empty().await;
    let book = pipeline.target.book();
    // The first second lets the pipe get going; from then on a backlog is always there.
    let begin = book[0].at + Duration::from_secs(1);
    let span = begin..begin + Duration::from_secs(seconds);
    let counted = book
        .iter()
        .filter(|delivery| span.contains(&delivery.at))
        .count() as f64;
    let beats = metronome.await.expect("a metronome does not panic");
    let possible = beats.iter().filter(|at| span.contains(*at)).count() as f64;
    let wanted = f64::from(RATE) * seconds as f64;
    println!("{counted} deliveries in {seconds} s, {wanted} wanted, {possible} possible");
    assert!(
        counted <= wanted * 1.02,
        "{counted} deliveries, {wanted} wanted"
    );
    assert!(
        counted >= wanted.min(possible) * 0.98,
        "{counted} deliveries, {wanted} wanted, {possible} possible"
    );
    pipeline.end().await;
}

/// The times at which a task woke that wants to wake so often per second. It catches up 20
/// milliseconds, as the pipe does.
async fn beats(rate: u32, time: Duration) -> Vec<Instant> {
    let (begun, spacing, credit) = (
        Instant::now(),
        Duration::from_secs(1) / rate,
        Duration::from_millis(20),
    );
    let (mut next, mut beats) = (begun, Vec::new());
    while begun.elapsed() < time {
        tokio::time::sleep_until(next.into()).await;
        let now = Instant::now();
        beats.push(now);
        next = next.max(now.checked_sub(credit).unwrap_or(now)) + spacing;
    }
    beats
}

/// In a FIFO queue, each group keeps its order through failures, a waiting group delays no other,
/// and a message that always fails dies alone.
pub async fn groups_keep_their_order(backend: Backend) {
    const GROUPS: u64 = 6;
    // The poison's four receives take longer than the retries of any other group, some five
    // seconds.
    let shape = Shape {
        fifo: true,
        visibility: 3,
        most_receives: 4,
        ..Shape::default()
    };
    let pipeline = Pipeline::start(backend, shape).await;
    let tries = std::sync::Mutex::new(BTreeMap::<u64, u32>::new());
    pipeline.target.answer(move |delivery| {
        let number = delivery.body["n"].as_u64().unwrap_or_default();
        let mut tries = tries.lock().expect("no script panics");
        let tries = tries.entry(number).or_default();
        *tries += 1;
        match number {
            // The second message of group 1 is refused to its death.
            7 => Answer::Status(400),
            // One group has no failures.
            _ if number % GROUPS == 4 => Answer::Status(200),
            // Others fail at first, each in its way.
            _ if number % 11 == 5 && *tries <= 2 => Answer::Status(500),
            _ if number % 17 == 3 && *tries <= 1 => Answer::Hangup,
            _ if number % 13 == 8 && *tries <= 1 => Answer::Status(409),
            _ => Answer::Status(200),
        }
    });
    let group = |number: u64| format!("group-{}", number % GROUPS);
    pipeline.send(0..120, group).await;
    eventually("all but one are taken", async || {
        (pipeline.target.taken().len() == 119).then_some(())
    })
    .await;
    eventually("the poison is dead", async || {
        (pipeline.dead_letters().await == 1).then_some(())
    })
    .await;
    pipeline.wait_until_empty().await;
    let book = pipeline.target.book();
    for group in 0..GROUPS {
        let name = format!("group-{group}");
        let taken = book
            .iter()
            .filter(|delivery| delivery.was_taken() && delivery.body["group"] == name.as_str());
        let order: Vec<u64> = taken
            .filter_map(|delivery| delivery.body["n"].as_u64())
            .collect();
        assert!(order.is_sorted(), "{name} was delivered as {order:?}");
    }
    let refusals: Vec<u64> = book
        .iter()
        .filter(|delivery| delivery.body["n"] == 7)
        .map(receives)
        .collect();
    assert_eq!(refusals, [1, 2, 3, 4], "the poison is tried once a receive");
    let of_others = book
        .iter()
        .position(|delivery| delivery.body["n"] == 118)
        .expect("group 4 has been taken");
    let last_refusal = book
        .iter()
        .rposition(|delivery| delivery.body["n"] == 7)
        .expect("it was refused");
    assert!(
        of_others < last_refusal,
        "other groups waited for the poison"
    );
    pipeline.end().await;
}

/// The ApproximateReceiveCount in the event.
fn receives(delivery: &Delivery) -> u64 {
    delivery.body["receives"]
        .as_str()
        .and_then(|text| text.parse().ok())
        .expect("the template puts it there")
}

fn number(variable: &str, default: u64) -> u64 {
    std::env::var(variable)
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(default)
}
