//! All rows.

use std::pin::Pin;
use std::time::Duration;

use super::Row;
use super::aws;
use super::backlog::{Backlog, by_chance, one_good_in};
use super::groups::poison_in_a_group;
use super::network::{half_open, in_a_network_of_its_own};
use super::outage::{Outage, Way, throttled};
use super::restart::{End, in_an_outage, under_a_rate, under_load};
use super::scenario::{Environment, Poison};
use super::stream::{steady, trickle};
use crate::pipeline::{Shape, To};
use crate::target::Answer;

/// Measures a row.
pub type Measure = Box<dyn FnOnce(Environment) -> Pin<Box<dyn Future<Output = Row>>> + Send>;

/// The rows with their names, in the order of the table.
pub fn rows() -> Vec<(String, Measure)> {
    let mut rows = Vec::new();
    poisons(&mut rows);
    streams(&mut rows);
    chances(&mut rows);
    restarts(&mut rows);
    outages(&mut rows);
    services(&mut rows);
    networks(&mut rows);
    aws_classes(&mut rows);
    rows
}

type Rows = Vec<(String, Measure)>;

fn add<F>(rows: &mut Rows, name: &str, measure: impl FnOnce(Environment) -> F + Send + 'static)
where
    F: Future<Output = Row> + 'static,
{
    rows.push((
        name.to_owned(),
        Box::new(|ground| Box::pin(measure(ground))),
    ));
}

/// So many of so many, and what they meet.
fn few(
    rows: &mut Rows,
    name: &str,
    called: &'static str,
    answer: Answer,
    [short, full]: [(u64, u64); 2],
) {
    add(rows, name, move |ground| async move {
        let (poison, total) = (
            ground.size.of(short.0, full.0),
            ground.size.of(short.1, full.1),
        );
        let row = Row::new(
            format!("{poison} of {total} messages {called}"),
            "dead after exactly three receives; good ones within 1.2 times the undisturbed time",
        );
        let backlog = Backlog {
            total,
            poison: Poison::Spread(poison),
            answer,
            times: 1.2,
        };
        backlog.measure(&ground, ground.shape(), row).await
    });
}

fn poisons(rows: &mut Rows) {
    const FEW: [(u64, u64); 2] = [(6, 300), (20, 10_000)];
    few(rows, "few_get_500", "get 500", Answer::Status(500), FEW);
    few(
        rows,
        "one_in_a_hundred_gets_500",
        "get 500",
        Answer::Status(500),
        [(10, 1000), (300, 30_000)],
    );
    few(rows, "few_get_502", "get 502", Answer::Status(502), FEW);
    few(rows, "few_get_400", "get 400", Answer::Status(400), FEW);
    few(rows, "few_get_404", "get 404", Answer::Status(404), FEW);
    few(rows, "few_meet_a_reset", "meet a reset", Answer::Reset, FEW);
    few(
        rows,
        "few_answers_are_cut",
        "meet an answer that is cut",
        Answer::Cut,
        FEW,
    );
    few(
        rows,
        "few_meet_noise",
        "meet bytes that are no HTTP",
        Answer::Noise,
        FEW,
    );
    add(rows, "hanging_among_many", |ground| async move {
        let (poison, total) = (ground.size.of(20, 100), ground.size.of(400, 5000));
        let must = "they are dead; good ones within 1.5 times the undisturbed time";
        let row = Row::new(
            format!("{poison} of {total} messages hang until the timeout of 1 s"),
            must,
        );
        let answer = Answer::Slow(Duration::from_secs(3600), 200);
        let backlog = Backlog {
            total,
            poison: Poison::Spread(poison),
            answer,
            times: 1.5,
        };
        let shape = Shape {
            timeout: Duration::from_secs(1),
            ..ground.shape()
        };
        backlog.measure(&ground, shape, row).await
    });
    add(rows, "a_front_of_500", |ground| async move {
        let (poison, good) = (ground.size.of(40, 600), ground.size.of(200, 5000));
        let must = "the first good one within 10 s, all within 1.5 times the undisturbed time; the others dead";
        let row = Row::new(
            format!("{poison} that get 500 lie in front of {good} good ones"),
            must,
        );
        let (total, poison) = (poison + good, Poison::Front(poison));
        let backlog = Backlog {
            total,
            poison,
            answer: Answer::Status(500),
            times: 1.5,
        };
        backlog.measure(&ground, ground.shape(), row).await
    });
}

fn streams(rows: &mut Rows) {
    for (name, each, within) in [
        ("one_good_in_ten", 10, 10),
        ("one_good_in_a_thousand", 1000, 60),
    ] {
        add(rows, name, move |ground| async move {
            let each = ground.size.of(each.min(100), each);
            one_good_in(&ground, each, Duration::from_secs(within)).await
        });
    }
    for (name, each, status) in [
        ("steady_tenth_500", 10, 500),
        ("steady_hundredth_500", 100, 500),
        ("steady_hundredth_502", 100, 502),
    ] {
        add(rows, name, move |ground| async move {
            steady(&ground, each, status).await
        });
    }
    add(rows, "a_trickle_behind_500", |ground| async move {
        trickle(&ground).await
    });
}

fn chances(rows: &mut Rows) {
    for (percent, status) in [(1, 503), (5, 503), (20, 503), (50, 503), (50, 500)] {
        add(
            rows,
            &format!("{percent}_percent_get_{status}"),
            move |ground| async move { by_chance(&ground, percent, status).await },
        );
    }
}

fn restarts(rows: &mut Rows) {
    add(rows, "restarts_in_an_outage", |ground| async move {
        in_an_outage(&ground, End::Stop).await
    });
    add(rows, "kills_in_an_outage", |ground| async move {
        in_an_outage(&ground, End::Kill).await
    });
    add(rows, "restarts_under_load", |ground| async move {
        under_load(&ground).await
    });
    add(rows, "restarts_under_a_rate", |ground| async move {
        under_a_rate(&ground).await
    });
}

fn outage(rows: &mut Rows, name: &str, what: &str, outage: Outage) {
    let what = what.to_owned();
    add(rows, name, move |ground| async move {
        let calm = format!(
            ", no receive count above 2, fewer than {} calls",
            outage.most_calls
        );
        let calm = if outage.way == Way::Flapping {
            ""
        } else {
            &calm
        };
        let must = format!("none dead{calm}, full speed within 10 s");
        outage
            .measure(&ground, Row::new(format!("the whole target {what}"), must))
            .await
    });
}

fn outages(rows: &mut Rows) {
    let plain = |way| Outage {
        way,
        most_calls: 100,
        says: &[],
        to: To::Destination,
        one_in: None,
    };
    for (status, says) in [
        (404, ["the target rejects everything", "404"]),
        (301, ["the target rejects everything", "301"]),
        (403, ["the target rejects everything", "403"]),
        (400, ["the target rejects everything", "400"]),
    ] {
        let says: &'static [&'static str] = Box::leak(Box::new(says));
        let way = Way::Always(Answer::Status(status));
        let of = Outage {
            way,
            most_calls: 300,
            says,
            to: To::Destination,
            one_in: None,
        };
        outage(
            rows,
            &format!("everything_gets_{status}"),
            &format!("answers {status}"),
            of,
        );
    }
    for status in [401, 429, 500, 503] {
        let way = Way::Always(Answer::Status(status));
        outage(
            rows,
            &format!("everything_gets_{status}"),
            &format!("answers {status}"),
            plain(way),
        );
    }
    let others = [
        ("refuses", "refuses connections", Way::Refused),
        (
            "hangs",
            "hangs",
            Way::Always(Answer::Slow(Duration::from_secs(3600), 200)),
        ),
        ("resets", "resets connections", Way::Always(Answer::Reset)),
        ("cuts", "cuts its answers", Way::Always(Answer::Cut)),
        ("talks_noise", "talks garbage", Way::Always(Answer::Noise)),
        ("flaps", "flaps: a second down, a second up", Way::Flapping),
    ];
    for (name, what, way) in others {
        outage(rows, &format!("everything_{name}"), what, plain(way));
    }
    let way = Way::Always(Answer::Status(503));
    let of = Outage {
        one_in: Some(10),
        ..plain(way)
    };
    outage(
        rows,
        "an_outage_among_poison",
        "answers 503; before and after that, 500 to one in ten",
        of,
    );
    for (name, retry_after) in [("throttled", None), ("throttled_with_retry_after", Some(1))] {
        add(rows, name, move |ground| async move {
            throttled(&ground, retry_after).await
        });
    }
}

