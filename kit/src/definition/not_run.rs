//! Resources of a definition that Tidegate does not run.

use std::collections::BTreeMap;

use super::declarations::Declarations;
use crate::cloudformation::{NotRun, Resource};

/// How many resources of one type are listed by name: a CDK application may have hundreds.
const NAMED: usize = 5;

impl Declarations {
    /// Logs in one line which resources are not run: as a warning when one of them uses a queue of
    /// the definition. Programs call this once, after they have read their own resources.
    pub fn report_not_run(&self) {
        match self.not_run() {
            Some((line, true)) => tracing::warn!("{line}"),
            Some((line, false)) => tracing::info!("{line}"),
            None => {}
        }
    }

    /// Which resources are not run, in one line, and whether one of them uses a queue of the
    /// definition.
    pub fn not_run(&self) -> Option<(String, bool)> {
        let resources: Vec<&NotRun> = self
            .stacks
            .iter()
            .flat_map(|stack| &stack.not_run)
            .collect();
        if resources.is_empty() {
            return None;
        }
        let mut by_kind: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for resource in &resources {
            by_kind
                .entry(&resource.kind)
                .or_default()
                .push(&resource.logical_id);
        }
        let mut line = format!(
            "not run here: {}",
            by_kind.iter().map(kind).collect::<Vec<_>>().join(", ")
        );
        let at_work: Vec<String> = resources
            .iter()
            .filter(|resource| !resource.queues.is_empty())
            .map(|resource| self.work(resource))
            .collect();
        if !at_work.is_empty() {
            line += &format!(
                "; on AWS, some of them use queues of this definition: {}",
                at_work.join(", ")
            );
        }
        Some((line, !at_work.is_empty()))
    }

    /// `Mapping (AWS::Lambda::EventSourceMapping) reads Orders`.
    fn work(&self, resource: &NotRun) -> String {
        let NotRun {
            logical_id,
            kind,
            queues,
            ..
        } = resource;
        let mut text = format!(
            "{logical_id} ({kind}) {} {}",
            resource.verb(),
            queues.join(" and ")
        );
        if kind == MAPPING {
            text += " for a function";
            let pipes: Vec<&str> = queues
                .iter()
                .flat_map(|queue| self.readers(queue))
                .collect();
            text += &match pipes.as_slice() {
                [] => {
                    ", so here its messages wait: a pipe with the function as its target takes them"
                        .to_owned()
                }
                pipes => format!(
                    ", and shares its messages there with {}, which here gets them all",
                    pipes.join(" and ")
                ),
            };
        }
        text
    }

    /// The pipes that read a queue, by its name in the template.
    fn readers(&self, queue: &str) -> Vec<&str> {
        let queues = self.stacks.iter().flat_map(|stack| stack.of_kind(QUEUE));
        let ends: Vec<String> = queues
            .filter(|declared| declared.logical_id == queue)
            .map(|declared| format!(":{}", declared.physical_id))
            .collect();
        let pipes = self.stacks.iter().flat_map(|stack| stack.of_kind(PIPE));
        let reads = |pipe: &&Resource| {
            let source = pipe.properties.get("Source");
            let source = source.and_then(|source| source.text().ok());
            source.is_some_and(|arn| ends.iter().any(|end| arn.ends_with(end)))
        };
        pipes
            .filter(reads)
            .map(|pipe| pipe.logical_id.as_str())
            .collect()
    }
}

const MAPPING: &str = "AWS::Lambda::EventSourceMapping";
const QUEUE: &str = "AWS::SQS::Queue";
const PIPE: &str = "AWS::Pipes::Pipe";

/// `AWS::IAM::Role (GatewayRole, PipeRole)`.
fn kind((kind, names): (&&str, &Vec<&str>)) -> String {
    let more = names.len().saturating_sub(NAMED);
    let more = if more > 0 {
        format!(" and {more} more")
    } else {
        String::new()
    };
    format!(
        "{kind} ({}{more})",
        names[..names.len().min(NAMED)].join(", ")
    )
}

#[cfg(test)]
mod tests {
    use crate::cloudformation::{Account, Inputs, Stack};
    use crate::definition::Declarations;
    use crate::document::Node;

    fn not_run(text: &str) -> Option<(String, bool)> {
        let account = Account {
            region: "eu-west-1".into(),
            account_id: "123456789012".into(),
            stack_name: "t".into(),
        };
        let mut problems = Vec::new();
        let stack = Stack::load(
            &Node::parse("t", text).unwrap(),
            &Inputs::default(),
            &account,
            &mut problems,
        )
        .unwrap();
        assert_eq!(problems, []);
        let mut declarations = Declarations::default();
        declarations.stacks.push(stack);
        declarations.not_run()
    }

