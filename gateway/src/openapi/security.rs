//! `security` of operations and of the document, to who may call a method:
//! `docs/aws/api-gateway.md#access`.

use kit::document::{Entry, Node, OrCollect as _, Problem};

use crate::api::Access;

/// Reads who may call the methods of a document.
pub(super) struct SecurityReader<'d> {
    /// `security` of the document: for operations without their own.
    common: Option<&'d Node>,
}

impl<'d> SecurityReader<'d> {
    /// A reader for a document with this `security`.
    pub(super) fn new(common: Option<&'d Node>) -> SecurityReader<'d> {
        SecurityReader { common }
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
            access = requirements(label, security, problems);
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

fn requirements(label: &str, security: &Node, problems: &mut Vec<Problem>) -> Access {
    let Some(alternatives) = security.list().or_collect(problems) else {
        return Access::Closed;
    };
    let named: Vec<&Entry> = alternatives
        .iter()
        .filter_map(|node| node.entries().or_collect(problems))
        .flatten()
        .collect();
    if named.is_empty() {
        return Access::Open;
    }
    let message = format!("{label}: API keys and authorizers are not supported");
    problems.push(security.problem(message).tolerable());
    Access::Closed
}
