use kit::cloudformation::{Account, Inputs, Stack};
use kit::definition::Declarations;
use kit::document::Node;
use serde_json::json;

use super::*;
use crate::definition::PipeDefinitions;

const TEMPLATE: &str = r#"
Resources:
  Pipe:
    Type: AWS::Pipes::Pipe
    Properties:
      Name: orders
      RoleArn: arn:aws:iam::123456789012:role/p
      Source: arn:aws:sqs:eu-west-1:123456789012:orders
      SourceParameters:
        FilterCriteria: {Filters: [{Pattern: '{"body":{"kind":["order"]}}'}]}
      ENRICHMENT
      Target: TARGET
      TargetParameters:
        InputTemplate: '{"id":<$.body.id>}'
        PARAMETERS
  Destination:
    Type: AWS::Events::ApiDestination
    Properties:
      ConnectionArn: !GetAtt Connection.Arn
      InvocationEndpoint: https://crm.example/orders?key=s3cret
      HttpMethod: PUT
  Connection:
    Type: AWS::Events::Connection
    Properties:
      AuthorizationType: API_KEY
      AuthParameters: {ApiKeyAuthParameters: {ApiKeyName: x-key, ApiKeyValue: s3cret}}
"#;

fn pipe(target: &str, parameters: &str, enrichment: &str) -> Pipe {
    let text = TEMPLATE
        .replace("TARGET", target)
        .replace("ENRICHMENT", enrichment)
        .replace("PARAMETERS", parameters);
    let account = Account {
        region: "eu-west-1".into(),
        account_id: "123456789012".into(),
        stack_name: "s".into(),
    };
    let node = Node::parse("t.yaml", &text).unwrap();
    let stack = Stack::load(&node, &Inputs::default(), &account, &mut Vec::new()).unwrap();
    let mut given = Declarations::default();
    given.stacks.push(stack);
    given.account = Some(account);
    PipeDefinitions::load(&given).unwrap().pipes.remove(0)
}

fn play(pipe: &Pipe, body: &str, answer: Option<&[u8]>) -> Outcome {
    let record = json!({"messageId": "m-1", "body": body, "attributes": {}});
    let now = Timestamp::from_millis(1_710_062_102_000);
    test_invoke(pipe, Event::from_record(record), answer, now).unwrap()
}

const ORDER: &str = r#"{"kind":"order","id":7}"#;

#[test]
fn a_request_to_an_api_destination_has_its_body_and_no_secret() {
    let pipe = pipe(
        "!GetAtt Destination.Arn",
        "HttpParameters: {HeaderParameters: {X-A: $.body.id}}",
        "",
    );
    let outcome = play(&pipe, ORDER, None);
    assert_eq!((outcome.misses.len(), outcome.deliveries.len()), (0, 1));
    let target = &outcome.deliveries[0].target;
    assert_eq!(target.body.as_deref(), Some(r#"{"id":7}"#));
    let request = target.request.as_deref().unwrap();
    assert!(
        request.starts_with("PUT https://crm.example/orders?…\n"),
        "{request}"
    );
    assert!(
        request.contains("x-a: 7\n") && request.contains("webhook-id: m-1\n"),
        "{request}"
    );
    assert!(request.ends_with("\n\n{\"id\":7}"), "{request}");
    assert!(!format!("{outcome:?}").contains("s3cret"));
}

#[test]
fn a_message_that_is_filtered_out_says_why() {
    let pipe = pipe("!GetAtt Destination.Arn", "", "");
    let outcome = play(&pipe, r#"{"kind":"refund"}"#, None);
    assert!(outcome.misses[0].contains("kind"), "{:?}", outcome.misses);
    assert!(outcome.deliveries.is_empty() && !outcome.needs_answer);
}

#[test]
fn an_empty_body_is_refused_as_sqs_does() {
    let pipe = pipe("!GetAtt Destination.Arn", "", "");
    let event = Event::from_record(json!({"messageId": "m-1", "body": ""}));
    let refusal = test_invoke(&pipe, event, None, Timestamp::default());
    assert_eq!(refusal, Err(EmptyBody));
}

#[test]
fn a_body_that_cannot_be_made_says_why() {
    let pipe = pipe(
        "arn:aws:sqs:eu-west-1:123456789012:next.fifo",
        "SqsQueueParameters: {MessageGroupId: $.body.group, MessageDeduplicationId: $.messageId}",
        "",
    );
    let outcome = play(&pipe, ORDER, None);
    let failure = outcome.deliveries[0].target.failure.as_deref().unwrap();
    assert!(failure.contains("MessageGroupId"), "{failure}");
    let outcome = play(&pipe, r#"{"kind":"order","id":7,"group":"g"}"#, None);
    let request = outcome.deliveries[0].target.request.as_deref().unwrap();
    assert_eq!(
        request,
        "SendMessage to 123456789012/next.fifo\nMessageGroupId: g\nMessageDeduplicationId: m-1\n\n{\"id\":7}"
    );
}

#[test]
fn an_enrichment_is_asked_and_its_answer_goes_on() {
    let function = "arn:aws:lambda:eu-west-1:123456789012:function:";
    let pipe = pipe(
        &format!("{function}target"),
        "",
        &format!("Enrichment: {function}enrich"),
    );
    let outcome = play(&pipe, ORDER, None);
    assert!(outcome.needs_answer && outcome.deliveries.is_empty());
    let request = outcome.enrichment.unwrap().request.unwrap();
    assert!(
        request.contains("function%3Aenrich/invocations") && request.contains("m-1"),
        "{request}"
    );
    let answer = br#"[{"body":{"id":1}},{"body":{"id":2}}]"#;
    let outcome = play(&pipe, ORDER, Some(answer));
    let bodies = outcome.deliveries.iter();
    let bodies: Vec<_> = bodies
        .map(|delivery| delivery.target.request.as_deref().unwrap())
        .collect();
    assert!(bodies[0].ends_with(r#"[{"id":1}]"#), "{bodies:?}");
    assert!(bodies[1].ends_with(r#"[{"id":2}]"#), "{bodies:?}");
}
