//! Queue attributes as text: SQS speaks of every attribute, number or not, as a pair of strings.

use std::collections::BTreeMap;

use kit::time::Timestamp;
use serde_json::Value;

use super::redrive_policy::{allow_text, redrive, redrive_allow, redrive_text};
use crate::engine::limits::{self, Limit};
use crate::engine::{Attributes, Counts, FifoAttributes, QueueDefinition};
use crate::fault::Fault;

/// Bytes of a policy.
const LONGEST_POLICY: usize = 8192;

/// The whole-number attributes, and where each is kept.
type NumberField = fn(&mut Attributes) -> &mut u32;
const NUMBERS: &[(Limit, NumberField)] = &[
    (limits::DELAY, |a| &mut a.delay),
    (limits::MESSAGE_SIZE, |a| &mut a.message_size),
    (limits::RETENTION, |a| &mut a.retention),
    (limits::RECEIVE_WAIT, |a| &mut a.receive_wait),
    (limits::VISIBILITY, |a| &mut a.visibility),
];

/// Attributes that can be read but not set.
const READ_ONLY: &[&str] = &[
    "ApproximateNumberOfMessages",
    "ApproximateNumberOfMessagesDelayed",
    "ApproximateNumberOfMessagesNotVisible",
    "CreatedTimestamp",
    "LastModifiedTimestamp",
    "QueueArn",
];

/// Attributes that can be set; the other names are unknown.
const SETTABLE: &[&str] = &[
    "ContentBasedDeduplication",
    "DeduplicationScope",
    "DelaySeconds",
    "FifoQueue",
    "FifoThroughputLimit",
    "KmsDataKeyReusePeriodSeconds",
    "KmsMasterKeyId",
    "MaximumMessageSize",
    "MessageRetentionPeriod",
    "Policy",
    "ReceiveMessageWaitTimeSeconds",
    "RedriveAllowPolicy",
    "RedrivePolicy",
    "SqsManagedSseEnabled",
    "VisibilityTimeout",
];

/// The values of `DeduplicationScope`, the default first.
const SCOPES: &[&str] = &["queue", "messageGroup"];

/// The values of `FifoThroughputLimit`, the default first.
const THROUGHPUT_LIMITS: &[&str] = &["perQueue", "perMessageGroupId"];

/// Every attribute that the queue shows, as GetQueueAttributes answers to `All`; `shown` makes of
/// the engine's times those that clients see.
pub(super) fn list(
    definition: &QueueDefinition,
    counts: Counts,
    shown: impl Fn(Timestamp) -> Timestamp,
) -> BTreeMap<&'static str, String> {
    let mut attributes = definition.attributes.clone();
    let managed_sse = attributes.managed_sse;
    let mut all: BTreeMap<&'static str, String> = NUMBERS
        .iter()
        .map(|(limit, field)| (limit.name, field(&mut attributes).to_string()))
        .chain([
            ("ApproximateNumberOfMessages", counts.ready.to_string()),
            (
                "ApproximateNumberOfMessagesDelayed",
                counts.delayed.to_string(),
            ),
            (
                "ApproximateNumberOfMessagesNotVisible",
                counts.in_flight.to_string(),
            ),
            (
                "CreatedTimestamp",
                shown(definition.created).as_secs().to_string(),
            ),
            (
                "LastModifiedTimestamp",
                shown(definition.modified).as_secs().to_string(),
            ),
            ("QueueArn", definition.arn.to_string()),
            ("SqsManagedSseEnabled", managed_sse.to_string()),
        ])
        .collect();
    if attributes.kms_reuse != limits::KMS_REUSE.default {
        all.insert(limits::KMS_REUSE.name, attributes.kms_reuse.to_string());
    }
    all.extend(attributes.kms_key.map(|key| ("KmsMasterKeyId", key)));
    all.extend(attributes.policy.map(|policy| ("Policy", policy)));
    all.extend(
        attributes
            .redrive
            .map(|redrive| ("RedrivePolicy", redrive_text(&redrive))),
    );
    all.extend(
        attributes
            .redrive_allow
            .map(|allow| ("RedriveAllowPolicy", allow_text(&allow))),
    );
    all.extend(attributes.fifo.into_iter().flat_map(list_fifo));
    all
}

fn list_fifo(fifo: FifoAttributes) -> [(&'static str, String); 4] {
    let scope = SCOPES[usize::from(fifo.scope_is_group)];
    let limit = THROUGHPUT_LIMITS[usize::from(fifo.limit_is_per_group)];
    [
        ("FifoQueue", "true".to_owned()),
        (
            "ContentBasedDeduplication",
            fifo.content_deduplication.to_string(),
        ),
        ("DeduplicationScope", scope.to_owned()),
        ("FifoThroughputLimit", limit.to_owned()),
    ]
}

/// Picks what was asked for; an unknown name is an error.
pub(super) fn select(
    all: BTreeMap<&'static str, String>,
    names: &[String],
) -> Result<BTreeMap<String, String>, Fault> {
    let is_known =
        |name: &str| name == "All" || READ_ONLY.contains(&name) || SETTABLE.contains(&name);
    if let Some(unknown) = names.iter().find(|name| !is_known(name)) {
        return Err(unknown_attribute(unknown));
    }
    let wanted = |name: &str| names.iter().any(|asked| asked == "All" || asked == name);
    Ok(all
        .into_iter()
        .filter(|(name, _)| wanted(name))
        .map(|(name, value)| (name.to_owned(), value))
        .collect())
}

/// Sets attributes by name. `FifoQueue` was dealt with at creation; here it can only confirm what
/// is so.
pub(super) fn set(
    attributes: &mut Attributes,
    changes: &BTreeMap<String, String>,
) -> Result<(), Fault> {
    let both = changes
        .get("SqsManagedSseEnabled")
        .is_some_and(|value| is_true(value))
        && changes
            .get("KmsMasterKeyId")
            .is_some_and(|key| !key.is_empty());
    if both {
        return Err(Fault::InvalidAttributeName(
            "You can use one type of server-side encryption (SSE) at one time. You can either enable KMS SSE or SQS \
             SSE."
                .to_owned(),
        ));
    }
    changes
        .iter()
        .try_for_each(|(name, value)| set_one(attributes, name, value))?;
    if attributes
        .fifo
        .is_some_and(|fifo| fifo.limit_is_per_group && !fifo.scope_is_group)
    {
        let reason = "FifoThroughputLimit perMessageGroupId needs DeduplicationScope messageGroup";
        return Err(bad_value("FifoThroughputLimit", reason));
    }
    Ok(())
}

/// The first of the asked attributes that the queue has with another value.
pub(super) fn first_difference(
    attributes: &Attributes,
    asked: &BTreeMap<String, String>,
) -> Result<Option<&'static str>, Fault> {
    for (name, value) in asked {
        let mut changed = attributes.clone();
        set_one(&mut changed, name, value)?;
        if changed != *attributes {
            return Ok(SETTABLE.iter().find(|known| *known == name).copied());
        }
    }
    Ok(None)
}

