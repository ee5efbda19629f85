//! A resource of a template, resolved.

use super::account::Account;
use super::names::Named;
use super::properties;
use crate::document::{Fields, Node, Problem, Rule, Rules};

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
    pub(super) account: Account,
    /// What stands in front of the logical id where the stack is nested.
    pub(super) path: String,
}

impl Resource {
    /// The resource in messages: `EventQueue (AWS::SQS::Queue)`.
    pub fn label(&self) -> String {
        format!("{}{} ({})", self.path, self.logical_id, self.kind)
    }

    /// What `Fn::GetAtt` gives for an attribute of this resource; `None` when its type has none of
    /// that name.
    pub fn attribute(&self, name: &str) -> Option<String> {
        let path = self
            .properties
            .get("Path")
            .and_then(|path| path.text().ok())
            .unwrap_or("/");
        let (kind, logical_id, physical_id) = (&self.kind, &self.logical_id, &self.physical_id);
        Named {
            kind,
            seed: &format!("{}{logical_id}", self.path),
            physical_id,
            path,
            account: &self.account,
        }
        .attribute(name)
    }

    /// Why resources of this type are not supported, if they are not.
    pub fn refusal(&self) -> Option<&'static str> {
        properties::refusal(&self.kind)
    }

    /// What is done here about resources of this type as a whole, where Tidegate knows it.
    pub fn rule(&self) -> Option<Rule> {
        properties::whole(&self.kind)
    }

    /// What is done here about each property of this type, where Tidegate runs it.
    pub fn rules(&self) -> Option<&'static Rules> {
        properties::of(&self.kind)
    }

    /// The properties, to be taken one by one.
    ///
    /// # Errors
    /// `Properties` is not a mapping.
    pub fn fields(&self) -> Result<Fields<'_>, Problem> {
        let fields = self.properties.fields(self.label())?;
        Ok(fields.ruled_by(properties::of(&self.kind)))
    }
}
