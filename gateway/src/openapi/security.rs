//! `security` of operations and of the document, to who may call a method:
//! `docs/aws/api-gateway.md#access`.

use kit::document::{Entry, Node, OrCollect as _, Problem};

use crate::api::Access;

/// Reads who may call the methods of a document.
pub(super) struct SecurityReader<'d> {
    /// `security` of the document: for operations without their own.
    common: Option<&'d Node>,
    /// The document.
    root: &'d Node,
}

impl<'d> SecurityReader<'d> {
    /// A reader for a document with this `security`.
    pub(super) fn new(root: &'d Node, common: Option<&'d Node>) -> SecurityReader<'d> {
        SecurityReader { common, root }
    }

    /// Who may call an operation with this `security` and this `x-amazon-apigateway-auth`.
    pub(super) fn access(
        &self,
        label: &str,
        own: Option<&Node>,
        auth: Option<&Node>,
        problems: &mut Vec<Problem>,
    ) -> Access {
        let mut access = Access::Open;
        if let Some(security) = own.or(self.common) {
            access = requirements(self, label, security, problems);
        }
        let kind = auth.and_then(|auth| auth.get("type"));
        if let Some(kind) = kind
            && kind
                .text()
                .or_collect(problems)
                .is_none_or(|text| !text.eq_ignore_ascii_case("NONE"))
        {
            let text = kind.text().unwrap_or_default();
            let message = format!("{label}: authorization type {text} is not supported");
            problems.push(kind.problem(message).tolerable());
            access = Access::Closed;
        }
        access
    }
}

impl SecurityReader<'_> {
    /// Whether an operation with this `security` needs an API key.
    pub(super) fn needs_key(&self, own: Option<&Node>) -> bool {
        let list = own.or(self.common).and_then(|node| node.list().ok());
        let entries = list.into_iter().flatten();
        let mut named = entries.filter_map(|node| node.entries().ok()).flatten();
        named.any(|entry| self.is_key(&entry.key))
    }

    /// Whether a scheme is an API key in `x-api-key`.
    fn is_key(&self, name: &str) -> bool {
        let schemes = self.root.get("components");
        let schemes = schemes.and_then(|node| node.get("securitySchemes"));
        let schemes = schemes.or_else(|| self.root.get("securityDefinitions"));
        let Some(scheme) = schemes.and_then(|node| node.get(name)) else {
            return false;
        };
        let text = |key: &str| scheme.get(key).and_then(|node| node.text().ok());
        text("type") == Some("apiKey")
            && text("name").is_some_and(|name| name.eq_ignore_ascii_case("x-api-key"))
            && scheme.get("x-amazon-apigateway-authorizer").is_none()
            && scheme.get("x-amazon-apigateway-authtype").is_none()
    }
}

fn requirements(
    reader: &SecurityReader<'_>,
    label: &str,
    security: &Node,
    problems: &mut Vec<Problem>,
) -> Access {
    let Some(alternatives) = security.list().or_collect(problems) else {
        return Access::Closed;
    };
    let named: Vec<&Entry> = alternatives
        .iter()
        .filter_map(|node| node.entries().or_collect(problems))
        .flatten()
        .filter(|entry| !reader.is_key(&entry.key))
        .collect();
    if named.is_empty() {
        return Access::Open;
    }
    let message = format!("{label}: authorizers are not supported");
    problems.push(security.problem(message).tolerable());
    Access::Closed
}
