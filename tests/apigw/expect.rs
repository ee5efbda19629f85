//! Compares what came with what a case expects. Every difference is said in one line.

use std::collections::BTreeMap;
use std::io::Read as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value as Json, json};

use crate::backend::{Backend, Records};
use crate::call::{Call, grouped};
use crate::client::Answer;
use crate::compare::{alike, equal, holds};
use crate::gateway::Gateway;
use crate::suite::shown;

type Outcome = Result<(), String>;

fn ensure(holds: bool, problem: impl FnOnce() -> String) -> Outcome {
    if holds { Ok(()) } else { Err(problem()) }
}

/// A definition that must be refused with these words, or loaded without a word.
pub fn load(wanted: &Json, gateway: &Gateway) -> Outcome {
    let told = gateway.refusal.clone();
    if let Some(words) = wanted["refused"].as_str() {
        let told = told.ok_or("the definition was loaded")?;
        return ensure(told.contains(words), || {
            format!("refused with other words: {told}")
        });
    }
    let told = match wanted.get("silent") {
        Some(_) => told.unwrap_or_else(|| gateway.log()),
        None => told.unwrap_or_default(),
    };
    ensure(told.trim().is_empty(), || format!("it says: {told}"))
}

/// Status, body and headers of an answer.
pub fn answer(wanted: &Json, answer: &Answer) -> Outcome {
    if let Some(status) = wanted.get("status") {
        let alone = std::slice::from_ref(status);
        let statuses = status.as_array().map_or(alone, Vec::as_slice);
        ensure(statuses.iter().any(|it| it == answer.status), || {
            let body = String::from_utf8_lossy(&answer.body);
            format!("status {}, not {status}; body {body:.160}", answer.status)
        })?;
    }
    body(wanted, &answer.body)?;
    for (name, value) in wanted["headers"].as_object().into_iter().flatten() {
        let named = answer
            .headers
            .iter()
            .filter(|(key, _)| key.eq_ignore_ascii_case(name));
        let values: Vec<&str> = named.map(|(_, value)| value.as_str()).collect();
        let got = (!values.is_empty()).then(|| values.join(", "));
        ensure(alike(value, got.as_deref()), || {
            format!("header {name}: {got:?}, not {value}")
        })?;
    }
    if let Some(name) = wanted["raw_header_name"].as_str() {
        let is_there = answer.headers.iter().any(|(key, _)| key == name);
        ensure(is_there, || format!("no header is spelled {name}"))?;
    }
    if let Some([least, most]) = wanted["seconds"].as_array().map(Vec::as_slice) {
        let (least, most) = (
            least.as_f64().unwrap_or(0.0),
            most.as_f64().unwrap_or(f64::MAX),
        );
        let is_within = (least..=most).contains(&answer.seconds);
        ensure(is_within, || {
            format!("took {} s, not {least} to {most}", answer.seconds)
        })?;
    }
    Ok(())
}

/// The line that the request added to the access log.
pub fn access_log(wanted: &Json, gateway: &Gateway) -> Outcome {
    let Some(wanted) = wanted.get("access_log") else {
        return Ok(());
    };
    let line = gateway
        .logged()
        .ok_or("the access log has no further line")?;
    match wanted {
        Json::Object(_) => {
            let got: Json =
                serde_json::from_str(&line).map_err(|_| format!("the line is not JSON: {line}"))?;
            ensure(holds(wanted, &got), || format!("line {line}, not {wanted}"))
        }
        wanted => ensure(alike(wanted, Some(&line)), || {
            format!("line {line}, not {wanted}")
        }),
    }
}

/// How often each status came.
pub fn statuses(wanted: &Json, got: &[u16]) -> Outcome {
    let mut counts: BTreeMap<String, u64> = BTreeMap::new();
    for status in got {
        *counts.entry(status.to_string()).or_default() += 1;
    }
    for (status, range) in wanted["statuses"].as_object().into_iter().flatten() {
        let count = counts.get(status).copied().unwrap_or(0);
        let bound = |index: usize| range[index].as_u64().expect("a number");
        let is_within = (bound(0)..=bound(1)).contains(&count);
        ensure(is_within, || format!("{counts:?}, not {range} of {status}"))?;
    }
    Ok(())
}

