//! Quotas: how many requests of one API key a usage plan admits in a day, week or month. See
//! `docs/aws/api-gateway.md#api-keys-and-usage-plans`.
//!
//! Core: the day is an argument.

use std::collections::BTreeMap;

use time::{Date, Duration};

use crate::api::{Period, UsageQuota};

/// What the keys of all plans have used, by plan and key.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Counters(pub BTreeMap<(String, String), Counter>);

/// What one key has used of one plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Counter {
    /// The first day of the period that is counted.
    pub from: Date,
    /// Requests since then.
    pub used: u64,
}

impl Counters {
    /// Counts a request of a key, unless the quota is used up.
    pub(crate) fn take(&mut self, plan: &str, key: &str, quota: UsageQuota, today: Date) -> bool {
        let from = quota.begin(today);
        let name = (plan.to_owned(), key.to_owned());
        let counter = self.0.entry(name).or_insert(Counter { from, used: 0 });
        // A clock that was set back does not give a quota twice.
        if counter.from < from {
            *counter = Counter { from, used: 0 };
        }
        let is_admitted = counter.used < quota.limit;
        counter.used += u64::from(is_admitted);
        is_admitted
    }
}

impl UsageQuota {
    /// The first day of the period that a day is in.
    fn begin(self, today: Date) -> Date {
        let offset = i64::from(self.offset);
        match self.period {
            Period::Day => today,
            Period::Week => {
                let since_sunday = i64::from(today.weekday().number_days_from_sunday());
                today.saturating_sub(Duration::days((since_sunday - offset).rem_euclid(7)))
            }
            Period::Month => {
                let first = |day: Date| day.replace_day(1).unwrap_or(day);
                let begin = first(today).saturating_add(Duration::days(offset));
                if begin <= today {
                    return begin;
                }
                let before = first(today).saturating_sub(Duration::DAY);
                first(before).saturating_add(Duration::days(offset))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::date;

    fn quota(limit: u64, period: Period, offset: u8) -> UsageQuota {
        UsageQuota {
            limit,
            period,
            offset,
        }
    }

    #[test]
    fn a_quota_is_counted_for_each_key_and_begins_anew() {
        let mut counters = Counters::default();
        let daily = quota(2, Period::Day, 0);
        let mut take = |key: &str, day| counters.take("p", key, daily, day);
        let (today, tomorrow) = (date!(2024 - 02 - 29), date!(2024 - 03 - 01));
        assert_eq!(
            [
                take("a", today),
                take("a", today),
                take("a", today),
                take("b", today)
            ],
            [true, true, false, true]
        );
        assert!(take("a", tomorrow));
        assert!(take("a", today), "the second request of tomorrow's period");
        assert!(!take("a", today));
    }

    #[test]
    fn periods_begin_on_their_day() {
        for (period, offset, today, expected) in [
            (
                Period::Week,
                0,
                date!(2024 - 03 - 10),
                date!(2024 - 03 - 10),
            ),
            (
                Period::Week,
                0,
                date!(2024 - 03 - 16),
                date!(2024 - 03 - 10),
            ),
            (
                Period::Week,
                1,
                date!(2024 - 03 - 10),
                date!(2024 - 03 - 04),
            ),
            (
                Period::Week,
                6,
                date!(2024 - 03 - 10),
                date!(2024 - 03 - 09),
            ),
            (
                Period::Month,
                0,
                date!(2024 - 03 - 31),
                date!(2024 - 03 - 01),
            ),
            (
                Period::Month,
                14,
                date!(2024 - 03 - 14),
                date!(2024 - 02 - 15),
            ),
            (
                Period::Month,
                14,
                date!(2024 - 03 - 15),
                date!(2024 - 03 - 15),
            ),
            (
                Period::Month,
                27,
                date!(2024 - 03 - 01),
                date!(2024 - 02 - 28),
            ),
            (
                Period::Month,
                27,
                date!(2024 - 01 - 01),
                date!(2023 - 12 - 28),
            ),
        ] {
            assert_eq!(
                quota(1, period, offset).begin(today),
                expected,
                "{period:?} {offset} {today}"
            );
        }
    }
}
