//! Definitions as tools write them, to the call that a request becomes: the output of `cdk synth`,
//! a SAM template, an OpenAPI export. The files are whole, with everything that stands beside the
//! chain.

use std::net::{IpAddr, Ipv4Addr};
use std::path::Path;

use bytes::Bytes;
use gateway::api::Apis;
use gateway::exchange::Exchange;
use gateway::integration_request::{IntegrationRequest, build};
use gateway::method_request::Request;
use gateway::stage::route;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, Method};
use kit::call::Call;
use kit::cloudformation::Account;
use kit::definition::DefinitionArgs;
use kit::time::Timestamp;

fn load(file: &Path) -> Result<Apis, String> {
    let account = Account {
        region: "eu-west-1".into(),
        account_id: "123456789012".into(),
        stack_name: "events".into(),
    };
    let args = DefinitionArgs {
        files: vec![file.to_owned()],
        ..DefinitionArgs::default()
    };
    let definition = args.load(&account).map_err(|error| error.to_string())?;
    Apis::load(&definition, None).map_err(|error| error.to_string())
}

fn definition(name: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/definitions")
        .join(name)
}

/// The call that a POST of this body becomes.
fn call(apis: &Apis, path: &str, body: &'static str) -> Call {
    let request = Request {
        method: Method::POST,
        sent_method: Method::POST,
        raw_query: String::new(),
        path: path.to_owned(),
        query: Vec::new(),
        headers: HeaderMap::new(),
        body: Bytes::from_static(body.as_bytes()),
        sent_body: None,
        source_ip: IpAddr::V4(Ipv4Addr::LOCALHOST),
        tls: None,
        received: Timestamp::from_millis(0),
        request_id: "r".into(),
        has_replaced_id: false,
        vpc_endpoint: None,
        extended_request_id: "e".into(),
        trace_id: "Root=1-00000000-000000000000000000000000".into(),
    };
    let route = route(apis, "localhost", &request.method, &request.path).expect("a route");
    match build(&mut Exchange::new(&route, &request, "123456789012")) {
        Ok(IntegrationRequest::Call(call, _)) => call,
        other => panic!("no call was planned: {other:?}"),
    }
}

#[track_caller]
fn check(call: &Call, url: &str, body: &str) {
    assert_eq!((call.method.as_str(), call.url.as_str()), ("POST", url));
    assert_eq!(call.body, body);
    assert_eq!(
        call.headers[CONTENT_TYPE],
        "application/x-www-form-urlencoded"
    );
}

#[test]
fn the_output_of_cdk_synth_is_served() {
    let apis = load(&definition("cdk.json")).expect("it loads");
    let api = &apis.apis[0];
    assert_eq!(
        (api.name.as_str(), api.stages[0].name.as_str()),
        ("event-api", "prod")
    );
    assert_eq!(api.stages[0].variables["queue"], "events");
    check(
        &call(&apis, "/prod/events/a/b", r#"{"a":"x&y"}"#),
        "https://sqs.eu-west-1.amazonaws.com/123456789012/events",
        "Action=SendMessage&MessageBody=%7B%22a%22%3A%22x%26y%22%7D&MessageAttribute.1.Name=path\
         &MessageAttribute.1.Value.DataType=String&MessageAttribute.1.Value.StringValue=a%2Fb",
    );
}

#[test]
fn a_sam_template_is_served() {
    let apis = load(&definition("sam.yaml")).expect("it loads");
    assert_eq!(
        (
            apis.apis[0].name.as_str(),
            apis.apis[0].stages[0].name.as_str()
        ),
        ("event-api", "prod")
    );
    check(
        &call(&apis, "/events/a", "{}"),
        "https://sqs.eu-west-1.amazonaws.com/123456789012/events-EventQueue",
        "Action=SendMessage&MessageBody=%7B%7D",
    );
}

/// A function whose event names no API gets one from SAM; in an API with a body of its own, an
/// event adds nothing.
#[test]
fn the_routes_of_functions_are_served() {
    let sam = std::fs::read_to_string(definition("sam.yaml")).expect("the file");
    let schedule = "Nightly: {Type: Schedule, Properties: {Schedule: rate(1 day)}}";
    let routes = r#"
        Seen: {Type: Api, Properties: {Path: "/seen/{id}", Method: any}}
        Mine: {Type: Api, Properties: {Path: /mine, Method: post, RestApiId: !Ref EventApi}}"#;
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("sam.yaml");
    std::fs::write(&file, sam.replace(schedule, routes)).expect("the file is written");
    let apis = load(&file).expect("it is read");
    let call = call(&apis, "/Prod/seen/7", "{}");
    assert_eq!(
        call.url.as_str(),
        "https://lambda.eu-west-1.amazonaws.com/2015-03-31/functions/arn:aws:lambda:eu-west-1:123456789012:function:events-Worker/invocations"
    );
    let event: serde_json::Value = serde_json::from_slice(&call.body).expect("an event");
    assert_eq!(event["resource"], "/seen/{id}");
    assert!(route(&apis, "localhost", &Method::POST, "/prod/mine").is_err());
}

/// Problems of the template and of the API in it are reported together.
#[test]
fn everything_is_reported_at_once() {
    let sam = std::fs::read_to_string(definition("sam.yaml")).expect("the file");
    let sam = sam.replace("type: aws", "type: aws_proxy");
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("sam.yaml");
    std::fs::write(&file, format!("{sam}\nHooks: {{}}\n")).expect("the file is written");
    let message = load(&file).expect_err("it is refused");
    for expected in [
        "Hooks is not supported",
        "Integrations of type 'AWS_PROXY' currently only supports Lambda function",
    ] {
        assert!(message.contains(expected), "{message}");
    }
}

/// An export of API Gateway, after `docs/aws/api-gateway.md#export`.
#[test]
fn an_export_is_served_under_its_stage() {
    let apis = load(&definition("export.json")).expect("it loads");
    assert_eq!(
        (
            apis.apis[0].name.as_str(),
            apis.apis[0].stages[0].name.as_str()
        ),
        ("event-intake", "prod")
    );
    check(
        &call(&apis, "/prod/events/a", "{}"),
        "https://sqs.eu-west-1.amazonaws.com/123456789012/orders",
        "Action=SendMessage&MessageBody=%7B%7D",
    );
}
