//! Stacks: what CloudFormation says of them, their resources and their templates.

use std::collections::BTreeMap;

use super::plane::ControlPlane;
use super::question::Question;
use super::refusal::Refusal;
use super::xml::Element;
use crate::call::Reply;

/// A stack, as `DescribeStacks` shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StackDescription {
    /// Its name.
    pub name: String,
    /// Its ARN.
    pub arn: String,
    /// `CREATE_COMPLETE`.
    pub status: String,
    /// The values of its parameters.
    pub parameters: Vec<StackParameter>,
}

/// A parameter of a stack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StackParameter {
    /// Its name.
    pub key: String,
    /// Its value; asterisks where the template says `NoEcho`.
    pub value: String,
    /// What Parameter Store had, where the value is the name of a parameter there.
    pub resolved: Option<String>,
}

/// A resource of a stack, as `ListStackResources` shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StackResource {
    /// Its name in the template.
    pub logical_id: String,
    /// Its id in the account: a name, a URL or an ARN, by its type.
    pub physical_id: String,
    /// `AWS::SQS::Queue`.
    pub kind: String,
}

impl ControlPlane {
    /// `cloudformation:DescribeStacks`, for one stack by its name or ARN.
    ///
    /// # Errors
    /// See [`Refusal`].
    pub async fn describe_stack(&self, name: &str) -> Result<StackDescription, Refusal> {
        let question = Question::cloudformation("DescribeStacks", &[("StackName", name)]);
        let reply = self.ask_patiently(&question).await?;
        let result = result(&reply, "DescribeStacksResult");
        let stack = result.map_err(|reason| question.unreadable(&reason))?;
        let stack = stack.members("Stacks").first().map(description);
        stack.ok_or_else(|| question.unreadable("no stack in it"))
    }

    /// `cloudformation:ListStackResources`, all pages; without resources that were deleted.
    ///
    /// # Errors
    /// See [`Refusal`].
    pub async fn stack_resources(&self, stack: &str) -> Result<Vec<StackResource>, Refusal> {
        let parameters = [("StackName", stack)];
        let first = Question::cloudformation("ListStackResources", &parameters);
        let read = |reply: &Reply| {
            let result = result(reply, "ListStackResourcesResult")?;
            let listed = result.members("StackResourceSummaries").iter();
            Ok((
                listed.filter_map(resource).collect(),
                result.text_of("NextToken"),
            ))
        };
        self.pages(first.clone(), read, |_, next| {
            first.clone().with_form("NextToken", next)
        })
        .await
    }

    /// `cloudformation:ListExports`, all pages: values by name.
    ///
    /// # Errors
    /// See [`Refusal`].
    pub async fn exports(&self) -> Result<BTreeMap<String, String>, Refusal> {
        let first = Question::cloudformation("ListExports", &[]);
        let read = |reply: &Reply| {
            let result = result(reply, "ListExportsResult")?;
            let listed = result.members("Exports").iter();
            let pair = |member: &Element| Some((member.text_of("Name")?, member.text_of("Value")?));
            Ok((
                listed.filter_map(pair).collect(),
                result.text_of("NextToken"),
            ))
        };
        let turn = |_: &Question, next: &str| first.clone().with_form("NextToken", next);
        let all = self.pages(first.clone(), read, turn).await?;
        Ok(all.into_iter().collect())
    }

    /// `cloudformation:GetTemplate`: the text of a stack's template, with its transforms applied.
    ///
    /// # Errors
    /// See [`Refusal`].
    pub async fn stack_template(&self, stack: &str) -> Result<String, Refusal> {
        let parameters = [("StackName", stack), ("TemplateStage", "Processed")];
        let question = Question::cloudformation("GetTemplate", &parameters);
        let reply = self.ask_patiently(&question).await?;
        let body = result(&reply, "GetTemplateResult")
            .map(|result| result.get("TemplateBody").map(|body| body.text.clone()));
        let body = body.map_err(|reason| question.unreadable(&reason))?;
        body.ok_or_else(|| question.unreadable("no TemplateBody in it"))
    }
}

/// The part of an answer that holds what was asked for.
fn result(reply: &Reply, name: &str) -> Result<Element, String> {
    let text = std::str::from_utf8(&reply.body).map_err(|_| "it is not UTF-8".to_owned())?;
    let root = Element::parse(text)?;
    let found = root
        .elements
        .into_iter()
        .find(|element| element.name == name);
    found.ok_or_else(|| format!("no {name} in it"))
}

fn description(stack: &Element) -> StackDescription {
    let text = |name: &str| stack.text_of(name).unwrap_or_default();
    let parameter = |member: &Element| {
        Some(StackParameter {
            key: member.text_of("ParameterKey")?,
            value: member.text_of("ParameterValue").unwrap_or_default(),
            resolved: member.text_of("ResolvedValue"),
        })
    };
    let parameters = stack.members("Parameters").iter().filter_map(parameter);
    StackDescription {
        name: text("StackName"),
        arn: text("StackId"),
        status: text("StackStatus"),
        parameters: parameters.collect(),
    }
}

fn resource(member: &Element) -> Option<StackResource> {
    if member.text_of("ResourceStatus").as_deref() == Some("DELETE_COMPLETE") {
        return None;
    }
    Some(StackResource {
        logical_id: member.text_of("LogicalResourceId")?,
        physical_id: member
            .text_of("PhysicalResourceId")
            .filter(|id| !id.is_empty())?,
        kind: member.text_of("ResourceType")?,
    })
}
