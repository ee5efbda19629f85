//! Exact decimals, as `java.math.BigDecimal` keeps them: digits and where the point is.
//!
//! JSON numbers with many digits are such; they print with every digit they came with.

use std::cmp::Ordering;
use std::fmt;

use num_bigint::{BigInt, Sign};

/// The point lies at most this far from the digits: more would make arithmetic slow.
const SCALE: i32 = 1_000;

/// `unscaled` / 10^`scale`.
#[derive(Debug, Clone)]
pub(crate) struct BigDecimal {
    unscaled: BigInt,
    scale: i32,
}

impl BigDecimal {
    /// A whole number.
    pub(crate) fn whole(unscaled: BigInt) -> BigDecimal {
        BigDecimal { unscaled, scale: 0 }
    }

    /// From text like `-12.50e-3`; keeps trailing zeros. [`None`] when the text is not a
    /// number or its point lies too far out.
    pub(crate) fn parse(text: &str) -> Option<BigDecimal> {
        let (mantissa, exponent) = match text.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().ok()?),
            None => (text, 0),
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let digits = format!("{whole}{fraction}");
        if digits.len() > SCALE as usize {
            return None;
        }
        let scale = i32::try_from(fraction.len()).ok()?.checked_sub(exponent)?;
        BigDecimal::checked(digits.parse().ok()?, scale)
    }

    /// Every digit of the binary fraction, as `new BigDecimal(double)` takes it.
    pub(crate) fn exact(double: f64) -> Option<BigDecimal> {
        if !double.is_finite() {
            return None;
        }
        let text = format!("{double:.1074}");
        let (whole, fraction) = text.split_once('.')?;
        let fraction = fraction.trim_end_matches('0');
        let scale = i32::try_from(fraction.len()).ok()?;
        Some(BigDecimal {
            unscaled: format!("{whole}{fraction}").parse().ok()?,
            scale,
        })
    }

    fn checked(unscaled: BigInt, scale: i32) -> Option<BigDecimal> {
        (scale.abs() <= SCALE).then_some(BigDecimal { unscaled, scale })
    }

    /// Whether the number is zero.
    pub(crate) fn is_zero(&self) -> bool {
        self.unscaled.sign() == Sign::NoSign
    }

    /// The digits as a whole number, and how many of them are behind the point.
    pub(crate) fn parts(&self) -> (&BigInt, i32) {
        (&self.unscaled, self.scale)
    }

    /// How many digits the number has.
    pub(crate) fn digits(&self) -> usize {
        self.unscaled.magnitude().to_string().len()
    }

    /// The whole part.
    pub(crate) fn truncate(&self) -> BigInt {
        match u32::try_from(self.scale) {
            Ok(scale) => &self.unscaled / power(scale),
            Err(_) => &self.unscaled * power(self.scale.unsigned_abs()),
        }
    }

    /// The nearest double.
    pub(crate) fn to_double(&self) -> f64 {
        format!("{}e{}", self.unscaled, -self.scale)
            .parse()
            .unwrap_or(f64::NAN)
    }

    /// By value: `1.0` and `1.00` are equal.
    pub(crate) fn compare(&self, other: &BigDecimal) -> Ordering {
        let (one, two, _) = self.aligned(other);
        one.cmp(&two)
    }

    /// The sum, with the longer fraction.
    pub(crate) fn add(&self, other: &BigDecimal) -> Option<BigDecimal> {
        let (one, two, scale) = self.aligned(other);
        BigDecimal::checked(one + two, scale)
    }

    /// The difference, with the longer fraction.
    pub(crate) fn subtract(&self, other: &BigDecimal) -> Option<BigDecimal> {
        let (one, two, scale) = self.aligned(other);
        BigDecimal::checked(one - two, scale)
    }

    /// The product, with both fractions together.
    pub(crate) fn multiply(&self, other: &BigDecimal) -> Option<BigDecimal> {
        BigDecimal::checked(&self.unscaled * &other.unscaled, self.scale + other.scale)
    }

    /// The quotient, with this number's fraction, a half rounded down. The divisor must not be
    /// zero.
    pub(crate) fn divide(&self, other: &BigDecimal) -> Option<BigDecimal> {
        let (one, two) = if other.scale >= 0 {
            (
                &self.unscaled * power(other.scale.unsigned_abs()),
                other.unscaled.clone(),
            )
        } else {
            (
                self.unscaled.clone(),
                &other.unscaled * power(other.scale.unsigned_abs()),
            )
        };
        let (quotient, rest) = (&one / &two, &one % &two);
        let up = rest.magnitude() * 2u32 > *two.magnitude();
        let away = if one.sign() == two.sign() { 1 } else { -1 };
        BigDecimal::checked(if up { quotient + away } else { quotient }, self.scale)
    }

    fn aligned(&self, other: &BigDecimal) -> (BigInt, BigInt, i32) {
        let scale = self.scale.max(other.scale);
        let raise = |decimal: &BigDecimal| {
            &decimal.unscaled * power((scale - decimal.scale).unsigned_abs())
        };
        (raise(self), raise(other), scale)
    }
}

