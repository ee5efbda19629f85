//! What is reported about definitions that are wrong.

use super::*;

#[test]
fn what_is_wrong_is_named_with_its_place() {
    refused(
        "Name: p1",
        "Nmae: p1",
        "t.yaml:7:7: Pipe (AWS::Pipes::Pipe): Nmae is unknown",
    );
    refused(
        "BatchSize: 1",
        "BatchSize: 10",
        "BatchSize must be 1: the target accepts no more at once",
    );
    refused(
        r#"["order"]"#,
        r#""order""#,
        r#""kind" must be an object or an array (at body.kind)"#,
    );
    refused(
        "<$.body.id>}'",
        "<$.body[id]>}'",
        "input template, line 1, column 7",
    );
    refused(
        "[$.body.id]",
        "[]",
        "the endpoint of t-Destination has 1 `*`, but PathParameterValues has 0 values",
    );
    refused(
        "HttpMethod: PUT",
        "HttpMethod: TRACE",
        "invalid method TRACE: expected one of POST, GET",
    );
    refused(
        "http://crm",
        "ftp://crm",
        "InvocationEndpoint must be an http or https URL",
    );
    refused(
        "Level: INFO",
        "Level: LOUD",
        "invalid Level LOUD: expected OFF, ERROR, INFO or TRACE",
    );
    refused(
        "API_KEY",
        "KERBEROS",
        "invalid AuthorizationType KERBEROS: expected",
    );
    refused(
        "!GetAtt Destination.Arn",
        "arn:aws:lambda:eu-west-1:1:function:f",
        "HttpParameters are for another service than the ARN's",
    );
    refused(
        "!GetAtt Queue.Arn",
        "arn:aws:kinesis:eu-west-1:1:stream/s",
        "expected the ARN of an SQS queue",
    );
    refused(
        "!GetAtt Connection.Arn",
        "arn:aws:events:e:1:connection/x/1",
        "no definition declares the connection x",
    );
    let tagged = |tag: &str| format!("Tags: {{{tag}}}\n      LogConfiguration:");
    let judge = |said: &str| {
        format!(
            "Tags: tidegate:verdict: invalid verdict rule \"{said}\": expected comparison or aws"
        )
    };
    refused(
        "LogConfiguration:",
        &tagged("'tidegate:verdict': amazon"),
        &judge("amazon"),
    );
    refused(
        "LogConfiguration:",
        &tagged("'tidegate:verdct': aws"),
        "tidegate:verdct: unknown tag: expected tidegate:ver",
    );
    refused(
        "HttpParameters:\n",
        "Wrong: {}\n        HttpParameters:\n",
        "TargetParameters: Wrong is unknown",
    );
}

#[test]
fn nothing_is_declared_twice() {
    let twice = |from: &str, to: &str| {
        let text = format!(
            "{TEMPLATE}  Second:{}",
            TEMPLATE
                .split_once(from)
                .unwrap()
                .1
                .split_once(to)
                .unwrap()
                .0
        );
        PipeDefinitions::load(&given(&text))
            .unwrap_err()
            .to_string()
    };
    assert!(twice("  Pipe:", "  Destination:").contains("p1 is declared twice"));
}

#[test]
fn six_endpoints_that_are_wrong_are_told_at_once() {
    let destination = |number: usize, endpoint: &str| {
        format!(
            "  D{number}: {{Type: AWS::Events::ApiDestination, Properties: {{ConnectionArn: !GetAtt Connection.Arn, HttpMethod: POST, InvocationEndpoint: '{endpoint}'}}}}\n"
        )
    };
    let wrong = [
        "nonsense",
        "ftp://x",
        "http://u:p@x",
        "http://x/#f",
        "http://*.x",
        "http://127.0.0.1:1/",
    ];
    let six: String = wrong
        .iter()
        .enumerate()
        .map(|(number, endpoint)| destination(number, endpoint))
        .collect();
    let told = problems(&format!("{TEMPLATE}{six}"), &[]);
    assert_eq!(told.len(), 6, "{told:#?}");
    for (number, line) in told.iter().enumerate() {
        assert!(
            line.contains(&format!(
                "D{number} (AWS::Events::ApiDestination): InvocationEndpoint"
            )),
            "{line}"
        );
    }
}

