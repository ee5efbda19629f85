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
