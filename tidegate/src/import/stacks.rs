//! Door: a stack of CloudFormation: its template, the values of its parameters, and the names that
//! its resources have.

use std::collections::BTreeMap;

use kit::cloudformation::{
    Deployed, mark_nested_template, mark_physical_id, name_in_physical_id, plain_json,
};
use kit::control_plane::StackResource;
use kit::counted::counted;
use kit::document::Node;
use serde_json::Value;

use super::Importer;
use super::errors::Failure;
use super::parts::ImportedStack;
use super::template;
use super::texts;

/// A stack within another one.
const STACK: &str = "AWS::CloudFormation::Stack";

/// How deep stacks may be nested.
const DEPTH: usize = 5;

/// What the body of an API is called when it is in a bucket.
const IN_BUCKET: &str = "BodyS3Location";

impl Importer {
    /// Imports a stack by its name or ARN, with the stacks nested in it.
    pub(super) async fn stack(&mut self, name: &str) -> Result<(), Failure> {
        if !self.parts.is_first(&format!("stack {name}")) {
            return Ok(());
        }
        let (name, template) =
            Box::pin(self.deployed(name, &format!("stack {name}"), DEPTH)).await?;
        for secret in texts::secrets(&template) {
            self.parts.miss(format!(
                "stack {name}: {secret} is in Secrets Manager or Parameter Store: give it with \
                 --secret '{secret}=…'"
            ));
        }
        for export in template::imported_values(&template) {
            self.parts.miss(format!(
                "stack {name}: the value {export} is another stack's: give it with --secret '{export}=…'"
            ));
        }
        self.parts.stacks.push(ImportedStack { name, template });
        Ok(())
    }

    /// The name of a stack, and its template as it is deployed. `depth` more stacks may lie in it.
    async fn deployed(
        &mut self,
        stack: &str,
        what: &str,
        depth: usize,
    ) -> Result<(String, Value), Failure> {
        let described = self.plane.describe_stack(stack).await;
        let described = described.map_err(|refusal| self.failure(what, &refusal))?;
        self.parts.learn_account(&described.arn);
        let resources = self.plane.stack_resources(stack).await;
        let resources = resources.map_err(|refusal| self.failure(what, &refusal))?;
        let text = self.plane.stack_template(stack).await;
        let text = text.map_err(|refusal| self.failure(what, &refusal))?;
        let root = Node::parse(&format!("the template of the {what}"), &text);
        let root = root.map_err(|problem| Failure::new(format!("{what}: {problem}")))?;
        let mut template = plain_json(&root);
        for name in template::set_parameters(&mut template, &described.parameters) {
            self.parts.miss(format!(
                "{what}: the parameter {name} is NoEcho, which AWS does not show: give it with \
                 --parameter-overrides {name}=…"
            ));
        }
        self.parts
            .brought
            .push(format!("{what}: {}", contents(&resources)));
        for resource in &resources {
            self.resource(&mut template, resource, what, depth).await?;
        }
        let name = match described.name.as_str() {
            "" => stack.to_owned(),
            name => name.to_owned(),
        };
        Deployed {
            stack_name: Some(name.clone()),
            ..self.parts.from.clone()
        }
        .mark(&mut template);
        Ok((name, template))
    }

    /// Says in the template what a resource is called, and brings what is not in the template.
    async fn resource(
        &mut self,
        template: &mut Value,
        resource: &StackResource,
        what: &str,
        depth: usize,
    ) -> Result<(), Failure> {
        let StackResource {
            logical_id,
            physical_id,
            kind,
        } = resource;
        let Some(declared) = template["Resources"].get_mut(logical_id) else {
            return Ok(());
        };
        if kind == STACK {
            if depth > 0 {
                let within = format!("{what}: nested stack {logical_id}");
                let nested = Box::pin(self.deployed(physical_id, &within, depth - 1)).await;
                let (_, nested) = nested?;
                mark_nested_template(declared, nested);
            }
            return Ok(());
        }
        mark_physical_id(declared, &name_in_physical_id(kind, physical_id));
        if declared["Properties"].get(IN_BUCKET).is_some() && kind == "AWS::ApiGateway::RestApi" {
            let export = self.body_of(what, physical_id).await?;
            if let (Some(export), Some(members)) = (export, declared["Properties"].as_object_mut())
            {
                members.shift_remove(IN_BUCKET);
                members.insert("Body".to_owned(), export);
            }
        }
        Ok(())
    }

    /// The document of an API whose template has it in a bucket.
    async fn body_of(&mut self, what: &str, api: &str) -> Result<Option<Value>, Failure> {
        let listed = self.listed(what, format!("/restapis/{api}/stages")).await?;
        let stages = super::stages::Stages::choose(listed, None).map_err(Failure::new)?;
        match &stages.chosen {
            Some(stage) => self.export(what, api, stage).await,
            None => Ok(None),
        }
    }
}

/// How many resources there are, by their types: those of services that run here first.
fn contents(resources: &[StackResource]) -> String {
    let mut kinds: BTreeMap<&str, usize> = BTreeMap::new();
    for resource in resources {
        *kinds.entry(&resource.kind).or_default() += 1;
    }
    let shown = kinds.iter().map(|(kind, count)| match count {
        1 => (*kind).to_owned(),
        count => format!("{count} {kind}"),
    });
    let shown: Vec<String> = shown.collect();
    format!(
        "{} ({})",
        counted(resources.len(), "resource"),
        shown.join(", ")
    )
}
