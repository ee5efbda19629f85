//! Services that take many events in one request, and answer for each whether they took it. Pure.
//!
//! Each service has a file of its own, which plans entries and requests and reads answers; here is
//! what they have in common.

use std::ops::Range;

use kit::call::Reply;
use kit::time::Timestamp;
use serde_json::Value;

use super::bus::Bus;
use super::dynamic::PlanError;
use super::entry::{FeedEntry, RequestLimits, unmentioned};
use super::log::LogGroup;
use super::refusal::Refusal;
use super::service::ServiceRequest;
use super::split::split;
use super::stream::Stream;
use super::topic::Topic;
use crate::event::Event;

/// A service that takes entries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Feed {
    /// An EventBridge event bus: `PutEvents`.
    Bus(Bus),
    /// An SNS topic: `PublishBatch`.
    Topic(Topic),
    /// A Kinesis data stream: `PutRecords`.
    Stream(Stream),
    /// A CloudWatch Logs group: `PutLogEvents`.
    Log(LogGroup),
}

/// Log events of one request lie no further apart than this, in milliseconds.
const LONGEST_SPAN: u64 = 24 * 60 * 60 * 1000;

impl Feed {
    /// The most entries in one request.
    pub(crate) fn most(&self) -> usize {
        self.limits().entries
    }

    /// The entry with `body` for `event`, from which dynamic values come.
    ///
    /// # Errors
    /// The event has no value that the entry needs, or one that the service does not accept.
    pub(crate) fn entry(
        &self,
        event: &Event,
        body: String,
        now: Timestamp,
    ) -> Result<FeedEntry, PlanError> {
        match self {
            Feed::Bus(bus) => bus.entry(event, body),
            Feed::Topic(_) => Topic::entry(body),
            Feed::Stream(stream) => stream.entry(event, &body),
            Feed::Log(group) => group.entry(event, &body, now),
        }
    }

    /// Sorts entries into the order in which they are sent, and splits them into requests. An entry
    /// that is too large stands alone, so that the service refuses it alone.
    pub(crate) fn arrange<T>(&self, entries: &mut [(T, FeedEntry)]) -> Vec<Range<usize>> {
        entries.sort_by(|(_, a), (_, b)| (&a.group, a.at).cmp(&(&b.group, b.at)));
        let limits = self.limits();
        let mut ranges = Vec::new();
        let mut start = 0;
        while start < entries.len() {
            let (_, first) = &entries[start];
            let belongs = |entry: &FeedEntry| {
                entry.group == first.group && entry.at - first.at <= LONGEST_SPAN
            };
            let length = entries[start..]
                .iter()
                .take_while(|(_, entry)| belongs(entry))
                .count();
            let sizes = entries[start..start + length]
                .iter()
                .map(|(_, entry)| entry.size);
            let inner = split(sizes, limits.entries, limits.bytes);
            ranges.extend(
                inner
                    .iter()
                    .map(|part| start + part.start..start + part.end),
            );
            start += length;
        }
        ranges
    }

    /// The request with some entries.
    pub(crate) fn request(&self, entries: &[&FeedEntry]) -> ServiceRequest {
        match self {
            Feed::Bus(bus) => bus.request(entries),
            Feed::Topic(topic) => topic.request(entries),
            Feed::Stream(stream) => stream.request(entries),
            Feed::Log(group) => group.request(entries),
        }
    }

    /// What became of each of `count` entries.
    ///
    /// # Errors
    /// The request was refused as a whole.
    pub(crate) fn read(
        &self,
        reply: &Reply,
        count: usize,
        who: &str,
    ) -> Result<Vec<Result<(), Refusal>>, Refusal> {
        if !reply.status.is_success() {
            return Err(Refusal::of_reply(reply, who));
        }
        Ok(match self {
            Feed::Bus(_) => by_position(reply, "Entries", count, who),
            Feed::Topic(_) => Topic::read(reply, count, who),
            Feed::Stream(_) => by_position(reply, "Records", count, who),
            Feed::Log(_) => LogGroup::read(reply, count, who),
        })
    }

    fn limits(&self) -> RequestLimits {
        match self {
            Feed::Bus(_) => Bus::LIMITS,
            Feed::Topic(_) => Topic::LIMITS,
            Feed::Stream(_) => Stream::LIMITS,
            Feed::Log(_) => LogGroup::LIMITS,
        }
    }
}

/// Reads an answer that has an element for each entry, with an `ErrorCode` if it was refused.
fn by_position(reply: &Reply, list: &str, count: usize, who: &str) -> Vec<Result<(), Refusal>> {
    let answer: Value = serde_json::from_slice(&reply.body).unwrap_or_default();
    let result = |index: usize| {
        let element = answer
            .get(list)
            .and_then(|list| list.get(index))
            .ok_or_else(|| unmentioned(who))?;
        match element.get("ErrorCode").and_then(Value::as_str) {
            Some(code) => Err(Refusal::of_entry(code, who)),
            None => Ok(()),
        }
    };
    (0..count).map(result).collect()
}
