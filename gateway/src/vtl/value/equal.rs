//! When two values are equal, and their hash codes.
//!
//! Containers are compared part by part, and may be large or hold themselves: each part is paid
//! for.

use std::cmp::Ordering;

use num_bigint::{BigInt, Sign};

use super::data::{List, Map, Value};
use crate::vtl::limits::{Budget, Exceeded, VALUE_NESTING};
use crate::vtl::number::Number;

impl Value {
    /// The result of `==`: numbers compare by value, values of the same kind as `equals` does,
    /// others by their text. Null equals `""`.
    pub(crate) fn equals(&self, other: &Value, budget: &mut Budget) -> Result<bool, Exceeded> {
        match (self, other) {
            (Value::Null, Value::Null) => return Ok(true),
            (Value::Null, Value::Text(text)) | (Value::Text(text), Value::Null) => {
                return Ok(text.is_empty());
            }
            (Value::Number(one), Value::Number(two)) => {
                budget.steps(one.effort(two))?;
                return Ok(one.compare(two) == Some(Ordering::Equal));
            }
            _ => {}
        }
        if let Some(equal) = same(self, other, budget, 0)? {
            return Ok(equal);
        }
        let (one, two) = (self.shown()?, other.shown()?);
        budget.bytes(if self.is_container() { one.len() } else { 0 })?;
        budget.bytes(if other.is_container() { two.len() } else { 0 })?;
        Ok(one == two)
    }

    /// Java's `equals`: same kind, same content.
    pub(crate) fn same(&self, other: &Value, budget: &mut Budget) -> Result<bool, Exceeded> {
        Ok(same(self, other, budget, 0)?.unwrap_or(false))
    }
}

/// [`None`] when the kinds differ.
pub(super) fn same(
    one: &Value,
    two: &Value,
    budget: &mut Budget,
    depth: usize,
) -> Result<Option<bool>, Exceeded> {
    budget.step()?;
    if depth > VALUE_NESTING {
        return Err(Exceeded::Nesting);
    }
    Ok(Some(match (one, two) {
        (Value::Null, Value::Null) => true,
        (Value::Bool(one), Value::Bool(two)) => one == two,
        (Value::Number(one), Value::Number(two)) => one.same(two),
        (Value::Text(one), Value::Text(two)) => {
            budget.steps(if one.len() == two.len() {
                one.len() as u64 / 256
            } else {
                0
            })?;
            one == two
        }
        (Value::Class(one), Value::Class(two)) => one == two,
        (Value::Object(one), Value::Object(two)) => one == two,
        (Value::Entry(one), Value::Entry(two)) => {
            same(one.key(), two.key(), budget, depth + 1)? == Some(true)
                && same(&one.value(), &two.value(), budget, depth + 1)? == Some(true)
        }
        (Value::List(one), Value::List(two)) => {
            one.is(two) || same_items(one, two, budget, depth + 1)?
        }
        (Value::Map(one), Value::Map(two)) => {
            one.is(two) || same_entries(one, two, budget, depth + 1)?
        }
        _ => return Ok(None),
    }))
}

fn same_items(one: &List, two: &List, budget: &mut Budget, depth: usize) -> Result<bool, Exceeded> {
    if one.len() != two.len() || one.is_array() || two.is_array() {
        return Ok(false);
    }
    for (one, two) in one.iter().zip(two.iter()) {
        if same(&one, &two, budget, depth)? != Some(true) {
            return Ok(false);
        }
    }
    Ok(true)
}

fn same_entries(one: &Map, two: &Map, budget: &mut Budget, depth: usize) -> Result<bool, Exceeded> {
    if one.len() != two.len() {
        return Ok(false);
    }
    for (key, value) in one.entries().iter() {
        match two.get_within(&key.0, budget, depth)? {
            Some(other) if same(value, &other, budget, depth)? == Some(true) => {}
            _ => return Ok(false),
        }
    }
    Ok(true)
}

