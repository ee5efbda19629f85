//! The engine with told time: tables for every rule that has a duration, and random operations
//! beside a simple model.

mod model;
mod steps;
mod time;

use std::collections::BTreeMap;

use kit::time::Timestamp;

use super::limits::STEP;
use super::receive::InFlightFull;
use super::*;

/// A queue `name` with attributes as `change` leaves them; FIFO when the name says so.
fn queue(
    engine: &mut Engine,
    now: Timestamp,
    name: &str,
    change: impl FnOnce(&mut Attributes),
) -> QueueId {
    let mut attributes = Attributes::new(name.ends_with(".fifo"));
    change(&mut attributes);
    engine.create_queue(now, arn(name), attributes, BTreeMap::new())
}

fn arn(name: &str) -> QueueArn {
    QueueArn {
        region: "eu-west-1".into(),
        account: "000000000000".into(),
        name: name.into(),
    }
}

fn redrive(to: &str, max_receives: u32) -> Option<Redrive> {
    Some(Redrive {
        target: arn(to),
        max_receives,
    })
}

fn draft(body: &str, group: Option<&str>, deduplication: Option<&str>) -> NewMessage {
    let content = Content {
        body: body.into(),
        group: group.map(Into::into),
        deduplication: deduplication.map(Into::into),
        ..Content::default()
    };
    NewMessage {
        content,
        delay: None,
    }
}
