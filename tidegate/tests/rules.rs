//! Rules of event buses in a `tidegate up`: what is put on a bus, by a route or by a client, goes
//! through patterns and transformers to API destinations and queues, and outlives a target that is
//! down and a kill of everything.

#![allow(clippy::unwrap_used, reason = "a test")]

mod harness;

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use bytes::Bytes;
use harness::{PATIENCE, Running, Stop, free_offset, refusal};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use kit::call::Call;
use kit::send::{AllowTargets, Sender};
use serde_json::{Value, json};
use tempfile::TempDir;

/// Two rules' targets: an API destination at `{port}`, and a queue; a route that puts events, and a
/// pipe that does.
fn definition(port: u16) -> String {
    format!(
        r#"
Resources:
  Bus: {{Type: AWS::Events::EventBus, Properties: {{Name: orders}}}}
  Policy: {{Type: AWS::Events::EventBusPolicy, Properties: {{StatementId: s, Action: events:PutEvents, Principal: '*'}}}}
  Paid: {{Type: AWS::SQS::Queue, Properties: {{QueueName: paid}}}}
  Dead: {{Type: AWS::SQS::Queue, Properties: {{QueueName: dead}}}}
  In: {{Type: AWS::SQS::Queue, Properties: {{QueueName: in}}}}
  Nightly: {{Type: AWS::Events::Rule, Properties: {{ScheduleExpression: rate(1 day), Targets: [{{Id: f, Arn: !ImportValue F}}]}}}}
  Rule:
    Type: AWS::Events::Rule
    Properties:
      Name: paid-orders
      EventBusName: !Ref Bus
      EventPattern: {{source: [shop], detail: {{amount: [{{numeric: ['>', 100]}}]}}}}
      Targets:
        - Id: hook
          Arn: !GetAtt Hook.Arn
          RoleArn: arn:aws:iam::000000000000:role/x
          HttpParameters: {{HeaderParameters: {{x-order: $.detail.id}}}}
          InputTransformer:
            InputPathsMap: {{id: $.detail.id, type: $.detail-type}}
            InputTemplate: '{{"order": <id>, "text": "<type> <id>", "rule": <aws.events.rule-name>, "event": <aws.events.event>}}'
        - Id: queue
          Arn: !GetAtt Paid.Arn
          InputPath: $.detail
        - Id: never
          Arn: !GetAtt Never.Arn
          RetryPolicy: {{MaximumRetryAttempts: 0}}
          DeadLetterConfig: {{Arn: !GetAtt Dead.Arn}}
  Connection:
    Type: AWS::Events::Connection
    Properties: {{AuthorizationType: API_KEY, AuthParameters: {{ApiKeyAuthParameters: {{ApiKeyName: x-key, ApiKeyValue: k}}}}}}
  Hook:
    Type: AWS::Events::ApiDestination
    Properties: {{ConnectionArn: !GetAtt Connection.Arn, HttpMethod: POST, InvocationEndpoint: 'http://127.0.0.1:{port}/hook'}}
  Never:
    Type: AWS::Events::ApiDestination
    Properties: {{ConnectionArn: !GetAtt Connection.Arn, HttpMethod: POST, InvocationEndpoint: 'http://127.0.0.1:{port}/never'}}
  Pipe:
    Type: AWS::Pipes::Pipe
    Properties:
      Name: onto-the-bus
      RoleArn: r
      Source: !GetAtt In.Arn
      Target: !GetAtt Bus.Arn
      TargetParameters:
        InputTemplate: '<$.body>'
        EventBridgeEventBusParameters: {{Source: shop, DetailType: Piped}}
  Api: {{Type: AWS::ApiGateway::RestApi, Properties: {{Name: api}}}}
  Events: {{Type: AWS::ApiGateway::Resource, Properties: {{RestApiId: !Ref Api, ParentId: !GetAtt Api.RootResourceId, PathPart: events}}}}
  Method:
    Type: AWS::ApiGateway::Method
    Properties:
      RestApiId: !Ref Api
      ResourceId: !Ref Events
      HttpMethod: POST
      AuthorizationType: NONE
      Integration:
        Type: AWS
        IntegrationHttpMethod: POST
        Uri: !Sub 'arn:aws:apigateway:${{AWS::Region}}:events:action/PutEvents'
        Credentials: arn:aws:iam::000000000000:role/x
        RequestTemplates:
          application/json: |
            #set($context.requestOverride.header.X-Amz-Target = "AWSEvents.PutEvents")
            #set($context.requestOverride.header.Content-Type = "application/x-amz-json-1.1")
            {{"Entries": [{{"Source": "shop", "DetailType": "Order Paid", "EventBusName": "orders",
              "Detail": "$util.escapeJavaScript($input.json('$'))"}}]}}
        IntegrationResponses:
          - StatusCode: '200'
            ResponseTemplates: {{application/json: '{{"failed": $input.path("$.FailedEntryCount")}}'}}
      MethodResponses: [{{StatusCode: '200'}}]
  Deployment: {{Type: AWS::ApiGateway::Deployment, DependsOn: Method, Properties: {{RestApiId: !Ref Api, StageName: prod}}}}
"#
    )
}

