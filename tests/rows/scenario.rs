//! The scenario of a row: an emulator, a pipe, and a target whose answer depends on the message.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::Size;
use crate::backend::Backend;
use crate::evidence::{Call, Evidence};
use crate::pipeline::{LARGEST, Pipeline, Shape, To};
use crate::target::{Answer, Delivery};

/// The environment that all rows share.
#[derive(Debug, Clone)]
pub struct Environment {
    /// The emulator's endpoint.
    pub emulator: String,
    /// The binary that runs the pipe.
    pub programs: &'static str,
    /// How large rows are.
    pub size: Size,
}

impl Environment {
    /// The usual setup of queue and pipe.
    pub fn shape(&self) -> Shape {
        Shape {
            visibility: self.size.visibility(),
            most_receives: 3,
            ..Shape::default()
        }
    }
}

/// The messages that the target never accepts.
#[derive(Debug, Clone, Copy)]
pub enum Poison {
    /// None.
    None,
    /// So many messages, evenly spread.
    Spread(u64),
    /// The first ones.
    Front(u64),
}

impl Poison {
    /// Whether the target never accepts message `n` of `total`.
    pub fn has(self, n: u64, total: u64) -> bool {
        match self {
            Poison::None => false,
            Poison::Front(count) => n < count,
            Poison::Spread(count) => {
                let each = (total / count).max(1);
                n % each == each / 2 && n / each < count
            }
        }
    }
}

/// A running pipeline, and the times at which its messages were sent.
#[derive(Debug)]
pub struct Scenario {
    /// Queue, pipe and target.
    pub pipeline: Pipeline,
    ground: Environment,
    to: To,
    sent: BTreeMap<u64, Instant>,
}

impl Scenario {
    /// Queues and a target, without a pipe.
    pub async fn new(ground: &Environment, shape: Shape) -> Scenario {
        let pipeline =
            Pipeline::without_pipe(Backend::Endpoint(ground.emulator.clone()), shape).await;
        pipeline.target.forget_headers();
        Scenario {
            pipeline,
            ground: ground.clone(),
            to: shape.to,
            sent: BTreeMap::new(),
        }
    }

    /// Sets the target's answers by the number of a message. Messages without an answer are
    /// accepted.
    pub fn answer(&self, answer: impl Fn(u64) -> Option<Answer> + Send + Sync + 'static) {
        let to = self.to;
        self.pipeline
            .target
            .answer(move |delivery| by_number(to, delivery, &answer));
    }

    /// Starts the pipe.
    pub fn start(&mut self) {
        self.pipeline.start_process(self.ground.programs);
    }

    /// Sends messages.
    pub async fn send(
        &mut self,
        numbers: impl IntoIterator<Item = u64>,
        is_heavy: impl Fn(u64) -> bool,
    ) {
        self.send_in_groups(numbers, is_heavy, |_| "all".to_owned())
            .await;
    }

    /// Sends messages, each in its group.
    pub async fn send_in_groups(
        &mut self,
        numbers: impl IntoIterator<Item = u64>,
        is_heavy: impl Fn(u64) -> bool,
        group: impl Fn(u64) -> String,
    ) {
        let (numbers, now): (Vec<u64>, _) = (numbers.into_iter().collect(), Instant::now());
        self.sent.extend(numbers.iter().map(|n| (*n, now)));
        let ballast = |n| {
            if is_heavy(n) {
                "x".repeat(LARGEST)
            } else {
                String::new()
            }
        };
        let body = |n: &u64| -> Value {
            match self.to {
                To::Queue => json!({"n": n, "ballast": ballast(*n)}),
                _ => json!({"n": n, "group": group(*n)}),
            }
        };
        self.pipeline.send_bodies(numbers.iter().map(body)).await;
    }

    /// The number of different messages that were accepted.
    pub async fn taken(&self) -> usize {
        match self.to {
            To::Queue => usize::try_from(self.pipeline.taken_by_queue().await).expect("a count"),
            _ => self.pipeline.target.read(|book| {
                let taken = book
                    .iter()
                    .flat_map(Delivery::messages)
                    .filter(|(_, taken)| *taken);
                taken
                    .filter_map(|(event, _)| event["n"].as_u64())
                    .collect::<BTreeSet<_>>()
                    .len()
            }),
        }
    }

    /// Calls so far.
    pub fn calls(&self) -> usize {
        self.pipeline.target.read(<[Delivery]>::len)
    }

    /// Waits for something. Returns whether it happened in time.
    pub async fn wait(
        &self,
        patience: Duration,
        mut done: impl AsyncFnMut(&Scenario) -> bool,
    ) -> bool {
        let begun = Instant::now();
        while begun.elapsed() < patience {
            if done(self).await {
                return true;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        false
    }

    /// Waits until so many messages are accepted and so many are dead, with a time limit. Then
    /// stops the pipe and returns the evidence.
    pub async fn finish(mut self, good: u64, poison: u64) -> Evidence {
        let good = usize::try_from(good).expect("a count");
        self.wait(self.ground.size.patience(), async |stage| {
            stage.taken().await >= good
                && stage.pipeline.dead_letters().await >= poison
                && stage.pipeline.waiting().await == 0
        })
        .await;
        let end = Instant::now();
        self.pipeline.kill_pipe();
        let mut calls = self
            .pipeline
            .target
            .read(|book| book.iter().flat_map(calls).collect::<Vec<_>>());
        if self.to == To::Queue {
            let taken = self.pipeline.take_out().await.into_iter();
            calls.extend(taken.map(|(n, receives, at)| Call {
                n,
                receives,
                at,
                taken: true,
            }));
            calls.sort_by_key(|call| call.at);
        }
        let dead = self.pipeline.bury().await;
        self.pipeline.end().await;
        Evidence {
            sent: self.sent,
            calls,
            dead,
            end,
        }
    }
}

fn calls(delivery: &Delivery) -> impl Iterator<Item = Call> {
    delivery.messages().filter_map(|(event, taken)| {
        let receives = event["receives"]
            .as_str()
            .and_then(|text| text.parse().ok())
            .unwrap_or_default();
        Some(Call {
            n: event["n"].as_u64()?,
            receives,
            at: delivery.at,
            taken,
        })
    })
}

fn by_number(to: To, delivery: &Delivery, answer: impl Fn(u64) -> Option<Answer>) -> Answer {
    let of = |event: &Value| event["n"].as_u64().and_then(&answer);
    match to {
        To::Function { .. } => {
            let items = delivery
                .body
                .as_array()
                .map(Vec::as_slice)
                .unwrap_or_default();
            let failed = items
                .iter()
                .enumerate()
                .filter(|(_, event)| of(event).is_some());
            match items.iter().find_map(of) {
                Some(Answer::FunctionError) => Answer::FunctionError,
                _ => Answer::Partial(failed.fold(0, |mask, (index, _)| mask | 1 << index)),
            }
        }
        To::Enrichment if delivery.line.starts_with("POST /ask") => {
            of(&delivery.body).unwrap_or(Answer::Echo)
        }
        // What its enrichment did not let pass is not to be here.
        To::Enrichment => Answer::Status(200),
        To::Destination | To::Queue => of(&delivery.body).unwrap_or(Answer::Status(200)),
    }
}
