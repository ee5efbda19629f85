//! Rows with AWS's own classes: every failed call is a receive, whoever is at fault.

use std::time::Duration;

use super::Row;
use super::outage::Way;
use super::scenario::{Environment, Scenario};
use crate::pipeline::{Rule, Shape};
use crate::target::Answer;

/// One message in ten gets 500, and every call to it counts. The rule is set for all pipes.
pub async fn few_get_500(ground: &Environment) -> Row {
    let total = ground.size.of(60, 5000);
    let mut row = Row::new(
        format!("`--verdict aws`: one in ten of {total} messages gets 500"),
        "dead after exactly three receives, with one call each",
    );
    let is_bad = |n: u64| n % 10 == 5;
    let shape = Shape {
        rule: Rule::Aws,
        ..ground.shape()
    };
    let mut stage = Scenario::new(ground, shape).await;
    stage.answer(move |n| is_bad(n).then_some(Answer::Status(500)));
    stage.start();
    stage.send(0..total, |_| false).await;
    let bad = (0..total).filter(|n| is_bad(*n)).count() as u64;
    let evidence = stage.finish(total - bad, bad).await;
    row.demand_of(&evidence.figures(is_bad), shape.most_receives);
    let calls = evidence.calls.iter().filter(|call| is_bad(call.n)).count() as u64;
    row.note(format!("{calls} calls for the bad ones"));
    row.demand(calls == bad * 3, "one call a receive");
    row
}

/// The whole target fails. With a status, that kills good messages as on AWS; without a connection,
/// it does not. The rule is the pipe's own, by its tag.
pub async fn outage(ground: &Environment, way: Way) -> Row {
    let total = ground.size.of(20, 500);
    let is_deadly = way != Way::Refused;
    let (what, must) = match is_deadly {
        true => (
            "answers 503",
            "all are dead after exactly three receives, as on AWS",
        ),
        false => ("refuses connections", "none is dead"),
    };
    let mut row = Row::new(
        format!("`tidegate:verdict: aws`: {total} messages wait, and the whole target {what}"),
        must,
    );
    let shape = Shape {
        rule: Rule::AwsByTag,
        ..ground.shape()
    };
    let mut stage = Scenario::new(ground, shape).await;
    way.begin(&mut stage);
    stage.send(0..total, |_| false).await;
    stage.start();
    if !is_deadly {
        // Longer than three receives take.
        let lasts = Duration::from_secs(u64::from(shape.visibility) * 4);
        tokio::time::sleep(lasts).await;
        stage.pipeline.target.reopen().await;
    }
    let dead = if is_deadly { total } else { 0 };
    let figures = stage
        .finish(total - dead, dead)
        .await
        .figures(|_| is_deadly);
    row.demand_of(&figures, shape.most_receives);
    row
}
