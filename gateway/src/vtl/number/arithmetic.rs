//! Velocity's arithmetic: which kind two numbers are brought to, and what comes out.

use std::cmp::Ordering;

use num_bigint::BigInt;

use super::decimal::BigDecimal;
use super::java::{DIGITS, Number};

/// An operator of two numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)] // The names say it.
pub(crate) enum Arithmetic {
    Add,
    Subtract,
    Multiply,
    Divide,
    Modulus,
}

/// Why two numbers have no result; Velocity fails the rendering for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NoResult {
    /// Java's arithmetic has none for big decimals.
    #[error("`%` is not defined for decimals of more than 18 characters")]
    DecimalModulus,
    /// More digits than arithmetic stays fast with.
    #[error("a number has more than {DIGITS} digits")]
    TooLong,
}

impl Number {
    /// `self operator other`. [`None`] for a division by zero.
    pub(crate) fn calculate(
        &self,
        operator: Arithmetic,
        other: &Number,
    ) -> Result<Option<Number>, NoResult> {
        if matches!(operator, Arithmetic::Divide | Arithmetic::Modulus) && other.is_zero() {
            return Ok(None);
        }
        match operands(self, other) {
            Operands::Long(one, two) => Ok(long_arithmetic(self, other, one, two, operator)),
            Operands::Big(one, two) => big_arithmetic(&one, &two, operator),
            Operands::Double(one, two) => {
                Ok(Some(Number::Double(double_arithmetic(one, two, operator))))
            }
            Operands::Decimal(one, two) => decimal_arithmetic(&one, &two, operator),
        }
    }

    /// By value, whatever the classes: `7` equals `7.0`.
    pub(crate) fn compare(&self, other: &Number) -> Option<Ordering> {
        match operands(self, other) {
            Operands::Long(one, two) => Some(one.cmp(&two)),
            Operands::Big(one, two) => Some(one.cmp(&two)),
            Operands::Double(one, two) => one.partial_cmp(&two),
            Operands::Decimal(one, two) => Some(one.compare(&two)),
        }
    }
}

/// Two numbers brought to the kind in which Velocity calculates with them.
enum Operands {
    Long(i64, i64),
    Big(BigInt, BigInt),
    Double(f64, f64),
    Decimal(BigDecimal, BigDecimal),
}

fn operands(one: &Number, two: &Number) -> Operands {
    if let (Some(one), Some(two)) = (one.as_long(), two.as_long()) {
        return Operands::Long(one, two);
    }
    let large = |number: &Number| matches!(number, Number::Big(_) | Number::Decimal(_));
    if !large(one) && !large(two) {
        return Operands::Double(one.to_double(), two.to_double());
    }
    match (one.exact(), two.exact()) {
        (Some(first), Some(second)) if one.is_whole() && two.is_whole() => {
            Operands::Big(first.truncate(), second.truncate())
        }
        (Some(first), Some(second)) => Operands::Decimal(first, second),
        _ => Operands::Double(one.to_double(), two.to_double()),
    }
}

impl Number {
    fn is_whole(&self) -> bool {
        matches!(self, Number::Int(_) | Number::Long(_) | Number::Big(_))
    }

    /// The number as a decimal; [`None`] for an infinite double.
    fn exact(&self) -> Option<BigDecimal> {
        match self {
            Number::Int(int) => Some(BigDecimal::whole(BigInt::from(*int))),
            Number::Long(long) => Some(BigDecimal::whole(BigInt::from(*long))),
            Number::Big(big) => Some(BigDecimal::whole(BigInt::clone(big))),
            Number::Double(double) => BigDecimal::exact(*double),
            Number::Decimal(decimal) => Some(BigDecimal::clone(decimal)),
        }
    }
}

/// Two ints make an int if it fits; with a long it stays a long; what no long holds becomes a big
/// integer.
fn long_arithmetic(
    first: &Number,
    second: &Number,
    one: i64,
    two: i64,
    operator: Arithmetic,
) -> Option<Number> {
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

fn big_arithmetic(
    one: &BigInt,
    two: &BigInt,
    operator: Arithmetic,
) -> Result<Option<Number>, NoResult> {
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

fn decimal_arithmetic(
    one: &BigDecimal,
    two: &BigDecimal,
    operator: Arithmetic,
) -> Result<Option<Number>, NoResult> {
    let result = match operator {
        Arithmetic::Add => one.add(two),
        Arithmetic::Subtract => one.subtract(two),
        Arithmetic::Multiply => one.multiply(two),
        Arithmetic::Divide => one.divide(two),
        Arithmetic::Modulus => return Err(NoResult::DecimalModulus),
    };
    let result = result
        .filter(|result| result.digits() <= DIGITS)
        .ok_or(NoResult::TooLong)?;
    Ok(Some(Number::Decimal(Box::new(result))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(one: &str, operator: Arithmetic, two: &str, expected: &str) {
        let (one, two) = (Number::json(one).unwrap(), Number::json(two).unwrap());
        let shown = one
            .calculate(operator, &two)
            .unwrap()
            .map_or("nothing".to_owned(), |number| number.to_string());
        assert_eq!(shown, expected);
    }

    #[test]
    fn integers_stay_whole_and_grow() {
        check("-7", Arithmetic::Divide, "2", "-3");
        check("-7", Arithmetic::Modulus, "3", "-1");
        check("2147483647", Arithmetic::Add, "1", "2147483648");
        check(
            "9223372036854775807",
            Arithmetic::Add,
            "1",
            "9223372036854775808",
        );
        check(
            "4294967296",
            Arithmetic::Multiply,
            "4294967296",
            "18446744073709551616",
        );
        check(
            "-9223372036854775808",
            Arithmetic::Divide,
            "-1",
            "-9223372036854775808",
        );
    }

    #[test]
    fn one_double_makes_a_double() {
        check("1.1", Arithmetic::Add, "2.2", "3.3000000000000003");
        check("7", Arithmetic::Divide, "2.0", "3.5");
        check("7.5", Arithmetic::Modulus, "2", "1.5");
    }

    #[test]
    fn a_big_integer_and_a_double_are_exact() {
        check(
            "99999999999999999999",
            Arithmetic::Multiply,
            "2.0",
            "199999999999999999998",
        );
    }

    #[test]
    fn by_zero_there_is_nothing() {
        check("1", Arithmetic::Divide, "0", "nothing");
        check("1.5", Arithmetic::Modulus, "0.0", "nothing");
    }
}
