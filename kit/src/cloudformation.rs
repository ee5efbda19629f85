//! A CloudFormation template, with every parameter, condition and intrinsic function resolved.
//!
//! What comes out is plain data: resources whose properties are literal values that still know their place. What the
//! properties mean is the business of the program that runs the resource. Nothing is created and nothing is asked of
//! AWS: ids that only a deployment could give (API ids, ARN suffixes) are derived from the logical id, so they are the
//! same on every start.
//!
//! Facts: the CloudFormation user guide, "Intrinsic function reference" and "Template anatomy".

mod intrinsic;
mod names;
mod parameters;

use std::collections::BTreeMap;

use crate::document::{Entry, Fields, Node, Problem, Value};
use intrinsic::Resolver;
use names::Named;

/// Where a stack would be deployed: the pseudo parameters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// `AWS::Region`.
    pub region: String,
    /// `AWS::AccountId`, twelve digits.
    pub account_id: String,
    /// `AWS::StackName`; also the first part of generated names.
    pub stack_name: String,
}

/// Values for parameters, by name, as `aws cloudformation deploy --parameter-overrides` takes them.
pub type Overrides = BTreeMap<String, String>;

/// The resources of a template whose conditions hold.
#[derive(Debug, Clone, PartialEq)]
pub struct Stack {
    /// In the order of the template.
    pub resources: Vec<Resource>,
}

/// One resource, resolved.
#[derive(Debug, Clone, PartialEq)]
pub struct Resource {
    /// The name in the template.
    pub logical_id: String,
    /// For example `AWS::SQS::Queue`.
    pub kind: String,
    /// The name or id in the account: what `Ref` gives for most types.
    pub physical_id: String,
    /// Literal values only; an empty mapping when the template has none.
    pub properties: Node,
    account: Account,
}

impl Resource {
    /// The resource in messages: `EventQueue (AWS::SQS::Queue)`.
    pub fn label(&self) -> String {
        format!("{} ({})", self.logical_id, self.kind)
    }

    /// What `Fn::GetAtt` gives for an attribute of this resource; `None` when its type has none of that name.
    pub fn attribute(&self, name: &str) -> Option<String> {
        let path = self.properties.get("Path").and_then(|path| path.text().ok()).unwrap_or("/");
        let (kind, logical_id, physical_id) = (&self.kind, &self.logical_id, &self.physical_id);
        Named { kind, logical_id, physical_id, path, account: &self.account }.attribute(name)
    }

    /// The properties, to be taken one by one.
    ///
    /// # Errors
    /// `Properties` is not a mapping.
    pub fn fields(&self) -> Result<Fields<'_>, Problem> {
        self.properties.fields(self.label())
    }
}

/// The services that Tidegate stands in for. Resources of other services belong to those services: they are not
/// resolved, so that a template may hold whatever it likes beside the chain.
const OURS: [&str; 6] =
    ["AWS::ApiGateway::", "AWS::SQS::", "AWS::Pipes::", "AWS::Events::", "AWS::S3::Bucket", "AWS::Serverless::"];

/// Entries that a resource may have beside `Type` and `Properties`; none of them matters without a deployment.
const RESOURCE_ATTRIBUTES: [&str; 6] =
    ["DependsOn", "Metadata", "DeletionPolicy", "UpdateReplacePolicy", "CreationPolicy", "UpdatePolicy"];

impl Stack {
    /// Whether a document is a CloudFormation template at all.
    pub fn is_template(root: &Node) -> bool {
        root.get("Resources").is_some() || root.get("AWSTemplateFormatVersion").is_some()
    }

