//! `credentials`: as whom an integration calls a service of AWS. See
//! `docs/aws/api-gateway.md#credentials`.

use kit::arn::Arn;
use kit::document::{Node, OrCollect as _, Problem, Value};

use crate::api::IntegrationIdentity;

/// Reads `credentials`; `label` names the method in messages.
pub(crate) fn identity(
    label: &str,
    node: Option<&Node>,
    problems: &mut Vec<Problem>,
) -> Option<IntegrationIdentity> {
    let Some(node) = node.filter(|node| !matches!(node.value, Value::Null)) else {
        return Some(IntegrationIdentity::Gateway);
    };
    let text = node.text().or_collect(problems)?.trim();
    match parse(text) {
        Some(identity) => Some(identity),
        None => {
            let message = format!(
                "{label}: invalid credentials {text}: expected the ARN of a role, such as \
                 arn:aws:iam::123456789012:role/gateway, or arn:aws:iam::*:user/*"
            );
            problems.push(node.problem(message));
            None
        }
    }
}

fn parse(text: &str) -> Option<IntegrationIdentity> {
    if text.is_empty() || text.eq_ignore_ascii_case("none") {
        return Some(IntegrationIdentity::Gateway);
    }
    // The whole ARN, or any part of it, may be a stage variable.
    if text.contains("${stageVariables.") {
        return Some(IntegrationIdentity::Role(text.to_owned()));
    }
    let Arn {
        partition,
        service: "iam",
        region: "",
        account,
        resource,
        ..
    } = Arn::parse(text)?
    else {
        return None;
    };
    if partition.is_empty() {
        return None;
    }
    if (account, resource) == ("*", "user/*") {
        return Some(IntegrationIdentity::Caller);
    }
    let name = resource.strip_prefix("role/")?;
    let is_whole = !account.is_empty() && !name.is_empty();
    is_whole.then(|| IntegrationIdentity::Role(text.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_callers_and_nothing_are_told_apart() {
        let role = |text: &str| Some(IntegrationIdentity::Role(text.to_owned()));
        for text in [
            "arn:aws:iam::123456789012:role/gateway",
            "arn:aws-cn:iam::123456789012:role/path/gateway",
            "${stageVariables.role}",
            "arn:aws:iam::123456789012:role/${stageVariables.name}",
        ] {
            assert_eq!(parse(text), role(text));
        }
        assert_eq!(
            parse("arn:aws:iam::*:user/*"),
            Some(IntegrationIdentity::Caller)
        );
        assert_eq!(parse(""), Some(IntegrationIdentity::Gateway));
        for text in [
            "gateway",
            "arn:aws:iam::1:user/x",
            "arn:aws:iam::1:role/",
            "arn:aws:iam:::role/x",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
