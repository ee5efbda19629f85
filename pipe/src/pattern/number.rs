//! A JSON number as an exact decimal, so that 300 equals 300.0 and nothing is lost to floating
//! point.
//!
//! The work is bounded by the length of the text: exponents are compared, never expanded.

use std::cmp::Ordering;

/// The event rules engine compares only numbers within ± this bound, with up to so many decimal
/// places; any other number equals only its own spelling.
const COMPARABLE_UP_TO: &str = "500000000000";
const DECIMAL_PLACES: i64 = 6;

/// A decimal number: `0.digits × 10^exponent`, without leading or trailing zeros. Zero has no
/// digits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Decimal {
    negative: bool,
    digits: Vec<u8>,
    exponent: i64,
}

impl Decimal {
    /// Reads the text of a JSON number. Other text is read as far as it is a number.
    pub(super) fn parse(text: &str) -> Decimal {
        let (negative, rest) = text
            .strip_prefix('-')
            .map_or((false, text), |rest| (true, rest));
        let (mantissa, power) = rest.split_once(['e', 'E']).unwrap_or((rest, "0"));
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let all = || whole.bytes().chain(fraction.bytes());
        let zeros = all().take_while(|&digit| digit == b'0').count();
        let mut digits: Vec<u8> = all().skip(zeros).collect();
        let kept = digits
            .iter()
            .rposition(|&digit| digit != b'0')
            .map_or(0, |last| last + 1);
        digits.truncate(kept);
        if digits.is_empty() {
            return Decimal {
                negative: false,
                digits,
                exponent: 0,
            };
        }
        let shift = whole.len() as i64 - zeros as i64;
        Decimal {
            negative,
            digits,
            exponent: exponent(power).saturating_add(shift),
        }
    }

    /// Whether `numeric` compares this number at all.
    pub(super) fn is_comparable(&self) -> bool {
        let bound = Decimal::parse(COMPARABLE_UP_TO);
        !self.has_too_many_places() && self.magnitude(&bound) != Ordering::Greater
    }

    /// Whether it has more decimal places than the engine compares.
    pub(super) fn has_too_many_places(&self) -> bool {
        (self.digits.len() as i64).saturating_sub(self.exponent) > DECIMAL_PLACES
            && !self.digits.is_empty()
    }

    fn magnitude(&self, other: &Decimal) -> Ordering {
        match (self.digits.is_empty(), other.digits.is_empty()) {
            (true, true) => Ordering::Equal,
            (true, false) => Ordering::Less,
            (false, true) => Ordering::Greater,
            (false, false) => self
                .exponent
                .cmp(&other.exponent)
                .then_with(|| self.digits.cmp(&other.digits)),
        }
    }
}

/// An exponent that is too large to represent counts as the largest.
fn exponent(power: &str) -> i64 {
    let bound = if power.starts_with('-') {
        i64::MIN
    } else {
        i64::MAX
    };
    power
        .strip_prefix('+')
        .unwrap_or(power)
        .parse()
        .unwrap_or(bound)
}

impl Ord for Decimal {
    fn cmp(&self, other: &Decimal) -> Ordering {
        match (self.negative, other.negative) {
            (false, true) => Ordering::Greater,
            (true, false) => Ordering::Less,
            (false, false) => self.magnitude(other),
            (true, true) => other.magnitude(self),
        }
    }
}

impl PartialOrd for Decimal {
    fn partial_cmp(&self, other: &Decimal) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// What `{"numeric": […]}` matches: one bound or two, each with whether the bound itself is
/// included.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Range {
    /// The least number, and whether it is included.
    pub(super) lower: Option<(Decimal, bool)>,
    /// The greatest number, and whether it is included.
    pub(super) upper: Option<(Decimal, bool)>,
}

impl Range {
    /// Whether `number` lies within.
    pub(super) fn contains(&self, number: &Decimal) -> bool {
        let above = self
            .lower
            .as_ref()
            .is_none_or(|(bound, closed)| number > bound || (*closed && number == bound));
        let below = self
            .upper
            .as_ref()
            .is_none_or(|(bound, closed)| number < bound || (*closed && number == bound));
        number.is_comparable() && above && below
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_numbers_are_equal_however_they_are_written() {
        for (a, b) in [
            ("300", "300.0"),
            ("3.0e2", "300"),
            ("-0.0", "0"),
            ("1e-05", "0.00001"),
            ("0.10", "1E-1"),
        ] {
            assert_eq!(Decimal::parse(a), Decimal::parse(b), "{a} and {b}");
        }
    }

    #[test]
    fn order_is_exact_and_survives_any_exponent() {
        let sorted = [
            "-1e99999999999999999999",
            "-2",
            "-1.5",
            "-1",
            "0",
            "1e-7",
            "9007199254740992",
            "9007199254740993",
        ];
        for pair in sorted.windows(2) {
            assert!(
                Decimal::parse(pair[0]) < Decimal::parse(pair[1]),
                "{pair:?}"
            );
        }
    }

    #[test]
    fn ranges_look_at_comparable_numbers_only() {
        let positive = Range {
            lower: Some((Decimal::parse("0"), false)),
            upper: None,
        };
        assert!(positive.contains(&Decimal::parse("500000000000")));
        assert!(!positive.contains(&Decimal::parse("500000000001")));
        assert!(!positive.contains(&Decimal::parse("0")));
        assert!(positive.contains(&Decimal::parse("0.000001")));
        assert!(!positive.contains(&Decimal::parse("0.0000001")));
        assert!(!positive.contains(&Decimal::parse("1e-99999999999999999999")));
    }
}
