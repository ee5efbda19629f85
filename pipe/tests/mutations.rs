//! Patterns and templates, mutated: no text may make them panic, and what they say must hold
//! together.
//!
//! A fuzz target for the stable compiler. It starts from every recorded case and from `corpus/`,
//! one input a file, to which an input that broke something is added.
//! `MUTATIONS=1000000 SEED=7 cargo test -p pipe --test mutations` goes on for longer and elsewhere;
//! a failure names seed and input.

use std::panic::{AssertUnwindSafe, catch_unwind};

use fastrand::Rng;
use pipe::event::Event;
use pipe::event::filter::Filter;
use pipe::pattern::Pattern;
use pipe::transform::{ReservedVariables, Transform};
use serde_json::{Value, json};

/// Mutations of each sort, unless the environment says otherwise.
const MUTATIONS: usize = 20_000;

/// Mutated inputs are not longer than this: what is found in long ones is found in short ones.
const LONGEST: usize = 4096;

/// What means something in one of the two languages.
const WORDS: [&str; 40] = [
    "{",
    "}",
    "[",
    "]",
    "\"",
    ":",
    ",",
    "\\",
    "\\u0000",
    "\\ud800",
    "null",
    "true",
    "-0",
    "1e400",
    "0.1",
    "300",
    "*",
    "**",
    "\\*",
    "$or",
    "prefix",
    "suffix",
    "equals-ignore-case",
    "anything-but",
    "wildcard",
    "numeric",
    "exists",
    "cidr",
    "10.0.0.0/8",
    "::/0",
    "<=",
    ">",
    "<$.body",
    "<$",
    "<aws.pipes.event>",
    "<aws.pipes.event.json>",
    "[*]",
    "[0]",
    "body",
    "é",
];

fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name)
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(default)
}

/// Some cuts, repetitions, insertions, and pieces of another input.
fn mutate(text: &str, other: &str, rng: &mut Rng) -> String {
    let mut text: Vec<char> = text.chars().take(LONGEST).collect();
    for _ in 0..rng.usize(1..5) {
        let (a, b) = (rng.usize(0..=text.len()), rng.usize(0..=text.len()));
        let (start, end) = (a.min(b), a.max(b));
        match rng.u8(0..5) {
            0 => drop(text.drain(start..end.min(start + 8))),
            1 => {
                let piece = text[start..end.min(start + 64)].to_vec();
                (0..rng.usize(1..4)).for_each(|_| drop(text.splice(start..start, piece.clone())));
            }
            2 => {
                let piece: Vec<char> = other
                    .chars()
                    .skip(rng.usize(0..64))
                    .take(rng.usize(0..64))
                    .collect();
                drop(text.splice(start..start, piece));
            }
            _ => drop(text.splice(start..start, WORDS[rng.usize(..WORDS.len())].chars())),
        }
    }
    text.into_iter().take(LONGEST).collect()
}

/// Tries `holds` with mutations of `inputs`. It gets two mutated inputs.
fn fuzz(inputs: &[String], holds: impl Fn(&str, &str)) {
    assert!(inputs.len() > 20, "only {} inputs", inputs.len());
    let seed = setting("SEED", 1);
    let mut rng = Rng::with_seed(seed);
    for _ in 0..setting("MUTATIONS", MUTATIONS as u64) {
        let mut pick = || {
            let (one, other) = (
                &inputs[rng.usize(..inputs.len())],
                &inputs[rng.usize(..inputs.len())],
            );
            mutate(one, other, &mut rng)
        };
        let (first, second) = (pick(), pick());
        let tried = catch_unwind(AssertUnwindSafe(|| holds(&first, &second)));
        assert!(
            tried.is_ok(),
            "SEED={seed}, with these inputs:\n{first}\n---\n{second}"
        );
    }
}

/// The columns of the recorded cases, and the files of a folder.
fn inputs(cases: &str, columns: &[&str], folder: &str) -> Vec<String> {
    let cases: Vec<Value> = cases
        .lines()
        .map(|line| serde_json::from_str(line).expect("a case"))
        .collect();
    let text = |value: &Value| {
        value
            .as_str()
            .map_or_else(|| value.to_string(), str::to_owned)
    };
    let columns = cases
        .iter()
        .flat_map(|case| columns.iter().map(move |column| text(&case[*column])));
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/corpus")
        .join(folder);
    let files = std::fs::read_dir(folder).expect("the corpus");
    let files =
        files.map(|file| std::fs::read_to_string(file.expect("a file").path()).expect("text"));
    columns.chain(files).collect()
}

fn event(body: &str) -> Event {
    Event::from_record(json!({"messageId": "m", "body": body, "attributes": {"SenderId": "s"}}))
}

#[test]
fn patterns() {
    let inputs = inputs(
        include_str!("patterns/cases.jsonl"),
        &["pattern", "event"],
        "patterns",
    );
    fuzz(&inputs, |pattern, other| {
        let mut filter = Filter::default();
        if filter.add(pattern).is_ok() {
            let event = event(other);
            assert_eq!(
                filter.passes(&event),
                filter.misses(&event).is_empty(),
                "a reason exactly when it does not pass"
            );
        }
        if let (Ok(pattern), Ok(event)) = (Pattern::parse(pattern), serde_json::from_str(other)) {
            assert_eq!(
                pattern.matches(&event),
                pattern.misses(&event).is_empty(),
                "a reason exactly when it does not match"
            );
        }
    });
}

#[test]
fn templates() {
    let inputs = inputs(
        include_str!("templates/cases.jsonl"),
        &["template", "event"],
        "templates",
    );
    fuzz(&inputs, |template, other| {
        let Ok(transform) = Transform::parse(template) else {
            return;
        };
        let record = serde_json::from_str(other).map_or_else(|_| event(other), Event::from_record);
        let Ok(output) = transform.render(
            &record,
            &ReservedVariables::default(),
            "2026-01-01T00:00:00Z",
        ) else {
            return;
        };
        if template.trim_start().starts_with(['{', '[']) {
            let is_json = serde_json::from_str::<serde::de::IgnoredAny>(&output).is_ok();
            assert!(is_json, "a JSON template gives JSON or a reason: {output}");
        }
    });
}
