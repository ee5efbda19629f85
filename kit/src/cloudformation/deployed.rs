//! A template as it was deployed: what `tidegate import` writes into a file beside the template
//! itself, and how AWS's ids become the names that templates are read with. Pure.

use serde_json::{Value as Json, json};

use super::function::function;
use super::keys::{NESTED_TEMPLATE, PHYSICAL_ID};
use crate::arn::Arn;
use crate::document::{Node, Value};

/// The entry of `Metadata` that says where a template was imported from.
const IMPORT: &str = "Tidegate::Import";

/// Where a template was imported from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Deployed {
    /// The name of the stack, where it was one.
    pub stack_name: Option<String>,
    /// The account.
    pub account_id: Option<String>,
    /// The region.
    pub region: Option<String>,
}

impl Deployed {
    /// What a template says of it, if it was imported.
    pub(crate) fn of(root: &Node) -> Option<Deployed> {
        let import = root.get("Metadata")?.get(IMPORT)?;
        let text = |name: &str| Some(import.get(name)?.text().ok()?.to_owned());
        Some(Deployed {
            stack_name: text("StackName"),
            account_id: text("AccountId"),
            region: text("Region"),
        })
    }

    /// Writes it into a template.
    pub fn mark(&self, template: &mut Json) {
        let members = [
            ("StackName", &self.stack_name),
            ("AccountId", &self.account_id),
            ("Region", &self.region),
        ];
        let members = members
            .into_iter()
            .filter_map(|(name, value)| Some((name.to_owned(), Json::String(value.clone()?))));
        if !template["Metadata"].is_object() {
            template["Metadata"] = json!({});
        }
        template["Metadata"][IMPORT] = Json::Object(members.collect());
    }
}

/// Says which id a resource of a template has in the account.
pub fn mark_physical_id(resource: &mut Json, id: &str) {
    resource[PHYSICAL_ID] = id.into();
}

/// Gives a resource that is a nested stack its template.
pub fn mark_nested_template(resource: &mut Json, template: Json) {
    resource[NESTED_TEMPLATE] = template;
}

/// The name that templates know a resource by, by the id that AWS has for it: a queue's URL and a
/// topic's ARN end with it, most other ids are the name.
pub fn name_in_physical_id(kind: &str, id: &str) -> String {
    match (kind, Arn::parse(id)) {
        ("AWS::SQS::Queue", None) => id.rsplit('/').next().unwrap_or(id).to_owned(),
        (_, Some(arn)) => arn.name().to_owned(),
        (_, None) => id.to_owned(),
    }
}

/// The node as JSON, with functions in their long form: `!Sub x` is `{"Fn::Sub": "x"}`.
pub fn plain_json(node: &Node) -> Json {
    if node.tag.is_some()
        && let Some((name, argument)) = function(node)
    {
        let argument = match (name.as_str(), &argument.value) {
            // JSON has a list where YAML has `!GetAtt Queue.Arn`.
            ("Fn::GetAtt", Value::String(text)) => match text.split_once('.') {
                Some((resource, attribute)) => json!([resource, attribute]),
                None => json!(text),
            },
            _ => plain_json(&argument),
        };
        return json!({ name: argument });
    }
    match &node.value {
        Value::List(nodes) => nodes.iter().map(plain_json).collect(),
        Value::Map(entries) => {
            let members = entries
                .iter()
                .map(|entry| (entry.key.clone(), plain_json(&entry.node)));
            Json::Object(members.collect())
        }
        _ => node.to_json(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_of_aws_become_names() {
        for (kind, id, name) in [
            (
                "AWS::SQS::Queue",
                "https://sqs.e.amazonaws.com/1/shop-Q-1A",
                "shop-Q-1A",
            ),
            ("AWS::SQS::Queue", "shop-Q-1A", "shop-Q-1A"),
            ("AWS::SNS::Topic", "arn:aws:sns:e:1:shop-T-1A", "shop-T-1A"),
            (
                "AWS::StepFunctions::StateMachine",
                "arn:aws:states:e:1:stateMachine:m",
                "m",
            ),
            ("AWS::Logs::LogGroup", "/aws/lambda/f", "/aws/lambda/f"),
            ("AWS::Pipes::Pipe", "p", "p"),
        ] {
            assert_eq!(name_in_physical_id(kind, id), name);
        }
    }

    #[test]
    fn functions_are_written_in_their_long_form() {
        let text = "{a: !GetAtt Q.Arn, b: !Sub ['${x}', {x: !Ref Y}], c: [!If [C, 1, 'AWS::NoValue']], d: 0123, e: {Ref: Z}}";
        let expected = r#"{"a":{"Fn::GetAtt":["Q","Arn"]},"b":{"Fn::Sub":["${x}",{"x":{"Ref":"Y"}}]},"c":[{"Fn::If":["C",1,"AWS::NoValue"]}],"d":"0123","e":{"Ref":"Z"}}"#;
        let node = Node::parse("t", text).unwrap();
        assert_eq!(plain_json(&node).to_string(), expected);
    }

    #[test]
    fn a_mark_is_read_as_it_was_written() {
        let mut template = json!({"Resources": {}});
        let from = Deployed {
            stack_name: Some("shop".into()),
            account_id: Some("123456789012".into()),
            region: None,
        };
        from.mark(&mut template);
        let root = Node::parse("t", &template.to_string()).unwrap();
        assert_eq!(Deployed::of(&root), Some(from));
        assert_eq!(
            Deployed::of(&Node::parse("t", "Metadata: {a: b}").unwrap()),
            None
        );
    }
}
