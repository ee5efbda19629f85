//! Rows with an outage: the target accepts nothing for a while, or less than what arrives.

use std::sync::Mutex;
use std::time::{Duration, Instant};

use super::network::lose_packets;
use super::scenario::{Environment, Scenario};
use super::stream::send_steadily;
use super::{Row, seconds};
use crate::pipeline::{Shape, To};
use crate::target::Answer;

/// A kind of outage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// Connections are refused.
    Refused,
    /// The same answer to everything.
    Always(Answer),
    /// Down for a second, up for a second.
    Flapping,
    /// Packets are lost. Only in a network of its own.
    Vanished,
}

impl Way {
    /// The target accepts nothing from now on.
    pub fn begin(self, stage: &mut Scenario) {
        let down = Instant::now();
        match self {
            Way::Refused => stage.pipeline.target.close(),
            Way::Vanished => lose_packets("-I", stage.pipeline.target.at().port(), None),
            // A service that is down fails the whole request.
            Way::Always(answer) => stage.pipeline.target.answer(move |_| answer),
            Way::Flapping => {
                stage.answer(move |_| {
                    down.elapsed()
                        .as_secs()
                        .is_multiple_of(2)
                        .then_some(Answer::Status(503))
                });
            }
        }
    }
}

/// The target accepts nothing for a while, and messages arrive all the time.
#[derive(Debug, Clone, Copy)]
pub struct Outage {
    /// The kind of outage.
    pub way: Way,
    /// Calls in 200 s are fewer.
    pub most_calls: usize,
    /// The text that `StateReason` and the log must contain meanwhile.
    pub says: &'static [&'static str],
    /// Where events go.
    pub to: To,
    /// One in so many is never taken, but gets 500 while the target is up.
    pub one_in: Option<u64>,
}

impl Outage {
    /// Measures it.
    pub async fn measure(self, ground: &Environment, mut row: Row) -> Row {
        let (rate, time) = (ground.size.rate(40, 300), ground.size.of(6, 200));
        // Where nothing is to be received twice, what a busy machine does too late must not count.
        let is_wait = self.says.is_empty() && self.one_in.is_none();
        let visibility = if is_wait {
            10
        } else {
            ground.size.visibility()
        };
        let shape = Shape {
            timeout: Duration::from_secs(1),
            to: self.to,
            visibility,
            ..ground.shape()
        };
        let (warm, per_tick) = (rate, rate / 20);
        let good = |count: u64| (0..count).filter(|n| !self.is_poison(*n)).count() as u64;
        let mut stage = Scenario::new(ground, shape).await;
        self.be_up(&stage);
        stage.start();
        send_steadily(&mut stage, 0, per_tick, 20).await;
        stage
            .wait(ground.size.patience(), async |stage| {
                stage.taken().await as u64 >= good(warm)
            })
            .await;

        let down = Instant::now();
        self.way.begin(&mut stage);
        send_steadily(&mut stage, warm, per_tick, time * 20).await;
        let told = self.is_told(ground, &stage).await;
        let back = Instant::now();
        self.end(&mut stage).await;
        let log = stage.pipeline.log();

        let total = warm + per_tick * time * 20;
        let evidence = stage.finish(good(total), total - good(total)).await;
        let figures = evidence.figures(|n| self.is_poison(n));
        row.demand_of(&figures, shape.most_receives);
        // On a busy machine the outage lasts longer. The limit holds for its beginning, when most
        // calls are made.
        let told_time = Duration::from_secs(time);
        let calls = evidence.calls_between(down, back.min(down + told_time));
        let speed = evidence.recovery(back);
        row.note(format!(
            "{} down, {calls} calls in the first {}",
            seconds(back - down),
            seconds(told_time)
        ));
        if self.way != Way::Flapping {
            row.demand(figures.most_receives <= 2, "no receive count above 2");
            row.demand(
                calls < self.most_calls,
                format!("fewer than {} calls in {time} s", self.most_calls),
            );
        }
        // Good messages that are not delivered are another demand's business.
        row.note(
            speed.map_or("nothing waited when it was back".to_owned(), |speed| {
                let (full, best) = (seconds(speed.full_speed), seconds(speed.best));
                format!(
                    "full speed after {full} (at best {} a second, after {best})",
                    speed.most
                )
            }),
        );
        row.limit(
            ground.size,
            speed.is_none_or(|speed| speed.full_speed < Duration::from_secs(10)),
            "full speed within 10 s",
        );
        if !self.says.is_empty() {
            row.note(format!("StateReason \"{told}\""));
            row.demand(
                self.says.iter().all(|words| told.contains(words)),
                format!("the state says {:?}", self.says),
            );
            let line = log
                .lines()
                .any(|line| self.says.iter().all(|words| line.contains(words)));
            row.demand(line, format!("a line of the log says {:?}", self.says));
        }
        row
    }

