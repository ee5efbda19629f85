//! `String.format`: the conversions that templates use (`%s %d %x %f %e %c %b %n %%`), with flags,
//! width and precision.

use crate::vtl::method::work::{Thrown, Work, exception};
use crate::vtl::number::{Number, java_double};
use crate::vtl::value::{Class, Value};

/// The largest width and precision.
const WIDEST: usize = 10_000;

/// One conversion, `%…`.
#[derive(Debug, Default)]
struct Spec {
    /// From 1; 0 for the next.
    position: usize,
    left: bool,
    plus: bool,
    space: bool,
    zeros: bool,
    commas: bool,
    parentheses: bool,
    alternate: bool,
    width: usize,
    precision: Option<usize>,
    conversion: char,
}

/// Fills `pattern` with `arguments`.
pub(super) fn format(
    pattern: &str,
    arguments: &[Value],
    work: &mut Work,
) -> Result<String, Thrown> {
    let mut out = String::new();
    let mut rest = pattern;
    let mut next = 0;
    while let Some(at) = rest.find('%') {
        out.push_str(&rest[..at]);
        let (spec, length) = spec(&rest[at + 1..])?;
        rest = &rest[at + 1 + length..];
        let text = match spec.conversion {
            'n' => "\n".to_owned(),
            '%' => padded("%", &spec),
            _ => {
                let position = if spec.position > 0 {
                    spec.position - 1
                } else {
                    next
                };
                next += usize::from(spec.position == 0);
                let argument = arguments.get(position).ok_or_else(|| {
                    exception("`format` has fewer arguments than its pattern asks for")
                })?;
                padded(&convert(&spec, argument)?, &spec)
            }
        };
        work.budget.bytes(text.len())?;
        out.push_str(&text);
    }
    Ok(out + rest)
}

fn spec(text: &str) -> Result<(Spec, usize), Thrown> {
    let mut spec = Spec::default();
    let mut rest = text;
    let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
    if digits > 0 && rest[digits..].starts_with('$') {
        spec.position = number(&rest[..digits])?;
        rest = &rest[digits + 1..];
    }
    while let Some(flag) = rest.chars().next().filter(|flag| "-+ 0,(#".contains(*flag)) {
        match flag {
            '-' => spec.left = true,
            '+' => spec.plus = true,
            ' ' => spec.space = true,
            '0' => spec.zeros = true,
            ',' => spec.commas = true,
            '(' => spec.parentheses = true,
            _ => spec.alternate = true,
        }
        rest = &rest[1..];
    }
    let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
    spec.width = if digits > 0 {
        number(&rest[..digits])?
    } else {
        0
    };
    rest = &rest[digits..];
    if let Some(after) = rest.strip_prefix('.') {
        let digits = after.bytes().take_while(u8::is_ascii_digit).count();
        spec.precision = Some(number(&after[..digits])?);
        rest = &after[digits..];
    }
    spec.conversion = rest
        .chars()
        .next()
        .ok_or_else(|| exception("the pattern of `format` ends after a `%`"))?;
    let length = text.len() - rest.len() + spec.conversion.len_utf8();
    Ok((spec, length))
}

fn number(digits: &str) -> Result<usize, Thrown> {
    let number = digits
        .parse()
        .ok()
        .filter(|&number: &usize| number <= WIDEST);
    number.ok_or_else(|| exception("a width or precision of `format` is missing or too large"))
}

fn convert(spec: &Spec, argument: &Value) -> Result<String, Thrown> {
    match (spec.conversion, argument) {
        ('s' | 'S', _) => {
            let text = shown(argument)?;
            let cut: String = text
                .chars()
                .take(spec.precision.unwrap_or(usize::MAX))
                .collect();
            Ok(if spec.conversion == 'S' {
                cut.to_uppercase()
            } else {
                cut
            })
        }
        ('b' | 'B', _) => Ok(argument.is_true().to_string()),
        (_, Value::Null) => Ok("null".to_owned()),
        ('d', Value::Number(Number::Double(_) | Number::Decimal(_))) => {
            Err(mismatch(spec, argument))
        }
        ('d', Value::Number(number)) => Ok(integer(spec, &number.to_string())),
        ('x' | 'X' | 'o', Value::Number(number)) => {
            radix(spec, number).ok_or_else(|| mismatch(spec, argument))
        }
        ('f', Value::Number(Number::Double(double))) => Ok(fixed(spec, *double)),
        ('f', Value::Number(number @ Number::Decimal(_))) => Ok(fixed(spec, number.to_double())),
        ('e' | 'E', Value::Number(Number::Double(double))) => Ok(scientific(spec, *double)),
        ('c', Value::Text(text)) if text.chars().count() == 1 => Ok(text.to_string()),
        ('c', Value::Number(Number::Int(code))) => {
            let character = u32::try_from(*code).ok().and_then(char::from_u32);
            character
                .map(String::from)
                .ok_or_else(|| mismatch(spec, argument))
        }
        _ => Err(mismatch(spec, argument)),
    }
}