fn body(wanted: &Json, body: &[u8]) -> Outcome {
    let text = String::from_utf8_lossy(body);
    let told = || text.chars().take(700).collect::<String>();
    if let Some(wanted) = wanted.get("body") {
        ensure(alike(wanted, Some(&text)), || {
            format!("body {}, not {wanted}", told())
        })?;
    }
    if let Some(wanted) = wanted["b64"].as_str() {
        let is_equal = STANDARD.decode(wanted).expect("base64") == body;
        ensure(is_equal, || {
            format!("body {} in base64, not {wanted}", STANDARD.encode(body))
        })?;
    }
    if let Some(wanted) = wanted.get("gzip") {
        let mut plain = String::new();
        flate2::read::GzDecoder::new(body)
            .read_to_string(&mut plain)
            .map_err(|error| format!("the body is not gzip: {error}"))?;
        let is_equal = wanted == true || wanted == plain.as_str();
        ensure(is_equal, || {
            format!("the body is gzip of {plain}, not {wanted}")
        })?;
    }
    if let Some(wanted) = wanted.get("form") {
        let fields = url::form_urlencoded::parse(body)
            .into_owned()
            .collect::<BTreeMap<_, _>>();
        ensure(equal(wanted, &json!(fields)), || {
            format!("form {fields:?}, not {wanted}")
        })?;
    }
    if let Some(wanted) = wanted["contains"].as_str() {
        ensure(text.contains(wanted), || {
            format!("body {} lacks {wanted}", told())
        })?;
    }
    for (member, compare) in [
        ("json", equal as fn(&Json, &Json) -> bool),
        ("json_has", holds),
    ] {
        if let Some(wanted) = wanted.get(member) {
            let got = serde_json::from_str(&text);
            let got: Json = got.map_err(|_| format!("the body is not JSON: {}", told()))?;
            ensure(compare(wanted, &got), || {
                format!("JSON {}, not {wanted}", told())
            })?;
        }
    }
    Ok(())
}

/// The calls and messages that the backend must have got.
pub fn backend(wanted: &Json, backend: &Backend) -> Outcome {
    backend.look(|records| {
        let told = || {
            let calls: Vec<String> = records.calls.iter().map(Call::shown).collect();
            format!("\n  calls: {}", calls.join("\n         "))
        };
        records_problem(wanted, records).map_err(|problem| problem + &told())
    })
}

fn records_problem(wanted: &Json, records: &Records) -> Outcome {
    if let Some(upstream) = wanted
        .get("upstream")
        .filter(|upstream| !upstream.is_null())
    {
        let alone = std::slice::from_ref(upstream);
        let calls = upstream.as_array().map_or(alone, Vec::as_slice);
        let (got, expected) = (records.calls.len(), calls.len());
        ensure(got == expected, || format!("{got} calls, not {expected}"))?;
        for (wanted, got) in calls.iter().zip(&records.calls) {
            call(wanted, got).map_err(|problem| format!("backend: {problem}"))?;
        }
    }
    if let Some(count) = wanted["calls"].as_u64() {
        let got = records.calls.len();
        ensure(got as u64 == count, || format!("{got} calls, not {count}"))?;
    }
    if let Some(role) = wanted["sts"].as_str() {
        let roles: Vec<_> = records
            .sts
            .iter()
            .map(|it| it.fields().remove("RoleArn"))
            .collect();
        let is_assumed = roles.iter().flatten().any(|it| it == role);
        ensure(is_assumed, || {
            format!("role {role} was not assumed: {roles:?}")
        })?;
    }
    if let Some(messages) = wanted["messages"].as_array() {
        let got: Vec<&Json> = records.messages.iter().map(|message| &message.0).collect();
        let is_equal = got.len() == messages.len()
            && messages
                .iter()
                .zip(&got)
                .all(|(wanted, got)| holds(wanted, got));
        ensure(is_equal, || format!("the queue got {got:?}"))?;
    }
    Ok(())
}

fn call(wanted: &Json, call: &Call) -> Outcome {
    for part in [
        "method",
        "path",
        "service",
        "region",
        "action",
        "raw_query",
        "key",
        "target",
    ] {
        if let Some(wanted) = wanted.get(part) {
            let got = call.part(part);
            let is_alike = alike(wanted, got.as_deref());
            ensure(is_alike, || format!("{part} {got:?}, not {wanted}"))?;
        }
    }
    if let Some(wanted) = wanted["signature"].as_str() {
        let got = call.signature();
        ensure(got == wanted, || {
            format!("the signature is {got}, not {wanted}")
        })?;
    }
    if let Some(wanted) = wanted.get("query") {
        let got = grouped(call.query());
        ensure(equal(wanted, &got), || format!("query {got}, not {wanted}"))?;
    }
    for (name, wanted) in wanted["headers"].as_object().into_iter().flatten() {
        let got = call.header(name);
        let is_alike = alike(wanted, got.as_deref());
        ensure(is_alike, || format!("header {name}: {got:?}, not {wanted}"))?;
    }
    for (name, wanted) in wanted["header_values"].as_object().into_iter().flatten() {
        let got = call.headers_named(name);
        let wanted: Vec<String> = wanted.as_array().into_iter().flatten().map(shown).collect();
        ensure(got == wanted, || {
            format!("header {name}: {got:?}, not {wanted:?}")
        })?;
    }
    body(wanted, &call.body)
}