/// Java's `hashCode`.
pub(crate) fn hash_code(value: &Value, budget: &mut Budget) -> Result<i32, Exceeded> {
    hash_within(value, budget, 0)
}

pub(super) fn hash_within(
    value: &Value,
    budget: &mut Budget,
    depth: usize,
) -> Result<i32, Exceeded> {
    budget.step()?;
    if depth > VALUE_NESTING {
        return Err(Exceeded::Nesting);
    }
    let pair = |key: &Value, value: &Value, budget: &mut Budget| {
        Ok(hash_within(key, budget, depth + 1)? ^ hash_within(value, budget, depth + 1)?)
    };
    let join = |hash: i32, part: i32| hash.wrapping_mul(31).wrapping_add(part);
    Ok(match value {
        Value::Bool(bool) => i32::from(1237 - 6 * i16::from(*bool)),
        Value::Text(text) => {
            budget.steps(text.len() as u64 / 16)?;
            text.encode_utf16()
                .fold(0, |hash, unit| join(hash, i32::from(unit)))
        }
        Value::Number(number) => hash_number(number),
        Value::List(list) => {
            let mut hash = 1;
            for item in list.iter() {
                hash = join(hash, hash_within(&item, budget, depth + 1)?);
            }
            hash
        }
        Value::Map(map) => {
            let mut hash = 0_i32;
            for (key, value) in map.entries().iter() {
                hash = hash.wrapping_add(pair(&key.0, value, budget)?);
            }
            hash
        }
        Value::Entry(entry) => pair(entry.key(), &entry.value(), budget)?,
        Value::Null | Value::Loop(_) | Value::Block(_) | Value::Class(_) | Value::Object(_) => 0,
    })
}

fn hash_number(number: &Number) -> i32 {
    let folded = |bits: u64| (bits ^ (bits >> 32)) as i32;
    match number {
        Number::Int(int) => *int,
        Number::Long(long) => folded(*long as u64),
        Number::Double(double) => folded(double.to_bits()),
        Number::Big(big) => hash_big(big),
        Number::Decimal(decimal) => {
            let (unscaled, scale) = decimal.parts();
            hash_big(unscaled).wrapping_mul(31).wrapping_add(scale)
        }
    }
}

fn hash_big(big: &BigInt) -> i32 {
    let digits = big.iter_u32_digits().rev();
    let magnitude = digits.fold(0_i32, |hash, digit| {
        hash.wrapping_mul(31).wrapping_add(digit as i32)
    });
    if big.sign() == Sign::Minus {
        magnitude.wrapping_neg()
    } else {
        magnitude
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(text: &str) -> Value {
        Value::Number(Number::json(text).unwrap())
    }

    #[track_caller]
    fn check(one: &Value, two: &Value, equal: bool) {
        assert_eq!(
            one.equals(two, &mut Budget::default()).unwrap(),
            equal,
            "{one:?} == {two:?}"
        );
        assert_eq!(
            two.equals(one, &mut Budget::default()).unwrap(),
            equal,
            "{two:?} == {one:?}"
        );
    }

    #[test]
    fn equal_across_kinds() {
        check(&number("7"), &number("7.0"), true);
        check(&number("7"), &"7".into(), true);
        check(&Value::Bool(true), &"true".into(), true);
        assert!(
            !number("7")
                .same(&number("7.0"), &mut Budget::default())
                .unwrap()
        );
    }

    #[test]
    fn nothing_equals_the_empty_string() {
        check(&Value::Null, &"".into(), true);
        check(&Value::Null, &Value::Null, true);
        check(&Value::Null, &number("0"), false);
    }

    #[test]
    fn hash_codes_are_those_of_java() {
        let hash = |value: &Value| hash_code(value, &mut Budget::default()).unwrap();
        assert_eq!(hash(&"aB".into()), 3073);
        assert_eq!(hash(&number("99999999999999999999")), 1_882_487_351);
        assert_eq!(hash(&Value::Bool(true)), 1231);
        assert_eq!(hash(&Value::Bool(false)), 1237);
    }
}
