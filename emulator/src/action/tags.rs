//! TagQueue, UntagQueue, ListQueueTags.

use std::collections::BTreeMap;

use kit::time::Timestamp;
use serde::Deserialize;

use super::caller::Caller;
use super::output::Output;
use crate::engine::Engine;
use crate::fault::Fault;

/// Adds tags to a queue; a key that is there gets the new value.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct TagQueue {
    queue_url: Option<String>,
    tags: BTreeMap<String, String>,
}

/// Removes tags; keys that are not there are ignored.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct UntagQueue {
    queue_url: Option<String>,
    tag_keys: Vec<String>,
}

/// Asks for the tags of a queue.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct ListQueueTags {
    queue_url: Option<String>,
}

/// Keys of 1 to 128 characters that do not begin with `aws:`, values of up to 256, of letters,
/// digits, blanks and `_.:/=+-@`; at most 50 in all.
pub(super) fn check(tags: &BTreeMap<String, String>) -> Result<(), Fault> {
    let plain = |text: &str| {
        text.chars()
            .all(|letter| letter.is_alphanumeric() || " _.:/=+-@".contains(letter))
    };
    for (key, value) in tags {
        let length = key.chars().count();
        if !(1..=128).contains(&length)
            || key.to_ascii_lowercase().starts_with("aws:")
            || !plain(key)
        {
            return Err(Fault::InvalidParameterValue(format!(
                "Tag keys must not be: {key}"
            )));
        }
        if value.chars().count() > 256 || !plain(value) {
            return Err(Fault::InvalidParameterValue(format!(
                "The value of the tag {key} is invalid."
            )));
        }
    }
    match tags.len() {
        0..=50 => Ok(()),
        count => Err(Fault::InvalidParameterValue(format!(
            "Too many tags for a queue: {count}. At most 50 fit."
        ))),
    }
}

impl TagQueue {
    pub(super) fn apply(
        self,
        engine: &mut Engine,
        _now: Timestamp,
        caller: &Caller,
    ) -> Result<Output, Fault> {
        let queue = caller.queue(engine, self.queue_url.as_deref())?;
        if self.tags.is_empty() {
            return Err(Fault::missing("Tags"));
        }
        let mut tags = engine
            .queue(queue)
            .ok_or(Fault::QueueDoesNotExist)?
            .definition
            .tags
            .clone();
        tags.extend(self.tags);
        check(&tags)?;
        engine.change_queue(queue, |definition| definition.tags = tags);
        Ok(Output::Empty {})
    }
}

impl UntagQueue {
    pub(super) fn apply(
        self,
        engine: &mut Engine,
        _now: Timestamp,
        caller: &Caller,
    ) -> Result<Output, Fault> {
        let queue = caller.queue(engine, self.queue_url.as_deref())?;
        if self.tag_keys.is_empty() {
            return Err(Fault::missing("TagKeys"));
        }
        engine.change_queue(queue, |definition| {
            definition
                .tags
                .retain(|key, _| !self.tag_keys.contains(key));
        });
        Ok(Output::Empty {})
    }
}

impl ListQueueTags {
    pub(super) fn apply(
        self,
        engine: &mut Engine,
        _now: Timestamp,
        caller: &Caller,
    ) -> Result<Output, Fault> {
        let queue = caller.queue(engine, self.queue_url.as_deref())?;
        let definition = &engine
            .queue(queue)
            .ok_or(Fault::QueueDoesNotExist)?
            .definition;
        Ok(Output::Tags {
            tags: definition.tags.clone(),
        })
    }
}
