//! kill -9 of the pipe under load: nothing is lost, and only messages in flight are delivered
//! twice.

use std::collections::BTreeSet;
use std::time::Duration;

use harness::backend::Backend;
use harness::pipeline::{Pipeline, Shape};
use harness::target::Answer;

/// Kills in one story; more by `CRASH_ROUNDS`.
const ROUNDS: u64 = 6;

/// Messages for each round.
const MESSAGES: u64 = 400;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_pipe_loses_nothing() {
    let rounds = std::env::var("CRASH_ROUNDS")
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(ROUNDS);
    let programs = env!("CARGO_BIN_EXE_programs");
    let shape = Shape {
        visibility: 2,
        most_receives: 100,
        ..Shape::default()
    };
    let mut pipeline = Pipeline::without_pipe(Backend::emulator().await, shape).await;
    // Slow enough that the kill finds deliveries under way.
    pipeline
        .target
        .answer(|_| Answer::Slow(Duration::from_millis(40), 200));
    let (mut sent, mut under_way) = (0, 0);
    for round in 0..rounds {
        pipeline
            .send(sent..sent + MESSAGES, |_| "all".to_owned())
            .await;
        sent += MESSAGES;
        pipeline.start_process(programs);
        let before = pipeline.target.book().len();
        // The moment differs from round to round, counted in deliveries so that a slow machine sees
        // the same.
        let moment = before + 20 + usize::try_from(round * 53 % 300).unwrap_or_default();
        harness::eventually("the pipe is under load", async || {
            (pipeline.target.book().len() >= moment || pipeline.waiting().await == 0).then_some(())
        })
        .await;
        pipeline.kill_pipe();
        // A message that the target has, and that is still in the queue, is delivered again.
        let deleted = sent - pipeline.waiting().await;
        under_way += numbers(&pipeline).len() as u64 - deleted;
    }
    pipeline.start_process(programs);
    pipeline.wait_until_empty().await;
    assert_eq!(
        numbers(&pipeline),
        (0..sent).collect(),
        "something was lost"
    );
    assert_eq!(pipeline.dead_letters().await, 0);
    let twice = pipeline.target.book().len() as u64 - sent;
    println!(
        "{rounds} kills, {sent} messages, none lost, {twice} came twice, {under_way} were under way"
    );
    assert!(under_way > 0, "no kill found anything under way");
    assert!(
        twice <= under_way,
        "{twice} came twice, only {under_way} were under way"
    );
    pipeline.end().await;
}

fn numbers(pipeline: &Pipeline) -> BTreeSet<u64> {
    pipeline
        .target
        .book()
        .iter()
        .filter_map(|delivery| delivery.body["n"].as_u64())
        .collect()
}
