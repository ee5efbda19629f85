//! Rows with a FIFO queue and a message that the target never accepts: only its own group is
//! delayed.

use std::collections::BTreeMap;
use std::time::Duration;

use super::scenario::{Environment, Scenario};
use super::{Row, seconds};
use crate::evidence::{Call, Evidence};
use crate::pipeline::Shape;
use crate::target::Answer;

/// The second message of the fourth group.
const GROUPS: u64 = 8;
const POISON: u64 = GROUPS + 3;

/// Poison of any status in one group of several.
pub async fn poison_in_a_group(ground: &Environment, answer: Answer, called: &str) -> Row {
    let total = ground.size.of(10, 250) * GROUPS;
    let what = format!("FIFO, {GROUPS} groups, {total} messages, one gets {called}");
    let mut row = Row::new(
        what,
        "it holds up its own group only, until it is dead; order holds",
    );
    let undisturbed = match ground.size.is_full() {
        true => others(&run(ground, total, None).await),
        false => None,
    };
    let evidence = run(ground, total, Some(answer)).await;
    let figures = evidence.figures(|n| n == POISON);
    row.demand_of(&figures, ground.shape().most_receives);
    row.demand(figures.twice == 0, "none is delivered twice");
    row.demand(is_in_order(&evidence), "each group is delivered in order");
    row.demand(goes_on(&evidence), "other groups go on while one waits");
    if let Some((took, undisturbed)) = others(&evidence).zip(undisturbed) {
        row.note(format!(
            "other groups took {}, undisturbed {}",
            seconds(took),
            seconds(undisturbed)
        ));
        let limit = undisturbed.mul_f64(1.2) + Duration::from_secs(1);
        row.limit(
            ground.size,
            took <= limit,
            "other groups within 1.2 times the undisturbed time",
        );
    }
    row
}

async fn run(ground: &Environment, total: u64, poison: Option<Answer>) -> Evidence {
    let mut stage = Scenario::new(
        ground,
        Shape {
            fifo: true,
            ..ground.shape()
        },
    )
    .await;
    stage.answer(move |n| poison.filter(|_| n == POISON));
    stage
        .send_in_groups(0..total, |_| false, |n| format!("group-{}", n % GROUPS))
        .await;
    stage.start();
    let poison = u64::from(poison.is_some());
    stage.finish(total - poison, poison).await
}

/// From the first call to the last message of the other groups.
fn others(evidence: &Evidence) -> Option<Duration> {
    let begun = evidence.calls.first()?.at;
    let others = evidence
        .calls
        .iter()
        .filter(|call| call.taken && call.n % GROUPS != POISON % GROUPS);
    others.map(|call| call.at.duration_since(begun)).max()
}

fn is_in_order(evidence: &Evidence) -> bool {
    let mut last = BTreeMap::<u64, u64>::new();
    let mut taken = evidence.calls.iter().filter(|call| call.taken);
    taken.all(|call| {
        last.insert(call.n % GROUPS, call.n)
            .is_none_or(|before| before <= call.n)
    })
}

/// Whether all other groups had something delivered between the first and the last call with the
/// poison, or were finished before.
fn goes_on(evidence: &Evidence) -> bool {
    let is_poison = |call: &Call| call.n == POISON;
    let (first, last) = (
        evidence.calls.iter().position(is_poison),
        evidence.calls.iter().rposition(is_poison),
    );
    let Some((first, last)) = first.zip(last) else {
        return false;
    };
    (0..GROUPS)
        .filter(|group| *group != POISON % GROUPS)
        .all(|group| {
            let of_group = |call: &&Call| call.taken && call.n % GROUPS == group;
            evidence.calls[first..last]
                .iter()
                .any(|call| of_group(&call))
                || !evidence.calls[last..].iter().any(|call| of_group(&call))
        })
}
