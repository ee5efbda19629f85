//! Conditions of statements.

use std::net::IpAddr;

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::wildcard::WildcardPattern;
use crate::api::{Comparison, Condition, Quantifier, Test};
use crate::authorization::facts::Facts;

/// Whether a condition holds for a request.
pub(super) fn holds(condition: &Condition, has_variables: bool, facts: &Facts<'_>) -> bool {
    let found = facts.key(&condition.key);
    if let Test::Null(wanted) = &condition.test {
        return wanted.contains(&found.is_none());
    }
    let Some(found) = found else {
        return match condition.quantifier {
            Some(Quantifier::All) => true,
            Some(Quantifier::Any) => condition.if_exists,
            None => condition.if_exists || condition.is_negated,
        };
    };
    let facts = has_variables.then_some(facts);
    passes(&condition.test, &found, facts) != condition.is_negated
}

fn passes(test: &Test, found: &str, facts: Option<&Facts<'_>>) -> bool {
    match test {
        Test::Equals(values) => values.iter().any(|value| literal(value, facts, found)),
        Test::EqualsIgnoreCase(values) => values
            .iter()
            .any(|value| literal(&value.to_lowercase(), facts, &found.to_lowercase())),
        Test::Like(values) => values
            .iter()
            .filter_map(|value| WildcardPattern::new(value, facts))
            .any(|pattern| pattern.matches(found)),
        Test::Number(comparison, values) => found.parse().is_ok_and(|found: f64| {
            values
                .iter()
                .any(|value| compare(*comparison, &found, value))
        }),
        Test::Date(comparison, values) => date(found).is_some_and(|found| {
            values
                .iter()
                .any(|value| compare(*comparison, &found, value))
        }),
        Test::Bool(values) => found
            .to_lowercase()
            .parse()
            .is_ok_and(|found| values.contains(&found)),
        Test::Address(networks) => found.parse::<IpAddr>().is_ok_and(|found| {
            let found = found.to_canonical();
            networks
                .iter()
                .any(|(network, bits)| contains(*network, *bits, found))
        }),
        Test::Null(_) => false,
    }
}

/// A value without wildcards; `*` and `?` stand for themselves.
fn literal(value: &str, facts: Option<&Facts<'_>>, found: &str) -> bool {
    if !value.contains("${") || facts.is_none() {
        return value == found;
    }
    let escaped = value.replace("${*}", "\u{0}").replace("${?}", "\u{1}");
    let escaped = escaped.replace('*', "${*}").replace('?', "${?}");
    let restored = escaped.replace('\u{0}', "${*}").replace('\u{1}', "${?}");
    WildcardPattern::new(&restored, facts).is_some_and(|pattern| pattern.matches(found))
}

fn compare<T: PartialOrd>(comparison: Comparison, found: &T, value: &T) -> bool {
    match comparison {
        Comparison::Equal => found == value,
        Comparison::Less => found < value,
        Comparison::LessOrEqual => found <= value,
        Comparison::Greater => found > value,
        Comparison::GreaterOrEqual => found >= value,
    }
}

/// Milliseconds since 1970 of `2026-01-01T00:00:00Z`, or of seconds since 1970.
pub(super) fn date(text: &str) -> Option<i64> {
    if let Ok(seconds) = text.parse::<i64>() {
        return seconds.checked_mul(1000);
    }
    let whole = if text.contains('T') {
        text.to_owned()
    } else {
        format!("{text}T00:00:00Z")
    };
    let at = OffsetDateTime::parse(&whole, &Rfc3339).ok()?;
    i64::try_from(at.unix_timestamp_nanos() / 1_000_000).ok()
}

fn contains(network: IpAddr, bits: u8, address: IpAddr) -> bool {
    let same = |a: u128, b: u128, ignored: u32| {
        a.checked_shr(ignored).unwrap_or(0) == b.checked_shr(ignored).unwrap_or(0)
    };
    match (network, address) {
        (IpAddr::V4(network), IpAddr::V4(address)) => same(
            network.to_bits().into(),
            address.to_bits().into(),
            32 - u32::from(bits),
        ),
        (IpAddr::V6(network), IpAddr::V6(address)) => {
            same(network.to_bits(), address.to_bits(), 128 - u32::from(bits))
        }
        _ => false,
    }
}
