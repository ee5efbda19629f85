//! Keys of maps: how they are found without walking through lists and maps. Text finds text without
//! allocating.

use std::hash::{Hash, Hasher};

use indexmap::Equivalent;

use super::data::{Key, Value};
use crate::vtl::number::Number;

/// A text key to look up.
pub(super) struct Text<'k>(pub &'k str);

impl Hash for Text<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}

impl Equivalent<Key> for Text<'_> {
    fn equivalent(&self, key: &Key) -> bool {
        matches!(&key.0, Value::Text(text) if **text == *self.0)
    }
}

impl Hash for Key {
    fn hash<H: Hasher>(&self, state: &mut H) {
        match &self.0 {
            Value::Text(text) => text.hash(state),
            _ if self.0.is_container() => self.1.hash(state),
            other => hash_single(other, state),
        }
    }
}

/// The hash of a value that is not a container.
pub(super) fn hash_single<H: Hasher>(value: &Value, state: &mut H) {
    match value {
        Value::Bool(bool) => bool.hash(state),
        Value::Number(Number::Int(int)) => int.hash(state),
        Value::Number(Number::Long(long)) => long.hash(state),
        Value::Number(Number::Double(double)) => double.to_bits().hash(state),
        Value::Number(Number::Big(big)) => big.hash(state),
        Value::Number(Number::Decimal(decimal)) => decimal.parts().hash(state),
        other => std::mem::discriminant(other).hash(state),
    }
}

/// Whether two values that are not containers are the same.
pub(super) fn is_same_single(one: &Value, two: &Value) -> bool {
    match (one, two) {
        (Value::Null, Value::Null) => true,
        (Value::Text(one), Value::Text(two)) => one == two,
        (Value::Bool(one), Value::Bool(two)) => one == two,
        (Value::Number(one), Value::Number(two)) => one.same(two),
        (Value::Class(one), Value::Class(two)) => one == two,
        (Value::Object(one), Value::Object(two)) => one == two,
        _ => false,
    }
}

/// Compares without walking through containers: a list or a map equals only itself.
impl PartialEq for Key {
    fn eq(&self, other: &Key) -> bool {
        match (&self.0, &other.0) {
            (Value::List(one), Value::List(two)) => one.is(two),
            (Value::Map(one), Value::Map(two)) => one.is(two),
            (one, two) => is_same_single(one, two),
        }
    }
}

impl Eq for Key {}
