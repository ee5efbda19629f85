mod functions;
mod intrinsics;
mod loops;
mod nested;
mod own_secrets;
mod rules;

use super::*;

const TEMPLATE: &str = r#"
Parameters:
  Env: {Type: String, Default: dev, AllowedValues: [dev, prod]}
  Hosts: {Type: CommaDelimitedList, Default: "a.example, b.example"}
  Account: {Type: String, Default: "000000000012"}
Mappings:
  Sizes: {dev: {retention: 60}, prod: {retention: 1209600}}
Conditions:
  IsProd: !Equals [!Ref Env, prod]
  IsDev: !Not [Condition: IsProd]
Resources:
  Queue:
    Type: AWS::SQS::Queue
    DependsOn: Dead
    Properties:
      QueueName: !Sub "${Env}-orders"
      MessageRetentionPeriod: !FindInMap [Sizes, !Ref Env, retention]
      DelaySeconds: !If [IsProd, 5, !Ref AWS::NoValue]
      RedrivePolicy:
        deadLetterTargetArn: !GetAtt Dead.Arn
        maxReceiveCount: 5
  Dead: {Type: AWS::SQS::Queue}
  Prod:
    Type: AWS::SQS::Queue
    Condition: IsProd
  Role: {Type: AWS::IAM::Role, Properties: {Path: /p/, Nonsense: !GetAtt No.Where}}
  Bucket:
    Type: AWS::S3::Bucket
    Properties:
      Tags:
        - {Key: url, Value: !Ref Queue}
        - {Key: host, Value: !Select [1, !Ref Hosts]}
        - {Key: joined, Value: !Join ["|", [!Ref "AWS::Region", {"Ref": "AWS::AccountId"}]]}
        - {Key: split, Value: !Select [1, !Split [":", !GetAtt Queue.Arn]]}
        - {Key: role, Value: !GetAtt Role.Arn}
        - {Key: b64, Value: {"Fn::Base64": !Sub "${!Literal}${X}${Queue.QueueName}"}}
"#;

fn account() -> Account {
    Account {
        region: "eu-west-1".into(),
        account_id: "123456789012".into(),
        stack_name: "tide".into(),
    }
}

fn load(text: &str, overrides: &[(&str, &str)]) -> Result<(Stack, Vec<Problem>), Problem> {
    let overrides: Overrides = overrides
        .iter()
        .map(|&(name, value)| (name.into(), value.into()))
        .collect();
    let mut problems = Vec::new();
    let stack = Stack::load(
        &Node::parse("t", text)?,
        &overrides.into(),
        &account(),
        &mut problems,
    )?;
    Ok((stack, problems))
}

#[test]
fn functions_and_references_become_literals() {
    let text = TEMPLATE.replace("${X}", "${Env}");
    let (stack, problems) = load(&text, &[]).unwrap();
    assert_eq!(problems, []);
    let ids: Vec<_> = stack
        .resources
        .iter()
        .map(|r| (r.logical_id.as_str(), r.physical_id.as_str()))
        .collect();
    assert_eq!(
        ids,
        [
            ("Queue", "dev-orders"),
            ("Dead", "tide-Dead"),
            ("Bucket", "tide-bucket")
        ]
    );
    assert_eq!(
        stack.resources[0].properties.to_json().to_string(),
        r#"{"QueueName":"dev-orders","MessageRetentionPeriod":60,"RedrivePolicy":{"deadLetterTargetArn":"arn:aws:sqs:eu-west-1:123456789012:tide-Dead","maxReceiveCount":5}}"#
    );
    let tags = stack.resources[2]
        .properties
        .get("Tags")
        .unwrap()
        .list()
        .unwrap();
    let values: Vec<_> = tags
        .iter()
        .map(|tag| tag.get("Value").unwrap().text().unwrap())
        .collect();
    assert_eq!(
        values,
        [
            "https://sqs.eu-west-1.amazonaws.com/123456789012/dev-orders",
            "b.example",
            "eu-west-1|123456789012",
            "aws",
            "arn:aws:iam::123456789012:role/p/tide-Role",
            "JHtMaXRlcmFsfWRldmRldi1vcmRlcnM=",
        ]
    );
}

#[test]
fn overrides_and_conditions_choose() {
    let text = TEMPLATE.replace("${X}", "");
    let (stack, _) = load(&text, &[("Env", "prod")]).unwrap();
    assert_eq!(stack.of_kind("AWS::SQS::Queue").count(), 3);
    assert_eq!(
        stack.resources[0]
            .properties
            .get("DelaySeconds")
            .unwrap()
            .integer()
            .unwrap(),
        5
    );
}

#[track_caller]
fn refused(text: &str, overrides: &[(&str, &str)], message: &str) {
    let (_, problems) = load(text, overrides).expect("a template");
    let texts: Vec<_> = problems.iter().map(ToString::to_string).collect();
    assert_eq!(texts, [message]);
}

