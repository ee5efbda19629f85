//! Functions: what refers to them, and the API that SAM makes for their events.

use super::*;

#[test]
fn aliases_and_versions_are_parts_of_their_function() {
    let text = r#"
Resources:
  F: {Type: AWS::Lambda::Function, Properties: {FunctionName: f}}
  Live: {Type: AWS::Lambda::Alias, Properties: {FunctionName: !Ref F, FunctionVersion: !GetAtt One.Version, Name: live}}
  Arn: {Type: AWS::Lambda::Alias, Properties: {FunctionName: !GetAtt F.Arn, Name: arn}}
  One: {Type: AWS::Lambda::Version, Properties: {FunctionName: !Ref F}}
  Self: {Type: AWS::Lambda::Alias, Properties: {FunctionName: !Ref Self, Name: x}}
  Q: {Type: AWS::SQS::Queue, Properties: {QueueName: !Join [" ", [!Ref Live, !Ref Arn, !Ref One]]}}
"#;
    let (stack, problems) = load(text, &[]).unwrap();
    assert_eq!(problems, []);
    let name = stack.resources[0].properties.get("QueueName").unwrap();
    let arn = "arn:aws:lambda:eu-west-1:123456789012:function:f";
    let expected = format!("{arn}:live {arn}:arn {arn}:$LATEST");
    assert_eq!(name.text().unwrap(), expected);
}

