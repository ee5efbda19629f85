use indexmap::IndexMap;
use serde_json::json;

use super::overrides::ResponseOverride;
use super::*;
use crate::mapping::{Input, Parameters, render};
use crate::vtl::Template;

fn context() -> Context {
    let fields = json!({
        "requestId": "r",
        "epoch": 5,
        "identity": {"sourceIp": "192.0.2.1", "caller": null},
    });
    Context::new(fields.as_object().cloned().unwrap())
}

#[track_caller]
fn run(context: &mut Context, template: &str) -> Option<String> {
    let template = Template::parse("test", template).unwrap();
    let input = Input {
        body: "",
        parameters: &Parameters::default(),
    };
    render(&template, &input, &IndexMap::new(), context).ok()
}

#[test]
fn what_the_request_template_sets_the_response_template_sees() {
    let mut context = context();
    run(
        &mut context,
        "#set($context.responseOverride.status = 444)#set($context.requestOverride.header.A = 'x')",
    );
    run(
        &mut context,
        "#set($context.responseOverride.header.B = true)#set($context.responseOverride.mine = [1])",
    );
    let seen = run(
        &mut context,
        "$context.requestOverride.header.A $context.responseOverride.mine",
    );
    assert_eq!(seen.as_deref(), Some("x [1]"));
    assert_eq!(
        context.request_override().header,
        [("A".to_owned(), "x".to_owned())]
    );
    let response = context.response_override();
    assert_eq!(
        (response.status, response.header),
        (Some(444), vec![("B".to_owned(), "true".to_owned())])
    );
    assert_eq!(
        run(&mut context, "#set($context.responseOverride.status = 500)"),
        None
    );
}

#[test]
fn overrides_among_the_fields_count_as_set_before() {
    let fields = json!({
        "stage": "s",
        "requestOverride": {"header": {"A": "x"}},
        "responseOverride": {"status": 404},
    });
    let mut context = Context::new(fields.as_object().cloned().unwrap());
    assert_eq!(context.response_override().status, Some(404));
    let seen = run(
        &mut context,
        "$context.requestOverride.header.A $context.responseOverride.status $context.stage",
    );
    assert_eq!(seen.as_deref(), Some("x 404 s"));
    assert_eq!(
        run(&mut context, "#set($context.responseOverride.status = 500)"),
        None,
        "an override is final"
    );
    assert!(
        run(
            &mut context,
            "#set($context.requestOverride.header.B = 'y')"
        )
        .is_some()
    );
    assert_eq!(context.request_override().header.len(), 2);
}

#[test]
fn a_template_that_fails_sets_nothing() {
    let mut context = context();
    assert_eq!(
        run(
            &mut context,
            "#set($context.responseOverride.status = 444)#set($l = [])$l.get(1)"
        ),
        None
    );
    assert_eq!(context.response_override(), ResponseOverride::default());
    assert_eq!(context.overrides(), None);
}

#[test]
fn a_status_that_is_none_is_ignored() {
    for (status, expected) in [
        ("'404'", Some(404)),
        ("99", None),
        ("600", None),
        ("'x'", None),
        ("404.5", None),
    ] {
        let mut context = context();
        run(
            &mut context,
            &format!("#set($context.responseOverride.status = {status})"),
        );
        assert_eq!(context.response_override().status, expected, "{status}");
    }
}

#[test]
fn fields_by_path() {
    let context = context();
    assert_eq!(
        context.get(&["identity", "sourceIp"]).as_deref(),
        Some("192.0.2.1")
    );
    assert_eq!(context.get(&["epoch"]).as_deref(), Some("5"));
    for path in [
        &["identity", "caller"][..],
        &["identity"],
        &["nope", "x"],
        &[],
    ] {
        assert_eq!(context.get(path), None);
    }
}
