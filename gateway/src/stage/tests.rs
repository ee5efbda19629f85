//! Routes of one API with two stages, at hosts of its own and at any other.

use super::*;
use crate::api::{
    Access, Api, Apis, Backend, BasePathMapping, DefaultEndpoint, EndpointType, Integration,
    Method, Resource, Segment, Stage, Verb,
};

fn method() -> Method {
    let integration = Integration {
        backend: Backend::Mock,
        ..Integration::unsupported()
    };
    Method {
        access: Access::Open,
        integration,
        ..Method::default()
    }
}

fn resource(path: &str, verbs: &[&str]) -> Resource {
    let verb = |verb: &&str| {
        if *verb == "ANY" {
            Verb::Any
        } else {
            Verb::One(verb.parse().unwrap())
        }
    };
    let methods = verbs.iter().map(|name| (verb(name), method())).collect();
    Resource {
        path: path.into(),
        id: path.into(),
        segments: Segment::parse_path(path).unwrap(),
        methods,
    }
}

fn apis() -> Apis {
    let stage = |name: &str| Stage {
        name: name.into(),
        deployment_id: "d".into(),
        ..Stage::default()
    };
    let api = Api {
        id: "abc".into(),
        name: "n".into(),
        stages: vec![stage("default"), stage("prod")],
        endpoint: DefaultEndpoint::Open,
        resources: vec![
            resource("/events/{proxy+}", &["POST"]),
            resource("/test", &["POST"]),
            resource("/test/{id}", &["GET"]),
            resource("/test/fixed", &["PUT"]),
            resource("/{proxy+}", &["OPTIONS"]),
            resource("/any", &["ANY", "GET"]),
        ],
        ..Api::default()
    };
    let mapping = |base: &str, stage: Option<&str>| BasePathMapping {
        base_path: base.into(),
        api_id: "abc".into(),
        stage: stage.map(Into::into),
    };
    let domains = [(
        "sub.example".to_owned(),
        vec![mapping("", Some("prod")), mapping("v1/x", Some("default"))],
    )]
    .into();
    Apis {
        apis: vec![api],
        domains,
        ..Apis::default()
    }
}

/// Stage, resource and path parameters.
type Expected<'a> = Result<(&'a str, &'a str, &'a [(&'a str, &'a str)]), NoRoute>;

#[track_caller]
fn check(host: &str, verb: &str, path: &str, expected: Expected<'_>) {
    let apis = apis();
    let found = route(&apis, host, &verb.parse().unwrap(), path).map(|route| {
        let parameters: Vec<_> = route
            .path
            .iter()
            .map(|(k, v)| (k.clone(), v.clone()))
            .collect();
        (
            route.stage.name.clone(),
            route.resource.path.clone(),
            parameters,
        )
    });
    let own = |(k, v): &(&str, &str)| ((*k).to_owned(), (*v).to_owned());
    let expected = expected.map(|(stage, path, parameters)| {
        (
            stage.to_owned(),
            path.to_owned(),
            parameters.iter().map(own).collect(),
        )
    });
    assert_eq!(found, expected, "{verb} {host} {path}");
}

const MISSING: Expected<'_> = Err(NoRoute::MissingAuthenticationToken);

#[test]
fn the_most_literal_resource_with_the_method_wins() {
    check(
        "localhost:8080",
        "POST",
        "/events/sub",
        Ok(("default", "/events/{proxy+}", &[("proxy", "sub")])),
    );
    check(
        "localhost",
        "GET",
        "/test/fixed",
        Ok(("default", "/test/{id}", &[("id", "fixed")])),
    );
    check(
        "localhost",
        "PUT",
        "/test/fixed",
        Ok(("default", "/test/fixed", &[])),
    );
    check(
        "localhost",
        "OPTIONS",
        "/test",
        Ok(("default", "/{proxy+}", &[("proxy", "test")])),
    );
    check("localhost", "DELETE", "/any", Ok(("default", "/any", &[])));
    check("localhost", "TRACE", "/any", MISSING);
    check("localhost", "POST", "/nowhere", MISSING);
    check("localhost", "POST", "/events", MISSING);
    check("localhost", "POST", "/events/", MISSING);
}

