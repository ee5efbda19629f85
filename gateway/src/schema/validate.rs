//! Checks a value against a schema, and says what is wrong in the words of the Java library that
//! API Gateway uses: `docs/aws/api-gateway.md#request-validation`.

use serde_json::{Map, Value as Json};

use super::decimal::Decimal;
use super::equal::{are_unique, equal};
use super::rules::{Additional, Dependency, Id, Items, Rules, Schema, Type};

/// Visits of one validation: a schema that needs more is given up, and the value does not fit.
const VISITS: u64 = 1_000_000;

/// The deepest nesting of rules.
const DEPTH: usize = 400;

impl Schema {
    /// What is wrong with a value: nothing if it fits.
    pub(crate) fn problems(&self, value: &Json) -> Vec<String> {
        let mut run = Run {
            schema: self,
            visits: VISITS,
            depth: 0,
        };
        let mut problems = Vec::new();
        run.check(0, value, &mut problems);
        if run.visits == 0 && problems.is_empty() {
            problems.push("validation of the instance takes too long".to_owned());
        }
        problems
    }
}

/// One validation.
struct Run<'s> {
    schema: &'s Schema,
    visits: u64,
    depth: usize,
}

impl<'s> Run<'s> {
    fn check(&mut self, id: Id, value: &Json, problems: &mut Vec<String>) {
        let schema: &'s Schema = self.schema;
        let (Some(rules), true) = (schema.rules.get(id), self.depth < DEPTH && self.visits > 0)
        else {
            self.visits = 0;
            return;
        };
        self.visits -= 1;
        self.depth += 1;
        match rules.reference {
            Some(target) => self.check(target, value, problems),
            None => self.check_rules(rules, value, problems),
        }
        self.depth -= 1;
    }

    fn check_rules(&mut self, rules: &'s Rules, value: &Json, problems: &mut Vec<String>) {
        let kind = kind(value);
        if !rules.types.is_empty() && !rules.types.contains(&kind) {
            let allowed: Vec<String> = rules.types.iter().map(|kind| quoted(name(*kind))).collect();
            problems.push(format!(
                "instance type ({}) does not match any allowed primitive type (allowed: [{}])",
                name(kind),
                allowed.join(",")
            ));
        }
        if let Some(values) = &rules.one_of_values
            && !values.iter().any(|allowed| equal(allowed, value))
        {
            problems.push(format!(
                "instance value ({value}) not found in enum (possible values: {})",
                Json::Array(values.clone())
            ));
        }
        match value {
            Json::Number(number) => check_number(rules, number.as_str(), problems),
            Json::String(text) => check_string(rules, text, problems),
            Json::Array(items) => self.check_array(rules, items, problems),
            Json::Object(members) => self.check_object(rules, value, members, problems),
            Json::Null | Json::Bool(_) => {}
        }
        self.check_combinations(rules, value, problems);
    }

    fn fits(&mut self, id: Id, value: &Json) -> bool {
        let mut problems = Vec::new();
        self.check(id, value, &mut problems);
        problems.is_empty()
    }

    fn check_combinations(&mut self, rules: &'s Rules, value: &Json, problems: &mut Vec<String>) {
        let mut matched = |ids: &[Id]| ids.iter().filter(|id| self.fits(**id, value)).count();
        let all = rules.all_of.len();
        let found = matched(&rules.all_of);
        if found < all {
            problems.push(format!(
                "instance failed to match all required schemas (matched only {found} out of {all})"
            ));
        }
        let any = rules.any_of.len();
        if any > 0 && matched(&rules.any_of) == 0 {
            problems.push(format!(
                "instance failed to match at least one required schema among {any}"
            ));
        }
        let one = rules.one_of.len();
        let found = matched(&rules.one_of);
        if one > 0 && found != 1 {
            problems.push(format!(
                "instance failed to match exactly one schema (matched {found} out of {one})"
            ));
        }
        if rules.not.is_some_and(|id| self.fits(id, value)) {
            problems.push("instance matched a schema which it should not have".to_owned());
        }
    }

    fn check_array(&mut self, rules: &'s Rules, items: &[Json], problems: &mut Vec<String>) {
        let array = &rules.array;
        let found = items.len();
        if let Some(limit) = array.min_items.filter(|limit| found < *limit) {
            problems.push(format!(
                "array is too short: must have at least {limit} elements but instance has {found} elements"
            ));
        }
        if let Some(limit) = array.max_items.filter(|limit| found > *limit) {
            problems.push(format!(
                "array is too long: must have at most {limit} elements but instance has {found} elements"
            ));
        }
        if array.unique && !are_unique(items) {
            problems.push("array must not contain duplicate elements".to_owned());
        }
        match &array.items {
            Items::Any => {}
            Items::Every(id) => items
                .iter()
                .for_each(|item| self.check(*id, item, problems)),
            Items::ByPosition(ids) => {
                for (id, item) in ids.iter().zip(items) {
                    self.check(*id, item, problems);
                }
                let more = items.get(ids.len()..).unwrap_or_default();
                match array.additional {
                    Additional::None if !more.is_empty() => problems.push(format!(
                        "array only allows {} elements but instance has {found} elements",
                        ids.len()
                    )),
                    Additional::Fitting(id) => {
                        more.iter().for_each(|item| self.check(id, item, problems));
                    }
                    Additional::None | Additional::Any => {}
                }
            }
        }
    }

