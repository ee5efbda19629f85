//! The numbers of Java: which class holds a number, and how Java prints it.

use std::fmt;

use num_bigint::{BigInt, Sign};

use super::decimal::{BigDecimal, low_bits};

/// Digits of an integer or a decimal: more would make arithmetic slow.
pub(super) const DIGITS: usize = 1_000;
/// A JSON number with a fraction that is written longer than this is a big decimal (json-smart's
/// rule).
const DOUBLE_LENGTH: usize = 18;

/// A number of a template.
#[derive(Debug, Clone)]
pub(crate) enum Number {
    /// Java's `Integer`.
    Int(i32),
    /// Java's `Long`.
    Long(i64),
    /// Java's `BigInteger`.
    Big(Box<BigInt>),
    /// Java's `Double`.
    Double(f64),
    /// Java's `BigDecimal`.
    Decimal(Box<BigDecimal>),
}

impl Number {
    /// The smallest of int, long and big integer that holds these digits. [`None`] for anything
    /// else.
    pub(crate) fn integer(text: &str) -> Option<Number> {
        if let Ok(long) = text.parse::<i64>() {
            return Some(Number::fitting(long));
        }
        let digits = text.strip_prefix('-').unwrap_or(text);
        let valid = !digits.is_empty()
            && digits.len() <= DIGITS
            && digits.bytes().all(|byte| byte.is_ascii_digit());
        let big = if valid { text.parse().ok() } else { None };
        big.map(|big| Number::Big(Box::new(big)))
    }

    /// A number as JSON writes it: an integer, a double, or a big decimal if it is long.
    pub(crate) fn json(text: &str) -> Option<Number> {
        if !text.contains(['.', 'e', 'E']) {
            return Number::integer(text);
        }
        if text.len() > DOUBLE_LENGTH
            && let Some(decimal) = BigDecimal::parse(text)
        {
            return Some(Number::Decimal(Box::new(decimal)));
        }
        text.parse().ok().map(Number::Double)
    }

    /// An int if it fits, else a long.
    pub(crate) fn fitting(long: i64) -> Number {
        i32::try_from(long).map_or(Number::Long(long), Number::Int)
    }

    /// An int, or a long for what no int holds: sizes and positions.
    pub(crate) fn of(size: usize) -> Number {
        Number::fitting(i64::try_from(size).unwrap_or(i64::MAX))
    }

    /// The number as an index or a count, if it is an int.
    pub(crate) fn as_int(&self) -> Option<i32> {
        match self {
            Number::Int(int) => Some(*int),
            _ => None,
        }
    }

    /// The number as a long, if it is a whole number that fits one.
    pub(crate) fn as_long(&self) -> Option<i64> {
        match self {
            Number::Int(int) => Some(i64::from(*int)),
            Number::Long(long) => Some(*long),
            _ => None,
        }
    }

    /// The nearest long, as Java's `longValue()` finds it.
    pub(crate) fn to_long(&self) -> i64 {
        match self {
            Number::Int(int) => i64::from(*int),
            Number::Long(long) => *long,
            Number::Double(double) => *double as i64,
            Number::Big(big) => low_bits(big),
            Number::Decimal(decimal) => low_bits(&decimal.truncate()),
        }
    }

    /// The nearest double.
    pub(crate) fn to_double(&self) -> f64 {
        match self {
            Number::Int(int) => f64::from(*int),
            Number::Long(long) => *long as f64,
            Number::Big(big) => big.to_string().parse().unwrap_or(f64::NAN),
            Number::Double(double) => *double,
            Number::Decimal(decimal) => decimal.to_double(),
        }
    }

    /// Whether the number is zero.
    pub(crate) fn is_zero(&self) -> bool {
        match self {
            Number::Int(int) => *int == 0,
            Number::Long(long) => *long == 0,
            Number::Big(big) => big.sign() == Sign::NoSign,
            Number::Double(double) => *double == 0.0,
            Number::Decimal(decimal) => decimal.is_zero(),
        }
    }

