//! The gate: keys, plans, quotas and throttles.

use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use bytes::Bytes;
use http::HeaderMap;
use kit::document::Node;
use time::Date;
use time::macros::date;

use super::admit::Moment;
use super::gate::UsageGate;
use super::settings::{AccountThrottle, UsageArgs};
use crate::api::{
    Api, ApiKey, ApiKeySource, Apis, KeyDigest, MethodSetting, MethodSettings, MethodThrottle,
    Period, PlanStage, Stage, Throttle, Usage, UsagePlan, UsageQuota,
};
use crate::exchange::Exchange;
use crate::gateway_responses::Fault;
use crate::method_request::Request;
use crate::openapi::Document;

const VALUE: &str = "goodgoodgoodgoodgood1";
const TODAY: Date = date!(2024 - 03 - 10);

/// `GET /open` and `GET /guarded`, at the stages `dev` and `other` of one API.
fn apis(usage: Usage) -> Apis {
    let text = "openapi: 3.0.1\npaths:\n  /open: {get: &get {x-amazon-apigateway-integration: {type: mock}}}\n  /guarded: {get: *get}\n";
    let document = Document::read(&Node::parse("t", text).unwrap(), &mut Vec::new()).unwrap();
    let mut api = Api {
        id: "abc".into(),
        name: "events".into(),
        resources: document.resources,
        ..Api::default()
    };
    for name in ["dev", "other"] {
        api.stages.push(Stage {
            name: name.into(),
            ..Stage::default()
        });
    }
    for (_, method) in &mut api.resources[1].methods {
        method.needs_api_key = true;
    }
    Apis {
        apis: vec![api],
        usage,
        ..Apis::default()
    }
}

fn key(id: &str, value: &str) -> ApiKey {
    ApiKey {
        id: id.into(),
        name: id.into(),
        value: Some(KeyDigest::of(value)),
        is_enabled: true,
    }
}

fn plan() -> UsagePlan {
    UsagePlan {
        id: "plan".into(),
        stages: vec![PlanStage {
            api: Some("abc".into()),
            stage: Some("dev".into()),
            methods: Vec::new(),
        }],
        keys: vec!["good".into()],
        ..UsagePlan::default()
    }
}

fn usage(plan: UsagePlan) -> Usage {
    Usage {
        keys: vec![key("good", VALUE)],
        plans: vec![plan],
    }
}

fn gate(apis: &Apis) -> UsageGate {
    UsageGate::open(&UsageArgs::default(), apis).unwrap()
}

/// Sends `GET {path}` with this key `at` seconds of a day, and gives what `$context` shows of the
/// key.
fn ask_on(
    gate: &UsageGate,
    apis: &Apis,
    path: &str,
    value: Option<&str>,
    at: f64,
    today: Date,
) -> Result<Option<String>, Fault> {
    let mut headers = HeaderMap::new();
    if let Some(value) = value {
        headers.insert("x-api-key", value.parse().unwrap());
    }
    let request = Request {
        method: http::Method::GET,
        path: path.into(),
        query: Vec::new(),
        raw_query: String::new(),
        sent_method: http::Method::GET,
        headers,
        body: Bytes::new(),
        sent_body: None,
        source_ip: IpAddr::V4(Ipv4Addr::LOCALHOST),
        received: kit::time::Timestamp::from_millis(0),
        request_id: "request".into(),
        has_replaced_id: false,
        vpc_endpoint: None,
        extended_request_id: "extended".into(),
        trace_id: String::new(),
        tls: None,
    };
    let route = crate::stage::route(apis, "localhost", &request.method, path).unwrap();
    let mut exchange = Exchange::new(&route, &request, "1");
    if route.api.api_key_source == ApiKeySource::Authorizer {
        exchange.usage_key = Some(VALUE.into());
    }
    let elapsed = Duration::from_secs_f64(at);
    gate.admit_at(&mut exchange, Moment { elapsed, today })?;
    Ok(exchange.context().get(&["identity", "apiKeyId"]))
}

fn ask(
    gate: &UsageGate,
    apis: &Apis,
    path: &str,
    value: Option<&str>,
) -> Result<Option<String>, Fault> {
    ask_on(gate, apis, path, value, 0.0, TODAY)
}

