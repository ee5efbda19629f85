//! Methods of big integers and big decimals, which calculate by methods in Java.

use super::table::{PLAIN, Table};
use super::work::{MethodResult, Work, exception};
use crate::vtl::number::{Arithmetic, Number};
use crate::vtl::value::Value;

/// Name, function and flags of each method.
pub(super) const METHODS: Table<Number> = &[
    ("add", add, PLAIN),
    ("subtract", subtract, PLAIN),
    ("multiply", multiply, PLAIN),
    ("divide", divide, PLAIN),
    ("remainder", remainder, PLAIN),
    ("mod", modulus, PLAIN),
    ("negate", negate, PLAIN),
    ("pow", pow, PLAIN),
    ("bitLength", bit_length, PLAIN),
];

fn add(number: &Number, arguments: &[Value], work: &mut Work) -> MethodResult {
    calculate(number, Arithmetic::Add, arguments, work)
}

fn subtract(number: &Number, arguments: &[Value], work: &mut Work) -> MethodResult {
    calculate(number, Arithmetic::Subtract, arguments, work)
}

fn multiply(number: &Number, arguments: &[Value], work: &mut Work) -> MethodResult {
    calculate(number, Arithmetic::Multiply, arguments, work)
}

/// Divides integers only: the quotient of decimals depends on a scale and a rounding.
fn divide(number: &Number, arguments: &[Value], work: &mut Work) -> MethodResult {
    match number {
        Number::Big(_) => calculate(number, Arithmetic::Divide, arguments, work),
        _ => Ok(Value::Null),
    }
}

fn remainder(number: &Number, arguments: &[Value], work: &mut Work) -> MethodResult {
    match number {
        Number::Big(_) => calculate(number, Arithmetic::Modulus, arguments, work),
        _ => Ok(Value::Null),
    }
}

/// The remainder that is never negative, defined for positive divisors only.
fn modulus(number: &Number, arguments: &[Value], work: &mut Work) -> MethodResult {
    let (Number::Big(_), [Value::Number(Number::Big(divisor))]) = (number, arguments) else {
        return Ok(Value::Null);
    };
    if divisor.sign() != num_bigint::Sign::Plus {
        return Err(exception("`mod` needs a positive divisor"));
    }
    let rest = calculate(number, Arithmetic::Modulus, arguments, work)?;
    match &rest {
        Value::Number(Number::Big(big)) if big.sign() == num_bigint::Sign::Minus => {
            Ok(Value::Number(Number::Big(Box::new(&**big + &**divisor))))
        }
        _ => Ok(rest),
    }
}

fn negate(number: &Number, arguments: &[Value], work: &mut Work) -> MethodResult {
    match arguments {
        [] if is_big(number) => result(&Number::Int(0), Arithmetic::Subtract, number, work),
        _ => Ok(Value::Null),
    }
}

fn pow(number: &Number, arguments: &[Value], work: &mut Work) -> MethodResult {
    let (true, [Value::Number(Number::Int(exponent))]) = (is_big(number), arguments) else {
        return Ok(Value::Null);
    };
    let exponent =
        u32::try_from(*exponent).map_err(|_| exception("`pow` needs an exponent of 0 or more"))?;
    let mut power = Value::Number(Number::Big(Box::new(1.into())));
    for _ in 0..exponent {
        let Value::Number(so_far) = &power else { break };
        work.budget.steps(20)?;
        power = result(so_far, Arithmetic::Multiply, number, work)?;
    }
    Ok(power)
}

fn bit_length(number: &Number, arguments: &[Value], _: &mut Work) -> MethodResult {
    match (number, arguments) {
        (Number::Big(big), []) => Ok(Value::size(
            usize::try_from(big.bits()).unwrap_or(usize::MAX),
        )),
        _ => Ok(Value::Null),
    }
}

fn is_big(number: &Number) -> bool {
    matches!(number, Number::Big(_) | Number::Decimal(_))
}

/// Calculates with one other number of the same class.
fn calculate(
    number: &Number,
    operator: Arithmetic,
    arguments: &[Value],
    work: &mut Work,
) -> MethodResult {
    match arguments {
        [Value::Number(other)] if is_big(number) && number.class() == other.class() => {
            result(number, operator, other, work)
        }
        _ => Ok(Value::Null),
    }
}

fn result(one: &Number, operator: Arithmetic, two: &Number, work: &mut Work) -> MethodResult {
    work.budget.bytes(512)?;
    let result = one
        .calculate(operator, two)
        .map_err(|why| exception(why.to_string()))?;
    result
        .map(Value::Number)
        .ok_or_else(|| exception("division by zero"))
}
