//! Rows with a full queue: the target never accepts some of its messages, or calls fail at random.

use std::sync::Mutex;
use std::time::{Duration, Instant};

use super::scenario::{Environment, Poison, Scenario};
use super::{Row, seconds};
use crate::evidence::{Evidence, Figures};
use crate::pipeline::Shape;
use crate::target::Answer;

/// A queue of `total` messages, some of which always fail.
#[derive(Debug, Clone, Copy)]
pub struct Backlog {
    /// How many messages there are.
    pub total: u64,
    /// The messages that the target never accepts.
    pub poison: Poison,
    /// The target's answer to those messages.
    pub answer: Answer,
    /// All good ones are delivered within so many times the undisturbed time.
    pub times: f64,
}

impl Backlog {
    fn is_poison(self, n: u64) -> bool {
        self.poison.has(n, self.total)
    }

    /// Measures it.
    pub async fn measure(self, ground: &Environment, shape: Shape, mut row: Row) -> Row {
        let undisturbed = match ground.size.is_full() {
            true => {
                Backlog {
                    poison: Poison::None,
                    ..self
                }
                .run(ground, shape)
                .await
                .figures(|_| false)
                .last
            }
            false => None,
        };
        let figures = self.run(ground, shape).await.figures(|n| self.is_poison(n));
        row.demand_of(&figures, shape.most_receives);
        self.compare(ground, &mut row, &figures, undisturbed);
        row
    }

    fn compare(
        self,
        ground: &Environment,
        row: &mut Row,
        figures: &Figures,
        undisturbed: Option<Duration>,
    ) {
        let first = figures.first.unwrap_or(ground.size.patience());
        if matches!(self.poison, Poison::Front(_)) {
            row.note(format!("the first good one after {}", seconds(first)));
            row.limit(
                ground.size,
                first < Duration::from_secs(10),
                "the first good one within 10 s",
            );
        }
        let Some((last, undisturbed)) = figures.last.zip(undisturbed) else {
            return;
        };
        row.note(format!(
            "the last good one after {}, undisturbed {}",
            seconds(last),
            seconds(undisturbed)
        ));
        // A second for what no size changes.
        let limit = undisturbed.mul_f64(self.times) + Duration::from_secs(1);
        row.limit(
            ground.size,
            last <= limit,
            format!("within {} times the undisturbed time", self.times),
        );
    }

    async fn run(self, ground: &Environment, shape: Shape) -> Evidence {
        let mut stage = Scenario::new(ground, shape).await;
        stage.answer(move |n| self.is_poison(n).then_some(self.answer));
        stage.send(0..self.total, |n| self.is_poison(n)).await;
        stage.start();
        let poison = (0..self.total).filter(|n| self.is_poison(*n)).count() as u64;
        stage.finish(self.total - poison, poison).await
    }
}

/// All messages but one in `each` get 500, and nothing is known when the pipe starts: the first good
/// one is found soon.
pub async fn one_good_in(ground: &Environment, each: u64, within: Duration) -> Row {
    let mut row = Row::new(
        format!("all but one in {each} messages get 500, from the start"),
        format!("a good one is found within {}", seconds(within)),
    );
    let mut stage = Scenario::new(ground, ground.shape()).await;
    stage.answer(move |n| (n % each != each / 2).then_some(Answer::Status(500)));
    stage.send(0..each * 2, |_| false).await;
    stage.start();
    let begun = Instant::now();
    let is_found = async |stage: &Scenario| stage.taken().await > 0;
    let found = stage.wait(ground.size.patience(), is_found).await;
    row.note(format!(
        "found after {}, with {} calls",
        seconds(begun.elapsed()),
        stage.calls()
    ));
    row.demand(found, "a good one is found");
    row.limit(
        ground.size,
        begun.elapsed() < within,
        format!("within {}", seconds(within)),
    );
    stage.pipeline.kill_pipe();
    stage.pipeline.end().await;
    row
}

/// `percent` of the calls fail at random with `status`, as when one of several servers is down.
pub async fn by_chance(ground: &Environment, percent: u32, status: u16) -> Row {
    let total = ground.size.of(200, 10_000);
    let must = "at least half of what the target takes; none dead";
    let mut row = Row::new(format!("{percent} % of all calls fail with {status}"), must);
    let undisturbed = match ground.size.is_full() {
        true => Some(failing(ground, 0, status, total).await.rate()),
        false => None,
    };
    let evidence = failing(ground, percent, status, total).await;
    let figures = evidence.figures(|_| false);
    row.demand_of(&figures, ground.shape().most_receives);
    let last = figures.last.unwrap_or(ground.size.patience());
    if let Some(undisturbed) = undisturbed {
        let (rate, share) = (evidence.rate(), 1.0 - f64::from(percent) / 100.0);
        row.note(format!(
            "{rate:.0} a second, undisturbed {undisturbed:.0}, and the last one after {}",
            seconds(last)
        ));
        row.limit(
            ground.size,
            rate >= undisturbed * share / 2.0,
            "at least half of what the target takes",
        );
    }
    row
}

async fn failing(ground: &Environment, percent: u32, status: u16, total: u64) -> Evidence {
    let mut stage = Scenario::new(ground, ground.shape()).await;
    let chance = Mutex::new(fastrand::Rng::with_seed(u64::from(percent)));
    stage.answer(move |_| {
        (chance.lock().expect("no script panics").u32(0..100) < percent)
            .then_some(Answer::Status(status))
    });
    stage.send(0..total, |_| false).await;
    stage.start();
    stage.finish(total, 0).await
}