    fn check_object(
        &mut self,
        rules: &'s Rules,
        value: &Json,
        members: &Map<String, Json>,
        problems: &mut Vec<String>,
    ) {
        let object = &rules.object;
        let found = members.len();
        if let Some(limit) = object.min_properties.filter(|limit| found < *limit) {
            problems.push(format!(
                "object has too few properties (found {found} but schema requires at least {limit})"
            ));
        }
        if let Some(limit) = object.max_properties.filter(|limit| found > *limit) {
            problems.push(format!(
                "object has too many properties (found {found} but schema requires at most {limit})"
            ));
        }
        let missing = absent(&object.required, members);
        if !missing.is_empty() {
            problems.push(format!(
                "object has missing required properties ([{}])",
                missing.join(",")
            ));
        }
        self.check_members(rules, members, problems);
        for (name, dependency) in &object.dependencies {
            match dependency {
                _ if !members.contains_key(name) => {}
                Dependency::Fitting(id) => self.check(*id, value, problems),
                Dependency::Members(needed) => {
                    let missing = absent(needed, members);
                    if !missing.is_empty() {
                        problems.push(format!(
                            "property {} of object has missing property dependencies (schema \
                             requires [{}]; missing: [{}])",
                            quoted(name),
                            needed
                                .iter()
                                .map(|name| quoted(name))
                                .collect::<Vec<_>>()
                                .join(","),
                            missing.join(",")
                        ));
                    }
                }
            }
        }
    }

    /// Members by their names, by patterns, and those that nothing names.
    fn check_members(
        &mut self,
        rules: &'s Rules,
        members: &Map<String, Json>,
        problems: &mut Vec<String>,
    ) {
        let object = &rules.object;
        let mut inner = Vec::new();
        let mut refused = Vec::new();
        for (name, member) in members {
            let named = object.properties.get(name);
            let patterns = object.pattern_properties.iter();
            let ids: Vec<Id> = patterns
                .filter(|(pattern, _)| pattern.fits(name))
                .map(|(_, id)| *id)
                .chain(named.copied())
                .collect();
            match object.additional {
                Additional::None if ids.is_empty() => refused.push(quoted(name)),
                Additional::Fitting(id) if ids.is_empty() => self.check(id, member, &mut inner),
                _ => {}
            }
            for id in ids {
                self.check(id, member, &mut inner);
            }
        }
        if !refused.is_empty() {
            refused.sort();
            problems.push(format!(
                "object instance has properties which are not allowed by the schema: [{}]",
                refused.join(",")
            ));
        }
        problems.append(&mut inner);
    }
}

fn check_number(rules: &Rules, text: &str, problems: &mut Vec<String>) {
    let Some(number) = Decimal::parse(text) else {
        problems.push(format!("numeric instance {text} is out of range"));
        return;
    };
    if let Some(limit) = &rules.number.maximum {
        let (value, exclusive) = (&limit.value, limit.is_exclusive);
        if number > *value {
            problems.push(format!(
                "numeric instance is greater than the required maximum (maximum: {value}, found: {number})"
            ));
        } else if exclusive && number == *value {
            problems.push(format!(
                "numeric instance is not strictly lower than the required maximum {value}"
            ));
        }
    }
    if let Some(limit) = &rules.number.minimum {
        let (value, exclusive) = (&limit.value, limit.is_exclusive);
        if number < *value {
            problems.push(format!(
                "numeric instance is lower than the required minimum (minimum: {value}, found: {number})"
            ));
        } else if exclusive && number == *value {
            problems.push(format!(
                "numeric instance is not strictly greater than the required minimum {value}"
            ));
        }
    }
    if let Some(divisor) = &rules.number.multiple_of
        && !number.is_multiple_of(divisor)
    {
        problems.push(format!(
            "remainder of division is not zero ({number} / {divisor})"
        ));
    }
}

fn check_string(rules: &Rules, text: &str, problems: &mut Vec<String>) {
    let rules = &rules.string;
    let length = || text.chars().count();
    let shown = quoted(text);
    if let Some(limit) = rules.min_length.filter(|limit| length() < *limit) {
        problems.push(format!(
            "string {shown} is too short (length: {}, required minimum: {limit})",
            length()
        ));
    }
    if let Some(limit) = rules.max_length.filter(|limit| length() > *limit) {
        problems.push(format!(
            "string {shown} is too long (length: {}, maximum allowed: {limit})",
            length()
        ));
    }
    if let Some(pattern) = rules.pattern.as_ref().filter(|pattern| !pattern.fits(text)) {
        problems.push(format!(
            "ECMA 262 regex {} does not match input string {shown}",
            quoted(&pattern.text)
        ));
    }
    problems.extend(rules.format.and_then(|format| format.problem(text)));
}

/// The names that an object lacks, quoted.
fn absent(names: &[String], members: &Map<String, Json>) -> Vec<String> {
    let lacking = names.iter().filter(|name| !members.contains_key(*name));
    lacking.map(|name| quoted(name)).collect()
}

fn kind(value: &Json) -> Type {
    match value {
        Json::Null => Type::Null,
        Json::Bool(_) => Type::Boolean,
        Json::Number(number) if Decimal::is_integer(number.as_str()) => Type::Integer,
        Json::Number(_) => Type::Number,
        Json::String(_) => Type::String,
        Json::Array(_) => Type::Array,
        Json::Object(_) => Type::Object,
    }
}

fn name(kind: Type) -> &'static str {
    match kind {
        Type::Array => "array",
        Type::Boolean => "boolean",
        Type::Integer => "integer",
        Type::Null => "null",
        Type::Number => "number",
        Type::Object => "object",
        Type::String => "string",
    }
}

fn quoted(text: &str) -> String {
    format!("\"{text}\"")
}