#[test]
fn what_cannot_be_resolved_is_named() {
    let queue = |name: &str| {
        format!(
            "Resources:\n  Q:\n    Type: AWS::SQS::Queue\n    Properties: {{QueueName: {name}}}\n  D: {{Type: AWS::SQS::Queue}}"
        )
    };
    refused(
        &queue("!Ref Nope"),
        &[],
        "t:4:29: Ref Nope: no such parameter or resource",
    );
    refused(
        &queue("!GetAtt D.Speed"),
        &[],
        "t:4:29: GetAtt D.Speed: AWS::SQS::Queue has no attribute Speed",
    );
    refused(
        &queue("!ImportValue x"),
        &[],
        "t:4:29: ImportValue x: another stack exports it, and its value is not known here: set \
         --secret 'x=…'",
    );
    refused(&queue("!Ref Q"), &[], "t:4:29: circular dependency: Q → Q");
    refused(&queue("!Sub '${Oops'"), &[], "t:4:29: Sub: unclosed ${");
    let parameter = |declared: &str| format!("Parameters: {{P: {declared}}}\n{}", queue("!Ref P"));
    refused(
        &parameter("{Type: String}"),
        &[],
        "t:1:14: parameter P has no default: set it with --parameter-overrides P=…",
    );
    refused(
        &parameter("{Type: String, AllowedValues: [a]}"),
        &[("P", "b")],
        "t:1:14: Parameter 'P' must be one of AllowedValues",
    );
}

#[test]
fn unknown_entries_and_transforms_are_collected() {
    let text = "Transform: [AWS::Serverless-2016-10-31, Mine]\nRules: {R: {Assertions: []}}\nResources: {}\nResorces: {}";
    let (_, problems) = load(text, &[]).unwrap();
    let texts: Vec<_> = problems.iter().map(ToString::to_string).collect();
    assert_eq!(
        texts,
        [
            "t:1:41: the template: Transform Mine is not supported",
            "t:4:1: the template: Resorces is unknown; did you mean Resources?"
        ]
    );
}

#[test]
fn a_parameter_without_a_value_matters_only_where_it_is_used() {
    let text = "Parameters: {V: {Type: 'AWS::SSM::Parameter::Value<String>', Default: /cdk-bootstrap/x/version}}\n\
                    Resources: {Q: {Type: AWS::SQS::Queue}, T: {Type: AWS::SQS::Queue, Properties: {QueueName: !Ref V}}}";
    let (stack, problems) = load(text, &[]).unwrap();
    assert_eq!(
        stack
            .resources
            .iter()
            .map(|r| r.logical_id.as_str())
            .collect::<Vec<_>>(),
        ["Q"]
    );
    assert!(
        problems[0]
            .to_string()
            .contains("parameter V comes from Parameter Store"),
        "{}",
        problems[0]
    );
    assert_eq!((problems.len(), problems[0].is_tolerable()), (1, true));
}