/// A target, and the bodies that it got with 200: by path, header `x-order` and body.
#[derive(Clone, Default)]
struct Hook(Arc<Mutex<Vec<(String, Value)>>>);

impl Hook {
    /// Answers at `port`: 400 to `/never`, 200 to everything else.
    fn open(&self, port: u16) {
        let listener = TcpListener::bind(("127.0.0.1", port)).unwrap();
        let hook = self.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let hook = hook.clone();
                std::thread::spawn(move || hook.serve(stream));
            }
        });
    }

    fn serve(&self, mut stream: TcpStream) {
        let mut reader = BufReader::new(stream.try_clone().unwrap());
        loop {
            let mut head = Vec::new();
            loop {
                let mut line = String::new();
                if reader.read_line(&mut line).unwrap_or(0) == 0 {
                    return;
                }
                if line == "\r\n" {
                    break;
                }
                head.push(line.trim().to_owned());
            }
            let value = |name: &str| {
                let found = head.iter().find_map(|line| {
                    let (key, value) = line.split_once(": ")?;
                    key.eq_ignore_ascii_case(name).then(|| value.to_owned())
                });
                found.unwrap_or_default()
            };
            let mut body = vec![0; value("content-length").parse().unwrap_or(0)];
            reader.read_exact(&mut body).unwrap();
            assert_eq!(value("x-key"), "k");
            let is_refused = head[0].contains("/never");
            if !is_refused {
                let body = serde_json::from_slice(&body).unwrap();
                self.0.lock().unwrap().push((value("x-order"), body));
            }
            let status = if is_refused {
                "400 Bad Request"
            } else {
                "200 OK"
            };
            let answer = format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\n\r\n");
            if stream.write_all(answer.as_bytes()).is_err() {
                return;
            }
        }
    }

    fn orders(&self) -> BTreeSet<String> {
        let got = self.0.lock().unwrap();
        got.iter().map(|(order, _)| order.clone()).collect()
    }
}

/// One action of a service at the chain's emulator, as SDKs ask for it.
async fn aws(chain: &Running, target: &str, body: &Value) -> (StatusCode, Value) {
    let header = |name: &'static str, value: &str| {
        let value = HeaderValue::from_str(value).unwrap();
        (HeaderName::from_static(name), value)
    };
    let call = Call {
        method: Method::POST,
        url: format!("http://127.0.0.1:{}/", chain.port(4566))
            .parse()
            .unwrap(),
        headers: HeaderMap::from_iter([
            header("content-type", "application/x-amz-json-1.1"),
            header("x-amz-target", target),
        ]),
        body: Bytes::from(body.to_string()),
    };
    let sender = Sender::new(AllowTargets::anywhere()).unwrap();
    let reply = sender.send(call, PATIENCE, 1 << 20).await.unwrap();
    let body = serde_json::from_slice(&reply.body).unwrap_or_default();
    (reply.status, body)
}