fn services(rows: &mut Rows) {
    for (name, called, answer) in [
        ("fifo_500", "500", Answer::Status(500)),
        ("fifo_400", "400", Answer::Status(400)),
        ("fifo_reset", "a reset", Answer::Reset),
    ] {
        add(rows, name, move |ground| async move {
            poison_in_a_group(&ground, answer, called).await
        });
    }
    let ways = [
        (
            "enrichment_500",
            "get 500 from the enrichment",
            To::Enrichment,
            Answer::Status(500),
        ),
        (
            "function_names_few",
            "are named by a function, in batches of 10",
            To::Function { batch: 10 },
            Answer::Partial(1),
        ),
        (
            "function_fails_for_few",
            "make a function fail, in batches of 10",
            To::Function { batch: 10 },
            Answer::FunctionError,
        ),
        (
            "queue_refuses_few",
            "are too large for a queue that is the target",
            To::Queue,
            Answer::Status(200),
        ),
    ];
    for (name, what, to, answer) in ways {
        add(rows, name, move |ground| async move {
            let (poison, total) = (ground.size.of(6, 50), ground.size.of(300, 10_000));
            let must = "dead after exactly three receives; good ones within 1.2 times the undisturbed time";
            let row = Row::new(format!("{poison} of {total} messages {what}"), must);
            let backlog = Backlog {
                total,
                poison: Poison::Spread(poison),
                answer,
                times: 1.2,
            };
            backlog
                .measure(
                    &ground,
                    Shape {
                        to,
                        ..ground.shape()
                    },
                    row,
                )
                .await
        });
    }
    let down = [
        ("enrichment", To::Enrichment),
        ("function", To::Function { batch: 10 }),
    ];
    for (name, to) in down {
        let way = Way::Always(Answer::Status(503));
        let of = Outage {
            way,
            most_calls: 100,
            says: &[],
            to,
            one_in: None,
        };
        outage(
            rows,
            &format!("{name}_gets_503"),
            &format!("and its {name} answer 503"),
            of,
        );
    }
}

