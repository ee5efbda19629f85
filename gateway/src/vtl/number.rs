//! Numbers as Java keeps them: int, long, big integer, double, big decimal; and Velocity's arithmetic between them.
//!
//! Integers stay integers and grow when they overflow; one double makes the result a double; a big decimal (a JSON
//! number with many digits) stays exact. Division by zero has no result. Printing is Java's: `1.0`, `1.0E21`.

use std::cmp::Ordering;
use std::fmt;

use num_bigint::{BigInt, Sign};

mod decimal;

pub use decimal::Decimal;

/// Digits of an integer or a decimal: more would make arithmetic slow.
const DIGITS: usize = 1_000;
/// A JSON number with a fraction that is written longer than this is a big decimal (json-smart's rule).
const DOUBLE_LENGTH: usize = 18;

/// A number of a template.
#[derive(Debug, Clone)]
pub enum Number {
    /// Java's `Integer`.
    Int(i32),
    /// Java's `Long`.
    Long(i64),
    /// Java's `BigInteger`.
    Big(Box<BigInt>),
    /// Java's `Double`.
    Double(f64),
    /// Java's `BigDecimal`.
    Decimal(Box<Decimal>),
}

/// An operator of two numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)] // The names say it.
pub enum Arithmetic {
    Add,
    Subtract,
    Multiply,
    Divide,
    Modulus,
}

/// Why two numbers have no result; Velocity fails the rendering for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoResult {
    /// Java's arithmetic has none for big decimals.
    #[error("`%` is not defined for decimals of more than 18 characters")]
    DecimalModulus,
    /// More than [`DIGITS`] digits.
    #[error("a number has more than {DIGITS} digits")]
    TooLong,
}

impl Number {
    /// The smallest of int, long and big integer that holds these digits. [`None`] for anything else.
    pub fn integer(text: &str) -> Option<Number> {
        if let Ok(long) = text.parse::<i64>() {
            return Some(Number::fitting(long));
        }
        let digits = text.strip_prefix('-').unwrap_or(text);
        let valid = !digits.is_empty() && digits.len() <= DIGITS && digits.bytes().all(|byte| byte.is_ascii_digit());
        let big = if valid { text.parse().ok() } else { None };
        big.map(|big| Number::Big(Box::new(big)))
    }

    /// A number as JSON writes it: an integer, a double, or a big decimal if it is long.
    pub fn json(text: &str) -> Option<Number> {
        if !text.contains(['.', 'e', 'E']) {
            return Number::integer(text);
        }
        if text.len() > DOUBLE_LENGTH
            && let Some(decimal) = Decimal::parse(text)
        {
            return Some(Number::Decimal(Box::new(decimal)));
        }
        text.parse().ok().map(Number::Double)
    }

    /// An int if it fits, else a long.
    pub fn fitting(long: i64) -> Number {
        i32::try_from(long).map_or(Number::Long(long), Number::Int)
    }

    /// An int, or a long for what no int holds: sizes and positions.
    pub fn of(size: usize) -> Number {
        Number::fitting(i64::try_from(size).unwrap_or(i64::MAX))
    }

    /// As an index or a count, if it is an int.
    pub fn as_int(&self) -> Option<i32> {
        match self {
            Number::Int(int) => Some(*int),
            _ => None,
        }
    }

    /// As a long, if it is a whole number that fits one.
    pub fn as_long(&self) -> Option<i64> {
        match self {
            Number::Int(int) => Some(i64::from(*int)),
            Number::Long(long) => Some(*long),
            _ => None,
        }
    }

    /// The nearest long, as Java's `longValue()` finds it.
    pub fn to_long(&self) -> i64 {
        match self {
            Number::Int(int) => i64::from(*int),
            Number::Long(long) => *long,
            Number::Double(double) => *double as i64,
            Number::Big(big) => decimal::low_bits(big),
            Number::Decimal(decimal) => decimal::low_bits(&decimal.truncate()),
        }
    }

    /// The nearest double.
    pub fn to_double(&self) -> f64 {
        match self {
            Number::Int(int) => f64::from(*int),
            Number::Long(long) => *long as f64,
            Number::Big(big) => big.to_string().parse().unwrap_or(f64::NAN),
            Number::Double(double) => *double,
            Number::Decimal(decimal) => decimal.to_double(),
        }
    }