fn entry(id: &str, amount: u32) -> Value {
    let detail = json!({"id": id, "amount": amount}).to_string();
    json!({"Source": "shop", "DetailType": "Order Paid", "Detail": detail, "EventBusName": "orders"})
}

/// Receives and deletes until so many different messages have come; their bodies and attributes.
async fn drained(chain: &Running, queue: &str, count: usize) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let begun = Instant::now();
    while found.len() < count {
        assert!(begun.elapsed() < PATIENCE, "only {found:?} in {queue}");
        let ask = json!({"QueueUrl": queue, "MaxNumberOfMessages": 10, "WaitTimeSeconds": 1,
            "MessageAttributeNames": ["All"]});
        let (_, got) = aws(chain, "AmazonSQS.ReceiveMessage", &ask).await;
        for message in got["Messages"].as_array().into_iter().flatten() {
            let attributes =
                &message["MessageAttributes"]["EXHAUSTED_RETRY_CONDITION"]["StringValue"];
            let attributes = attributes.as_str().map(|text| format!(" {text}"));
            let body = message["Body"].as_str().unwrap();
            found.insert(format!("{body}{}", attributes.unwrap_or_default()));
            let delete = json!({"QueueUrl": queue, "ReceiptHandle": message["ReceiptHandle"]});
            aws(chain, "AmazonSQS.DeleteMessage", &delete).await;
        }
    }
    found
}