    /// Whether the number is neither infinite nor NaN.
    pub(crate) fn is_finite(&self) -> bool {
        !matches!(self, Number::Double(double) if !double.is_finite())
    }

    /// Java's name of the class.
    pub(crate) fn class(&self) -> &'static str {
        match self {
            Number::Int(_) => "java.lang.Integer",
            Number::Long(_) => "java.lang.Long",
            Number::Big(_) => "java.math.BigInteger",
            Number::Double(_) => "java.lang.Double",
            Number::Decimal(_) => "java.math.BigDecimal",
        }
    }

    /// Java's `equals`: same class, same value; decimals with as many digits, doubles of the same
    /// bits.
    pub(crate) fn same(&self, other: &Number) -> bool {
        match (self, other) {
            (Number::Int(one), Number::Int(two)) => one == two,
            (Number::Long(one), Number::Long(two)) => one == two,
            (Number::Big(one), Number::Big(two)) => one == two,
            (Number::Double(one), Number::Double(two)) => {
                one.to_bits() == two.to_bits() || (one.is_nan() && two.is_nan())
            }
            (Number::Decimal(one), Number::Decimal(two)) => one.parts() == two.parts(),
            _ => false,
        }
    }

    /// The cost of comparing two numbers, in steps: numbers of many digits are first converted to
    /// one kind, digit by digit.
    pub(crate) fn effort(&self, other: &Number) -> u64 {
        match (self, other) {
            (Number::Big(_), Number::Big(_)) => 8,
            (Number::Big(_) | Number::Decimal(_), _) | (_, Number::Big(_) | Number::Decimal(_)) => {
                500
            }
            _ => 0,
        }
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Number::Int(int) => int.fmt(f),
            Number::Long(long) => long.fmt(f),
            Number::Big(big) => big.fmt(f),
            Number::Double(double) => f.write_str(&java_double(*double)),
            Number::Decimal(decimal) => decimal.fmt(f),
        }
    }
}

/// `Double.toString`: the shortest digits that read back, with an exponent below a thousandth and
/// from ten million on.
pub(crate) fn java_double(double: f64) -> String {
    if double.is_nan() {
        return "NaN".to_owned();
    }
    if double.is_infinite() {
        return if double > 0.0 {
            "Infinity"
        } else {
            "-Infinity"
        }
        .to_owned();
    }
    let magnitude = double.abs();
    if magnitude == 0.0 || (1e-3..1e7).contains(&magnitude) {
        return format!("{double:?}");
    }
    let scientific = format!("{double:e}");
    let (digits, exponent) = scientific
        .split_once('e')
        .expect("`{:e}` always writes an exponent");
    let fraction = if digits.contains('.') { "" } else { ".0" };
    format!("{digits}{fraction}E{exponent}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doubles_print_as_java_prints_them() {
        for (text, expected) in [
            ("1.50", "1.5"),
            ("1e3", "1000.0"),
            ("1e21", "1.0E21"),
            ("1e7", "1.0E7"),
            ("9999999.0", "9999999.0"),
            ("0.001", "0.001"),
            ("0.0001", "1.0E-4"),
            ("-0.0", "-0.0"),
            ("1.25e-9", "1.25E-9"),
        ] {
            assert_eq!(Number::json(text).unwrap().to_string(), expected);
        }
    }

    #[test]
    fn kinds_by_size() {
        let class = |text| Number::json(text).unwrap().class();
        assert_eq!(class("2147483648"), "java.lang.Long");
        assert_eq!(class("9223372036854775808"), "java.math.BigInteger");
        assert_eq!(class("0.1234567890123456789"), "java.math.BigDecimal");
        assert!(Number::integer("-").is_none());
        assert!(Number::integer(&"9".repeat(2000)).is_none());
    }
}