fn admitted(gate: &UsageGate, apis: &Apis, path: &str, at: f64) -> usize {
    let ask = || ask_on(gate, apis, path, Some(VALUE), at, TODAY);
    (0..10).filter(|_| ask().is_ok()).count()
}

#[test]
fn a_key_is_good_for_the_stages_of_its_plan_only() {
    let mut usage = usage(plan());
    usage.keys.push(key("unlinked", "unlinkedunlinkedkey1"));
    usage.keys.push(ApiKey {
        is_enabled: false,
        ..key("good", "disableddisabledkey1")
    });
    let apis = apis(usage);
    let gate = gate(&apis);
    assert_eq!(ask(&gate, &apis, "/dev/open", None), Ok(None));
    let good = ask(&gate, &apis, "/dev/guarded", Some(VALUE));
    assert_eq!(good, Ok(Some("good".into())));
    for (path, value) in [
        ("/dev/guarded", None),
        ("/dev/guarded", Some("")),
        ("/dev/guarded", Some("GOODGOODGOODGOODGOOD1")),
        ("/dev/guarded", Some("unlinkedunlinkedkey1")),
        ("/dev/guarded", Some("disableddisabledkey1")),
        ("/other/guarded", Some(VALUE)),
    ] {
        let refused = ask(&gate, &apis, path, value);
        assert_eq!(refused, Err(Fault::InvalidApiKey), "{path} {value:?}");
    }
}

#[test]
fn the_authorizer_may_bring_the_key() {
    let mut apis = apis(usage(plan()));
    apis.apis[0].api_key_source = ApiKeySource::Authorizer;
    let found = ask(
        &gate(&apis),
        &apis,
        "/dev/guarded",
        Some("what the client sends"),
    );
    assert_eq!(found, Ok(Some("good".into())));
}

#[test]
fn a_plan_throttles_each_key_and_single_methods() {
    let throttle = |rate, burst| Throttle { rate, burst };
    let mut plan = plan();
    plan.throttle = Some(throttle(1.0, 3));
    let apis_of = |plan: &UsagePlan| apis(usage(plan.clone()));
    let apis = apis_of(&plan);
    let gate = gate(&apis);
    assert_eq!(admitted(&gate, &apis, "/dev/guarded", 0.0), 3);
    assert_eq!(admitted(&gate, &apis, "/dev/guarded", 2.0), 2);
    assert_eq!(admitted(&gate, &apis, "/dev/open", 2.0), 10);
    plan.stages[0].methods.push(MethodThrottle {
        path: "/guarded".into(),
        verb: "GET".into(),
        throttle: throttle(1.0, 1),
    });
    let apis = apis_of(&plan);
    gate.serve(&apis).unwrap();
    assert_eq!(admitted(&gate, &apis, "/dev/guarded", 60.0), 1);
}

#[test]
fn a_quota_ends_with_its_period_and_outlives_a_restart() {
    let mut plan = plan();
    plan.quota = Some(UsageQuota {
        limit: 2,
        period: Period::Day,
        offset: 0,
    });
    let apis = apis(usage(plan));
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("usage.json");
    let args = UsageArgs {
        usage_file: Some(path.clone()),
        ..UsageArgs::default()
    };
    let gate = UsageGate::open(&args, &apis).unwrap();
    assert_eq!(admitted(&gate, &apis, "/dev/guarded", 0.0), 2);
    gate.save(&path).unwrap();
    let again = UsageGate::open(&args, &apis).unwrap();
    let ask = |today| ask_on(&again, &apis, "/dev/guarded", Some(VALUE), 0.0, today);
    assert_eq!(ask(TODAY), Err(Fault::QuotaExceeded));
    assert!(ask(TODAY.next_day().unwrap()).is_ok());
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(
        !text.contains(VALUE),
        "values of the definition are nowhere"
    );
}

