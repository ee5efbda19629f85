//! The attributes `RedrivePolicy` and `RedriveAllowPolicy`, which are JSON.

use serde::Deserialize;
use serde_json::{Value, json};

use super::number::Number;
use crate::engine::{QueueArn, Redrive, RedriveAllow, limits};
use crate::fault::Fault;

/// The values of `redrivePermission`.
const PERMISSIONS: &[&str] = &["allowAll", "denyAll", "byQueue"];

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireRedrive {
    dead_letter_target_arn: Option<String>,
    max_receive_count: Option<Value>,
}

/// Reads a `RedrivePolicy`; an empty text removes it.
pub(super) fn redrive(value: &str) -> Result<Option<Redrive>, Fault> {
    if value.is_empty() {
        return Ok(None);
    }
    let invalid = |reason: &str| Fault::invalid("RedrivePolicy", value, reason);
    let wire: WireRedrive = serde_json::from_str(value)
        .map_err(|_| invalid("Redrive policy is not a valid JSON map."))?;
    let target = wire.dead_letter_target_arn.ok_or_else(|| {
        invalid("Redrive policy does not contain mandatory attribute: deadLetterTargetArn.")
    })?;
    let target = target
        .parse()
        .map_err(|_| invalid("Invalid value for deadLetterTargetArn."))?;
    let max_receives =
        wire.max_receive_count
            .map_or(Ok(limits::MAX_RECEIVES.default), |count| {
                let number: Option<Number> = serde_json::from_value(count.clone()).ok();
                let number = number.filter(|number| limits::MAX_RECEIVES.allows(number.0));
                number
                    .and_then(|number| u32::try_from(number.0).ok())
                    .ok_or_else(|| {
                        let count = count
                            .as_str()
                            .map_or_else(|| count.to_string(), ToOwned::to_owned);
                        let valid = "valid values are from 1 to 1000 both inclusive.";
                        invalid(&format!(
                            "Invalid value for maxReceiveCount: {count}, {valid}"
                        ))
                    })
            })?;
    Ok(Some(Redrive {
        target,
        max_receives,
    }))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireAllow {
    redrive_permission: String,
    #[serde(default)]
    source_queue_arns: Vec<String>,
}

/// Reads a `RedriveAllowPolicy`; an empty text removes it.
pub(super) fn redrive_allow(value: &str) -> Result<Option<RedriveAllow>, Fault> {
    if value.is_empty() {
        return Ok(None);
    }
    let invalid = |reason: &str| Fault::invalid("RedriveAllowPolicy", value, reason);
    let wire: WireAllow = serde_json::from_str(value).map_err(|_| {
        invalid(
            "Amazon SQS can't create the redrive allow policy, as it is in an unsupported format.",
        )
    })?;
    let sources: Result<Vec<QueueArn>, _> = wire
        .source_queue_arns
        .iter()
        .map(|arn| arn.parse())
        .collect();
    let sources = sources.map_err(|_| invalid("sourceQueueArns must be ARNs of queues."))?;
    let permission = PERMISSIONS
        .iter()
        .find(|known| known.eq_ignore_ascii_case(&wire.redrive_permission));
    match (permission.copied().unwrap_or_default(), sources.len()) {
        ("allowAll", 0) => Ok(Some(RedriveAllow::All)),
        ("denyAll", 0) => Ok(Some(RedriveAllow::None)),
        ("byQueue", 1..=limits::ALLOWED_SOURCES) => Ok(Some(RedriveAllow::Sources(sources))),
        ("byQueue", _) => Err(invalid("byQueue needs between 1 and 10 sourceQueueArns.")),
        ("allowAll" | "denyAll", _) => {
            Err(invalid("sourceQueueArns can only be given with byQueue."))
        }
        _ => Err(invalid(
            "redrivePermission must be allowAll, denyAll or byQueue.",
        )),
    }
}

/// The text of a `RedrivePolicy`.
pub(super) fn redrive_text(redrive: &Redrive) -> String {
    json!({"deadLetterTargetArn": redrive.target.to_string(), "maxReceiveCount": redrive.max_receives}).to_string()
}

/// The text of a `RedriveAllowPolicy`.
pub(super) fn allow_text(allow: &RedriveAllow) -> String {
    match allow {
        RedriveAllow::All => json!({"redrivePermission": "allowAll"}),
        RedriveAllow::None => json!({"redrivePermission": "denyAll"}),
        RedriveAllow::Sources(sources) => {
            let sources: Vec<String> = sources.iter().map(QueueArn::to_string).collect();
            json!({"redrivePermission": "byQueue", "sourceQueueArns": sources})
        }
    }
    .to_string()
}
