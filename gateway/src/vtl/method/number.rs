//! Methods of numbers, and the static ones that templates reach through a number:
//! `$N.parseInt("42")`.

use std::cmp::Ordering;

use super::table::{PLAIN, REJECTS_NULL, Table};
use super::work::{MethodResult, Thrown, Work, exception, new_text};
use crate::vtl::number::{Arithmetic, Number, java_double};
use crate::vtl::value::Value;

/// Name, function and flags of each method.
pub(super) const METHODS: Table<Number> = &[
    ("intValue", int_value, PLAIN),
    ("longValue", long_value, PLAIN),
    ("doubleValue", double_value, PLAIN),
    ("floatValue", double_value, PLAIN),
    ("shortValue", short_value, PLAIN),
    ("byteValue", byte_value, PLAIN),
    ("parseInt", parse_int, PLAIN),
    ("parseLong", parse_long, PLAIN),
    ("parseDouble", parse_double, REJECTS_NULL),
    ("parseFloat", parse_double, PLAIN),
    ("valueOf", value_of, PLAIN),
    ("compareTo", compare_to, REJECTS_NULL),
    ("compare", compare, PLAIN),
    ("max", max, PLAIN),
    ("min", min, PLAIN),
    ("abs", abs, PLAIN),
    ("signum", signum, PLAIN),
    ("toHexString", to_hex, PLAIN),
    ("toBinaryString", to_binary, PLAIN),
    ("toOctalString", to_octal, PLAIN),
    ("isNaN", is_nan, PLAIN),
    ("isInfinite", is_infinite, PLAIN),
    ("toString", to_string, PLAIN),
];

fn int_value(number: &Number, arguments: &[Value], _: &mut Work) -> MethodResult {
    Ok(if arguments.is_empty() {
        Value::int(narrow(number))
    } else {
        Value::Null
    })
}

fn short_value(number: &Number, arguments: &[Value], _: &mut Work) -> MethodResult {
    Ok(if arguments.is_empty() {
        Value::int((narrow(number) as i16).into())
    } else {
        Value::Null
    })
}

fn byte_value(number: &Number, arguments: &[Value], _: &mut Work) -> MethodResult {
    Ok(if arguments.is_empty() {
        Value::int((narrow(number) as i8).into())
    } else {
        Value::Null
    })
}

/// A double is clamped, a long is cut.
fn narrow(number: &Number) -> i32 {
    match number {
        Number::Double(double) => *double as i32,
        other => other.to_long() as i32,
    }
}

fn long_value(number: &Number, arguments: &[Value], _: &mut Work) -> MethodResult {
    Ok(if arguments.is_empty() {
        Value::Number(Number::Long(number.to_long()))
    } else {
        Value::Null
    })
}

fn double_value(number: &Number, arguments: &[Value], _: &mut Work) -> MethodResult {
    Ok(if arguments.is_empty() {
        Value::Number(Number::Double(number.to_double()))
    } else {
        Value::Null
    })
}

/// `Integer.parseInt(text)`, `Integer.parseInt(text, radix)`.
fn parse_int(number: &Number, arguments: &[Value], _: &mut Work) -> MethodResult {
    if !matches!(number, Number::Int(_)) {
        return Ok(Value::Null);
    }
    let Some((text, long)) = parsed(arguments)? else {
        return Ok(Value::Null);
    };
    i32::try_from(long)
        .map(Value::int)
        .map_err(|_| not_a_number(text))
}

/// `Long.parseLong(text)`.
fn parse_long(number: &Number, arguments: &[Value], _: &mut Work) -> MethodResult {
    if !matches!(number, Number::Long(_)) {
        return Ok(Value::Null);
    }
    Ok(parsed(arguments)?.map_or(Value::Null, |(_, long)| Value::Number(Number::Long(long))))
}

fn parsed(arguments: &[Value]) -> Result<Option<(&str, i64)>, Thrown> {
    let (text, radix) = match arguments {
        [Value::Text(text)] => (text, 10),
        [
            Value::Text(text),
            Value::Number(Number::Int(radix @ 2..=36)),
        ] => (text, radix.unsigned_abs()),
        _ => return Ok(None),
    };
    i64::from_str_radix(text, radix)
        .map(|long| Some((&**text, long)))
        .map_err(|_| not_a_number(text))
}