#[test]
fn a_stage_throttles_its_methods_and_the_account_everything() {
    let mut apis = apis(Usage::default());
    apis.apis[0].stages[0].methods = MethodSettings(vec![
        MethodSetting {
            throttling_rate: Some(1.0),
            throttling_burst: Some(4),
            ..MethodSetting::default()
        },
        MethodSetting {
            path: Some("/guarded".into()),
            throttling_rate: Some(-1.0),
            throttling_burst: Some(-1),
            ..MethodSetting::default()
        },
    ]);
    apis.apis[0].resources[1].methods[0].1.needs_api_key = false;
    let args = UsageArgs {
        account_throttle: AccountThrottle(Some(Throttle {
            rate: 1.0,
            burst: 11,
        })),
        ..UsageArgs::default()
    };
    let gate = UsageGate::open(&args, &apis).unwrap();
    assert_eq!(admitted(&gate, &apis, "/dev/open", 0.0), 4);
    assert_eq!(
        admitted(&gate, &apis, "/dev/guarded", 0.0),
        7,
        "what the account has left"
    );
}

#[test]
fn a_key_without_a_value_gets_one_that_stays() {
    let mut usage = usage(plan());
    usage.keys[0].value = None;
    let apis = apis(usage);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("usage.json");
    let args = UsageArgs {
        usage_file: Some(path.clone()),
        ..UsageArgs::default()
    };
    let generated = || {
        let text = std::fs::read_to_string(&path).unwrap();
        let json: serde_json::Value = serde_json::from_str(&text).unwrap();
        json["apiKeys"]["good"].as_str().unwrap().to_owned()
    };
    let gate = UsageGate::open(&args, &apis).unwrap();
    let value = generated();
    assert!(ask(&gate, &apis, "/dev/guarded", Some(&value)).is_ok());
    let again = UsageGate::open(&args, &apis).unwrap();
    assert!(ask(&again, &apis, "/dev/guarded", Some(&value)).is_ok());
    assert_eq!(value, generated());
    std::fs::write(&path, "{").unwrap();
    let error = UsageGate::open(&args, &apis).unwrap_err().to_string();
    assert!(
        error.starts_with("--usage-file or GATEWAY_USAGE_FILE: "),
        "{error}"
    );
}

#[test]
fn a_file_of_keys_stands_beside_the_definition() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keys.yaml");
    let args = UsageArgs {
        api_keys: Some(path.clone()),
        ..UsageArgs::default()
    };
    let apis = apis(Usage::default());
    let asked = |text: &str, path_of_request: &str| {
        std::fs::write(&path, text).unwrap();
        let gate = UsageGate::open(&args, &apis).map_err(|error| error.to_string())?;
        let found = ask(&gate, &apis, path_of_request, Some(VALUE));
        found.map_err(|fault| fault.body())
    };
    let keys = format!("keys: [{{name: a, value: {VALUE}}}]\n");
    let forbidden = Err(r#"{"message":"Forbidden"}"#.to_owned());
    assert_eq!(asked(&keys, "/other/guarded"), Ok(Some("a".into())));
    let plans = format!(
        "{keys}plans: [{{name: p, keys: [a], stages: [{{api: events, stage: dev, methods: {{/guarded/GET: {{rate: 0}}}}}}, {{stage: other}}]}}]"
    );
    assert_eq!(asked(&plans, "/other/guarded"), Ok(Some("a".into())));
    let throttled = Err(r#"{"message":"Too Many Requests"}"#.to_owned());
    assert_eq!(asked(&plans, "/dev/guarded"), throttled);
    let off = format!("keys: [{{name: a, value: {VALUE}, enabled: false}}]");
    assert_eq!(asked(&off, "/dev/guarded"), forbidden);
    let wrong = "keys: [{name: a, value: short}]\nplans: [{name: p, keys: [b], quota: {limit: 1, period: YEAR}}]";
    let error = asked(wrong, "/dev/guarded").unwrap_err();
    let shown = error.replace(&path.display().to_string(), "F");
    assert_eq!(
        shown,
        "--api-keys or GATEWAY_API_KEYS: F:1:25: the value of an API key has 5 characters: expected 20 to 128\n\
         F:2:26: no API key has the id b\n\
         F:2:56: invalid period YEAR: expected DAY, WEEK or MONTH"
    );
}
