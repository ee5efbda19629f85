//! Rows in which the pipe is restarted again and again: during an outage, and with a slow, healthy
//! target.

use std::time::{Duration, Instant};

use super::scenario::{Environment, Scenario};
use super::{Row, seconds};
use crate::pipeline::Shape;
use crate::target::Answer;

/// How the pipe ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// SIGTERM.
    Stop,
    /// SIGKILL.
    Kill,
}

/// Twenty messages wait for a target that is down, while the pipe starts and ends.
pub async fn in_an_outage(ground: &Environment, end: End) -> Row {
    const WAITING: u64 = 20;
    let rounds = ground.size.all(6, 20);
    let how = if end == End::Kill {
        " with kill -9"
    } else {
        ""
    };
    let what =
        format!("{rounds} restarts{how} during an outage, {WAITING} waiting, `maxReceiveCount` 5");
    let mut row = Row::new(what, "none dead");
    let shape = Shape {
        visibility: 2,
        most_receives: 5,
        ..ground.shape()
    };
    let mut stage = Scenario::new(ground, shape).await;
    stage.send(0..WAITING, |_| false).await;
    stage.answer(|_| Some(Answer::Status(503)));
    for _ in 0..rounds {
        let before = stage.calls();
        stage.start();
        // A pipe may have nothing to try with: what it held when it was killed is hidden still.
        stage
            .wait(Duration::from_secs(4), async |stage| stage.calls() > before)
            .await;
        tokio::time::sleep(Duration::from_millis(300)).await;
        end_pipe(&mut stage, end).await;
    }
    let early = stage.pipeline.dead_letters().await;
    stage.answer(|_| None);
    stage.start();
    let evidence = stage.finish(WAITING, 0).await;
    let figures = evidence.figures(|_| false);
    row.note(format!(
        "{} calls, {early} dead before the target was back",
        evidence.calls.len() - figures.delivered
    ));
    row.demand_of(&figures, shape.most_receives);
    row
}

/// A slow target accepts everything, and the pipe is restarted again and again.
pub async fn under_load(ground: &Environment) -> Row {
    let total = ground.size.all(600, 4000);
    let what = format!("{total} messages, a target that takes 0.2 s");
    quick_restarts(ground, ground.shape(), &what, total).await
}

/// A destination with a low rate, and the pipe is restarted again and again.
pub async fn under_a_rate(ground: &Environment) -> Row {
    let (rate, total) = (50, ground.size.all(600, 2000));
    let what = format!("{total} messages, `InvocationRateLimitPerSecond` {rate}");
    quick_restarts(
        ground,
        Shape {
            rate,
            ..ground.shape()
        },
        &what,
        total,
    )
    .await
}

async fn quick_restarts(ground: &Environment, shape: Shape, what: &str, total: u64) -> Row {
    let rounds = ground.size.all(6, 20);
    let mut row = Row::new(
        format!("{rounds} quick restarts, {what}"),
        "none dead, none delivered twice",
    );
    let mut stage = Scenario::new(ground, shape).await;
    stage
        .pipeline
        .target
        .answer(|_| Answer::Slow(Duration::from_millis(200), 200));
    stage.send(0..total, |_| false).await;
    let (begun, mut restarts) = (Instant::now(), 0);
    // A pipe that has nothing to do might be told to stop before it listens to that.
    while restarts < rounds && stage.pipeline.waiting().await > 0 {
        let before = stage.calls();
        stage.start();
        let is_busy = async |stage: &Scenario| {
            stage.calls() >= before + 10 || stage.pipeline.waiting().await == 0
        };
        stage.wait(ground.size.patience(), is_busy).await;
        end_pipe(&mut stage, End::Stop).await;
        restarts += 1;
    }
    row.note(format!(
        "{restarts} restarts in {}",
        seconds(begun.elapsed())
    ));
    row.demand(restarts == rounds, "messages are left for every restart");
    stage.start();
    let figures = stage.finish(total, 0).await.figures(|_| false);
    row.demand_of(&figures, shape.most_receives);
    row.note(format!("{} delivered twice", figures.twice));
    row.demand(figures.twice == 0, "none is delivered twice");
    row
}

async fn end_pipe(stage: &mut Scenario, end: End) {
    match end {
        End::Stop => stage.pipeline.terminate_pipe().await,
        End::Kill => stage.pipeline.kill_pipe(),
    }
}
