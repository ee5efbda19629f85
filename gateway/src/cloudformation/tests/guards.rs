//! Validators, models, API keys and usage plans of templates.

use super::{load, refused};
use crate::api::{Apis, Period, RequiredLocation, Throttle};

/// A method `POST /a` with these properties beside an API, and these further resources.
fn template(method: &str, more: &str) -> String {
    format!(
        r#"Resources:
  Api: {{Type: AWS::ApiGateway::RestApi, Properties: {{Name: guards, ApiKeySourceType: AUTHORIZER}}}}
  A: {{Type: AWS::ApiGateway::Resource, Properties: {{RestApiId: !Ref Api, ParentId: !GetAtt Api.RootResourceId, PathPart: a}}}}
  Validator: {{Type: AWS::ApiGateway::RequestValidator, Properties: {{RestApiId: !Ref Api, ValidateRequestBody: true, ValidateRequestParameters: true}}}}
  Post: {{Type: AWS::ApiGateway::Method, Properties: {{RestApiId: !Ref Api, ResourceId: !Ref A, HttpMethod: POST, AuthorizationType: NONE, Integration: {{Type: MOCK}}, {method}}}}}
  Deployment: {{Type: AWS::ApiGateway::Deployment, Properties: {{RestApiId: !Ref Api, StageName: dev}}}}
{more}"#
    )
}

fn method(apis: &Apis) -> &crate::api::Method {
    let resource = &apis.apis[0].resources[0];
    resource.method(&http::Method::POST).unwrap()
}

#[test]
fn a_method_checks_what_its_validator_says() {
    let parameters = "RequestParameters: {method.request.querystring.q: true, method.request.header.X-A: true, method.request.header.B: false}";
    let models = "  Model: {Type: AWS::ApiGateway::Model, Properties: {RestApiId: !Ref Api, Name: Event, Schema: {type: array, items: {$ref: !Sub \"https://apigateway.amazonaws.com/restapis/${Api}/models/${Other}\"}}}}\n  Other: {Type: AWS::ApiGateway::Model, Properties: {RestApiId: !Ref Api, Schema: '{\"type\": \"string\"}'}}\n";
    let checked = format!(
        "RequestValidatorId: !Ref Validator, RequestModels: {{application/json: !Ref Model}}, {parameters}"
    );
    let apis = load(&template(&checked, models)).unwrap();
    let checks = &method(&apis).checks;
    let names: Vec<_> = checks
        .parameters
        .iter()
        .map(|parameter| (parameter.location, parameter.name.as_str()))
        .collect();
    assert_eq!(
        names,
        [
            (RequiredLocation::Header, "X-A"),
            (RequiredLocation::QueryString, "q")
        ]
    );
    let model = checks
        .models
        .as_ref()
        .unwrap()
        .of("application/json")
        .unwrap();
    let fits = |value: serde_json::Value| model.problems(&value).is_empty();
    assert!(fits(serde_json::json!(["a"])));
    assert!(!fits(serde_json::json!([1])));
    let unchecked = load(&template(parameters, "")).unwrap();
    assert!(method(&unchecked).checks.parameters.is_empty());
    refused(
        &template("RequestValidatorId: other", ""),
        "RequestValidatorId other is not a request validator of this API",
    );
    refused(
        &template(
            "RequestValidatorId: !Ref Validator, RequestModels: {application/json: None}",
            "",
        ),
        "the model for application/json: the model None does not exist",
    );
}

#[test]
fn keys_and_plans_are_resources() {
    let more = r#"  Key: {Type: AWS::ApiGateway::ApiKey, Properties: {Name: partner, Enabled: true, Value: goodgoodgoodgoodgood1, StageKeys: [{RestApiId: !Ref Api, StageName: dev}]}}
  Later: {Type: AWS::ApiGateway::ApiKey}
  Plan:
    Type: AWS::ApiGateway::UsagePlan
    Properties:
      ApiStages: [{ApiId: !Ref Api, Stage: dev, Throttle: {/a/POST: {RateLimit: 0.5, BurstLimit: 1}, //GET: {RateLimit: 1}}}]
      Throttle: {RateLimit: 10, BurstLimit: 20}
      Quota: {Limit: 100, Period: WEEK, Offset: 1}
  Link: {Type: AWS::ApiGateway::UsagePlanKey, Properties: {KeyId: !Ref Key, KeyType: API_KEY, UsagePlanId: !Ref Plan}}
"#;
    let apis = load(&template("ApiKeyRequired: true", more)).unwrap();
    assert!(method(&apis).needs_api_key);
    let (keys, plans) = (&apis.usage.keys, &apis.usage.plans);
    assert_eq!(
        (keys[0].name.as_str(), keys[0].is_enabled),
        ("partner", true)
    );
    assert_eq!((keys[1].value, keys[1].is_enabled), (None, false));
    assert!(
        !format!("{apis:?}").contains("goodgood"),
        "values are not kept"
    );
    assert!(plans[0].stages[0].is(&apis.apis[0].id, "", "dev"));
    let plan = &plans[1];
    let throttle = |rate, burst| Throttle { rate, burst };
    assert_eq!(plan.throttle, Some(throttle(10.0, 20)));
    let quota = plan.quota.unwrap();
    assert_eq!(
        (quota.limit, quota.period, quota.offset),
        (100, Period::Week, 1)
    );
    let methods: Vec<_> = plan.stages[0]
        .methods
        .iter()
        .map(|method| (method.path.as_str(), method.verb.as_str(), method.throttle))
        .collect();
    assert_eq!(
        methods,
        [
            ("/a", "POST", throttle(0.5, 1)),
            ("/", "GET", throttle(1.0, 5000))
        ]
    );
    assert_eq!(plan.keys, [keys[0].id.clone()]);
    for (wrong, message) in [
        (
            "{Type: AWS::ApiGateway::ApiKey, Properties: {Value: short}}",
            "has 5 characters: expected 20 to 128",
        ),
        (
            "{Type: AWS::ApiGateway::UsagePlanKey, Properties: {KeyId: k, UsagePlanId: p}}",
            "UsagePlanId p is not a usage plan of this template",
        ),
        (
            "{Type: AWS::ApiGateway::UsagePlan, Properties: {Quota: {Limit: 1, Period: DAY, Offset: 1}}}",
            "1 is out of range: expected 0 to 0",
        ),
    ] {
        refused(
            &template("ApiKeyRequired: false", &format!("  X: {wrong}\n")),
            message,
        );
    }
}
