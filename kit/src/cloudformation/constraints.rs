//! What the author of a template demands of a parameter's value. CloudFormation refuses others, in
//! the words that are used here. Pure.
//!
//! Facts: the CloudFormation user guide, "Parameters section"; the texts are those that its users
//! report.

use crate::document::{Entry, Node, Problem};
use crate::java_regex::{Regex, Steps};
use crate::suggest::nearest;

/// Types that are not AWS's own.
const PLAIN: [&str; 5] = [
    "String",
    "Number",
    "List<Number>",
    "List<String>",
    "CommaDelimitedList",
];

/// How ids of AWS-specific types begin.
const PREFIXES: [(&str, &str); 6] = [
    ("AWS::EC2::VPC::Id", "vpc-"),
    ("AWS::EC2::Subnet::Id", "subnet-"),
    ("AWS::EC2::SecurityGroup::Id", "sg-"),
    ("AWS::EC2::Image::Id", "ami-"),
    ("AWS::EC2::Instance::Id", "i-"),
    ("AWS::EC2::Volume::Id", "vol-"),
];

/// Steps of a pattern: far more than a sensible one takes.
const STEPS: u64 = 1_000_000;

/// The problem with a type that does not exist.
pub(super) fn unknown_type(name: &str, node: &Node) -> Option<Problem> {
    let kind = node.text().ok()?;
    let is_known = PLAIN.contains(&kind) || kind.contains("AWS::");
    let hint = || {
        let meant = nearest(kind, PLAIN);
        meant
            .map(|meant| format!("; did you mean {meant}?"))
            .unwrap_or_default()
    };
    let message = || {
        format!(
            "parameter {name}: Unrecognized parameter type: {kind}{}",
            hint()
        )
    };
    (!is_known).then(|| node.problem(message()).tolerable())
}

/// Whether values of a type are lists, written with commas.
pub(super) fn is_list(kind: &str) -> bool {
    kind.contains("CommaDelimitedList") || kind.contains("List<")
}

/// Checks a value. The value itself may be a secret (`NoEcho`), so no text shows it.
///
/// # Errors
/// The value is not one that the template allows.
pub(super) fn check(entry: &Entry, name: &str, kind: &str, node: &Node) -> Result<(), Problem> {
    let text = node.text()?;
    let constraints = Constraints {
        declaration: &entry.node,
        kind,
    };
    let items: Vec<&str> = match is_list(kind) {
        true => text.split(',').map(str::trim).collect(),
        false => vec![text],
    };
    let failed = constraints.failed(name, &items)?;
    let Some(told) = failed else { return Ok(()) };
    let described = entry.node.get("ConstraintDescription");
    let told = match described.and_then(|node| node.text().ok()) {
        Some(description) => {
            format!("Parameter {name} failed to satisfy constraint: {description}")
        }
        None => told,
    };
    Err(entry.place.problem(told))
}

struct Constraints<'a> {
    declaration: &'a Node,
    kind: &'a str,
}