    #[test]
    fn what_works_on_a_queue_of_ours_is_named_with_it() {
        let text = r#"
Parameters: {Name: {Type: String, Default: orders}}
Conditions: {No: !Equals [a, b]}
Resources:
  Orders: {Type: AWS::SQS::Queue, Properties: {QueueName: !Ref Name}}
  Dead: {Type: AWS::SQS::Queue}
  Role: {Type: AWS::IAM::Role, Properties: {Policies: [{Resource: !GetAtt Orders.Arn}]}}
  Table: {Type: AWS::DynamoDB::Table, Properties: {TableName: orders}}
  Gone: {Type: AWS::Lambda::EventSourceMapping, Condition: No, Properties: {EventSourceArn: !GetAtt Orders.Arn}}
  Mapping: {Type: AWS::Lambda::EventSourceMapping, Properties: {EventSourceArn: !GetAtt Orders.Arn, FunctionName: f}}
  Fan: {Type: AWS::SNS::Subscription, Properties: {Protocol: sqs, Endpoint: "arn:aws:sqs:eu-west-1:123456789012:orders"}}
  Nightly: {Type: AWS::Scheduler::Schedule, Properties: {Target: {Arn: {"Fn::GetAtt": [Orders, Arn]}, DeadLetterConfig: {Arn: !Sub "${Dead.Arn}"}}}}
  Beside: {Type: AWS::Events::Rule, Properties: {Targets: [{Id: f, Arn: !ImportValue F, DeadLetterConfig: {Arn: !Sub "${Dead.Arn}"}}]}}
  Full: {Type: AWS::CloudWatch::Alarm, Properties: {Dimensions: [{Name: QueueName, Value: !Ref Name}]}}
  Worker: {Type: AWS::Serverless::Function, Properties: {Events: {In: {Type: SQS, Properties: {Queue: !GetAtt Orders.Arn}}}}}
  Ours: {Type: "Custom::Thing", Properties: {Url: !Ref Dead}}
"#;
        let (line, is_warning) = not_run(text).unwrap();
        assert!(is_warning);
        let expected = "not run here: AWS::CloudWatch::Alarm (Full), AWS::DynamoDB::Table (Table), \
            AWS::Events::Rule (Beside), AWS::IAM::Role (Role), AWS::Lambda::EventSourceMapping (Mapping), \
            AWS::SNS::Subscription (Fan), AWS::Scheduler::Schedule (Nightly), AWS::Serverless::Function (Worker), \
            Custom::Thing (Ours); \
            on AWS, some of them use queues of this definition: \
            Mapping (AWS::Lambda::EventSourceMapping) reads Orders for a function, so here its messages wait: a pipe \
            with the function as its target takes them, Fan (AWS::SNS::Subscription) sends to Orders, \
            Nightly (AWS::Scheduler::Schedule) sends to Orders and Dead, \
            Beside (AWS::Events::Rule) uses Dead, Full (AWS::CloudWatch::Alarm) watches Orders, \
            Worker (AWS::Serverless::Function) uses Orders, Ours (Custom::Thing) uses Dead";
        assert_eq!(line, expected);
    }

    #[test]
    fn a_function_shares_a_queue_with_a_pipe() {
        let text = r"
Resources:
  Orders: {Type: AWS::SQS::Queue}
  Pipe: {Type: AWS::Pipes::Pipe, Properties: {Source: !GetAtt Orders.Arn}}
  Access: {Type: AWS::Serverless::Connector, Properties: {Source: {Id: F}, Destination: {Id: Orders}, Permissions: [Write]}}
  Mapping: {Type: AWS::Lambda::EventSourceMapping, Properties: {EventSourceArn: !GetAtt Orders.Arn, FunctionName: f}}
";
        let expected = "not run here: AWS::Lambda::EventSourceMapping (Mapping); on AWS, some of them use queues of \
            this definition: Mapping (AWS::Lambda::EventSourceMapping) reads Orders for a function, and shares its \
            messages there with Pipe, which here gets them all";
        assert_eq!(not_run(text), Some((expected.to_owned(), true)));
    }

    #[test]
    fn the_rest_is_listed_and_cut_short() {
        let roles: String = (0..8)
            .map(|n| format!("  R{n}: {{Type: AWS::IAM::Role}}\n"))
            .collect();
        let text = format!("Resources:\n{roles}  Q: {{Type: AWS::SQS::Queue}}\n");
        let expected = "not run here: AWS::IAM::Role (R0, R1, R2, R3, R4 and 3 more)".to_owned();
        assert_eq!(not_run(&text), Some((expected, false)));
        assert_eq!(not_run("Resources:\n  Q: {Type: AWS::SQS::Queue}\n"), None);
    }
}
