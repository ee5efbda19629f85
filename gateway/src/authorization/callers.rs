//! Door: the file of `--iam-callers`, the callers of `AWS_IAM` methods with what they may do.
//!
//! ```yaml
//! callers:
//! - accessKeyId: AKIDEXAMPLE
//!   secretAccessKey: secret
//!   arn: arn:aws:iam::123456789012:user/ada # else a user of the API's account, named like the key
//!   policy: # without one, everything is allowed
//!     Version: "2012-10-17"
//!     Statement:
//!     - {Effect: Allow, Action: execute-api:Invoke, Resource: "*/prod/GET/*"}
//! - accessKeyId: ASIAEXAMPLE
//!   secretAccessKey: secret
//!   sessionToken: token
//!   expiration: 2027-01-01T00:00:00Z
//! ```

use std::path::Path;

use anyhow::Context as _;
use kit::document::{Node, OrCollect as _, Problem};
use kit::time::Timestamp;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::credentials::Credentials;
use super::policy::{PolicyKind, parse};
use crate::api::Policy;

/// Reads the file.
///
/// # Errors
/// It cannot be read, or something in it is wrong; the text names the setting.
pub(crate) fn read(path: &Path) -> anyhow::Result<Vec<Credentials>> {
    let setting = || format!("--iam-callers or GATEWAY_IAM_CALLERS: {}", path.display());
    let text = std::fs::read_to_string(path).with_context(setting)?;
    let root = Node::parse(&path.display().to_string(), &text).map_err(anyhow::Error::msg);
    let mut problems = Vec::new();
    let callers = callers(&root.with_context(setting)?, &mut problems);
    let texts: Vec<String> = problems.iter().map(ToString::to_string).collect();
    anyhow::ensure!(
        texts.is_empty(),
        "--iam-callers or GATEWAY_IAM_CALLERS: {}",
        texts.join("\n")
    );
    Ok(callers)
}

fn callers(root: &Node, problems: &mut Vec<Problem>) -> Vec<Credentials> {
    let Some(mut fields) = root.fields("the file of callers").or_collect(problems) else {
        return Vec::new();
    };
    let list = fields.required("callers").and_then(Node::list);
    let list = list.or_collect(problems).unwrap_or_default();
    problems.extend(fields.finish());
    let read = list.iter().filter_map(|node| caller(node, problems));
    read.collect()
}

fn caller(node: &Node, problems: &mut Vec<Problem>) -> Option<Credentials> {
    let mut fields = node.fields("caller").or_collect(problems)?;
    let key = fields.required("accessKeyId").and_then(full);
    let secret = fields.required("secretAccessKey").and_then(full);
    let (key, secret) = (key.or_collect(problems), secret.or_collect(problems));
    let mut optional = |name: &str| {
        let found = fields.optional(name).map(full).transpose();
        found.or_collect(problems).flatten()
    };
    let (token, arn) = (optional("sessionToken"), optional("arn"));
    let expiration = fields.optional("expiration").map(time).transpose();
    let expiration = expiration.or_collect(problems).flatten();
    let policies = fields.optional("policy").map(policies).transpose();
    let policies = policies.or_collect(problems).flatten();
    problems.extend(fields.finish());
    let credentials = Credentials::new(key?, secret?, token, arn);
    let credentials = credentials.map_err(|_| {
        node.problem(
            "invalid arn: expected arn:aws:iam::ACCOUNT:user/NAME, or another with an account",
        )
    });
    let credentials = credentials.or_collect(problems)?;
    Some(credentials.bounded(expiration, policies))
}

fn full(node: &Node) -> Result<&str, Problem> {
    match node.text()? {
        "" => Err(node.problem("is empty")),
        text => Ok(text),
    }
}

fn time(node: &Node) -> Result<Timestamp, Problem> {
    let text = node.text()?;
    let at = OffsetDateTime::parse(text, &Rfc3339).ok();
    let at = at.and_then(|at| u64::try_from(at.unix_timestamp()).ok());
    let at = at.ok_or_else(|| {
        node.problem(format!(
            "invalid expiration {text}: expected a time such as 2027-01-01T00:00:00Z"
        ))
    })?;
    Ok(Timestamp::from_millis(at.saturating_mul(1000)))
}

/// One policy document, or a list of them.
fn policies(node: &Node) -> Result<Vec<Policy>, Problem> {
    let read = |node: &Node| {
        let policy = parse(&node.to_json(), PolicyKind::Identity);
        policy.map_err(|reason| node.problem(format!("the caller's policy: {reason}")))
    };
    match node.list() {
        Ok(nodes) => nodes.iter().map(read).collect(),
        Err(_) => Ok(vec![read(node)?]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Vec<Credentials>, Vec<String>> {
        let mut problems = Vec::new();
        let callers = callers(&Node::parse("c.yaml", text).unwrap(), &mut problems);
        let texts: Vec<String> = problems.iter().map(ToString::to_string).collect();
        if texts.is_empty() {
            Ok(callers)
        } else {
            Err(texts)
        }
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (text, expected) in [
            ("callers: [{accessKeyId: a}]", "secretAccessKey"),
            (
                "callers: [{accessKeyId: '', secretAccessKey: s}]",
                "is empty",
            ),
            (
                "callers: [{accessKeyId: a, secretAccessKey: s, arn: x}]",
                "invalid arn",
            ),
            (
                "callers: [{accessKeyId: a, secretAccessKey: s, expiration: soon}]",
                "invalid expiration soon: expected a time such as",
            ),
            (
                "callers: [{accessKeyId: a, secretAccessKey: s, policy: {Statement: {Effect: Allow, Action: '*'}}}]",
                "the caller's policy: a statement must have either Resource or NotResource",
            ),
            (
                "callers: [{accessKeyId: a, secretAccessKey: s, policy: {Statement: {Effect: Allow, Action: '*', Resource: '*', Principal: '*'}}}]",
                "Principal",
            ),
            (
                "callers: [{accessKeyId: a, secretAccessKey: s, polcy: {}}]",
                "polcy",
            ),
            ("keys: []", "callers"),
        ] {
            let problems = read(text).map(|_| ()).unwrap_err();
            assert!(
                problems.iter().any(|one| one.contains(expected)),
                "{problems:?}"
            );
        }
        assert_eq!(read("callers: []").unwrap().len(), 0);
    }
}