fn parse_double(number: &Number, arguments: &[Value], _: &mut Work) -> MethodResult {
    match (number, arguments) {
        (Number::Double(_), [Value::Text(text)]) => {
            Ok(Value::Number(Number::Double(double(text)?)))
        }
        _ => Ok(Value::Null),
    }
}

/// The class's own `valueOf`.
fn value_of(number: &Number, arguments: &[Value], work: &mut Work) -> MethodResult {
    match (number, arguments) {
        (Number::Int(_), [Value::Number(Number::Int(int))]) => Ok(Value::int(*int)),
        (Number::Int(_), [Value::Text(_), ..]) => parse_int(number, arguments, work),
        (Number::Long(_), [Value::Text(_), ..]) => parse_long(number, arguments, work),
        (Number::Long(_), [Value::Number(other)]) => {
            Ok(Value::Number(Number::Long(other.to_long())))
        }
        (Number::Double(_), [Value::Text(_)]) => parse_double(number, arguments, work),
        (Number::Double(_), [Value::Number(other)]) => {
            Ok(Value::Number(Number::Double(other.to_double())))
        }
        _ => Ok(Value::Null),
    }
}

fn compare_to(number: &Number, arguments: &[Value], _: &mut Work) -> MethodResult {
    match arguments {
        [Value::Number(other)] if number.class() == other.class() => {
            Ok(order(number.compare(other)))
        }
        [other] if !other.is_null() => {
            Err(exception("`compareTo` needs a number of the same class"))
        }
        _ => Ok(Value::Null),
    }
}

fn compare(number: &Number, arguments: &[Value], _: &mut Work) -> MethodResult {
    match arguments {
        [Value::Number(one), Value::Number(two)] if one.class() == number.class() => {
            Ok(order(one.compare(two)))
        }
        _ => Ok(Value::Null),
    }
}

fn order(ordering: Option<Ordering>) -> Value {
    Value::int(ordering.map_or(0, |ordering| ordering as i32))
}

fn max(number: &Number, arguments: &[Value], _: &mut Work) -> MethodResult {
    extreme(number, arguments, Ordering::Greater)
}

fn min(number: &Number, arguments: &[Value], _: &mut Work) -> MethodResult {
    extreme(number, arguments, Ordering::Less)
}

/// The larger or the smaller of two numbers that fit the class, as a number of that class.
fn extreme(number: &Number, arguments: &[Value], wanted: Ordering) -> MethodResult {
    let [Value::Number(one), Value::Number(two)] = arguments else {
        return Ok(Value::Null);
    };
    let first = one.compare(two) == Some(wanted);
    let chosen = if first { one } else { two };
    Ok(match (number, one, two) {
        (Number::Int(_), Number::Int(_), Number::Int(_)) => Value::Number(chosen.clone()),
        (Number::Long(_), Number::Int(_) | Number::Long(_), Number::Int(_) | Number::Long(_)) => {
            Value::Number(Number::Long(chosen.to_long()))
        }
        (Number::Double(_), Number::Big(_) | Number::Decimal(_), _) => Value::Null,
        (Number::Double(_), _, Number::Big(_) | Number::Decimal(_)) => Value::Null,
        (Number::Double(_), ..) => Value::Number(Number::Double(chosen.to_double())),
        _ => Value::Null,
    })
}

/// The magnitude, of big integers and decimals only, as in Java.
fn abs(number: &Number, arguments: &[Value], work: &mut Work) -> MethodResult {
    match (number, arguments) {
        (Number::Big(_) | Number::Decimal(_), []) if is_negative(number) => {
            let zero = Number::Int(0);
            let positive = zero.calculate(Arithmetic::Subtract, number);
            work.budget.step()?;
            Ok(positive.ok().flatten().map_or(Value::Null, Value::Number))
        }
        (Number::Big(_) | Number::Decimal(_), []) => Ok(Value::Number(number.clone())),
        _ => Ok(Value::Null),
    }
}

fn signum(number: &Number, arguments: &[Value], _: &mut Work) -> MethodResult {
    let zero = number.compare(&Number::Int(0));
    match (number, arguments) {
        (Number::Big(_) | Number::Decimal(_), []) => Ok(order(zero)),
        (Number::Int(_) | Number::Long(_), [Value::Number(other)]) => {
            Ok(order(other.compare(&Number::Int(0))))
        }
        _ => Ok(Value::Null),
    }
}

