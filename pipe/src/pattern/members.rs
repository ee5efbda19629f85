//! The members of a JSON object in order, including repeated names.
//!
//! The event rules engine reads a pattern as a stream: a name that is repeated is read, and
//! checked, twice. A map would forget the first.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::Value;
use serde_json::value::RawValue;

/// The members of one object, each with the text of its value.
#[derive(Debug)]
pub(super) struct Members(pub Vec<(String, Box<RawValue>)>);

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Members, D::Error> {
        deserializer.deserialize_map(MembersVisitor)
    }
}

struct MembersVisitor;

impl<'de> Visitor<'de> for MembersVisitor {
    type Value = Members;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members, A::Error> {
        let mut members = Vec::new();
        while let Some(member) = map.next_entry()? {
            members.push(member);
        }
        Ok(Members(members))
    }
}

/// The kind of a value in a pattern, by its first character.
#[derive(Debug)]
pub(super) enum Shape {
    /// An object.
    Object(Members),
    /// A list, each element as text.
    List(Vec<Box<RawValue>>),
    /// Anything else.
    Other,
}

impl Shape {
    /// The kind of a value, whose text must be JSON.
    pub(super) fn of(text: &str) -> Result<Shape, serde_json::Error> {
        match text.trim_start().as_bytes().first() {
            Some(b'{') => Ok(Shape::Object(serde_json::from_str(text)?)),
            Some(b'[') => Ok(Shape::List(serde_json::from_str(text)?)),
            _ => Ok(Shape::Other),
        }
    }
}

/// Reads a match expression, and whether it, or one within it, repeats a name.
pub(super) fn expression(text: &str) -> Result<(Value, bool), serde_json::Error> {
    Ok((serde_json::from_str(text)?, repeats(text)?))
}

fn repeats(text: &str) -> Result<bool, serde_json::Error> {
    let Shape::Object(Members(members)) = Shape::of(text)? else {
        return Ok(false);
    };
    for (index, (name, value)) in members.iter().enumerate() {
        if members[..index].iter().any(|(before, _)| before == name) || repeats(value.get())? {
            return Ok(true);
        }
    }
    Ok(false)
}
