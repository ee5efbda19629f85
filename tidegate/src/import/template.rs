//! The definition that is written: one template, in which several stacks are nested. Pure.

use std::collections::BTreeSet;

use kit::cloudformation::mark_nested_template;
use kit::control_plane::StackParameter;
use serde_json::{Value, json};

use super::parts::{ImportedStack, Parts, camel};
use super::texts;

/// What AWS shows of a value that it does not show.
const HIDDEN: &str = "****";

/// One definition of all that was imported: the template of the stack, if there is nothing else.
pub(super) fn definition(mut parts: Parts) -> Value {
    if parts.resources.is_empty()
        && let [_] = parts.stacks.as_slice()
        && let Some(stack) = parts.stacks.pop()
    {
        return stack.template;
    }
    for ImportedStack { name, template } in std::mem::take(&mut parts.stacks) {
        let id = parts.free_id(&format!("{}Stack", camel(&name)));
        let mut resource = json!({"Type": "AWS::CloudFormation::Stack", "Properties": {}});
        mark_nested_template(&mut resource, template);
        parts.resources.insert(id, resource);
    }
    // An id that was given away and never used would be a resource without a type.
    let resources = parts
        .resources
        .into_iter()
        .filter(|(_, resource)| !resource.is_null());
    let mut template = json!({"AWSTemplateFormatVersion": "2010-09-09"});
    parts.from.mark(&mut template);
    template["Resources"] = Value::Object(resources.collect());
    template
}

/// Makes the values that a stack's parameters have their defaults. The names of those that AWS does
/// not show.
pub(super) fn set_parameters(template: &mut Value, parameters: &[StackParameter]) -> Vec<String> {
    let mut hidden = Vec::new();
    for parameter in parameters {
        let Some(declared) = template["Parameters"].get_mut(&parameter.key) else {
            continue;
        };
        let Some(declared) = declared.as_object_mut() else {
            continue;
        };
        let is_hidden = declared
            .get("NoEcho")
            .is_some_and(|value| *value == true || *value == "true");
        if is_hidden || parameter.value == HIDDEN {
            // Its default may not be what was given.
            declared.shift_remove("Default");
            hidden.push(parameter.key.clone());
            continue;
        }
        let of_store = declared
            .get("Type")
            .and_then(Value::as_str)
            .unwrap_or_default();
        let of_store = of_store.strip_prefix("AWS::SSM::Parameter::");
        let is_list = of_store.map(|kind| kind.contains("List<"));
        match (is_list, &parameter.resolved) {
            (Some(is_list), Some(resolved)) => {
                // What Parameter Store had is the value now, and no name in it.
                let kind = if is_list {
                    "CommaDelimitedList"
                } else {
                    "String"
                };
                declared.insert("Type".to_owned(), json!(kind));
                declared.insert("Default".to_owned(), json!(resolved));
            }
            _ => {
                declared.insert("Default".to_owned(), json!(parameter.value));
            }
        }
    }
    hidden
}

/// The names of other stacks' values that a template asks for, as far as they are written out.
pub(super) fn imported_values(template: &Value) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    find_imports(template, &mut found);
    found
}

fn find_imports(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(members) => {
            if let Some(argument) = members.get("Fn::ImportValue") {
                texts::each(argument, &mut |text| _ = found.insert(text.to_owned()));
            }
            members
                .values()
                .for_each(|value| find_imports(value, found));
        }
        Value::Array(items) => items.iter().for_each(|value| find_imports(value, found)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parameter(key: &str, value: &str, resolved: Option<&str>) -> StackParameter {
        StackParameter {
            key: key.into(),
            value: value.into(),
            resolved: resolved.map(str::to_owned),
        }
    }

    #[test]
    fn parameters_have_the_values_of_the_stack() {
        let mut template = json!({"Parameters": {
            "Name": {"Type": "String", "Default": "a"}, "Count": {"Type": "Number"},
            "Token": {"Type": "String", "NoEcho": true, "Default": "x"},
            "Image": {"Type": "AWS::SSM::Parameter::Value<String>", "Default": "/a/b"},
            "Zones": {"Type": "AWS::SSM::Parameter::Value<List<String>>"}}});
        let given = [
            parameter("Name", "orders", None),
            parameter("Count", "5", None),
            parameter("Token", "****", None),
            parameter("Image", "/a/b", Some("ami-1")),
            parameter("Zones", "/z", Some("a,b")),
            parameter("Gone", "x", None),
        ];
        assert_eq!(set_parameters(&mut template, &given), ["Token"]);
        let expected = json!({"Parameters": {
            "Name": {"Type": "String", "Default": "orders"}, "Count": {"Type": "Number", "Default": "5"},
            "Token": {"Type": "String", "NoEcho": true},
            "Image": {"Type": "String", "Default": "ami-1"},
            "Zones": {"Type": "CommaDelimitedList", "Default": "a,b"}}});
        assert_eq!(template, expected);
    }

    #[test]
    fn one_stack_is_its_template_and_several_are_nested() {
        let stack = |name: &str| ImportedStack {
            name: name.into(),
            template: json!({"Resources": {"Q": {"Type": "AWS::SQS::Queue"}}}),
        };
        let mut parts = Parts::of_region("eu-west-1");
        parts.stacks.push(stack("shop"));
        assert_eq!(
            definition(parts)["Resources"]["Q"]["Type"],
            "AWS::SQS::Queue"
        );
        let mut parts = Parts::of_region("eu-west-1");
        parts.stacks.extend([stack("shop"), stack("shop-two")]);
        let made = definition(parts);
        let ids: Vec<&String> = made["Resources"].as_object().unwrap().keys().collect();
        assert_eq!(ids, ["ShopStack", "ShopTwoStack"]);
        assert_eq!(made["Metadata"]["Tidegate::Import"]["Region"], "eu-west-1");
    }

    #[test]
    fn values_of_other_stacks_are_found() {
        let template = json!({"A": {"Fn::ImportValue": "shared-Arn"}, "B": [{"Fn::ImportValue": {"Fn::Sub": "${N}-Url"}}]});
        let found: Vec<String> = imported_values(&template).into_iter().collect();
        assert_eq!(found, ["${N}-Url", "shared-Arn"]);
    }
}