fn mismatch(spec: &Spec, argument: &Value) -> Thrown {
    let class = argument.class().map_or("this value", Class::simple);
    exception(format!(
        "`format` cannot write {class} as `%{}`",
        spec.conversion
    ))
}

fn shown(value: &Value) -> Result<String, Thrown> {
    Ok(if value.is_null() {
        "null".to_owned()
    } else {
        value.shown()?.into_owned()
    })
}

fn integer(spec: &Spec, digits: &str) -> String {
    let (negative, digits) = digits
        .strip_prefix('-')
        .map_or((false, digits), |digits| (true, digits));
    signed(spec, negative, &grouped(spec, digits))
}

fn radix(spec: &Spec, number: &Number) -> Option<String> {
    let prefix = if spec.alternate {
        if spec.conversion == 'o' { "0" } else { "0x" }
    } else {
        ""
    };
    let digits = match (number, spec.conversion) {
        (Number::Int(int), 'o') => format!("{int:o}"),
        (Number::Long(long), 'o') => format!("{long:o}"),
        (Number::Int(int), _) => format!("{int:x}"),
        (Number::Long(long), _) => format!("{long:x}"),
        _ => return None,
    };
    let text = zero_filled(spec, prefix, &digits);
    Some(if spec.conversion == 'X' {
        text.to_uppercase()
    } else {
        text
    })
}

fn fixed(spec: &Spec, double: f64) -> String {
    if !double.is_finite() {
        return java_double(double);
    }
    let precision = spec.precision.unwrap_or(6);
    let digits = half_up(double.abs(), precision);
    signed(spec, double.is_sign_negative(), &grouped(spec, &digits))
}

/// Java rounds the shortest decimal text half up, where Rust rounds the binary value half to even.
fn half_up(magnitude: f64, precision: usize) -> String {
    let text = format!("{magnitude}");
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
    if fraction.len() <= precision {
        let point = if precision > 0 { "." } else { "" };
        return format!("{whole}{point}{fraction:0<precision$}");
    }
    let up = fraction.as_bytes()[precision] >= b'5';
    let mut digits: Vec<u8> = [whole, &fraction[..precision]].concat().into_bytes();
    let mut carry = up;
    for digit in digits.iter_mut().rev().take_while(|_| up) {
        if !carry {
            break;
        }
        carry = *digit == b'9';
        *digit = if carry { b'0' } else { *digit + 1 };
    }
    let mut text: String = digits.iter().map(|&digit| char::from(digit)).collect();
    if carry {
        text.insert(0, '1');
    }
    if precision > 0 {
        text.insert(text.len() - precision, '.');
    }
    text
}

fn scientific(spec: &Spec, double: f64) -> String {
    let text = format!("{:.*e}", spec.precision.unwrap_or(6), double.abs());
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let sign = if exponent < 0 { '-' } else { '+' };
    let text = signed(
        spec,
        double.is_sign_negative(),
        &format!("{mantissa}e{sign}{:02}", exponent.abs()),
    );
    if spec.conversion == 'E' {
        text.to_uppercase()
    } else {
        text
    }
}

/// Thousands apart, when asked.
fn grouped(spec: &Spec, digits: &str) -> String {
    if !spec.commas {
        return digits.to_owned();
    }
    let whole = digits.find('.').unwrap_or(digits.len());
    let mut out = String::new();
    for (at, character) in digits.char_indices() {
        if at > 0 && at < whole && (whole - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(character);
    }
    out
}

fn signed(spec: &Spec, negative: bool, digits: &str) -> String {
    match (negative, spec.parentheses, spec.plus, spec.space) {
        (true, true, ..) => format!("{})", zero_filled(spec, "(", digits)),
        (true, ..) => zero_filled(spec, "-", digits),
        (false, _, true, _) => zero_filled(spec, "+", digits),
        (false, _, _, true) => zero_filled(spec, " ", digits),
        _ => zero_filled(spec, "", digits),
    }
}

fn zero_filled(spec: &Spec, prefix: &str, digits: &str) -> String {
    let width = if spec.zeros {
        spec.width.saturating_sub(prefix.len())
    } else {
        0
    };
    format!("{prefix}{digits:0>width$}")
}

fn padded(text: &str, spec: &Spec) -> String {
    let width = spec.width;
    match spec.left {
        true => format!("{text:<width$}"),
        false => format!("{text:>width$}"),
    }
}
