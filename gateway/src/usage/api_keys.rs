//! The file of `--api-keys`: keys and plans for definitions that have none, such as an export.
//!
//! ```yaml
//! keys:
//! - {name: partner, value: 0123456789abcdefghij}
//! plans: # without plans, every key is good for every stage
//! - name: gold
//!   keys: [partner]
//!   stages: [{api: events, stage: prod, methods: {/events/POST: {rate: 1, burst: 2}}}]
//!   throttle: {rate: 10, burst: 20}
//!   quota: {limit: 1000, period: DAY}
//! ```

use kit::counted::counted;
use kit::document::{Node, OrCollect as _, Problem};

use crate::api::{
    ApiKey, KeyDigest, MethodThrottle, Period, PlanStage, Throttle, Usage, UsagePlan, UsageQuota,
};

/// The fewest characters of a key's value, and the most.
const LENGTHS: std::ops::RangeInclusive<usize> = 20..=128;

/// Reads the file.
pub(super) fn read(root: &Node, problems: &mut Vec<Problem>) -> Usage {
    let Some(mut fields) = root.fields("the file of API keys").or_collect(problems) else {
        return Usage::default();
    };
    let mut list = |name: &str| {
        let found = fields.optional(name).map(Node::list).transpose();
        found.or_collect(problems).flatten().unwrap_or_default()
    };
    let (keys, plans) = (list("keys"), list("plans"));
    problems.extend(fields.finish());
    let keys: Vec<ApiKey> = keys.iter().filter_map(|node| key(node, problems)).collect();
    let mut usage = Usage {
        plans: plans
            .iter()
            .filter_map(|node| plan(node, &keys, problems))
            .collect(),
        keys,
    };
    if usage.plans.is_empty() {
        usage.plans.push(UsagePlan {
            id: "all".to_owned(),
            stages: vec![PlanStage::default()],
            keys: usage.keys.iter().map(|key| key.id.clone()).collect(),
            ..UsagePlan::default()
        });
    }
    usage
}

fn key(node: &Node, problems: &mut Vec<Problem>) -> Option<ApiKey> {
    let mut fields = node.fields("API key").or_collect(problems)?;
    let name = fields.required("name").and_then(Node::text);
    let name = name.or_collect(problems);
    let value = fields.required("value").and_then(key_value);
    let value = value.or_collect(problems);
    let enabled = fields.optional("enabled").map(Node::boolean);
    let enabled = enabled.transpose().or_collect(problems).flatten();
    problems.extend(fields.finish());
    Some(ApiKey {
        id: name?.to_owned(),
        name: name?.to_owned(),
        value: Some(value?),
        is_enabled: enabled.unwrap_or(true),
    })
}

/// The digest of a key's value; its problem never shows the value.
pub(crate) fn key_value(node: &Node) -> Result<KeyDigest, Problem> {
    let value = node.text()?;
    let length = value.chars().count();
    if !LENGTHS.contains(&length) {
        return Err(node.problem(format!(
            "the value of an API key has {}: expected {} to {}",
            counted(length, "character"),
            LENGTHS.start(),
            LENGTHS.end()
        )));
    }
    Ok(KeyDigest::of(value))
}

fn plan(node: &Node, known: &[ApiKey], problems: &mut Vec<Problem>) -> Option<UsagePlan> {
    let mut fields = node.fields("usage plan").or_collect(problems)?;
    let name = fields.required("name").and_then(Node::text);
    let name = name.or_collect(problems);
    let keys = fields.required("keys").and_then(Node::list);
    let mut ids = Vec::new();
    for node in keys.or_collect(problems).unwrap_or_default() {
        match node.text().or_collect(problems) {
            Some(id) if known.iter().any(|key| key.id == id) => ids.push(id.to_owned()),
            Some(id) => problems.push(node.problem(format!("no API key has the id {id}"))),
            None => {}
        }
    }
    let stages = fields.optional("stages").map(Node::list).transpose();
    let stages = match stages.or_collect(problems).flatten() {
        None => vec![PlanStage::default()],
        Some(list) => list
            .iter()
            .filter_map(|node| stage(node, problems))
            .collect(),
    };
    let limits = fields.optional("throttle");
    let limits = limits.and_then(|node| throttle(node, ["rate", "burst"], problems));
    let quota = fields
        .optional("quota")
        .and_then(|node| quota(node, ["limit", "period", "offset"], problems));
    problems.extend(fields.finish());
    Some(UsagePlan {
        id: name?.to_owned(),
        stages,
        throttle: limits,
        quota,
        keys: ids,
    })
}

