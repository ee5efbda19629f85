//! Reading and rendering of mapping templates.
//!
//! `cargo bench -p gateway --bench template`. The first must stay under three microseconds a
//! render, and no hostile template may take more than a hundred milliseconds.

use std::hint::black_box;

use divan::Bencher;
use gateway::mapping::{Context, HeaderCase, Input, Parameters, render};
use gateway::vtl::Template;
use indexmap::IndexMap;
use serde_json::{Map, Value, json};

/// The request template of the chain itself.
const CHAIN: &str = "Action=SendMessage&MessageBody=$util.urlEncode($input.body)";
/// The template that the AWS console offers: everything there is, as JSON.
const EVERYTHING: &str = include_str!("templates/everything.vtl");
/// 200 lines, with loops in a loop over 1,000 items.
const EXPORT: &str = include_str!("templates/export.vtl");
/// What `tests/bounds.rs` refuses.
#[path = "../tests/hostile/cases.rs"]
mod cases;

fn main() {
    divan::main();
}

/// What a template is rendered with.
struct Request {
    body: String,
    parameters: Parameters,
    stage_variables: IndexMap<String, String>,
    fields: Map<String, Value>,
}

impl Request {
    fn new(body: String) -> Request {
        let texts = |pairs: &[(&str, &str)]| {
            pairs
                .iter()
                .map(|(name, text)| ((*name).to_owned(), (*text).to_owned()))
                .collect::<IndexMap<_, _>>()
        };
        let fields = json!({
            "resourceId": "q1w2e3", "resourcePath": "/events/{proxy+}", "httpMethod": "POST", "stage": "default",
            "requestTime": "10/Mar/2024:09:15:02 +0000", "requestTimeEpoch": 1_710_062_102_000_u64,
            "path": "/default/events/sub", "accountId": "123456789012", "protocol": "HTTP/1.1", "apiId": "a1b2c3",
            "requestId": "c6af9ac6-7b61-11e6-9a41-93e8deadbeef", "domainName": "example.com", "domainPrefix": "example",
            "identity": {"sourceIp": "192.0.2.1", "userAgent": "curl/8", "caller": null, "user": null},
        });
        Request {
            body,
            parameters: Parameters {
                path: texts(&[("proxy", "sub")]),
                querystring: texts(&[("page", "2"), ("q", "hello world")]),
                header: texts(&[
                    ("Content-Type", "application/json"),
                    ("Host", "example.com"),
                    ("Accept", "*/*"),
                ]),
                header_case: HeaderCase::Unknown,
            },
            stage_variables: texts(&[("queue", "orders")]),
            fields: fields.as_object().cloned().unwrap_or_default(),
        }
    }

    /// A body of one kilobyte, with the characters that have to be encoded.
    fn of_one_kilobyte() -> Request {
        let text = "lorem ipsum dolor & sit = amet% ".repeat(29);
        let id = "c6af9ac6-7b61-11e6-9a41-93e8deadbeef";
        Request::new(json!({"id": id, "name": "leedonggyu-1", "age": 31, "text": text}).to_string())
    }

    fn of_a_thousand_items() -> Request {
        let item = |id| json!({"id": id, "name": format!("item {id}"), "price": id, "tags": ["a", "b", "c"]});
        Request::new(json!({"items": (0..1_000).map(item).collect::<Vec<Value>>()}).to_string())
    }

    /// The length of the output; 0 when the template fails.
    fn render(&self, template: &Template, context: &Context) -> usize {
        let input = Input {
            body: &self.body,
            parameters: &self.parameters,
        };
        render(
            template,
            &input,
            &self.stage_variables,
            &mut context.clone(),
        )
        .map_or(0, |output| output.len())
    }
}

fn parse(template: &str) -> Template {
    Template::parse("bench", template).expect("a template of this benchmark can be read")
}

#[divan::bench(args = [("chain", CHAIN), ("everything", EVERYTHING), ("export", EXPORT)])]
fn reads(bencher: Bencher<'_, '_>, (_, template): (&str, &str)) {
    bencher.bench_local(|| parse(black_box(template)));
}

#[divan::bench]
fn renders_chain(bencher: Bencher<'_, '_>) {
    renders(bencher, CHAIN, &Request::of_one_kilobyte());
}

#[divan::bench]
fn renders_everything(bencher: Bencher<'_, '_>) {
    renders(bencher, EVERYTHING, &Request::of_one_kilobyte());
}

#[divan::bench]
fn renders_export(bencher: Bencher<'_, '_>) {
    renders(bencher, EXPORT, &Request::of_a_thousand_items());
}

fn renders(bencher: Bencher<'_, '_>, template: &str, request: &Request) {
    let (template, context) = (parse(template), Context::new(request.fields.clone()));
    assert!(
        request.render(&template, &context) > 0,
        "the template fails"
    );
    bencher.bench_local(|| request.render(black_box(&template), black_box(&context)));
}

#[divan::bench(args = 0..cases::all().len(), sample_count = 3, sample_size = 1)]
fn refuses_hostile(bencher: Bencher<'_, '_>, number: usize) {
    let case = cases::all().swap_remove(number);
    case.check();
    let (template, request, context) = (
        parse(&case.template),
        Request::new(case.body),
        Context::default(),
    );
    bencher.bench_local(|| request.render(black_box(&template), black_box(&context)));
}