fn set_one(attributes: &mut Attributes, name: &str, value: &str) -> Result<(), Fault> {
    if let Some((limit, field)) = NUMBERS.iter().find(|(limit, _)| limit.name == name) {
        *field(attributes) = number(limit, value)?;
        return Ok(());
    }
    match name {
        "Policy" => attributes.policy = policy(value)?,
        "RedrivePolicy" => attributes.redrive = redrive(value)?,
        "RedriveAllowPolicy" => attributes.redrive_allow = redrive_allow(value)?,
        "KmsMasterKeyId" => {
            attributes.managed_sse &= value.is_empty();
            attributes.kms_key = (!value.is_empty()).then(|| value.to_owned());
        }
        "KmsDataKeyReusePeriodSeconds" => attributes.kms_reuse = number(&limits::KMS_REUSE, value)?,
        "SqsManagedSseEnabled" => {
            attributes.managed_sse = truth(name, value)?;
            attributes.kms_key.take_if(|_| attributes.managed_sse);
        }
        "FifoQueue"
        | "ContentBasedDeduplication"
        | "DeduplicationScope"
        | "FifoThroughputLimit" => {
            set_fifo(attributes.fifo.as_mut(), name, value)?;
        }
        _ => return Err(unknown_attribute(name)),
    }
    Ok(())
}

fn set_fifo(fifo: Option<&mut FifoAttributes>, name: &str, value: &str) -> Result<(), Fault> {
    let Some(fifo) = fifo else {
        return Err(match name {
            "FifoQueue" | "ContentBasedDeduplication" => unknown_attribute(name),
            _ => Fault::InvalidAttributeName(format!(
                "You can specify the {name} only when FifoQueue is set to true."
            )),
        });
    };
    match name {
        "FifoQueue" if is_true(value) => {}
        "FifoQueue" => return Err(bad_value(name, "Modifying queue type is not supported.")),
        "ContentBasedDeduplication" => fifo.content_deduplication = truth(name, value)?,
        "DeduplicationScope" => fifo.scope_is_group = choice(name, value, SCOPES)? == 1,
        _ => fifo.limit_is_per_group = choice(name, value, THROUGHPUT_LIMITS)? == 1,
    }
    Ok(())
}

fn number(limit: &Limit, value: &str) -> Result<u32, Fault> {
    let number = value
        .parse()
        .ok()
        .filter(|number: &u32| limit.allows((*number).into()));
    number.ok_or_else(|| {
        Fault::InvalidAttributeValue(format!("Invalid value for the parameter {}.", limit.name))
    })
}

/// `true` in any case, as SQS reads it: Python's `str(True)` is `True`.
pub(super) fn is_true(value: &str) -> bool {
    value.eq_ignore_ascii_case("true")
}

fn truth(name: &str, value: &str) -> Result<bool, Fault> {
    if is_true(value) {
        return Ok(true);
    }
    let is_false = value.eq_ignore_ascii_case("false");
    let invalid =
        || Fault::InvalidAttributeValue(format!("Invalid value for the parameter {name}."));
    is_false.then_some(false).ok_or_else(invalid)
}

/// Which of `values` this is. AWS does not say whether it reads them in any case as it reads
/// booleans: our choice, and what is given back has AWS's spelling.
fn choice(name: &str, value: &str, values: &[&str]) -> Result<usize, Fault> {
    let found = values
        .iter()
        .position(|known| known.eq_ignore_ascii_case(value));
    found.ok_or_else(|| bad_value(name, &format!("Expected {}.", values.join(" or "))))
}

fn policy(value: &str) -> Result<Option<String>, Fault> {
    if value.is_empty() {
        return Ok(None);
    }
    match serde_json::from_str::<Value>(value) {
        Ok(Value::Object(_)) if value.len() <= LONGEST_POLICY => Ok(Some(value.to_owned())),
        _ => Err(Fault::InvalidAttributeValue(
            "Invalid value for the parameter Policy.".to_owned(),
        )),
    }
}

fn unknown_attribute(name: &str) -> Fault {
    Fault::InvalidAttributeName(format!("Unknown Attribute {name}."))
}

fn bad_value(name: &str, reason: &str) -> Fault {
    Fault::InvalidAttributeValue(format!(
        "Invalid value for the parameter {name}. Reason: {reason}"
    ))
}