    fn is_poison(self, n: u64) -> bool {
        self.one_in.is_some_and(|each| n % each == each / 2)
    }

    fn be_up(self, stage: &Scenario) {
        stage.answer(move |n| self.is_poison(n).then_some(Answer::Status(500)));
    }

    async fn end(self, stage: &mut Scenario) {
        self.be_up(stage);
        if self.way == Way::Refused {
            stage.pipeline.target.reopen().await;
        }
        if self.way == Way::Vanished {
            lose_packets("-D", stage.pipeline.target.at().port(), None);
        }
    }

    /// The state's reason, once it says what it is to say.
    async fn is_told(self, ground: &Environment, stage: &Scenario) -> String {
        let patience = if self.says.is_empty() {
            Duration::ZERO
        } else {
            ground.size.patience() / 6
        };
        let mut told = stage.pipeline.state_reason().await;
        let begun = Instant::now();
        while begun.elapsed() < patience && !self.says.iter().all(|words| told.contains(words)) {
            tokio::time::sleep(Duration::from_millis(100)).await;
            told = stage.pipeline.state_reason().await;
        }
        told
    }
}

/// A target that accepts so many messages per second and answers 429 to the others.
pub async fn throttled(ground: &Environment, retry_after: Option<u64>) -> Row {
    let (rate, total) = (ground.size.rate(100, 500), ground.size.of(300, 10_000));
    let how = if retry_after.is_some() {
        "with"
    } else {
        "without"
    };
    let what = format!(
        "{total} wait; the target takes {rate} a second, and 429 {how} Retry-After for the others"
    );
    let mut row = Row::new(
        what,
        "none dead, no receive count above 2; half of what it takes",
    );
    let mut stage = Scenario::new(ground, ground.shape()).await;
    let bucket = Mutex::new((Instant::now(), 0.0_f64));
    let refusal = retry_after.map_or(Answer::Status(429), Answer::TooMany);
    stage.answer(move |_| {
        let mut bucket = bucket.lock().expect("no script panics");
        let (at, level) = *bucket;
        let now = Instant::now();
        // A tenth of a second's worth may come at once.
        let level = (level - now.duration_since(at).as_secs_f64() * rate as f64).max(0.0);
        let is_full = level >= rate as f64 / 10.0;
        *bucket = (now, if is_full { level } else { level + 1.0 });
        is_full.then_some(refusal)
    });
    stage.send(0..total, |_| false).await;
    stage.start();
    let figures = stage.finish(total, 0).await.figures(|_| false);
    row.demand_of(&figures, ground.shape().most_receives);
    row.demand(figures.most_receives <= 2, "no receive count above 2");
    let took = figures.last.unwrap_or(ground.size.patience());
    row.note(format!(
        "{:.0} a second",
        figures.delivered as f64 / took.as_secs_f64().max(0.001)
    ));
    let limit = Duration::from_secs_f64(total as f64 / rate as f64 * 2.0);
    row.limit(ground.size, took <= limit, "half of what the target takes");
    row
}