    /// Whether it is nought.
    pub fn is_zero(&self) -> bool {
        match self {
            Number::Int(int) => *int == 0,
            Number::Long(long) => *long == 0,
            Number::Big(big) => big.sign() == Sign::NoSign,
            Number::Double(double) => *double == 0.0,
            Number::Decimal(decimal) => decimal.is_zero(),
        }
    }

    /// Java's name of the class.
    pub fn class(&self) -> &'static str {
        match self {
            Number::Int(_) => "java.lang.Integer",
            Number::Long(_) => "java.lang.Long",
            Number::Big(_) => "java.math.BigInteger",
            Number::Double(_) => "java.lang.Double",
            Number::Decimal(_) => "java.math.BigDecimal",
        }
    }

    /// `self operator other`. [`None`] for a division by zero.
    pub fn calculate(&self, operator: Arithmetic, other: &Number) -> Result<Option<Number>, NoResult> {
        if matches!(operator, Arithmetic::Divide | Arithmetic::Modulus) && other.is_zero() {
            return Ok(None);
        }
        match base(self, other) {
            Base::Long(one, two) => Ok(long_arithmetic(self, other, one, two, operator)),
            Base::Big(one, two) => big_arithmetic(&one, &two, operator),
            Base::Double(one, two) => Ok(Some(Number::Double(double_arithmetic(one, two, operator)))),
            Base::Decimal(one, two) => decimal_arithmetic(&one, &two, operator),
        }
    }

    /// By value, whatever the classes: `7` equals `7.0`.
    pub fn compare(&self, other: &Number) -> Option<Ordering> {
        match base(self, other) {
            Base::Long(one, two) => Some(one.cmp(&two)),
            Base::Big(one, two) => Some(one.cmp(&two)),
            Base::Double(one, two) => one.partial_cmp(&two),
            Base::Decimal(one, two) => Some(one.compare(&two)),
        }
    }

    /// Java's `equals`: same class, same value.
    pub fn same(&self, other: &Number) -> bool {
        self.class() == other.class() && self.compare(other) == Some(Ordering::Equal)
    }
}

/// Two numbers brought to the kind in which Velocity calculates with them.
enum Base {
    Long(i64, i64),
    Big(BigInt, BigInt),
    Double(f64, f64),
    Decimal(Decimal, Decimal),
}

fn base(one: &Number, two: &Number) -> Base {
    if let (Some(one), Some(two)) = (one.as_long(), two.as_long()) {
        return Base::Long(one, two);
    }
    let large = |number: &Number| matches!(number, Number::Big(_) | Number::Decimal(_));
    if !large(one) && !large(two) {
        return Base::Double(one.to_double(), two.to_double());
    }
    match (one.exact(), two.exact()) {
        (Some(first), Some(second)) if one.is_whole() && two.is_whole() => {
            Base::Big(first.truncate(), second.truncate())
        }
        (Some(first), Some(second)) => Base::Decimal(first, second),
        _ => Base::Double(one.to_double(), two.to_double()),
    }
}

impl Number {
    fn is_whole(&self) -> bool {
        matches!(self, Number::Int(_) | Number::Long(_) | Number::Big(_))
    }

    /// The same as a decimal; [`None`] for an infinite double.
    fn exact(&self) -> Option<Decimal> {
        match self {
            Number::Int(int) => Some(Decimal::whole(BigInt::from(*int))),
            Number::Long(long) => Some(Decimal::whole(BigInt::from(*long))),
            Number::Big(big) => Some(Decimal::whole(BigInt::clone(big))),
            Number::Double(double) => Decimal::exact(*double),
            Number::Decimal(decimal) => Some(Decimal::clone(decimal)),
        }
    }
}

/// Two ints make an int if it fits; with a long it stays a long; what no long holds becomes a big integer.
fn long_arithmetic(first: &Number, second: &Number, one: i64, two: i64, operator: Arithmetic) -> Option<Number> {
    let ints = matches!((first, second), (Number::Int(_), Number::Int(_)));
    let result = match operator {
        Arithmetic::Add => one.checked_add(two),
        Arithmetic::Subtract => one.checked_sub(two),
        Arithmetic::Multiply => one.checked_mul(two),
        Arithmetic::Divide => Some(one.wrapping_div(two)),
        Arithmetic::Modulus => Some(one.wrapping_rem(two)),
    };
    Some(match result {
        Some(long) if ints => Number::fitting(long),
        Some(long) => Number::Long(long),
        None => Number::Big(Box::new(match operator {
            Arithmetic::Add => BigInt::from(one) + two,
            Arithmetic::Subtract => BigInt::from(one) - two,
            _ => BigInt::from(one) * two,
        })),
    })
}