#[test]
fn slashes_and_encodings_follow_aws() {
    check(
        "localhost",
        "POST",
        "/events/a//b/",
        Ok(("default", "/events/{proxy+}", &[("proxy", "a//b")])),
    );
    check(
        "localhost",
        "POST",
        "//events/a%2Fb%20c",
        Ok(("default", "/events/{proxy+}", &[("proxy", "a/b c")])),
    );
    check("localhost", "POST", "/test/", Ok(("default", "/test", &[])));
}

#[test]
fn hosts_and_stage_paths_choose_the_stage() {
    check(
        "localhost",
        "POST",
        "/prod/test",
        Ok(("prod", "/test", &[])),
    );
    check(
        "abc.execute-api.eu-west-1.amazonaws.com",
        "POST",
        "/prod/test",
        Ok(("prod", "/test", &[])),
    );
    check(
        "abc.execute-api.eu-west-1.amazonaws.com",
        "POST",
        "/test",
        Err(NoRoute::Forbidden),
    );
    check(
        "SUB.example:443",
        "POST",
        "/test",
        Ok(("prod", "/test", &[])),
    );
    check(
        "sub.example",
        "POST",
        "/v1/x/test",
        Ok(("default", "/test", &[])),
    );
    check("sub.example", "POST", "/v1/xy", MISSING);
}

#[test]
fn a_disabled_default_endpoint_leaves_the_custom_domain() {
    let mut apis = apis();
    apis.apis[0].endpoint = DefaultEndpoint::Disabled;
    let find = |host, path| {
        route(&apis, host, &http::Method::POST, path).map(|route| route.stage.name.clone())
    };
    assert_eq!(
        find("abc.execute-api.eu-west-1.amazonaws.com", "/prod/test"),
        Err(NoRoute::Forbidden)
    );
    assert_eq!(find("sub.example", "/test").as_deref(), Ok("prod"));
}

#[test]
fn the_context_path_has_the_stage_unless_a_domain_hides_it() {
    let apis = apis();
    let path = |host, path| {
        route(&apis, host, &http::Method::POST, path)
            .unwrap()
            .context_path
    };
    assert_eq!(path("localhost", "/test"), "/default/test");
    assert_eq!(path("localhost", "/prod//test"), "/prod//test");
    assert_eq!(path("sub.example", "/test"), "/test");
}

#[test]
fn an_api_behind_mutual_tls_is_served_at_no_other_host() {
    let mut apis = apis();
    apis.apis[0].endpoint = DefaultEndpoint::Disabled;
    let found =
        |apis: &Apis, host| route(apis, host, &http::Method::POST, "/default/events/a").map(|_| ());
    assert_eq!(found(&apis, "anything"), Ok(()));
    apis.mutual_tls
        .insert("sub.example".into(), crate::api::MutualTls::default());
    assert_eq!(found(&apis, "anything"), Err(NoRoute::Forbidden));
}

#[test]
fn a_private_api_is_named_by_a_header_at_the_names_of_an_endpoint() {
    let mut apis = apis();
    let asked = |apis: &Apis, host: &str| asked_host(apis, host, Some("abc")).into_owned();
    let endpoint = "vpce-0a-x1.execute-api.eu-west-1.vpce.amazonaws.com";
    assert_eq!(asked(&apis, endpoint), endpoint, "the API is not private");
    apis.apis[0].endpoint_type = EndpointType::Private;
    assert_eq!(asked(&apis, endpoint), "abc.execute-api");
    assert_eq!(asked(&apis, "127.0.0.1:8080"), "abc.execute-api");
    for other in ["other.execute-api.eu-west-1.amazonaws.com", "sub.example"] {
        assert_eq!(asked(&apis, other), other);
    }
    assert_eq!(asked_host(&apis, endpoint, Some("unknown")), endpoint);
}
