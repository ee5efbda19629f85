//! Case files of both protocols against the real router: `tests/wire/*.txt`.
//!
//! A file is a list of steps on one fresh emulator. `>>> documented`, `>>> recorded` or `>>> ours`
//! begins a step and says where the expectation comes from; then request line, headers, an empty
//! line and the body; `<<<` and a status, headers and body. `{{name}}` in an answer takes whatever
//! stands there, and the same name in a later step means what was taken; `{{_}}` is not remembered.
//! A JSON body is compared as JSON; `*` is any value. `{{x*n}}` in a request is `x` n times.

use std::collections::BTreeMap;
use std::path::Path;

use axum::Router;
use axum::body::Body;
use emulator::{Emulator, Node, s3};
use http::Request;
use http_body_util::BodyExt as _;
use libtest_mimic::{Arguments, Failed, Trial};
use serde_json::Value;
use tower::ServiceExt as _;

fn main() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/wire");
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .expect("the cases are there")
        .flatten()
        .collect();
    files.sort_by_key(std::fs::DirEntry::path);
    let trials = files.into_iter().map(|file| {
        let name = file.file_name().to_string_lossy().into_owned();
        Trial::test(name, move || run(&std::fs::read_to_string(file.path())?))
    });
    libtest_mimic::run(&Arguments::from_args(), trials.collect()).exit();
}

fn run(text: &str) -> Result<(), Failed> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let buckets = s3::Buckets::open(None, "eu-west-1")?;
        let s3 = s3::service(buckets, None);
        let router = Emulator::new(Node::open(None)?, s3, "eu-west-1".into()).router();
        let mut taken = BTreeMap::new();
        let steps: Vec<&str> = text.split("\n>>> ").skip(1).collect();
        if steps.is_empty() {
            return Err("a file without steps".into());
        }
        for step in steps {
            check(&router, step, &mut taken)
                .await
                .map_err(|reason| Failed::from(format!("{reason}\nin: {step}")))?;
        }
        Ok(())
    })
}

async fn check(
    router: &Router,
    step: &str,
    taken: &mut BTreeMap<String, String>,
) -> Result<(), String> {
    let (source, rest) = step.split_once('\n').ok_or("no request")?;
    if !["documented", "recorded", "ours"].contains(&source.trim()) {
        return Err(format!("`{source}` is no source"));
    }
    let (request, expected) = rest.split_once("\n<<< ").ok_or("no answer")?;
    let response = router
        .clone()
        .oneshot(parse(&filled(request, taken))?)
        .await
        .map_err(|error| error.to_string())?;
    let (head, body) = response.into_parts();
    let body = body
        .collect()
        .await
        .map_err(|error| error.to_string())?
        .to_bytes();
    let body = String::from_utf8(body.to_vec()).map_err(|error| error.to_string())?;

    let (expected_head, expected_body) = expected.split_once("\n\n").unwrap_or((expected, ""));
    let mut lines = expected_head.lines();
    let status = lines.next().unwrap_or_default().trim();
    if head.status.as_str() != status {
        return Err(format!(
            "status {} instead of {status}: {body}",
            head.status
        ));
    }
    for line in lines.filter(|line| !line.is_empty()) {
        let (name, value) = line.split_once(": ").ok_or("a header without a value")?;
        let actual = head
            .headers
            .get(name)
            .and_then(|value| value.to_str().ok())
            .unwrap_or("nothing");
        matches(&filled(value, taken), actual, taken)
            .map_err(|reason| format!("header {name}: {reason}"))?;
    }
    compare(&filled(expected_body.trim_end(), taken), &body, taken)
}

