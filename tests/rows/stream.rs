//! Rows with a steady stream of messages, some of which the target never accepts.

use std::time::Duration;

use tokio::time::MissedTickBehavior;

use super::scenario::{Environment, Poison, Scenario};
use super::{Row, seconds};
use crate::evidence::Evidence;
use crate::target::Answer;

/// How often messages are sent.
const TICK: Duration = Duration::from_millis(50);

/// Sends `per_tick` messages each tick, numbered from `first`, for so many ticks.
pub async fn send_steadily(stage: &mut Scenario, first: u64, per_tick: u64, ticks: u64) {
    let mut clock = tokio::time::interval(TICK);
    clock.set_missed_tick_behavior(MissedTickBehavior::Burst);
    for tick in 0..ticks {
        clock.tick().await;
        let begin = first + tick * per_tick;
        stage.send(begin..begin + per_tick, |_| false).await;
    }
}

/// A steady stream, one in `each` of which gets `status` always.
pub async fn steady(ground: &Environment, each: u64, status: u16) -> Row {
    let (rate, time) = (ground.size.rate(40, 200), ground.size.of(5, 60));
    let what = format!("steady {rate} a second for {time} s, one in {each} gets {status}");
    let mut row = Row::new(what, "p99 of the good ones under 1 s; all others dead");
    let is_poison = move |n: u64| n % each == each / 2;
    let (per_tick, ticks) = (rate / 20, time * 20);
    if ground.size.is_full() {
        let undisturbed = run(ground, per_tick, ticks / 4, |_| None, 0)
            .await
            .figures(|_| false)
            .waits;
        row.note(format!("undisturbed p99 {}", seconds(undisturbed.p99)));
    }
    let poison = (0..per_tick * ticks).filter(|n| is_poison(*n)).count() as u64;
    let answer = move |n| is_poison(n).then_some(Answer::Status(status));
    let figures = run(ground, per_tick, ticks, answer, poison)
        .await
        .figures(is_poison);
    row.demand_of(&figures, ground.shape().most_receives);
    let waits = figures.waits;
    row.note(format!(
        "good ones wait {} at the median, {} at p99",
        seconds(waits.median),
        seconds(waits.p99)
    ));
    row.limit(
        ground.size,
        waits.p99 < Duration::from_secs(1),
        "p99 under 1 s",
    );
    row
}

async fn run(
    ground: &Environment,
    per_tick: u64,
    ticks: u64,
    answer: impl Fn(u64) -> Option<Answer> + Send + Sync + 'static,
    poison: u64,
) -> Evidence {
    let mut stage = Scenario::new(ground, ground.shape()).await;
    stage.answer(answer);
    stage.start();
    send_steadily(&mut stage, 0, per_tick, ticks).await;
    stage.finish(per_tick * ticks - poison, poison).await
}

/// Ten that get 500, then now and then a good one.
pub async fn trickle(ground: &Environment) -> Row {
    const POISON: Poison = Poison::Front(10);
    let (pause, good) = (
        Duration::from_secs(ground.size.of(1, 5)),
        ground.size.of(5, 12),
    );
    let what = format!(
        "10 that get 500, then one good one every {}",
        seconds(pause)
    );
    let mut row = Row::new(what, "good ones wait under 10 s; 10 dead");
    let mut stage = Scenario::new(ground, ground.shape()).await;
    stage.answer(|n| POISON.has(n, 0).then_some(Answer::Status(500)));
    stage.start();
    stage.send(0..10, |_| false).await;
    for n in 10..10 + good {
        tokio::time::sleep(pause).await;
        stage.send([n], |_| false).await;
    }
    let figures = stage.finish(good, 10).await.figures(|n| POISON.has(n, 0));
    row.demand_of(&figures, ground.shape().most_receives);
    row.note(format!(
        "good ones wait {} at the median, {} at most",
        seconds(figures.waits.median),
        seconds(figures.waits.most)
    ));
    row.limit(
        ground.size,
        figures.waits.most < Duration::from_secs(10),
        "good ones wait under 10 s",
    );
    row
}