#[test]
fn sam_resources_have_what_their_globals_say_and_functions_only_their_events() {
    let text = r#"
Transform: AWS::Serverless-2016-10-31
Globals: {Api: {Variables: {A: common, B: common}, TracingEnabled: true}, Function: {Timeout: 3}}
Resources:
  Api: {Type: AWS::Serverless::Api, Properties: {StageName: prod, Variables: {B: own}}}
  Worker:
    Type: AWS::Serverless::Function
    Properties: {Environment: !ImportValue elsewhere, Events: {Get: {Type: Api, Properties: {RestApiId: !Ref Api}}}}
  Mapping: {Type: AWS::ApiGateway::BasePathMapping, Properties: {Stage: !Ref Api.Stage}}
  Table: {Type: AWS::Serverless::SimpleTable, Properties: {TableName: !ImportValue elsewhere}}
"#;
    let (stack, problems) = load(text, &[]).unwrap();
    assert_eq!(problems, []);
    let shown: Vec<_> = stack
        .resources
        .iter()
        .map(|r| (r.logical_id.as_str(), r.properties.to_json().to_string()))
        .collect();
    let api = &stack.resources[0].physical_id;
    assert_eq!(
        shown,
        [
            ("Api", r#"{"Variables":{"A":"common","B":"own"},"TracingEnabled":true,"StageName":"prod"}"#.to_owned()),
            ("Worker", format!(r#"{{"Events":{{"Get":{{"Type":"Api","Properties":{{"RestApiId":"{api}"}}}}}}}}"#)),
            ("Mapping", r#"{"Stage":"prod"}"#.to_owned()),
        ]
    );
}

#[test]
fn pseudo_parameters_follow_the_region() {
    let text = r#"Resources: {Q: {Type: AWS::SQS::Queue, Properties: {QueueName: !Join ["|", [!Ref AWS::StackId, !Ref AWS::URLSuffix, !Join ["", !Ref AWS::NotificationARNs]]]}}, R: {Type: AWS::SQS::Queue, Properties: {QueueName: !Ref P}}, P: {Type: AWS::SQS::Queue}}"#;
    let china = Account {
        region: "cn-north-1".into(),
        ..account()
    };
    let mut problems = Vec::new();
    let stack = Stack::load(
        &Node::parse("t", text).unwrap(),
        &Inputs::default(),
        &china,
        &mut problems,
    )
    .unwrap();
    assert_eq!(problems, []);
    let name = &stack.resources[0].physical_id;
    assert!(
        name.starts_with("arn:aws-cn:cloudformation:cn-north-1:123456789012:stack/tide/"),
        "{name}"
    );
    assert!(name.ends_with("|amazonaws.com.cn|"), "{name}");
    assert_eq!(
        stack.resources[1].physical_id,
        "https://sqs.cn-north-1.amazonaws.com.cn/123456789012/tide-P"
    );
}

#[test]
fn a_misspelt_type_is_refused_and_read_as_what_was_meant() {
    let text = "Resources:\n  Q: {Type: AWS::SQS::Queues, Properties: {QueueName: q}}\n  P: {Type: AWS::Pipe::Pipe, Properties: {Source: !GetAtt Q.Arn, Target: !Ref Nope}}\n  N: {Type: AWS::SQS::Topic}\n  X: {Type: Queueing}\n";
    let (stack, problems) = load(text, &[]).unwrap();
    let texts: Vec<_> = problems.iter().map(ToString::to_string).collect();
    assert_eq!(
        texts,
        [
            "t:2:13: Q: AWS::SQS::Queues is not a resource type; did you mean AWS::SQS::Queue?",
            "t:3:13: P: AWS::Pipe::Pipe is not a resource type; did you mean AWS::Pipes::Pipe?",
            "t:3:74: Ref Nope: no such parameter or resource",
            "t:4:13: N: AWS::SQS::Topic is not a resource type; AWS::SQS has Queue, QueueInlinePolicy, QueuePolicy",
            "t:5:13: X: Queueing is not a resource type; expected a form such as AWS::SQS::Queue",
        ]
    );
    assert_eq!(
        (
            stack.resources.len(),
            stack.of_kind("AWS::Pipes::Pipe").count()
        ),
        (0, 1)
    );
}

#[test]
fn globals_and_parameters_that_nobody_reads_are_unknown() {
    let text = "Globals: {Apis: {}, Function: {}}\nParameters: {P: {Type: String, Defualt: x}}\nResources: {}";
    let (_, problems) = load(text, &[]).unwrap();
    let texts: Vec<_> = problems.iter().map(ToString::to_string).collect();
    assert_eq!(
        texts,
        [
            "t:2:32: parameter P: Defualt is unknown; did you mean Default?",
            "t:1:11: Globals: Apis is unknown; did you mean Api?",
        ]
    );
}

/// Told once, wherever one enters the ring; names, attributes and texts made of them lead on alike.
#[test]
fn a_ring_is_named_with_all_that_is_in_it() {
    let queues = |names: [&str; 3]| {
        let queue = |(id, name): (&str, &str)| {
            format!("  {id}: {{Type: AWS::SQS::Queue, Properties: {{{name}}}}}\n")
        };
        let names = ["A", "B", "C"].into_iter().zip(names).map(queue);
        format!(
            "Conditions: {{Yes: !Equals [1, 1]}}\nResources:\n{}",
            names.collect::<String>()
        )
    };
    refused(
        &queues([
            "QueueName: !Ref B",
            "QueueName: !Ref A",
            "QueueName: !Ref B",
        ]),
        &[],
        "t:3:54: circular dependency: A → B → A",
    );
    let third = "QueueName: !If [Yes, !Join ['-', [!GetAtt A.QueueName, x]], y]";
    refused(
        &queues([
            "QueueName: !Sub 'x-${B.QueueName}'",
            "QueueName: !Join ['-', [a, !GetAtt C.QueueName]]",
            third,
        ]),
        &[],
        "t:3:54: circular dependency: A → B → C → A",
    );
    let dead = |of: &str| {
        format!("RedrivePolicy: {{maxReceiveCount: 1, deadLetterTargetArn: !GetAtt {of}.Arn}}")
    };
    refused(
        &queues([
            &dead("B"),
            &format!("{}}}, DependsOn: C, Metadata: {{", dead("C")),
            &dead("A"),
        ]),
        &[],
        "t:3:100: circular dependency: A → B → C → A",
    );
    let conditions = "Conditions: {Y: !Condition Z, Z: !Not [!Condition Y]}\nResources:\n  Q: {Type: AWS::SQS::Queue, Condition: Y}";
    let parameter = "Parameters: {P: {Type: String, Default: !Ref Q}}\nResources: {Q: {Type: AWS::SQS::Queue, Properties: {QueueName: !Ref P}}}";
    let message = "t:1:41: parameter P: Default must be a literal value, not a function";
    refused(parameter, &[], message);
    refused(
        conditions,
        &[],
        "t:1:17: circular dependency: condition Y → condition Z → condition Y",
    );
}

/// SAM makes more resources of these, and it is those that depend on each other.
#[test]
fn what_sam_makes_is_no_ring() {
    let text = "Transform: AWS::Serverless-2016-10-31\nResources:\n  A: {Type: AWS::Serverless::Api, Properties: {StageName: s, DefinitionBody: {x: !GetAtt F.Arn}}}\n  F: {Type: AWS::Serverless::Function, Properties: {Events: {E: {Type: Api, Properties: {RestApiId: !Ref A}}}}}\n";
    assert_eq!(load(text, &[]).unwrap().1, []);
}