fn is_negative(number: &Number) -> bool {
    number.compare(&Number::Int(0)) == Some(Ordering::Less)
}

fn to_hex(number: &Number, arguments: &[Value], work: &mut Work) -> MethodResult {
    match (number, arguments) {
        (Number::Int(_), [Value::Number(Number::Int(int))]) => new_text(format!("{int:x}"), work),
        (Number::Long(_), [Value::Number(other)]) => {
            new_text(format!("{:x}", other.to_long()), work)
        }
        _ => Ok(Value::Null),
    }
}

fn to_binary(number: &Number, arguments: &[Value], work: &mut Work) -> MethodResult {
    match (number, arguments) {
        (Number::Int(_), [Value::Number(Number::Int(int))]) => new_text(format!("{int:b}"), work),
        (Number::Long(_), [Value::Number(other)]) => {
            new_text(format!("{:b}", other.to_long()), work)
        }
        _ => Ok(Value::Null),
    }
}

fn to_octal(number: &Number, arguments: &[Value], work: &mut Work) -> MethodResult {
    match (number, arguments) {
        (Number::Int(_), [Value::Number(Number::Int(int))]) => new_text(format!("{int:o}"), work),
        (Number::Long(_), [Value::Number(other)]) => {
            new_text(format!("{:o}", other.to_long()), work)
        }
        _ => Ok(Value::Null),
    }
}

fn is_nan(number: &Number, arguments: &[Value], _: &mut Work) -> MethodResult {
    match (number, arguments) {
        (Number::Double(double), []) => Ok(double.is_nan().into()),
        _ => Ok(Value::Null),
    }
}

fn is_infinite(number: &Number, arguments: &[Value], _: &mut Work) -> MethodResult {
    match (number, arguments) {
        (Number::Double(double), []) => Ok(double.is_infinite().into()),
        _ => Ok(Value::Null),
    }
}

/// The text of the number itself, or of another: `$N.toString(5)`, `$N.toString(255, 16)`.
fn to_string(number: &Number, arguments: &[Value], work: &mut Work) -> MethodResult {
    match (number, arguments) {
        (_, []) => new_text(number.to_string(), work),
        (Number::Double(_), [Value::Number(other)]) => {
            new_text(java_double(other.to_double()), work)
        }
        (_, [Value::Number(other)]) if other.class() == number.class() => {
            new_text(other.to_string(), work)
        }
        (
            Number::Int(_) | Number::Long(_),
            [Value::Number(other), Value::Number(Number::Int(radix))],
        ) => match other.as_long() {
            Some(long) => new_text(in_radix(long, *radix), work),
            None => Ok(Value::Null),
        },
        _ => Ok(Value::Null),
    }
}

/// Digits of another base; one that Java does not know is ten.
fn in_radix(long: i64, radix: i32) -> String {
    let radix = u64::try_from(radix)
        .ok()
        .filter(|radix| (2..=36).contains(radix))
        .unwrap_or(10);
    let (mut rest, mut digits) = (long.unsigned_abs(), Vec::new());
    loop {
        digits.push(b"0123456789abcdefghijklmnopqrstuvwxyz"[(rest % radix) as usize]);
        rest /= radix;
        if rest == 0 {
            break;
        }
    }
    let sign = if long < 0 { "-" } else { "" };
    format!(
        "{sign}{}",
        digits
            .iter()
            .rev()
            .copied()
            .map(char::from)
            .collect::<String>()
    )
}

fn double(text: &str) -> Result<f64, Thrown> {
    let trimmed = text.trim();
    let plain = trimmed.trim_end_matches(['d', 'D', 'f', 'F']);
    let word = trimmed.trim_start_matches(['+', '-']);
    let letters = word.starts_with(|first: char| first.is_ascii_alphabetic());
    match (word, plain.parse()) {
        ("NaN", _) => Ok(f64::NAN),
        ("Infinity", _) => Ok(if trimmed.starts_with('-') {
            f64::NEG_INFINITY
        } else {
            f64::INFINITY
        }),
        (_, Ok(double)) if !letters => Ok(double),
        _ => Err(not_a_number(text)),
    }
}

fn not_a_number(text: &str) -> Thrown {
    let shown: String = text.chars().take(40).collect();
    exception(format!("`{shown}` is not a valid number of this class"))
}