fn big_arithmetic(one: &BigInt, two: &BigInt, operator: Arithmetic) -> Result<Option<Number>, NoResult> {
    let result = match operator {
        Arithmetic::Add => one + two,
        Arithmetic::Subtract => one - two,
        Arithmetic::Multiply => one * two,
        Arithmetic::Divide => one / two,
        Arithmetic::Modulus => one % two,
    };
    // A decimal digit is a little more than three bits.
    if result.bits() > DIGITS as u64 * 10 / 3 {
        return Err(NoResult::TooLong);
    }
    Ok(Some(Number::Big(Box::new(result))))
}

fn double_arithmetic(one: f64, two: f64, operator: Arithmetic) -> f64 {
    match operator {
        Arithmetic::Add => one + two,
        Arithmetic::Subtract => one - two,
        Arithmetic::Multiply => one * two,
        Arithmetic::Divide => one / two,
        Arithmetic::Modulus => one % two,
    }
}

fn decimal_arithmetic(one: &Decimal, two: &Decimal, operator: Arithmetic) -> Result<Option<Number>, NoResult> {
    let result = match operator {
        Arithmetic::Add => one.add(two),
        Arithmetic::Subtract => one.subtract(two),
        Arithmetic::Multiply => one.multiply(two),
        Arithmetic::Divide => one.divide(two),
        Arithmetic::Modulus => return Err(NoResult::DecimalModulus),
    };
    let result = result.filter(|result| result.digits() <= DIGITS).ok_or(NoResult::TooLong)?;
    Ok(Some(Number::Decimal(Box::new(result))))
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

/// `Double.toString`: the shortest digits that read back, with an exponent below a thousandth and from ten million on.
pub fn java_double(double: f64) -> String {
    if double.is_nan() {
        return "NaN".to_owned();
    }
    if double.is_infinite() {
        return if double > 0.0 { "Infinity" } else { "-Infinity" }.to_owned();
    }
    let magnitude = double.abs();
    if magnitude == 0.0 || (1e-3..1e7).contains(&magnitude) {
        return format!("{double:?}");
    }
    let scientific = format!("{double:e}");
    let (digits, exponent) = scientific.split_once('e').expect("`{:e}` always writes an exponent");
    let fraction = if digits.contains('.') { "" } else { ".0" };
    format!("{digits}{fraction}E{exponent}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(one: &str, operator: Arithmetic, two: &str, expected: &str) {
        let (one, two) = (Number::json(one).unwrap(), Number::json(two).unwrap());
        let shown = one.calculate(operator, &two).unwrap().map_or("nothing".to_owned(), |number| number.to_string());
        assert_eq!(shown, expected);
    }

    #[test]
    fn integers_stay_whole_and_grow() {
        check("-7", Arithmetic::Divide, "2", "-3");
        check("-7", Arithmetic::Modulus, "3", "-1");
        check("2147483647", Arithmetic::Add, "1", "2147483648");
        check("9223372036854775807", Arithmetic::Add, "1", "9223372036854775808");
        check("4294967296", Arithmetic::Multiply, "4294967296", "18446744073709551616");
        check("-9223372036854775808", Arithmetic::Divide, "-1", "-9223372036854775808");
    }

    #[test]
    fn one_double_makes_a_double() {
        check("1.1", Arithmetic::Add, "2.2", "3.3000000000000003");
        check("7", Arithmetic::Divide, "2.0", "3.5");
        check("7.5", Arithmetic::Modulus, "2", "1.5");
    }

    #[test]
    fn a_big_integer_and_a_double_are_exact() {
        check("99999999999999999999", Arithmetic::Multiply, "2.0", "199999999999999999998");
    }

    #[test]
    fn by_zero_there_is_nothing() {
        check("1", Arithmetic::Divide, "0", "nothing");
        check("1.5", Arithmetic::Modulus, "0.0", "nothing");
    }

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
