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
mod serverless;
#[cfg(test)]
mod tests;

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

impl Account {
    /// `AWS::Partition`: `aws`, `aws-cn` or `aws-us-gov`.
    pub fn partition(&self) -> &'static str {
        match self.region.as_str() {
            region if region.starts_with("cn-") => "aws-cn",
            region if region.starts_with("us-gov-") => "aws-us-gov",
            _ => "aws",
        }
    }

    /// `AWS::URLSuffix`: what the hosts of services end with.
    pub fn url_suffix(&self) -> &'static str {
        if self.partition() == "aws-cn" { "amazonaws.com.cn" } else { "amazonaws.com" }
    }
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

/// The types that Tidegate stands in for. Resources of other services belong to those services: they are not resolved, so
/// that a template may hold whatever it likes beside the chain.
const OURS: [&str; 13] = [
    "AWS::ApiGateway::",
    "AWS::ApiGatewayV2::",
    "AWS::SQS::",
    "AWS::Pipes::",
    "AWS::Events::ApiDestination",
    "AWS::Events::Connection",
    "AWS::S3::Bucket",
    "AWS::S3::BucketPolicy",
    "AWS::Serverless::Api",
    "AWS::Serverless::HttpApi",
    "AWS::Serverless::WebSocketApi",
    serverless::FUNCTION,
    serverless::STATE_MACHINE,
];

/// Entries that a resource may have beside `Type` and `Properties`; none of them matters without a deployment.
const RESOURCE_ATTRIBUTES: [&str; 7] =
    ["DependsOn", "Metadata", "DeletionPolicy", "UpdateReplacePolicy", "CreationPolicy", "UpdatePolicy", "Connectors"];

/// Transforms that change nothing which is not read here anyway. `AWS::LanguageExtensions` only adds functions.
const TRANSFORMS: [&str; 2] = ["AWS::Serverless-2016-10-31", "AWS::LanguageExtensions"];

impl Stack {
    /// Whether a document is a CloudFormation template at all.
    pub fn is_template(root: &Node) -> bool {
        root.get("Resources").is_some() || root.get("AWSTemplateFormatVersion").is_some()
    }

    /// Resolves a template for `account` with `overrides`. What is wrong with single resources, or can be passed over, is
    /// added to `problems`; those resources are left out.
    ///
    /// # Errors
    /// The first thing that makes the template as a whole unreadable.
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
        transforms(fields.optional("Transform"), problems)?;
        let globals = fields.optional("Globals");
        // Rules only check a deployment.
        fields.ignore(&["AWSTemplateFormatVersion", "Description", "Metadata", "Outputs", "Rules"]);
        fields.unsupported(&["Hooks"]);
        problems.extend(fields.finish());
        let resolver = Resolver::new(account, parameters, conditions, mappings, resources);
        let reader = Reader { resolver, globals };
        let mut stack = Stack { resources: Vec::new() };
        for entry in resources {
            match reader.resource(entry, problems) {
                Ok(resource) => stack.resources.extend(resource),
                Err(problem) => problems.push(problem.collected()),
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

fn transforms(node: Option<&Node>, problems: &mut Vec<Problem>) -> Result<(), Problem> {
    let Some(node) = node else { return Ok(()) };
    let named = match &node.value {
        Value::List(names) => names.as_slice(),
        _ => std::slice::from_ref(node),
    };
    for name in named {
        // A macro with parameters is a mapping, and none of these.
        let text = name.text().unwrap_or("a macro");
        if !TRANSFORMS.contains(&text) {
            problems.push(name.problem(format!("the template: Transform {text} is not supported")));
        }
    }
    Ok(())
}

struct Reader<'a> {
    resolver: Resolver<'a>,
    /// What all SAM resources of a type have in common.
    globals: Option<&'a Node>,
}

impl Reader<'_> {
    /// One resource; `None` when it is not ours, or its condition does not hold.
    fn resource(&self, entry: &Entry, problems: &mut Vec<Problem>) -> Result<Option<Resource>, Problem> {
        let mut fields = entry.node.fields(&entry.key)?;
        let kind = fields.required("Type")?.text()?.to_owned();
        if !OURS.iter().any(|ours| kind == *ours || ours.ends_with("::") && kind.starts_with(ours)) {
            return Ok(None);
        }
        if let Some(condition) = fields.optional("Condition")
            && !self.resolver.condition(condition)?
        {
            return Ok(None);
        }
        let none = || entry.node.with(Value::Map(Vec::new()));
        let declared = fields.optional("Properties").cloned().unwrap_or_else(none);
        let declared = serverless::properties(&kind, declared, self.globals);
        let properties = self.resolver.resolve(&declared)?.unwrap_or_else(none);
        fields.ignore(&RESOURCE_ATTRIBUTES);
        problems.extend(fields.finish());
        let physical_id = self.resolver.physical_id(&entry.key, &entry.node)?;
        let account = self.resolver.account().clone();
        Ok(Some(Resource { logical_id: entry.key.clone(), kind, physical_id, properties, account }))
    }
}
