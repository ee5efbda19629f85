//! A schema as rules that a value is held to.

use indexmap::IndexMap;
use serde_json::Value as Json;

use super::decimal::Decimal;
use super::format::Format;
use super::pattern::Pattern;

/// A compiled schema with everything that it refers to.
#[derive(Debug, Default)]
pub struct Schema {
    /// The rules; those of the schema itself are the first.
    pub(super) rules: Vec<Rules>,
}

/// An index into [`Schema::rules`].
pub(super) type Id = usize;

/// The rules of one schema or subschema.
#[derive(Debug, Default)]
pub(super) struct Rules {
    /// `$ref`: these rules count instead of all others.
    pub(super) reference: Option<Id>,
    pub(super) types: Vec<Type>,
    pub(super) one_of_values: Option<Vec<Json>>,
    pub(super) number: NumberRules,
    pub(super) string: StringRules,
    pub(super) array: ArrayRules,
    pub(super) object: ObjectRules,
    pub(super) all_of: Vec<Id>,
    pub(super) any_of: Vec<Id>,
    pub(super) one_of: Vec<Id>,
    pub(super) not: Option<Id>,
}

/// `type`, in the order in which the Java library names them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Type {
    Array,
    Boolean,
    Integer,
    Null,
    Number,
    Object,
    String,
}

#[derive(Debug, Default)]
pub(super) struct NumberRules {
    pub(super) multiple_of: Option<Decimal>,
    pub(super) maximum: Option<Bound>,
    pub(super) minimum: Option<Bound>,
}

#[derive(Debug)]
pub(super) struct Bound {
    pub(super) value: Decimal,
    pub(super) is_exclusive: bool,
}

#[derive(Debug, Default)]
pub(super) struct StringRules {
    pub(super) min_length: Option<usize>,
    pub(super) max_length: Option<usize>,
    pub(super) pattern: Option<Pattern>,
    pub(super) format: Option<Format>,
}

#[derive(Debug, Default)]
pub(super) struct ArrayRules {
    pub(super) items: Items,
    /// `additionalItems`.
    pub(super) additional: Additional,
    pub(super) min_items: Option<usize>,
    pub(super) max_items: Option<usize>,
    pub(super) unique: bool,
}

#[derive(Debug, Default)]
pub(super) enum Items {
    #[default]
    Any,
    Every(Id),
    ByPosition(Vec<Id>),
}

/// What may stand beside what is named.
#[derive(Debug, Default)]
pub(super) enum Additional {
    #[default]
    Any,
    None,
    Fitting(Id),
}

#[derive(Debug, Default)]
pub(super) struct ObjectRules {
    pub(super) min_properties: Option<usize>,
    pub(super) max_properties: Option<usize>,
    /// Sorted, as the Java library names them.
    pub(super) required: Vec<String>,
    pub(super) properties: IndexMap<String, Id>,
    pub(super) pattern_properties: Vec<(Pattern, Id)>,
    pub(super) additional: Additional,
    pub(super) dependencies: Vec<(String, Dependency)>,
}

#[derive(Debug)]
pub(super) enum Dependency {
    /// These members must be there, too.
    Members(Vec<String>),
    /// The whole object must fit.
    Fitting(Id),
}