async fn eventually(what: &str, is_so: impl Fn() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < PATIENCE, "{what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

fn write(folder: &Path, text: &str) -> String {
    let file = folder.join("chain.yaml");
    std::fs::write(&file, text).unwrap();
    file.to_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn events_outlive_a_target_that_is_down_and_a_kill() {
    let data = TempDir::new().unwrap();
    let free = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = free.local_addr().unwrap().port();
    drop(free);
    let file = write(data.path(), &definition(port));
    let args = [
        "--definition",
        &file,
        "--without",
        "pub",
        "--without",
        "sub",
    ];
    let mut chain = Running::start(data.path(), &args).await;
    let printed = chain.printed().to_owned();
    assert!(
        printed.contains("rule/paid-orders/hook: event bus orders → http://127.0.0.1"),
        "{printed}"
    );

    // The target is down: everything that is answered with success is kept.
    let route = chain
        .post(8080, "/events", r#"{"id": "r1", "amount": 101}"#)
        .await;
    assert_eq!(route.status, StatusCode::OK);
    assert_eq!(&route.body[..], br#"{"failed": 0}"#);
    let entries = json!({"Entries": [entry("c1", 200), entry("small", 99), entry("c2", 300)]});
    let (status, answer) = aws(&chain, "AWSEvents.PutEvents", &entries).await;
    assert_eq!(
        (status, &answer["FailedEntryCount"]),
        (StatusCode::OK, &json!(0))
    );
    let piped = json!({"QueueUrl": "in", "MessageBody": r#"{"id": "p1", "amount": 150}"#});
    aws(&chain, "AmazonSQS.SendMessage", &piped).await;
    // The rule's other target is not held up.
    let expected = ["r1", "c1", "c2", "p1"];
    let in_queue = drained(&chain, "paid", 4).await;
    for id in expected {
        assert!(
            in_queue.iter().any(|body| body.contains(id)),
            "{id}: {in_queue:?}"
        );
    }
    chain.end(Stop::Kill);

    let mut chain = Running::start(data.path(), &args).await;
    let hook = Hook::default();
    hook.open(port);
    eventually("an event is missing", || hook.orders().len() == 4).await;
    assert_eq!(hook.orders(), expected.map(str::to_owned).into());
    let got = hook.0.lock().unwrap().clone();
    let (_, body) = got.iter().find(|(order, _)| order == "c1").unwrap();
    assert_eq!(
        (&body["order"], &body["text"]),
        (&json!("c1"), &json!("Order Paid c1"))
    );
    assert_eq!(
        (&body["rule"], &body["event"]["detailType"]),
        (&json!("paid-orders"), &json!("Order Paid"))
    );
    assert_eq!(body["event"]["detail"], Value::Null);

    // An event that its target never takes goes to the dead-letter queue.
    let dead = drained(&chain, "dead", 1).await;
    assert!(
        dead.iter().all(|letter| letter.contains("\"detail-type\"")),
        "{dead:?}"
    );
    assert_eq!(chain.end(Stop::Terminate), Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bus_that_no_rule_reads_takes_nothing() {
    let data = TempDir::new().unwrap();
    let file = write(data.path(), &definition(9));
    let args = [
        "--definition",
        &file,
        "--without",
        "pub",
        "--without",
        "sub",
    ];
    let mut chain = Running::start(data.path(), &args).await;
    let mut other = entry("x", 1);
    other["EventBusName"] = json!("payments");
    let (status, answer) = aws(&chain, "AWSEvents.PutEvents", &json!({"Entries": [other]})).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(
        answer["Entries"][0]["ErrorCode"],
        "ResourceNotFoundException"
    );
    let (status, _) = aws(&chain, "AWSEvents.PutRule", &json!({})).await;
    assert_eq!(status, StatusCode::NOT_IMPLEMENTED);

    // A rule that is disabled gets no more events, and says so.
    let disabled = definition(9).replace(
        "Name: paid-orders",
        "Name: paid-orders\n      State: DISABLED",
    );
    chain.end(Stop::Terminate);
    write(data.path(), &disabled);
    let (code, error) = refusal(data.path(), free_offset(), &args);
    assert_eq!(code, Some(2));
    assert!(
        error.contains("/events of the API api: tidegate up takes PutEvents for event buses"),
        "{error}"
    );
    assert!(error.contains("Target of the pipe onto-the-bus"), "{error}");
}

#[test]
fn what_a_rule_cannot_do_here_is_refused_at_start() {
    let data = TempDir::new().unwrap();
    let text = r#"
Resources:
  Queue: {Type: AWS::SQS::Queue}
  Fifo: {Type: AWS::SQS::Queue, Properties: {FifoQueue: true}}
  Clock: {Type: AWS::Events::Rule, Properties: {ScheduleExpression: rate(1 day), Targets: [{Id: q, Arn: !GetAtt Queue.Arn}]}}
  Mixed:
    Type: AWS::Events::Rule
    Properties:
      EventPattern: {source: [a]}
      Targets:
        - {Id: f, Arn: 'arn:aws:lambda:e:1:function:f'}
        - {Id: q, Arn: !GetAtt Queue.Arn, Input: 'no json'}
        - {Id: t, Arn: !GetAtt Queue.Arn, InputTransformer: {InputTemplate: '<nope>'}}
        - {Id: x, Arn: !GetAtt Fifo.Arn}
        - {Id: b, Arn: 'arn:aws:events:e:1:event-bus/elsewhere'}
  Wrong: {Type: AWS::Events::Rule, Properties: {EventPattern: {source: a}, Targets: [{Id: q, Arn: !GetAtt Queue.Arn}]}}
"#;
    let file = write(data.path(), text);
    let (code, error) = refusal(data.path(), free_offset(), &["--definition", &file]);
    assert_eq!(code, Some(2));
    for expected in [
        "Clock (AWS::Events::Rule): ScheduleExpression is not supported (nothing here sends events by the clock)",
        "target f: arn:aws:lambda:e:1:function:f is not supported: expected the ARN of an SQS queue, an API destination",
        "target q: Input is not JSON",
        "target t: input template, line 1, column 1: invalid placeholder <nope>",
        "target x: the FIFO queue tidegate-Fifo.fifo needs SqsParameters with a MessageGroupId",
        "no rule of the definition that runs here reads the event bus elsewhere",
        "\"source\" must be an object or an array",
    ] {
        assert!(error.contains(expected), "{expected} is missing in {error}");
    }
}