/// One resource may be wrong in several ways, and so may those that refer to it.
#[test]
fn what_is_wrong_in_one_resource_is_told_at_once() {
    let text = TEMPLATE
        .replace(
            "BatchSize: 1",
            "BatchSize: many, MaximumBatchingWindowInSeconds: 301",
        )
        .replace(
            r#"["order"]}}'}"#,
            r#""order"}}'}, {Pattern: '{"a": 1}'}, {}"#,
        )
        .replace("<$.body.id>}'", "<$.body[id]>}'")
        .replace("[$.body.id]", "['$.a[', '$.b[']")
        .replace("Host: evil", "'ba d': x")
        .replace("Level: INFO", "Level: LOUD, IncludeExecutionData: [SOME]")
        .replace("!GetAtt Queue.Arn", "[q]")
        .replace("HttpMethod: PUT", "HttpMethod: TRACE")
        .replace("Second: 20", "Second: 0")
        .replace(
            "ApiKeyName: x-key, ApiKeyValue: s3cret",
            "ApiKeyName: 'x key'",
        )
        .replace("Value: \"1\", IsValueSecret: true", "Val: 1");
    let told = problems(&text, &[]);
    let expected = [
        ": expected text, found a list",
        ": expected a whole number, found text",
        ": 301 is out of range: expected 0 to 300",
        "\"kind\" must be an object or an array",
        "\"a\" must be an object or an array",
        "Pattern is missing",
        "input template, line 1, column 7",
        ":17:33: ",
        ":17:41: ",
        "\"ba d\" is not a valid header name",
        "invalid Level LOUD: expected",
        "invalid IncludeExecutionData: expected ALL",
        "invalid method TRACE: expected",
        "0 is out of range: expected 1 to",
        "\"x key\" is not a valid header name",
        "ApiKeyValue is missing",
        "QueryStringParameters: Value is missing",
        "Val is unknown",
    ];
    for expected in expected {
        assert_eq!(
            told.iter().filter(|line| line.contains(expected)).count(),
            1,
            "{expected} in {told:#?}"
        );
    }
    assert_eq!(
        told.len(),
        expected.len() + 1,
        "and the hint at --lenient: {told:#?}"
    );
    let lines: Vec<usize> = told
        .iter()
        .filter_map(|line| line.split(':').nth(1)?.parse().ok())
        .collect();
    assert!(
        lines.is_sorted() && lines.len() == expected.len(),
        "{lines:?}"
    );
}

#[test]
fn a_target_that_is_plainly_private_is_refused_with_the_setting_that_allows_it() {
    let with = |endpoint: &str| TEMPLATE.replace("http://crm.example/orders/*", endpoint);
    let told = problems(&with("http://127.0.0.1:9000/orders/*?token=s3cret"), &[]);
    assert_eq!(
        told,
        [
            "t.yaml:25:27: Destination (AWS::Events::ApiDestination): InvocationEndpoint http://127.0.0.1:9000/orders/* \
          is at a private address, which is not allowed: to allow it, set --allow-target 127.0.0.1:9000 or \
          PIPE_ALLOW_TARGET=127.0.0.1:9000"
        ]
    );
    for (endpoint, allowed) in [
        ("http://localhost/*", "localhost"),
        ("https://10.1.2.3:8443/*", "10.0.0.0/8"),
        ("http://169.254.169.254/*", "169.254.169.254:80"),
        ("http://[::1]:3000/*", "[::1]:3000"),
    ] {
        assert_eq!(problems(&with(endpoint), &[]).len(), 1, "{endpoint}");
        assert_eq!(
            problems(&with(endpoint), &[allowed]),
            Vec::<String>::new(),
            "{endpoint}"
        );
    }
    let oauth = TEMPLATE.replace("API_KEY", "OAUTH_CLIENT_CREDENTIALS").replace(
        "ApiKeyAuthParameters: {ApiKeyName: x-key, ApiKeyValue: s3cret}",
        "OAuthParameters: {AuthorizationEndpoint: 'http://192.168.1.1/token', HttpMethod: POST, ClientParameters: {ClientID: i, ClientSecret: s3cret}}",
    );
    let told = problems(&oauth, &[]);
    assert!(
        told.len() == 1
            && told[0].contains("AuthorizationEndpoint http://192.168.1.1:80/token is at"),
        "{told:?}"
    );
    let named = PipeDefinitions::endpoints(&given(&oauth));
    let named: Vec<&str> = named.iter().map(Url::as_str).collect();
    assert_eq!(
        named,
        ["http://crm.example/orders/*", "http://192.168.1.1/token"]
    );
}

/// As `--lenient` has it: the connection is dropped for a parameter without a value, and who names
/// it is told so.
#[test]
fn what_was_left_out_is_not_said_to_be_undeclared() {
    let template = "Parameters: {Key: {Type: String}}\nResources:\n  D: {Type: AWS::Events::ApiDestination, Properties: {ConnectionArn: !GetAtt C.Arn, HttpMethod: POST, InvocationEndpoint: 'https://a.example'}}\n  C: {Type: AWS::Events::Connection, Properties: {AuthorizationType: API_KEY, AuthParameters: {ApiKeyAuthParameters: {ApiKeyName: k, ApiKeyValue: !Ref Key}}}}\n";
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("t.yaml");
    std::fs::write(&file, template).unwrap();
    let args = DefinitionArgs {
        files: vec![file],
        lenient: true,
        ..DefinitionArgs::default()
    };
    let account = Account {
        region: "eu-west-1".to_owned(),
        account_id: "1".to_owned(),
        stack_name: "tide".to_owned(),
    };
    let given = args.load(&account).unwrap();
    let mut problems = Vec::new();
    PipeDefinitions::read(&given, &AllowTargets::anywhere(), &mut problems);
    let told: Vec<&str> = problems.iter().map(|it| it.message.as_str()).collect();
    assert_eq!(
        told,
        [
            "D (AWS::Events::ApiDestination): the connection tide-C is left out, for the reasons that are given for it"
        ]
    );
}
