//! Numbers as JSON writes them, compared exactly: `1.0` equals `1`, and no number is too large.

use std::cmp::Ordering;
use std::fmt;

use num_bigint::BigInt;

/// The most digits by which numbers are aligned for a division. Beyond them nothing is a multiple.
const ALIGNED: i64 = 1_000;

/// A number: its digits without leading and trailing zeros, and the power of ten of the last one.
#[derive(Debug, Clone)]
pub(super) struct Decimal {
    text: String,
    is_negative: bool,
    digits: String,
    exponent: i64,
}

impl Decimal {
    /// Reads the text of a JSON number.
    pub(super) fn parse(text: &str) -> Option<Decimal> {
        let (is_negative, rest) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let (mantissa, exponent) = match rest.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, exponent.parse::<i64>().ok()?),
            None => (rest, 0),
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let all = format!("{whole}{fraction}");
        if all.is_empty() || !all.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let significant = all.trim_start_matches('0');
        let digits = significant.trim_end_matches('0');
        let zeros = i64::try_from(significant.len() - digits.len()).ok()?;
        let places = i64::try_from(fraction.len()).ok()?;
        Some(Decimal {
            text: text.to_owned(),
            is_negative: is_negative && !digits.is_empty(),
            digits: digits.to_owned(),
            exponent: if digits.is_empty() {
                0
            } else {
                exponent.checked_sub(places)?.checked_add(zeros)?
            },
        })
    }

    /// Whether the number is written without fraction and exponent, as draft 4 wants of an integer.
    pub(super) fn is_integer(text: &str) -> bool {
        !text.contains(['.', 'e', 'E'])
    }

    /// Whether this is a multiple of another number.
    pub(super) fn is_multiple_of(&self, other: &Decimal) -> bool {
        if self.digits.is_empty() {
            return true;
        }
        let Some(low) = Some(self.exponent.min(other.exponent))
            .filter(|low| self.exponent.max(other.exponent).saturating_sub(*low) <= ALIGNED)
        else {
            return false;
        };
        match (self.scaled(low), other.scaled(low)) {
            (Some(value), Some(divisor)) if divisor != BigInt::ZERO => {
                value % divisor == BigInt::ZERO
            }
            _ => false,
        }
    }

    /// The number in units of this power of ten, without its sign.
    fn scaled(&self, low: i64) -> Option<BigInt> {
        let zeros = usize::try_from(self.exponent - low).ok()?;
        format!("{}{}", self.digits, "0".repeat(zeros)).parse().ok()
    }

    /// The power of ten of the first digit.
    fn magnitude(&self) -> i64 {
        let length = i64::try_from(self.digits.len()).unwrap_or(i64::MAX);
        self.exponent.saturating_add(length)
    }

    fn cmp_absolute(&self, other: &Decimal) -> Ordering {
        match (self.digits.is_empty(), other.digits.is_empty()) {
            (true, true) => Ordering::Equal,
            (true, false) => Ordering::Less,
            (false, true) => Ordering::Greater,
            // Digits without trailing zeros compare like text once the first ones stand together.
            (false, false) => self
                .magnitude()
                .cmp(&other.magnitude())
                .then_with(|| self.digits.cmp(&other.digits)),
        }
    }
}

impl PartialEq for Decimal {
    fn eq(&self, other: &Decimal) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Decimal {}

impl PartialOrd for Decimal {
    fn partial_cmp(&self, other: &Decimal) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Decimal {
    fn cmp(&self, other: &Decimal) -> Ordering {
        match (self.is_negative, other.is_negative) {
            (false, true) => Ordering::Greater,
            (true, false) => Ordering::Less,
            (false, false) => self.cmp_absolute(other),
            (true, true) => other.cmp_absolute(self),
        }
    }
}

/// As it was written.
impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decimal(text: &str) -> Decimal {
        Decimal::parse(text).unwrap()
    }

    #[test]
    fn numbers_compare_by_value() {
        let rising = [
            "-1e400", "-10", "-9.99", "-0.5", "0", "1e-400", "0.1", "1", "1.5", "9", "10", "1e400",
        ];
        for pair in rising.windows(2) {
            assert!(decimal(pair[0]) < decimal(pair[1]), "{pair:?}");
        }
        for (a, b) in [
            ("1", "1.0"),
            ("100", "1E2"),
            ("-0", "0.0"),
            ("0.10", "1e-1"),
        ] {
            assert_eq!(decimal(a), decimal(b));
        }
        assert!(Decimal::parse("1e99999999999999999999").is_none());
    }

    #[test]
    fn multiples_are_exact() {
        for (value, of) in [
            ("0.3", "0.1"),
            ("4.02", "0.01"),
            ("-9", "3"),
            ("0", "7"),
            ("1e3", "8"),
        ] {
            assert!(decimal(value).is_multiple_of(&decimal(of)), "{value} {of}");
        }
        for (value, of) in [
            ("0.35", "0.1"),
            ("7", "2"),
            ("1e999999999", "3"),
            ("1", "0"),
        ] {
            assert!(!decimal(value).is_multiple_of(&decimal(of)), "{value} {of}");
        }
    }
}
