//! What AWS's own commands print of single resources, as the template that would make them:
//! `aws sqs get-queue-attributes`, `aws apigateway get-rest-api`, `get-resources --embed methods`,
//! `get-stages`, `get-authorizers`, `get-models`, `get-request-validators` and `get-usage-plans`. Files about one API belong together. Pure.

use super::given::{Given, Home};
use super::made::{resource, template};
use super::rest_api::RestApi;
use crate::arn::Arn;
use crate::document::made::{map, text};
use crate::document::{Entry, Node, Problem, Value};

/// Attributes of queues that are settings, and properties of `AWS::SQS::Queue` under the same name.
pub const QUEUE_SETTINGS: [&str; 14] = [
    "ContentBasedDeduplication",
    "DeduplicationScope",
    "DelaySeconds",
    "FifoQueue",
    "FifoThroughputLimit",
    "KmsDataKeyReusePeriodSeconds",
    "KmsMasterKeyId",
    "MaximumMessageSize",
    "MessageRetentionPeriod",
    "ReceiveMessageWaitTimeSeconds",
    "RedriveAllowPolicy",
    "RedrivePolicy",
    "SqsManagedSseEnabled",
    "VisibilityTimeout",
];

/// The documents, with those that are about single resources made templates. `problems` gets what
/// is missing in them.
pub(in crate::definition) fn joined(given: Vec<Given>, problems: &mut Vec<Problem>) -> Vec<Given> {
    let (mut all, mut apis) = (Vec::new(), Vec::<RestApi>::new());
    let mut parts = Vec::new();
    let queues: Vec<String> = given
        .iter()
        .filter_map(|one| queue_arn(&one.root))
        .collect();
    for one in given {
        let root = &one.root;
        if is_queue(root) {
            match queue(root, &queues) {
                Ok(queue) => all.push(queue),
                Err(problem) => problems.push(problem),
            }
        } else if RestApi::is_api(root) {
            apis.push(RestApi::of(root));
        } else if RestApi::is_part(root) {
            parts.push((one.root, apis.len()));
        } else {
            all.push(one);
        }
    }
    for (root, before) in parts {
        RestApi::add(&root, before, &mut apis);
    }
    all.extend(apis.into_iter().map(|api| Given::from(api.template())));
    all
}

/// The templates of what AWS's commands printed of single resources; those about one API are one.
///
/// # Errors
/// Something is missing in one of them.
pub fn template_of(documents: Vec<Node>) -> Result<Vec<Node>, Problem> {
    let mut problems = Vec::new();
    let made = joined(
        documents.into_iter().map(Given::from).collect(),
        &mut problems,
    );
    match problems.into_iter().next() {
        Some(problem) => Err(problem),
        None => Ok(made.into_iter().map(|given| given.root).collect()),
    }
}

fn is_queue(root: &Node) -> bool {
    let attributes = root.get("Attributes").and_then(|node| node.entries().ok());
    let known =
        |entry: &Entry| entry.key == "QueueArn" || QUEUE_SETTINGS.contains(&entry.key.as_str());
    attributes.is_some_and(|entries| entries.iter().any(known))
}

fn queue_arn(root: &Node) -> Option<String> {
    Some(
        root.get("Attributes")?
            .get("QueueArn")?
            .text()
            .ok()?
            .to_owned(),
    )
}

/// What `get-queue-attributes` printed. A dead-letter queue that is none of `queues` is made with it.
fn queue(root: &Node, queues: &[String]) -> Result<Given, Problem> {
    let missing =
        || root.problem("there is no QueueArn: ask once more with `--attribute-names All`");
    let arn = queue_arn(root).ok_or_else(missing)?;
    let Some(Arn {
        service: "sqs",
        region,
        account: account_id,
        resource: name,
        ..
    }) = Arn::parse(&arn)
    else {
        return Err(root.problem(format!(
            "invalid QueueArn {arn:?}: expected arn:aws:sqs:REGION:ACCOUNT:NAME"
        )));
    };
    let attributes = root
        .get("Attributes")
        .map(Node::entries)
        .transpose()?
        .unwrap_or_default();
    let mut properties = vec![("QueueName".to_owned(), text(root, name))];
    let mut resources = Vec::new();
    for attribute in attributes
        .iter()
        .filter(|entry| QUEUE_SETTINGS.contains(&entry.key.as_str()))
    {
        let node = match attribute.key.ends_with("Policy") {
            true => Node::parse(&attribute.node.place.file, attribute.node.text()?)?,
            false => attribute.node.clone(),
        };
        let dead = node
            .get("deadLetterTargetArn")
            .and_then(|arn| arn.text().ok());
        if let Some(dead) = dead.filter(|dead| !queues.iter().any(|queue| queue == dead)) {
            let dead = dead.rsplit(':').next().unwrap_or(dead);
            let properties = map(root, dead_properties(root, dead));
            resources.push((
                format!("{dead} of {name}"),
                resource(root, "AWS::SQS::Queue", None, properties),
            ));
        }
        properties.push((attribute.key.clone(), node));
    }
    resources.push((
        name.to_owned(),
        resource(root, "AWS::SQS::Queue", None, map(root, properties)),
    ));
    Ok(Given {
        home: Some(Home {
            account_id: Some(account_id.to_owned()),
            region: Some(region.to_owned()),
        }),
        ..Given::from(template(root, resources))
    })
}

fn dead_properties(at: &Node, name: &str) -> Vec<(String, Node)> {
    let mut properties = vec![("QueueName".to_owned(), text(at, name))];
    if name.ends_with(".fifo") {
        properties.push(("FifoQueue".to_owned(), at.with(Value::Bool(true))));
    }
    properties
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(texts: &[&str]) -> (Vec<String>, Vec<String>) {
        let given = texts
            .iter()
            .map(|text| Given::from(Node::parse("f", text).unwrap()));
        let mut problems = Vec::new();
        let all = joined(given.collect(), &mut problems);
        let shown = all
            .iter()
            .map(|one| one.root.to_json().to_string())
            .collect();
        (shown, problems.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn the_attributes_of_a_queue_are_a_template() {
        let text = r#"{"Attributes": {"QueueArn": "arn:aws:sqs:eu-west-1:123456789012:orders", "VisibilityTimeout": "45",
            "ApproximateNumberOfMessages": "3",
            "RedrivePolicy": "{\"deadLetterTargetArn\":\"arn:aws:sqs:eu-west-1:123456789012:dead\",\"maxReceiveCount\":5}"}}"#;
        let (shown, problems) = told(&[text]);
        assert!(problems.is_empty());
        let queue = r#""orders":{"Type":"AWS::SQS::Queue","Properties":{"QueueName":"orders","VisibilityTimeout":"45","RedrivePolicy":{"deadLetterTargetArn":"arn:aws:sqs:eu-west-1:123456789012:dead","maxReceiveCount":5}}}"#;
        assert_eq!(
            shown,
            [format!(
                r#"{{"Resources":{{"dead of orders":{{"Type":"AWS::SQS::Queue","Properties":{{"QueueName":"dead"}}}},{queue}}}}}"#
            )]
        );
        let dead = r#"{"Attributes": {"QueueArn": "arn:aws:sqs:eu-west-1:123456789012:dead"}}"#;
        assert!(!told(&[dead, text]).0[1].contains("dead of orders"));
        let (_, problems) = told(&[r#"{"Attributes": {"VisibilityTimeout": "45"}}"#]);
        assert!(
            problems[0].contains("--attribute-names All"),
            "{problems:?}"
        );
    }
}