fn networks(rows: &mut Rows) {
    const HALF_OPEN: &str = "half_open_connections";
    add(rows, HALF_OPEN, |ground| async move {
        let row = Row::new(
            "open connections to the target break without a word; the timeout is 60 s",
            "noticed within seconds, nothing received twice",
        );
        in_a_network_of_its_own(HALF_OPEN, row, |row| half_open(&ground, row)).await
    });
    const VANISHED: &str = "everything_vanishes";
    add(rows, VANISHED, |ground| async move {
        let row = Row::new(
            "the whole target vanishes: packets are lost",
            "none dead, no receive count above 2, fewer than 100 calls, full speed within 10 s",
        );
        let of = Outage {
            way: Way::Vanished,
            most_calls: 100,
            says: &[],
            to: To::Destination,
            one_in: None,
        };
        in_a_network_of_its_own(VANISHED, row, |row| of.measure(&ground, row)).await
    });
}

fn aws_classes(rows: &mut Rows) {
    add(rows, "aws_few_get_500", |ground| async move {
        aws::few_get_500(&ground).await
    });
    for (name, way) in [
        ("aws_everything_gets_503", Way::Always(Answer::Status(503))),
        ("aws_everything_refuses", Way::Refused),
    ] {
        add(rows, name, move |ground| async move {
            aws::outage(&ground, way).await
        });
    }
}