fn power(exponent: u32) -> BigInt {
    BigInt::from(10).pow(exponent)
}

/// The low 64 bits, which is what Java's narrowing keeps.
pub(super) fn low_bits(big: &BigInt) -> i64 {
    let low: BigInt = big & BigInt::from(u64::MAX);
    u64::try_from(low).expect("64 bits were kept") as i64
}

impl fmt::Display for BigDecimal {
    /// `BigDecimal.toString`: plain, or with an exponent when the point lies left of all digits by
    /// more than six.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.unscaled.sign() == Sign::Minus {
            "-"
        } else {
            ""
        };
        let digits = self.unscaled.magnitude().to_string();
        let length = digits.len() as i32;
        let exponent = length - 1 - self.scale;
        if self.scale == 0 {
            return write!(f, "{sign}{digits}");
        }
        if self.scale > 0 && exponent >= -6 {
            let padded = format!("{digits:0>width$}", width = self.scale as usize + 1);
            let (whole, fraction) = padded.split_at(padded.len() - self.scale as usize);
            return write!(f, "{sign}{whole}.{fraction}");
        }
        let (first, rest) = digits.split_at(1);
        let point = if rest.is_empty() { "" } else { "." };
        write!(f, "{sign}{first}{point}{rest}E{exponent:+}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decimal(text: &str) -> BigDecimal {
        BigDecimal::parse(text).unwrap()
    }

    #[test]
    fn prints_as_java_prints_it() {
        for (text, expected) in [
            ("1.50", "1.50"),
            ("0.1234567890123456789", "0.1234567890123456789"),
            ("-12e3", "-1.2E+4"),
            ("0.0000001", "1E-7"),
            ("0.000001", "0.000001"),
            ("123e-9", "1.23E-7"),
            ("5", "5"),
        ] {
            assert_eq!(decimal(text).to_string(), expected, "{text}");
        }
    }

    #[test]
    fn arithmetic_keeps_the_scale() {
        assert_eq!(
            decimal("1.10").add(&decimal("2.205")).unwrap().to_string(),
            "3.305"
        );
        assert_eq!(
            decimal("1.10")
                .multiply(&decimal("2.0"))
                .unwrap()
                .to_string(),
            "2.200"
        );
        assert_eq!(
            decimal("1.00").divide(&decimal("3")).unwrap().to_string(),
            "0.33"
        );
        assert_eq!(
            decimal("1.0").divide(&decimal("0.4")).unwrap().to_string(),
            "2.5"
        );
        assert_eq!(
            decimal("-0.5").divide(&decimal("10")).unwrap().to_string(),
            "0.0"
        );
        assert_eq!(
            decimal("2e3").divide(&decimal("2")).unwrap().to_string(),
            "1E+3"
        );
    }

    #[test]
    fn a_double_gives_all_its_digits() {
        assert_eq!(
            BigDecimal::exact(0.1).unwrap().to_string(),
            "0.1000000000000000055511151231257827021181583404541015625"
        );
        assert!(BigDecimal::exact(f64::NAN).is_none());
    }

    #[test]
    fn too_far_is_none() {
        assert!(BigDecimal::parse("1e99999").is_none());
        assert!(BigDecimal::parse("1e-2147483648").is_none());
        assert!(BigDecimal::parse("x").is_none());
    }
}