fn stage(node: &Node, problems: &mut Vec<Problem>) -> Option<PlanStage> {
    let mut fields = node.fields("stage of a usage plan").or_collect(problems)?;
    let mut text = |name: &str| {
        let found = fields.optional(name).map(Node::text).transpose();
        found.or_collect(problems).flatten().map(ToOwned::to_owned)
    };
    let (api, stage) = (text("api"), text("stage"));
    let methods = fields.optional("methods");
    problems.extend(fields.finish());
    Some(PlanStage {
        api,
        stage,
        methods: method_throttles(methods, ["rate", "burst"], problems),
    })
}

/// Throttles of methods, by `/path/VERB`.
pub(crate) fn method_throttles(
    node: Option<&Node>,
    names: [&str; 2],
    problems: &mut Vec<Problem>,
) -> Vec<MethodThrottle> {
    let entries = node.map(Node::entries).transpose();
    let entries = entries.or_collect(problems).flatten().unwrap_or_default();
    let mut all = Vec::new();
    for entry in entries {
        let Some(throttle) = throttle(&entry.node, names, problems) else {
            continue;
        };
        match entry.key.rsplit_once('/') {
            Some((path, verb)) if !verb.is_empty() => all.push(MethodThrottle {
                // The root is written `//GET`.
                path: format!("/{}", path.trim_matches('/')),
                verb: verb.to_uppercase(),
                throttle,
            }),
            _ => problems.push(entry.place.problem(format!(
                "{}: expected a path and a verb, for example /events/POST",
                entry.key
            ))),
        }
    }
    all
}

/// Rate and burst under these names. What is left out has the account's default.
pub(crate) fn throttle(
    node: &Node,
    [rate, burst]: [&str; 2],
    problems: &mut Vec<Problem>,
) -> Option<Throttle> {
    let mut fields = node.fields("throttle").or_collect(problems)?;
    let rate = fields.optional(rate).map(self::rate).transpose();
    let burst = fields
        .optional(burst)
        .map(|node| node.integer_in(0..=i64::from(u32::MAX)))
        .transpose();
    let (rate, burst) = (rate.or_collect(problems), burst.or_collect(problems));
    problems.extend(fields.finish());
    let burst = burst?.and_then(|burst| u32::try_from(burst).ok());
    Some(Throttle {
        rate: rate?.unwrap_or(Throttle::ACCOUNT.rate),
        burst: burst.unwrap_or(Throttle::ACCOUNT.burst),
    })
}

fn rate(node: &Node) -> Result<f64, Problem> {
    let rate: Option<f64> = node.text()?.trim().parse().ok();
    rate.filter(|rate| *rate >= 0.0)
        .ok_or_else(|| node.problem("expected a number of requests a second"))
}

/// Limit, period and offset under these names.
pub(crate) fn quota(
    node: &Node,
    [limit, period, offset]: [&str; 3],
    problems: &mut Vec<Problem>,
) -> Option<UsageQuota> {
    let mut fields = node.fields("quota").or_collect(problems)?;
    let limit = fields
        .required(limit)
        .and_then(|node| node.integer_in(0..=i64::MAX))
        .or_collect(problems);
    let period = fields
        .required(period)
        .and_then(self::period)
        .or_collect(problems);
    let last = period.map_or(27, Period::last_offset);
    let offset = fields
        .optional(offset)
        .map(|node| node.integer_in(0..=i64::from(last)));
    let offset = offset.transpose().or_collect(problems).flatten();
    problems.extend(fields.finish());
    Some(UsageQuota {
        limit: u64::try_from(limit?).ok()?,
        period: period?,
        offset: u8::try_from(offset.unwrap_or_default()).ok()?,
    })
}

fn period(node: &Node) -> Result<Period, Problem> {
    match node.text()?.to_ascii_uppercase().as_str() {
        "DAY" => Ok(Period::Day),
        "WEEK" => Ok(Period::Week),
        "MONTH" => Ok(Period::Month),
        other => Err(node.problem(format!(
            "invalid period {other}: expected DAY, WEEK or MONTH"
        ))),
    }
}
