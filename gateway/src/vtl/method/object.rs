//! Methods that every value has, and those of booleans and of classes.

use super::table::{PLAIN, Table};
use super::work::{MethodResult, Thrown, Work, exception, new_text};
use crate::vtl::value::{Class, Value, hash_code};

/// Name, function and flags of each method of `java.lang.Object`.
pub(super) const METHODS: Table<Value> = &[
    ("toString", to_string, PLAIN),
    ("equals", equals, PLAIN),
    ("hashCode", hash_code_of, PLAIN),
    ("getClass", get_class, PLAIN),
];

fn to_string(value: &Value, arguments: &[Value], work: &mut Work) -> MethodResult {
    match arguments {
        [] => new_text(value.shown()?.as_ref(), work),
        _ => Ok(Value::Null),
    }
}

fn equals(value: &Value, arguments: &[Value], work: &mut Work) -> MethodResult {
    match arguments {
        [other] => Ok(value.same(other, &mut work.budget)?.into()),
        _ => Ok(Value::Null),
    }
}

fn hash_code_of(value: &Value, arguments: &[Value], work: &mut Work) -> MethodResult {
    match arguments {
        [] => Ok(Value::int(hash_code(value, &mut work.budget)?)),
        _ => Ok(Value::Null),
    }
}

fn get_class(value: &Value, arguments: &[Value], _: &mut Work) -> MethodResult {
    match arguments {
        [] => Ok(value.class().map_or(Value::Null, Value::Class)),
        _ => Ok(Value::Null),
    }
}

/// Name, function and flags of each method of a boolean. The static ones are reached through one:
/// `$B.parseBoolean("true")`.
pub(super) const OF_BOOLEANS: Table<bool> = &[
    ("booleanValue", boolean_value, PLAIN),
    ("compareTo", compare_to, PLAIN),
    ("parseBoolean", parse_boolean, PLAIN),
    ("valueOf", parse_boolean, PLAIN),
    ("toString", boolean_to_string, PLAIN),
];

fn boolean_value(bool: &bool, arguments: &[Value], _: &mut Work) -> MethodResult {
    Ok(if arguments.is_empty() {
        (*bool).into()
    } else {
        Value::Null
    })
}

fn compare_to(bool: &bool, arguments: &[Value], _: &mut Work) -> MethodResult {
    match arguments {
        [Value::Bool(other)] => Ok(Value::int(bool.cmp(other) as i32)),
        _ => Ok(Value::Null),
    }
}

/// `Boolean.parseBoolean(text)`: true for `true` in any case, false for all else. `Boolean.valueOf`
/// takes a boolean too.
fn parse_boolean(_: &bool, arguments: &[Value], _: &mut Work) -> MethodResult {
    match arguments {
        [Value::Text(text)] => Ok(text.eq_ignore_ascii_case("true").into()),
        [Value::Bool(bool)] => Ok((*bool).into()),
        _ => Ok(Value::Null),
    }
}

/// The text of the boolean itself, or of the argument.
fn boolean_to_string(bool: &bool, arguments: &[Value], work: &mut Work) -> MethodResult {
    match arguments {
        [] => new_text(bool.to_string(), work),
        [Value::Bool(other)] => new_text(other.to_string(), work),
        _ => Ok(Value::Null),
    }
}

/// Name, function and flags of each method of a class. Any other is an error, not null: see
/// [`no_reflection`].
pub(super) const OF_CLASSES: Table<Class> = &[
    ("getName", get_name, PLAIN),
    ("getSimpleName", get_simple_name, PLAIN),
    ("toString", class_to_string, PLAIN),
];

fn get_name(class: &Class, arguments: &[Value], _: &mut Work) -> MethodResult {
    of_class(class.0, arguments)
}

fn get_simple_name(class: &Class, arguments: &[Value], _: &mut Work) -> MethodResult {
    of_class(class.simple(), arguments)
}

fn class_to_string(class: &Class, arguments: &[Value], _: &mut Work) -> MethodResult {
    of_class(format!("class {}", class.0), arguments)
}

fn of_class(text: impl Into<Value>, arguments: &[Value]) -> MethodResult {
    if arguments.is_empty() {
        Ok(text.into())
    } else {
        Err(no_reflection())
    }
}

/// A template asks a class for something other than its name.
pub(super) fn no_reflection() -> Thrown {
    exception("reflection is switched off: a class has only a name")
}
