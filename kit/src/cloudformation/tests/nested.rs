use super::*;

/// A template with `child` as the template of its nested stacks `A` and `B`.
fn nested(parent: &str, child: &str) -> (Stack, Vec<String>) {
    let mut root = Node::parse("t", parent).unwrap();
    let child = Node::parse("child", child).unwrap();
    let Value::Map(sections) = &mut root.value else {
        unreachable!("a mapping");
    };
    let resources = sections
        .iter_mut()
        .find(|entry| entry.key == "Resources")
        .unwrap();
    let Value::Map(entries) = &mut resources.node.value else {
        unreachable!("a mapping");
    };
    for entry in entries
        .iter_mut()
        .filter(|entry| ["A", "B"].contains(&entry.key.as_str()))
    {
        let Value::Map(attributes) = &mut entry.node.value else {
            unreachable!("a mapping");
        };
        attributes.push(Entry {
            key: NESTED_TEMPLATE.into(),
            place: child.place.clone(),
            node: child.clone(),
        });
    }
    let given = Inputs {
        physical_ids: [("B.Dead".to_owned(), "buried".to_owned())].into(),
        ..Inputs::default()
    };
    let mut problems = Vec::new();
    let stack = Stack::load(&root, &given, &account(), &mut problems).unwrap();
    (stack, problems.iter().map(ToString::to_string).collect())
}

const CHILD: &str = r#"
Parameters: {Name: {Type: String}, Hosts: {Type: CommaDelimitedList, Default: "x,y"}}
Conditions: {Long: !Equals [!Ref Name, long]}
Resources:
  Queue: {Type: AWS::SQS::Queue, Properties: {QueueName: !Sub "${Name}-${AWS::StackName}", Tags: [{Key: n, Value: !Select [1, !Ref Hosts]}]}}
  Dead: {Type: AWS::SQS::Queue}
  Api: {Type: AWS::ApiGateway::RestApi, Properties: {Name: a}}
Outputs:
  Arn: {Value: !If [Long, no, !GetAtt Queue.Arn]}
  Api: {Value: !Ref Api}
"#;

#[test]
fn nested_stacks_take_parameters_and_give_outputs() {
    let parent = r#"
Resources:
  A: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: child, Parameters: {Name: first, Hosts: [a, b]}}}
  B: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: child, Parameters: {Name: !GetAtt A.Outputs.Api, Hosts: "c,d"}}}
  Pipe: {Type: AWS::Pipes::Pipe, Properties: {Source: !GetAtt A.Outputs.Arn, Target: !Sub "${B.Outputs.Arn}"}}
"#;
    let (stack, problems) = nested(parent, CHILD);
    assert!(problems.is_empty(), "{problems:?}");
    let queues: Vec<(String, &str)> = stack
        .of_kind("AWS::SQS::Queue")
        .map(|queue| (queue.label(), queue.physical_id.as_str()))
        .collect();
    let apis: Vec<&str> = stack
        .of_kind("AWS::ApiGateway::RestApi")
        .map(|api| api.physical_id.as_str())
        .collect();
    assert_ne!(apis[0], apis[1]);
    let second = format!("{}-tide-B", apis[0]);
    let expected = [
        ("A.Queue (AWS::SQS::Queue)", "first-tide-A"),
        ("A.Dead (AWS::SQS::Queue)", "tide-A-Dead"),
        ("B.Queue (AWS::SQS::Queue)", second.as_str()),
        ("B.Dead (AWS::SQS::Queue)", "buried"),
    ];
    assert_eq!(
        queues,
        expected.map(|(label, name)| (label.to_owned(), name))
    );
    let pipe = stack
        .of_kind("AWS::Pipes::Pipe")
        .next()
        .unwrap()
        .properties
        .to_json()
        .to_string();
    let arn = "arn:aws:sqs:eu-west-1:123456789012";
    assert_eq!(
        pipe,
        format!(r#"{{"Source":"{arn}:first-tide-A","Target":"{arn}:{second}"}}"#)
    );
    assert!(stack.not_run.is_empty());
}

#[test]
fn what_is_wrong_within_is_told_at_its_own_place() {
    let parent = r#"
Resources:
  A: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: child, Parameters: {Name: !GetAtt B.Outputs.Arn}}}
  B: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: child, Parameters: {Name: !GetAtt A.Outputs.Arn}}}
  Q: {Type: AWS::SQS::Queue, Properties: {QueueName: !GetAtt C.Outputs.Nope}}
  C: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: elsewhere}}
"#;
    let (stack, problems) = nested(parent, CHILD);
    assert!(
        problems[0].contains("circular dependency: A → B → A"),
        "{problems:?}"
    );
    assert_eq!(stack.not_run[0].logical_id, "C");
    let parent = "Resources:\n  A: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: child}}\n  \
                  Q: {Type: AWS::SQS::Queue, Properties: {QueueName: !GetAtt A.Outputs.Nope}}\n";
    let (_, problems) = nested(parent, CHILD);
    let expected = [
        "child:2:14: parameter A.Name has no default: set it with --parameter-overrides A.Name=…",
        "t:3:54: the nested template child has no output Nope",
    ];
    assert_eq!(problems, expected);
}