    /// Resolves a template for `account` with `overrides`. What can be passed over is added to `problems`.
    ///
    /// # Errors
    /// The first thing that makes the template unreadable: a reference to nothing, a parameter without a value, a
    /// malformed function, a cycle.
    pub fn load(
        root: &Node,
        overrides: &Overrides,
        account: &Account,
        problems: &mut Vec<Problem>,
    ) -> Result<Stack, Problem> {
        let mut fields = root.fields("the template")?;
        let resources = fields.required("Resources")?.entries()?;
        let parameters = parameters::values(fields.optional("Parameters"), overrides, account)?;
        let conditions = section(fields.optional("Conditions"))?;
        let mappings = fields.optional("Mappings");
        fields.ignore(&["AWSTemplateFormatVersion", "Description", "Metadata", "Outputs"]);
        fields.unsupported(&["Transform", "Rules", "Hooks"]);
        problems.extend(fields.finish());
        let resolver = Resolver::new(account, parameters, conditions, mappings, resources);
        let mut stack = Stack { resources: Vec::new() };
        for entry in resources {
            if let Some(resource) = resource(entry, &resolver, problems)? {
                stack.resources.push(resource);
            }
        }
        Ok(stack)
    }

    /// The resources of one type, in the order of the template.
    pub fn of_kind<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = &'a Resource> {
        self.resources.iter().filter(move |resource| resource.kind == kind)
    }
}

fn section(node: Option<&Node>) -> Result<&[Entry], Problem> {
    node.map_or(Ok(&[]), Node::entries)
}

