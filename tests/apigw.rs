//! API Gateway's cases: a definition, a request, the answer, and the call that the backend got.
//!
//! `apigw/*.yaml` has the cases; `apigw/README.md` describes the format. Each suite (one definition
//! with its cases) is a test: the gateway runs as a process with that definition, beside a backend
//! that plays every service. Run one with `cargo test -p tests --test apigw -- sqs`.

#[path = "apigw/backend.rs"]
mod backend;
#[path = "apigw/call.rs"]
mod call;
#[path = "apigw/client.rs"]
mod client;
#[path = "apigw/compare.rs"]
mod compare;
#[path = "apigw/expect.rs"]
mod expect;
#[path = "apigw/gateway.rs"]
mod gateway;
#[path = "apigw/script.rs"]
mod script;
#[path = "apigw/secure.rs"]
mod secure;
#[path = "apigw/sign.rs"]
mod sign;
#[path = "apigw/suite.rs"]
mod suite;
#[path = "apigw/tokens.rs"]
mod tokens;

use std::collections::BTreeSet;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use libtest_mimic::{Arguments, Failed, Trial};
use serde_json::Value as Json;

use backend::Backend;
use client::send;
use gateway::Gateway;
use suite::Suite;

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    kit::program::install_tls();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("apigw");
    let suites = suite::read(&folder);
    assert!(suites.len() > 30, "only {} suites were found", suites.len());
    let open = suite::open(&folder);
    let trials = suites
        .into_iter()
        .map(|suite| {
            let open = open.clone();
            Trial::test(suite.name.clone(), move || run(&suite, &open))
        })
        .collect();
    libtest_mimic::run(&arguments, trials).exit_code()
}

/// Runs the cases of one definition, and fails with all that differ. Cases of the open list must
/// differ, so that the list holds nothing that works.
fn run(suite: &Suite, open: &BTreeSet<String>) -> Result<(), Failed> {
    let backend = Backend::start();
    let mut gateway = Gateway::start(suite, &backend);
    let mut problems = Vec::new();
    for case in &suite.cases {
        if case["fresh"] == Json::Bool(true) {
            gateway = Gateway::start(suite, &backend);
        }
        let name = suite::text(case, "name");
        match (judge(case, &gateway, &backend), open.contains(&name)) {
            (Ok(()), true) => problems.push(format!("{name}: passes: take it off open.txt")),
            (Err(problem), false) => problems.push(format!("{name}: {problem}")),
            _ => {}
        }
    }
    if problems.is_empty() {
        return Ok(());
    }
    let log = gateway.log();
    Err(format!("{}\nlog of the gateway:\n{log}", problems.join("\n")).into())
}

/// Whether a case comes out as it must.
fn judge(case: &Json, gateway: &Gateway, backend: &Backend) -> Result<(), String> {
    if let Some(load) = case.get("load") {
        return expect::load(load, gateway);
    }
    if let Some(refusal) = &gateway.refusal {
        return Err(format!("the definition is refused: {refusal}"));
    }
    let steps = case.get("steps").and_then(Json::as_array);
    let alone = std::slice::from_ref(case);
    for (number, step) in steps.map_or(alone, Vec::as_slice).iter().enumerate() {
        play(step, gateway, backend).map_err(|problem| match steps {
            Some(_) => format!("step {number}: {problem}"),
            None => problem,
        })?;
    }
    if gateway.log().contains("panick") {
        return Err("the gateway panicked".to_owned());
    }
    Ok(())
}

/// Sends the request of a step as often as it says, and compares answers and calls.
fn play(step: &Json, gateway: &Gateway, backend: &Backend) -> Result<(), String> {
    let script = step
        .get("upstream")
        .map(|script| filled(script, gateway, backend));
    backend.reset(script.as_ref());
    if let Some(seconds) = step.get("pause").and_then(Json::as_f64) {
        // The case itself is about time: an entry of a cache ends, a budget fills up again.
        std::thread::sleep(Duration::from_secs_f64(seconds));
    }
    let nothing = Json::Null;
    let wanted = step.get("expect").unwrap_or(&nothing);
    let mut statuses = Vec::new();
    for _ in 0..step.get("repeat").and_then(Json::as_u64).unwrap_or(1) {
        let request = filled(&step["request"], gateway, backend);
        match send(gateway, &request) {
            Err(_) if wanted.get("broken").is_some() => {}
            Err(error) => return Err(format!("no answer: {error}")),
            Ok(answer) => {
                statuses.push(answer.status);
                if wanted.get("statuses").is_none() {
                    expect::answer(wanted, &answer)?;
                }
            }
        }
    }
    expect::statuses(wanted, &statuses)?;
    expect::access_log(wanted, gateway)?;
    expect::backend(wanted, backend)
}

/// A part of a step with the addresses of this run in place of their names.
fn filled(json: &Json, gateway: &Gateway, backend: &Backend) -> Json {
    let text = backend.filled(&json.to_string());
    let text = text.replace("@GATEWAY@", &gateway.address.to_string());
    serde_json::from_str(&text).expect("it was JSON before")
}