#[test]
fn events_that_name_no_api_make_one() {
    let text = r#"
Globals: {Api: {MinimumCompressionSize: 5}, Function: {AutoPublishAlias: live, Timeout: 3}}
Resources:
  F: {Type: AWS::Serverless::Function, Properties: {Events: {Get: {Type: Api, Properties: {Path: /, Method: get}}}}}
  M: {Type: AWS::ApiGateway::BasePathMapping, Properties: {RestApiId: !Ref ServerlessRestApi, Stage: !Ref ServerlessRestApi.Stage}}
"#;
    let (stack, problems) = load(text, &[]).unwrap();
    assert_eq!(problems, []);
    let shown = |name: &str| {
        let resource = stack.resources.iter().find(|one| one.logical_id == name);
        resource.unwrap().properties.to_json().to_string()
    };
    assert_eq!(
        shown("ServerlessRestApi"),
        r#"{"MinimumCompressionSize":5,"StageName":"Prod"}"#
    );
    assert!(shown("F").contains(r#""AutoPublishAlias":"live""#));
    assert!(shown("M").ends_with(r#""Stage":"Prod"}"#), "{}", shown("M"));
}

#[test]
fn lists_and_values_of_other_stacks_become_literals() {
    let text = r#"
Parameters:
  Names: {Type: CommaDelimitedList, Default: "a,b,c"}
  Subnets: {Type: "AWS::SSM::Parameter::Value<List<String>>", Default: /net/subnets}
Mappings: {M: {one: {x: found}}}
Resources:
  B:
    Type: AWS::S3::Bucket
    Properties:
      Tags:
        - !Join [" ", !GetAZs ""]
        - !Length {Ref: Names}
        - !Join [" ", !Cidr [10.0.0.0/16, 3, 8]]
        - !FindInMap [M, one, x, {DefaultValue: other}]
        - !FindInMap [M, two, x, {DefaultValue: other}]
        - !Select [1, !Ref Subnets]
        - !ImportValue shared-name
        - Fn::ToJsonString: {a: !Ref AWS::Region}
"#;
    let given = Inputs {
        parameters: Overrides::from([("Subnets".to_owned(), "s-1,s-2".to_owned())]),
        secrets: [("shared-name".to_owned(), "v".to_owned())]
            .into_iter()
            .collect(),
        ..Inputs::default()
    };
    let mut problems = Vec::new();
    let node = Node::parse("t", text).unwrap();
    let stack = Stack::load(&node, &given, &account(), &mut problems).unwrap();
    assert_eq!(problems, []);
    let tags = stack.resources[0]
        .properties
        .get("Tags")
        .unwrap()
        .list()
        .unwrap();
    let tags: Vec<&str> = tags.iter().map(|tag| tag.text().unwrap()).collect();
    let expected = [
        "eu-west-1a eu-west-1b eu-west-1c",
        "3",
        "10.0.0.0/24 10.0.1.0/24 10.0.2.0/24",
        "found",
        "other",
        "s-2",
        "v",
        r#"{"a":"eu-west-1"}"#,
    ];
    assert_eq!(tags, expected);
    for wrong in ["[10.0.0.0/31, 3, 8]", "[x, 1]", "[10.0.0.0/8, 0]", "[1]"] {
        let text = text.replace("[10.0.0.0/16, 3, 8]", wrong);
        let (_, problems) = load(&text, &[("Subnets", "s-1,s-2")]).unwrap();
        assert!(
            problems
                .iter()
                .any(|one| one.message.starts_with("Cidr takes")),
            "{wrong}"
        );
    }
}

#[test]
fn what_is_not_run_here_has_attributes_of_awss_form() {
    let text = r#"
Resources:
  Table: {Type: AWS::DynamoDB::Table, Properties: {TableName: t}}
  Stream: {Type: AWS::Kinesis::Stream}
  Machine: {Type: AWS::StepFunctions::StateMachine}
  Rule: {Type: AWS::Events::Rule}
  Pool: {Type: AWS::Cognito::UserPool}
  Http: {Type: AWS::ApiGatewayV2::Api, Properties: {ProtocolType: HTTP}}
  Data: {Type: AWS::RDS::DBInstance}
  Own: {Type: Custom::Thing}
  Cert: {Type: AWS::CertificateManager::Certificate}
  B:
    Type: AWS::S3::Bucket
    Properties:
      Tags: [!GetAtt Table.StreamArn, !GetAtt Stream.Arn, !Ref Machine, !GetAtt Rule.Arn, !Ref Rule, !Ref Pool, !GetAtt Data.Endpoint.Port, !GetAtt Own.Anything, !Ref Cert, !GetAtt Http.ApiEndpoint]
"#;
    let (stack, problems) = load(text, &[]).unwrap();
    assert_eq!(problems, []);
    let bucket = stack
        .resources
        .iter()
        .find(|one| one.logical_id == "B")
        .unwrap();
    let tags = bucket.properties.get("Tags").unwrap().list().unwrap();
    let tags: Vec<&str> = tags.iter().map(|tag| tag.text().unwrap()).collect();
    let expected = [
        "arn:aws:dynamodb:eu-west-1:123456789012:table/t/stream/2024-01-01T00:00:00.000",
        "arn:aws:kinesis:eu-west-1:123456789012:stream/tide-Stream",
        "arn:aws:states:eu-west-1:123456789012:stateMachine:tide-Machine",
        "arn:aws:events:eu-west-1:123456789012:rule/tide-Rule",
        "tide-Rule",
    ];
    assert_eq!(tags[..5], expected);
    assert!(tags[5].starts_with("eu-west-1_"), "{}", tags[5]);
    assert_eq!(tags[6..8], ["443", "tide-Own-Anything"]);
    assert!(
        tags[8].starts_with("arn:aws:acm:eu-west-1:123456789012:certificate/"),
        "{}",
        tags[8]
    );
    assert!(
        tags[9].ends_with(".execute-api.eu-west-1.amazonaws.com"),
        "{}",
        tags[9]
    );
}

#[test]
fn a_name_that_is_given_is_that_of_the_resource() {
    let text = "Resources: {Q: {Type: AWS::SQS::Queue}, B: {Type: AWS::S3::Bucket, Properties: {Tags: [!GetAtt Q.Arn]}}}";
    let given = Inputs {
        physical_ids: [("Q".to_owned(), "shop-Q-1A2B".to_owned())]
            .into_iter()
            .collect(),
        ..Inputs::default()
    };
    let mut problems = Vec::new();
    let stack = Stack::load(
        &Node::parse("t", text).unwrap(),
        &given,
        &account(),
        &mut problems,
    );
    let shown = format!("{:?}", stack.unwrap());
    assert!(
        shown.contains("arn:aws:sqs:eu-west-1:123456789012:shop-Q-1A2B"),
        "{shown}"
    );
}