impl Constraints<'_> {
    /// What does not hold for a value, which is several for a list.
    fn failed(&self, name: &str, items: &[&str]) -> Result<Option<String>, Problem> {
        if let Some(node) = self.declaration.get("AllowedValues") {
            let allowed = node.list()?;
            let is_allowed = |item: &&str| allowed.iter().any(|value| value.text() == Ok(*item));
            if !items.iter().all(is_allowed) {
                return Ok(Some(format!(
                    "Parameter '{name}' must be one of AllowedValues"
                )));
            }
        }
        for item in items {
            let failed = match self.kind.contains("Number") {
                true => self.number(name, item)?,
                false => self.text(name, item)?,
            };
            if failed.is_some() {
                return Ok(failed);
            }
        }
        Ok(None)
    }

    fn number(&self, name: &str, item: &str) -> Result<Option<String>, Problem> {
        let Some(number) = item.parse::<f64>().ok().filter(|number| number.is_finite()) else {
            return Ok(Some(format!("Parameter '{name}' must be a number")));
        };
        let bound = |property: &str| {
            let text = self.declaration.get(property).map(Node::text).transpose()?;
            Ok(text.and_then(|text| Some((text.to_owned(), text.parse::<f64>().ok()?))))
        };
        Ok(match (bound("MinValue")?, bound("MaxValue")?) {
            (Some((shown, least)), _) if number < least => Some(format!(
                "Parameter '{name}' must be a number not less than {shown}"
            )),
            (_, Some((shown, most))) if number > most => Some(format!(
                "Parameter '{name}' must be a number not greater than {shown}"
            )),
            _ => None,
        })
    }

    fn text(&self, name: &str, item: &str) -> Result<Option<String>, Problem> {
        let length = i64::try_from(item.chars().count()).unwrap_or(i64::MAX);
        let bound = |property: &str| {
            self.declaration
                .get(property)
                .map(Node::integer)
                .transpose()
        };
        if let Some(least) = bound("MinLength")?.filter(|least| length < *least) {
            let told = format!("Parameter '{name}' must contain at least {least} characters");
            return Ok(Some(told));
        }
        if let Some(most) = bound("MaxLength")?.filter(|most| length > *most) {
            let told = format!("Parameter '{name}' must contain at most {most} characters");
            return Ok(Some(told));
        }
        if let Some(node) = self.declaration.get("AllowedPattern") {
            let pattern = node.text()?;
            let wrong = |reason: &dyn std::fmt::Display| {
                node.problem(format!("parameter {name}: AllowedPattern: {reason}"))
            };
            let regex = Regex::new(pattern).map_err(|error| wrong(&error))?;
            let matched = regex
                .matches(item, &mut Steps(STEPS))
                .map_err(|error| wrong(&error))?;
            if !matched {
                return Ok(Some(format!(
                    "Parameter '{name}' must match pattern {pattern}"
                )));
            }
        }
        let kind = self.kind.trim_start_matches("List<").trim_end_matches('>');
        let prefix = PREFIXES.iter().find(|(known, _)| *known == kind);
        let is_wrong = prefix.is_some_and(|(_, prefix)| !item.starts_with(prefix));
        let told = || {
            format!(
                "parameter {name}: the value does not exist: {kind} begins with {}",
                prefix.map_or("", |(_, prefix)| prefix)
            )
        };
        Ok(is_wrong.then(told))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(declaration: &str, value: &str) -> String {
        let root = Node::parse("t", &format!("P: {declaration}")).unwrap();
        let entry = &root.entries().unwrap()[0];
        let kind = entry.node.get("Type").unwrap().text().unwrap().to_owned();
        let value = entry
            .node
            .with(crate::document::Value::String(value.to_owned()));
        match check(entry, "P", &kind, &value) {
            Ok(()) => String::new(),
            Err(problem) => problem.message,
        }
    }

    #[test]
    fn what_is_allowed_passes() {
        for (declaration, value) in [
            (
                "{Type: String, AllowedPattern: '[a-z]+', MinLength: 2, MaxLength: '3'}",
                "abc",
            ),
            ("{Type: Number, MinValue: 1, MaxValue: 2.5}", "2.5"),
            ("{Type: Number}", "-1e3"),
            ("{Type: CommaDelimitedList, AllowedValues: [a, b]}", "a, b"),
            ("{Type: List<Number>, MaxValue: 3}", "1,2, 3"),
            ("{Type: AWS::EC2::VPC::Id}", "vpc-0123"),
            ("{Type: AWS::SSM::Parameter::Name}", "/a/b"),
        ] {
            assert_eq!(checked(declaration, value), "", "{declaration}");
        }
    }

    #[test]
    fn what_is_not_is_told_as_cloudformation_tells_it() {
        for (declaration, value, told) in [
            (
                "{Type: String, AllowedValues: [a]}",
                "b",
                "Parameter 'P' must be one of AllowedValues",
            ),
            (
                "{Type: CommaDelimitedList, AllowedValues: [a]}",
                "a,b",
                "Parameter 'P' must be one of AllowedValues",
            ),
            (
                "{Type: String, AllowedPattern: '[a-z]+'}",
                "ab1",
                "Parameter 'P' must match pattern [a-z]+",
            ),
            (
                "{Type: String, MinLength: 4}",
                "abc",
                "Parameter 'P' must contain at least 4 characters",
            ),
            (
                "{Type: String, MaxLength: 2}",
                "äöü",
                "Parameter 'P' must contain at most 2 characters",
            ),
            (
                "{Type: Number, MinValue: 1}",
                "0",
                "Parameter 'P' must be a number not less than 1",
            ),
            (
                "{Type: Number, MaxValue: 5}",
                "5.1",
                "Parameter 'P' must be a number not greater than 5",
            ),
            ("{Type: Number}", "many", "Parameter 'P' must be a number"),
            (
                "{Type: List<Number>}",
                "1,x",
                "Parameter 'P' must be a number",
            ),
            (
                "{Type: AWS::EC2::VPC::Id}",
                "subnet-1",
                "parameter P: the value does not exist: AWS::EC2::VPC::Id begins with vpc-",
            ),
            (
                "{Type: String, MinLength: 4, ConstraintDescription: four letters}",
                "a",
                "Parameter P failed to satisfy constraint: four letters",
            ),
        ] {
            assert_eq!(checked(declaration, value), told);
        }
    }

    #[test]
    fn types_are_known() {
        let told = |kind: &str| {
            let node = Node::parse("t", kind).unwrap();
            unknown_type("P", &node).map(|problem| problem.message)
        };
        for kind in [
            "String",
            "List<AWS::EC2::Subnet::Id>",
            "AWS::SSM::Parameter::Value<List<String>>",
        ] {
            assert_eq!(told(kind), None);
        }
        assert_eq!(
            told("Strng").unwrap(),
            "parameter P: Unrecognized parameter type: Strng; did you mean String?"
        );
    }
}
