//! Pipes as people declare and export them.

use super::*;

#[test]
fn a_pipe_is_read_with_all_it_refers_to() {
    let definition = PipeDefinitions::load(&given(TEMPLATE)).unwrap();
    let [pipe] = definition.pipes.as_slice() else {
        panic!("one pipe")
    };
    assert_eq!(
        (pipe.name.as_str(), pipe.state, pipe.log.unwrap().level),
        ("p1", DesiredState::Running, LogLevel::Info)
    );
    assert_eq!(
        pipe.names.pipe_arn,
        "arn:aws:pipes:eu-west-1:123456789012:pipe/p1"
    );
    assert_eq!(
        (pipe.source.queue.as_str(), pipe.source.account.as_str()),
        ("orders", "123456789012")
    );
    assert!(pipe.input.is_some() && !pipe.filter.is_empty());
    assert!(!pipe.log.unwrap().execution_data);
    let destination = destination(pipe);
    assert_eq!(
        (
            destination.method.as_str(),
            destination.rate,
            destination.endpoint.wildcards()
        ),
        ("PUT", 20, 1)
    );
    let headers: Vec<_> = pipe
        .target
        .http_target()
        .unwrap()
        .parameters
        .headers
        .iter()
        .map(|(name, _)| name.as_str())
        .collect();
    assert_eq!(headers, ["x-sent"], "Host is dropped");
    assert!(matches!(&destination.connection.auth, Auth::Header { name, .. } if name == "x-key"));
    assert_eq!(destination.connection.invocation.query.len(), 1);
    assert!(!format!("{definition:?}").contains("s3cret"));
}

#[test]
fn only_a_value_that_is_said_to_be_no_secret_is_none() {
    for (given_as, public) in [
        ("true", None),
        ("false", Some("12345")),
        ("'false'", Some("12345")),
    ] {
        let text = TEMPLATE.replace(
            "\"1\", IsValueSecret: true",
            &format!("\"12345\", IsValueSecret: {given_as}"),
        );
        let definition = PipeDefinitions::load(&given(&text)).unwrap();
        let connection = &destination(&definition.pipes[0]).connection;
        assert_eq!(
            connection.invocation.public.first().map(String::as_str),
            public,
            "{given_as}"
        );
        assert_eq!(
            connection.credentials().contains(&"12345".to_owned()),
            public.is_none(),
            "{given_as}"
        );
    }
    let silent = TEMPLATE.replace(", IsValueSecret: true", "");
    let definition = PipeDefinitions::load(&given(&silent)).unwrap();
    assert!(
        destination(&definition.pipes[0])
            .connection
            .invocation
            .public
            .is_empty()
    );
}

#[test]
fn the_built_in_definition_has_one_pipe() {
    let account = Account {
        region: "eu-west-1".into(),
        account_id: "000000000000".into(),
        stack_name: "tidegate".into(),
    };
    let definition =
        PipeDefinitions::load(&DefinitionArgs::default().load(&account).unwrap()).unwrap();
    let [pipe] = definition.pipes.as_slice() else {
        panic!("one pipe")
    };
    assert_eq!(
        (pipe.name.as_str(), pipe.source.queue.as_str()),
        ("pub-sub-pipe", "ex-queue")
    );
    assert_eq!(
        (destination(pipe).name.as_str(), pipe.log),
        ("pub-sub-api", None)
    );
}

#[test]
fn a_tag_says_whose_word_counts_and_other_tags_say_nothing() {
    let of = |tags: &str| {
        let text = TEMPLATE.replace(
            "LogConfiguration:",
            &format!("Tags: {tags}\n      LogConfiguration:"),
        );
        PipeDefinitions::load(&given(&text))
            .unwrap()
            .pipes
            .remove(0)
            .verdict_rule
    };
    assert_eq!(
        of("{'tidegate:verdict': aws, cost-center: 42}"),
        Some(VerdictRule::Aws)
    );
    assert_eq!(
        of("{'tidegate:verdict': comparison}"),
        Some(VerdictRule::Comparison)
    );
    assert_eq!(of("{team: orders, since: 2024}"), None);
    assert_eq!(
        of("[{Key: 'tidegate:verdict', Value: aws}]"),
        None,
        "a list is no tags of a pipe"
    );
}

#[test]
fn a_fingerprint_covers_all_that_a_pipe_refers_to_and_no_places() {
    let print = |text: &str| PipeDefinitions::load(&given(text)).unwrap().pipes[0].fingerprint;
    let same = TEMPLATE.replace("\nResources:", "\n# a comment\nResources:");
    assert_eq!(print(TEMPLATE), print(&same));
    for (from, to) in [
        ("<$.body.id>", "<$.body.no>"),
        ("/orders/*", "/order/*"),
        ("s3cret", "secret"),
    ] {
        assert_ne!(
            print(TEMPLATE),
            print(&TEMPLATE.replace(from, to)),
            "{from}"
        );
    }
}

#[test]
fn what_the_describe_commands_print_is_read_too() {
    let node = |text: &str| vec![Node::parse("d.json", text).expect("a document")];
    let given = with(|given| {
        given.pipes = node(
            r#"{"Arn": "arn:aws:pipes:eu-west-1:1:pipe/orders", "Name": "orders", "DesiredState": "STOPPED",
                "CurrentState": "STOPPED", "Source": "arn:aws:sqs:eu-west-1:1:orders.fifo", "RoleArn": "r",
                "Target": "arn:aws:events:eu-west-1:1:api-destination/crm/1111", "CreationTime": 1.5}"#,
        );
        given.api_destinations = node(
            r#"{"ApiDestinationArn": "arn:aws:events:eu-west-1:1:api-destination/crm/1111", "Name": "crm",
                "ApiDestinationState": "ACTIVE", "HttpMethod": "POST", "InvocationEndpoint": "https://crm.example/in",
                "ConnectionArn": "arn:aws:events:eu-west-1:1:connection/id/2222"}"#,
        );
        given.connections = node(
            r#"{"ConnectionArn": "arn:aws:events:eu-west-1:1:connection/id/2222", "Name": "id",
                "ConnectionState": "AUTHORIZED", "AuthorizationType": "OAUTH_CLIENT_CREDENTIALS",
                "AuthParameters": {"OAuthParameters": {"AuthorizationEndpoint": "https://id.example/token",
                "HttpMethod": "POST", "ClientParameters": {"ClientID": "me", "ClientSecret": "added"},
                "OAuthHttpParameters": {"BodyParameters": [{"Key": "scope", "Value": "a", "IsValueSecret": false}]}}}}"#,
        );
    });
    let definition = PipeDefinitions::load(&given).unwrap();
    assert_eq!(
        (
            definition.pipes[0].state,
            definition.pipes[0].input.is_none()
        ),
        (DesiredState::Stopped, true)
    );
    assert_eq!(
        definition.pipes[0].names.pipe_arn,
        "arn:aws:pipes:eu-west-1:1:pipe/orders"
    );
    assert!(matches!(
        destination(&definition.pipes[0]).connection.auth,
        Auth::OAuth(_)
    ));

    let secretless = with(|given| {
        given.connections = node(
            r#"{"ConnectionArn": "a", "Name": "c", "AuthorizationType": "API_KEY",
                "AuthParameters": {"ApiKeyAuthParameters": {"ApiKeyName": "k"}}}"#,
        );
    });
    let error = PipeDefinitions::load(&secretless).unwrap_err().to_string();
    assert!(
        error.contains("ApiKeyValue is missing (describe-connection does not print secrets"),
        "{error}"
    );
}