fn resource(entry: &Entry, resolver: &Resolver<'_>, problems: &mut Vec<Problem>) -> Result<Option<Resource>, Problem> {
    let mut fields = entry.node.fields(&entry.key)?;
    let kind = fields.required("Type")?.text()?.to_owned();
    if !OURS.iter().any(|ours| kind.starts_with(ours)) {
        return Ok(None);
    }
    if let Some(condition) = fields.optional("Condition")
        && !resolver.condition(condition)?
    {
        return Ok(None);
    }
    let properties = match fields.optional("Properties") {
        Some(node) => resolver.resolve(node)?.unwrap_or_else(|| node.with(Value::Map(Vec::new()))),
        None => entry.node.with(Value::Map(Vec::new())),
    };
    fields.ignore(&RESOURCE_ATTRIBUTES);
    problems.extend(fields.finish());
    let physical_id = resolver.physical_id(&entry.key, &entry.node)?;
    let account = resolver.account().clone();
    Ok(Some(Resource { logical_id: entry.key.clone(), kind, physical_id, properties, account }))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEMPLATE: &str = r#"
Parameters:
  Env: {Type: String, Default: dev, AllowedValues: [dev, prod]}
  Hosts: {Type: CommaDelimitedList, Default: "a.example, b.example"}
  Account: {Type: String, Default: "000000000012"}
Mappings:
  Sizes: {dev: {retention: 60}, prod: {retention: 1209600}}
Conditions:
  IsProd: !Equals [!Ref Env, prod]
  IsDev: !Not [Condition: IsProd]
Resources:
  Queue:
    Type: AWS::SQS::Queue
    DependsOn: Dead
    Properties:
      QueueName: !Sub "${Env}-orders"
      MessageRetentionPeriod: !FindInMap [Sizes, !Ref Env, retention]
      DelaySeconds: !If [IsProd, 5, !Ref AWS::NoValue]
      RedrivePolicy:
        deadLetterTargetArn: !GetAtt Dead.Arn
        maxReceiveCount: 5
  Dead: {Type: AWS::SQS::Queue}
  Prod:
    Type: AWS::SQS::Queue
    Condition: IsProd
  Role: {Type: AWS::IAM::Role, Properties: {Path: /p/, Nonsense: !GetAtt No.Where}}
  Bucket:
    Type: AWS::S3::Bucket
    Properties:
      Tags:
        - {Key: url, Value: !Ref Queue}
        - {Key: host, Value: !Select [1, !Ref Hosts]}
        - {Key: joined, Value: !Join ["|", [!Ref "AWS::Region", {"Ref": "AWS::AccountId"}]]}
        - {Key: split, Value: !Select [1, !Split [":", !GetAtt Queue.Arn]]}
        - {Key: role, Value: !GetAtt Role.Arn}
        - {Key: b64, Value: {"Fn::Base64": !Sub "${!Literal}${X}${Queue.QueueName}"}}
"#;

    fn account() -> Account {
        Account { region: "eu-west-1".into(), account_id: "123456789012".into(), stack_name: "tide".into() }
    }

    fn load(text: &str, overrides: &[(&str, &str)]) -> Result<(Stack, Vec<Problem>), Problem> {
        let overrides = overrides.iter().map(|&(name, value)| (name.into(), value.into())).collect();
        let mut problems = Vec::new();
        let stack = Stack::load(&Node::parse("t", text)?, &overrides, &account(), &mut problems)?;
        Ok((stack, problems))
    }

    #[test]
    fn functions_and_references_become_literals() {
        let text = TEMPLATE.replace("${X}", "${Env}");
        let (stack, problems) = load(&text, &[]).unwrap();
        assert_eq!(problems, []);
        let ids: Vec<_> = stack.resources.iter().map(|r| (r.logical_id.as_str(), r.physical_id.as_str())).collect();
        assert_eq!(ids, [("Queue", "dev-orders"), ("Dead", "tide-Dead"), ("Bucket", "tide-bucket")]);
        assert_eq!(
            stack.resources[0].properties.to_json().to_string(),
            r#"{"QueueName":"dev-orders","MessageRetentionPeriod":60,"RedrivePolicy":{"deadLetterTargetArn":"arn:aws:sqs:eu-west-1:123456789012:tide-Dead","maxReceiveCount":5}}"#
        );
        let tags = stack.resources[2].properties.get("Tags").unwrap().list().unwrap();
        let values: Vec<_> = tags.iter().map(|tag| tag.get("Value").unwrap().text().unwrap()).collect();
        assert_eq!(
            values,
            [
                "https://sqs.eu-west-1.amazonaws.com/123456789012/dev-orders",
                "b.example",
                "eu-west-1|123456789012",
                "aws",
                "arn:aws:iam::123456789012:role/p/tide-Role",
                "JHtMaXRlcmFsfWRldmRldi1vcmRlcnM=",
            ]
        );
    }

    #[test]
    fn overrides_and_conditions_choose() {
        let text = TEMPLATE.replace("${X}", "");
        let (stack, _) = load(&text, &[("Env", "prod")]).unwrap();
        assert_eq!(stack.of_kind("AWS::SQS::Queue").count(), 3);
        assert_eq!(stack.resources[0].properties.get("DelaySeconds").unwrap().integer().unwrap(), 5);
    }

    #[track_caller]
    fn refused(text: &str, overrides: &[(&str, &str)], message: &str) {
        let problem = load(text, overrides).expect_err("must be refused").to_string();
        assert_eq!(problem, message);
    }

    #[test]
    fn what_cannot_be_resolved_is_named() {
        let queue = |name: &str| {
            format!(
                "Resources:\n  Q:\n    Type: AWS::SQS::Queue\n    Properties: {{QueueName: {name}}}\n  D: {{Type: AWS::SQS::Queue}}"
            )
        };
        refused(&queue("!Ref Nope"), &[], "t:4:29: Ref Nope: there is no such parameter or resource");
        refused(&queue("!GetAtt D.Speed"), &[], "t:4:29: GetAtt D.Speed: AWS::SQS::Queue has no attribute Speed");
        refused(&queue("!ImportValue x"), &[], "t:4:29: Fn::ImportValue is not supported");
        refused(&queue("!Ref Q"), &[], "t:4:29: Ref Q: refers back to itself");
        refused(&queue("!Sub '${Oops'"), &[], "t:4:29: Sub: a ${ is never closed");
        refused(
            "Parameters: {P: {Type: String}}\nResources: {}",
            &[],
            "t:1:14: parameter P has no default: give it by --parameter-overrides P=…",
        );
        refused(
            "Parameters: {P: {Type: String, AllowedValues: [a]}}\nResources: {}",
            &[("P", "b")],
            "t:1:14: parameter P: its value is not one of AllowedValues",
        );
    }

    #[test]
    fn unknown_entries_are_collected() {
        let (_, problems) = load("Transform: AWS::Serverless-2016-10-31\nResources: {}\nResorces: {}", &[]).unwrap();
        let texts: Vec<_> = problems.iter().map(ToString::to_string).collect();
        assert_eq!(
            texts,
            ["t:1:12: the template: Transform is not supported", "t:3:1: the template: Resorces is unknown"]
        );
    }
}