fn parse(text: &str) -> Result<Request<Body>, String> {
    let (head, body) = text.split_once("\n\n").unwrap_or((text, ""));
    let mut lines = head.lines();
    let (method, target) = lines
        .next()
        .and_then(|line| line.split_once(' '))
        .ok_or("no request line")?;
    let mut request = Request::builder()
        .method(method)
        .uri(target)
        .header("host", "localhost:4566");
    for line in lines {
        let (name, value) = line.split_once(": ").ok_or("a header without a value")?;
        request = match name {
            // Short for the two headers of AWS JSON.
            "json" => request
                .header("x-amz-target", format!("AmazonSQS.{value}"))
                .header("content-type", "application/x-amz-json-1.0"),
            name => request.header(name, value),
        };
    }
    if !body.is_empty() && !head.contains("\njson: ") && !head.contains("content-type") {
        request = request.header("content-type", "application/x-www-form-urlencoded");
    }
    let body = body.trim_end_matches('\n').to_owned();
    request
        .header("content-length", body.len())
        .body(Body::from(body))
        .map_err(|error| error.to_string())
}

/// The text with `{{name}}` replaced by what was taken, and `{{x*n}}` by repetitions.
fn filled(text: &str, taken: &BTreeMap<String, String>) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("{{") {
        let (name, behind) = after.split_once("}}").unwrap_or((after, ""));
        out.push_str(before);
        match (taken.get(name), name.split_once('*')) {
            (Some(value), _) => out.push_str(value),
            (None, Some((piece, count))) => {
                out.push_str(&piece.repeat(count.parse().unwrap_or_default()));
            }
            (None, None) => out.push_str(&format!("{{{{{name}}}}}")),
        }
        rest = behind;
    }
    out + rest
}

fn compare(
    expected: &str,
    actual: &str,
    taken: &mut BTreeMap<String, String>,
) -> Result<(), String> {
    match (
        serde_json::from_str::<Value>(expected),
        serde_json::from_str::<Value>(actual),
    ) {
        (Ok(expected), Ok(actual)) => compare_json(&expected, &actual, taken),
        _ => matches(expected, actual, taken),
    }
}

fn compare_json(
    expected: &Value,
    actual: &Value,
    taken: &mut BTreeMap<String, String>,
) -> Result<(), String> {
    let differs = || format!("expected {expected}\nbut found {actual}");
    match (expected, actual) {
        (Value::String(any), _) if any == "*" => Ok(()),
        (Value::String(expected), Value::String(actual)) => matches(expected, actual, taken),
        (Value::Array(left), Value::Array(right)) if left.len() == right.len() => left
            .iter()
            .zip(right)
            .try_for_each(|(left, right)| compare_json(left, right, taken)),
        (Value::Object(left), Value::Object(right))
            if left.keys().all(|key| right.contains_key(key)) =>
        {
            if left.len() != right.len() {
                return Err(differs());
            }
            left.iter()
                .try_for_each(|(key, value)| compare_json(value, &right[key], taken))
        }
        (left, right) if left == right => Ok(()),
        _ => Err(differs()),
    }
}

/// Text against a pattern whose `{{name}}` takes as little as fits.
fn matches(
    pattern: &str,
    actual: &str,
    taken: &mut BTreeMap<String, String>,
) -> Result<(), String> {
    let differs = || format!("expected {pattern}\nbut found {actual}");
    let (first, mut rest_of_pattern) = pattern
        .split_once("{{")
        .map_or((pattern, None), |(a, b)| (a, Some(b)));
    let mut rest = actual.strip_prefix(first).ok_or_else(differs)?;
    while let Some(after) = rest_of_pattern {
        let (name, behind) = after.split_once("}}").ok_or_else(differs)?;
        let (literal, next) = behind
            .split_once("{{")
            .map_or((behind, None), |(a, b)| (a, Some(b)));
        let end = if literal.is_empty() {
            rest.len()
        } else {
            rest.find(literal).ok_or_else(differs)?
        };
        if end == 0 {
            return Err(differs());
        }
        if name != "_" {
            taken.insert(name.to_owned(), rest[..end].to_owned());
        }
        rest = &rest[end + literal.len()..];
        rest_of_pattern = next;
    }
    if rest.is_empty() {
        Ok(())
    } else {
        Err(differs())
    }
}
