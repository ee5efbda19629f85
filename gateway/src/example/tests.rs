use super::*;
use kit::cloudformation::Account;
use kit::definition::DefinitionArgs;

const EVENT: &str = r#"{"id": 10}"#;

fn load(text: &str) -> Apis {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("t.yaml");
    std::fs::write(&file, text).unwrap();
    let account = Account {
        region: "e".into(),
        account_id: "1".into(),
        stack_name: "t".into(),
    };
    let args = DefinitionArgs {
        files: vec![file],
        ..DefinitionArgs::default()
    };
    Apis::load(&args.load(&account).unwrap(), None).unwrap()
}

/// An API with one operation.
fn api(path: &str, verb: &str, integration: &str) -> Apis {
    load(&format!(
        "openapi: 3.0.1\npaths:\n  {path}:\n    {verb}:\n      x-amazon-apigateway-integration:\n        type: aws\n        httpMethod: POST\n        uri: arn:aws:apigateway:e:sqs:path/1/q\n{integration}"
    ))
}

fn template(source: &str) -> String {
    format!(
        "        requestTemplates:\n          application/json: |-\n            {}\n",
        source.replace('\n', "\n            ")
    )
}

fn shown(apis: &Apis) -> Vec<String> {
    offers(apis)
        .iter()
        .map(|offer| format!("{} {}", offer.verb(), offer.path()))
        .collect()
}

#[test]
fn a_body_has_what_the_template_reads() {
    let body = |source: &str| {
        example(&api("/a", "post", &template(source)), "1", EVENT)
            .unwrap()
            .body
            .unwrap()
    };
    assert_eq!(
        body("Action=SendMessage&MessageBody=$util.urlEncode($input.body)"),
        EVENT
    );
    assert_eq!(body("$input.json('$')"), EVENT);
    assert_eq!(
        body("$input.path('$.order.id') $input.json(\"$.kind\")"),
        r#"{"order":{"id":"1"},"kind":"kind"}"#
    );
    assert_eq!(
        body("#set($r = $input.path('$'))\n$r.user.name ${r.user.email} $r.list.size()"),
        r#"{"user":{"name":"name","email":"email"},"list":"list"}"#
    );
    assert_eq!(
        body(
            "#foreach($i in $input.path('$.items'))$i.sku#end #set($o = $input.path('$.o'))$o.n.toString()"
        ),
        r#"{"items":[{"sku":"sku"}],"o":{"n":"n"}}"#
    );
    assert_eq!(
        body("$input.path('$.a..b') $input.path('$.l[0].x')"),
        r#"{"l":[{"x":"x"}],"a":"a"}"#
    );
}

#[test]
fn a_request_has_the_parameters_that_are_read() {
    let text = "        requestParameters:\n          integration.request.querystring.MessageBody: method.request.body.text\n          integration.request.querystring.T: method.request.header.X-Tenant\n          integration.request.querystring.L: method.request.querystring.limit\n          integration.request.header.Content-Type: \"'x'\"\n";
    let made = example(&api("/orders/{orderId}/{kind}", "put", text), "1", EVENT).unwrap();
    assert_eq!(
        (made.method.as_str(), made.path.as_str()),
        ("PUT", "/orders/1/kind?limit=limit")
    );
    assert_eq!(made.body.as_deref(), Some(r#"{"text":"text"}"#));
    assert_eq!(
        made.headers,
        [
            ("X-Tenant", "x-tenant"),
            ("Content-Type", "application/json")
        ]
        .map(|(a, b)| (a.to_owned(), b.to_owned()))
    );

    let made = example(
        &api(
            "/a/{proxy+}",
            "get",
            &template("$input.params('proxy')$input.params('page')"),
        ),
        "1",
        EVENT,
    )
    .unwrap();
    assert_eq!(
        (made.path.as_str(), made.body, made.headers.len()),
        ("/a/sub?page=page", None, 0)
    );
    let form =
        template("$input.body").replace("application/json", "application/x-www-form-urlencoded");
    assert_eq!(
        example(&api("/", "post", &form), "1", EVENT)
            .unwrap()
            .body
            .as_deref(),
        Some("a=1")
    );
}

#[test]
fn a_request_that_its_template_refuses_is_not_the_one_to_try() {
    let text = "openapi: 3.0.1\npaths:\n  /m:\n    post: {x-amazon-apigateway-integration: {type: mock}}\n  /bad:\n    post: {x-amazon-apigateway-integration: {type: aws, httpMethod: POST, uri: 'arn:aws:apigateway:e:sqs:path/1/q', requestTemplates: {application/json: '$input.path(\"$.$input.body\")'}}}\n  /good:\n    get: {x-amazon-apigateway-integration: {type: aws, httpMethod: POST, uri: 'arn:aws:apigateway:e:sqs:path/1/q'}}\n";
    let apis = load(text);
    assert_eq!(shown(&apis), ["POST /m", "POST /bad", "GET /good"]);
    assert_eq!(example(&apis, "1", EVENT).unwrap().path, "/good");
}

/// With several stages and no `default` among them, a path alone is nobody's; and of two APIs with
/// one path, the first answers it.
#[test]
fn a_route_is_offered_where_it_is_reached() {
    let document =
        "{openapi: 3.0.1, paths: {/a: {post: {x-amazon-apigateway-integration: {type: mock}}}}}";
    let one = |name: &str, stages: &[&str]| {
        let stages: String = stages.iter().map(|stage| format!("  {name}{stage}: {{Type: AWS::ApiGateway::Stage, Properties: {{RestApiId: !Ref {name}, StageName: {stage}}}}}\n")).collect();
        format!(
            "  {name}: {{Type: AWS::ApiGateway::RestApi, Properties: {{Name: {name}, Body: {document}}}}}\n{stages}"
        )
    };
    let apis = load(&format!("Resources:\n{}", one("One", &["dev", "prod"])));
    assert_eq!(shown(&apis), ["POST /dev/a"]);
    let apis = load(&format!(
        "Resources:\n{}{}",
        one("One", &["dev"]),
        one("Two", &["dev"])
    ));
    assert_eq!(shown(&apis), ["POST /a", "POST /dev/a"]);
    let hosts: Vec<_> = offers(&apis).iter().map(Offer::host).collect();
    assert_eq!(
        hosts,
        [None, Some(format!("{}.localhost", apis.apis[1].id))]
    );
}

#[test]
fn a_request_has_what_checks_and_models_demand_and_what_subtypes_read() {
    let checked = r#"
openapi: 3.0.1
x-amazon-apigateway-request-validators: {all: {validateRequestBody: true, validateRequestParameters: true}}
x-amazon-apigateway-request-validator: all
paths:
  /a:
    post:
      parameters: [{name: X-Kind, in: header, required: true, schema: {type: string}}, {name: page, in: query, required: true, schema: {type: string}}]
      requestBody: {content: {application/json: {schema: {$ref: '#/components/schemas/Order'}}}}
      x-amazon-apigateway-integration: {type: aws, httpMethod: POST, uri: 'arn:aws:apigateway:e:sqs:path/1/q', requestTemplates: {application/json: $input.body}}
components:
  schemas:
    Order: {type: object, required: [id, lines], additionalProperties: false, properties: {id: {type: integer, minimum: 5}, kind: {enum: [new, old]}, lines: {type: array, items: {type: object, properties: {sku: {type: string, minLength: 5}, is: {type: boolean}}}}}}
"#;
    let made = example(&load(checked), "1", EVENT).unwrap();
    assert_eq!(made.path, "/a?page=page");
    assert_eq!(made.headers[0], ("X-Kind".to_owned(), "x-kind".to_owned()));
    assert_eq!(
        made.body.as_deref(),
        Some(r#"{"id":5,"kind":"new","lines":[{"sku":"skuxx","is":true}]}"#)
    );
    let counts = "        requestParameters:\n          integration.request.querystring.A: method.request.querystring.AttributeName\n          integration.request.querystring.B: method.request.querystring.VisibilityTimeout\n";
    let made = example(&api("/", "get", counts), "1", EVENT).unwrap();
    assert_eq!(made.path, "/?AttributeName=All&VisibilityTimeout=1");
    assert!(!made.is_signed);
}

#[test]
fn a_request_has_what_is_read_from_all_headers_or_all_of_the_query() {
    let made = |text: &str| {
        let made = example(&api("/", "get", &template(text)), "1", EVENT).unwrap();
        let headers: Vec<String> = made.headers.into_iter().map(|(name, _)| name).collect();
        (made.path, headers.join(","))
    };
    for (text, path, headers) in [
        (
            "$input.params().header.get('X-Kind')",
            "/?X-Kind=x-kind",
            "X-Kind",
        ),
        (
            "#set($q = $input.params('querystring'))$q.get(\"page\")",
            "/?page=page",
            "page",
        ),
        ("$input.params().querystring.page", "/?page=page", "page"),
        (
            "#foreach($k in $input.params().querystring.keySet())$k#end",
            "/?x=x",
            "x",
        ),
        ("$input.params('a')", "/?a=a", ""),
        ("$map.get('a')", "/", ""),
    ] {
        assert_eq!(made(text), (path.to_owned(), headers.to_owned()), "{text}");
    }
}
