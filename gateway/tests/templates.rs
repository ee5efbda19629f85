//! Every case of `tests/templates/`, each a test of its own.
//!
//! `*.jsonl` holds cases recorded from Velocity 1.7 with Jayway JsonPath under API Gateway's nulls,
//! one JSON object a line. `*.cases` holds cases as a person writes them:
//! `=== name (documented|recorded)`, then sections that begin with `--- template`, `--- body`,
//! `--- params`, `--- context`, `--- stageVariables`, and end with `--- output` or `--- error`. A
//! section is the lines up to the next mark; a blank line stands before each case. Only `recorded`
//! is proof.

use std::path::Path;

use gateway::mapping::{Context, Input, Parameters, render};
use gateway::vtl::Template;
use indexmap::IndexMap;
use libtest_mimic::{Arguments, Failed, Trial};
use serde_json::{Map, Value};

/// What to render, and what must come out.
#[derive(Default)]
struct Case {
    /// The name of the file that holds it, which errors show.
    file: String,
    name: String,
    template: String,
    body: String,
    parameters: Parameters,
    context: Map<String, Value>,
    stage_variables: IndexMap<String, String>,
    expected: Expected,
    overrides: Option<Value>,
}

enum Expected {
    Output(String),
    /// It fails, and the message holds this.
    Error(String),
}

impl Default for Expected {
    fn default() -> Expected {
        Expected::Error(String::new())
    }
}

fn main() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/templates");
    let entries = folder.read_dir().expect("the folder of cases is there");
    let mut files: Vec<_> = entries
        .map(|entry| entry.expect("an entry can be read").path())
        .collect();
    files.sort();
    let mut trials = Vec::new();
    for file in files {
        let text = std::fs::read_to_string(&file).expect("a file of cases can be read");
        let text = text.strip_suffix('\n').unwrap_or(&text);
        let stem = file
            .file_stem()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        let cases: Vec<Case> = match file.extension().and_then(|extension| extension.to_str()) {
            Some("jsonl") => text.lines().map(from_json).collect(),
            Some("cases") => text.split("\n\n=== ").skip(1).map(from_text).collect(),
            _ => continue,
        };
        assert!(!cases.is_empty(), "{} holds no cases", file.display());
        for mut case in cases {
            case.file.clone_from(&stem);
            trials.push(Trial::test(format!("{stem}::{}", case.name), move || {
                check(&case)
            }));
        }
    }
    libtest_mimic::run(&Arguments::from_args(), trials).exit();
}

/// The one place that calls the code.
fn check(case: &Case) -> Result<(), Failed> {
    let input = Input {
        body: &case.body,
        parameters: &case.parameters,
    };
    let mut context = Context::new(case.context.clone());
    let outcome = Template::parse(&case.file, &case.template)
        .and_then(|template| render(&template, &input, &case.stage_variables, &mut context));
    match (outcome, &case.expected) {
        (Ok(output), Expected::Output(expected)) if output == *expected => {}
        (Err(error), Expected::Error(message)) if error.to_string().contains(message) => {
            return Ok(());
        }
        (Ok(output), Expected::Output(expected)) => return Err(differ(case, expected, &output)),
        (Ok(output), Expected::Error(_)) => return Err(differ(case, "an error", &output)),
        (Err(error), Expected::Output(expected)) => {
            return Err(differ(case, expected, &error.to_string()));
        }
        (Err(error), Expected::Error(message)) => {
            return Err(differ(case, message, &error.to_string()));
        }
    }
    match &case.overrides {
        Some(expected) => check_overrides(case, expected, &context),
        None => Ok(()),
    }
}

fn check_overrides(case: &Case, expected: &Value, context: &Context) -> Result<(), Failed> {
    let set = Value::Object(context.overrides().unwrap_or_default());
    if set == *expected {
        Ok(())
    } else {
        Err(differ(case, &expected.to_string(), &set.to_string()))
    }
}

fn differ(case: &Case, expected: &str, actual: &str) -> Failed {
    format!(
        "template: {:?}\nexpected: {expected:?}\n  actual: {actual:?}",
        case.template
    )
    .into()
}

fn from_json(line: &str) -> Case {
    let json: Value = serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
    let text = |name: &str| {
        json.get(name)
            .and_then(Value::as_str)
            .map(ToOwned::to_owned)
    };
    Case {
        file: String::new(),
        name: text("name").expect("a name"),
        template: text("template").expect("a template"),
        body: text("body").unwrap_or_default(),
        parameters: parameters(&json["params"]),
        context: json["context"].as_object().cloned().unwrap_or_default(),
        stage_variables: texts(&json["stageVariables"]),
        expected: text("expected").map_or_else(|| Expected::Error(String::new()), Expected::Output),
        overrides: json.get("expected_overrides").cloned(),
    }
}

fn from_text(text: &str) -> Case {
    let mut sections = text.split("\n--- ");
    let head = sections.next().unwrap_or_default().trim();
    let (name, origin) = head
        .rsplit_once(' ')
        .unwrap_or_else(|| panic!("no origin: {head}"));
    assert!(
        matches!(origin, "(documented)" | "(recorded)"),
        "{head}: documented or recorded?"
    );
    let mut case = Case {
        name: name.to_owned(),
        ..Case::default()
    };
    for section in sections {
        let (kind, content) = section.split_once('\n').unwrap_or((section, ""));
        let json = || -> Value {
            serde_json::from_str(content).unwrap_or_else(|error| panic!("{name}, {kind}: {error}"))
        };
        match kind.trim() {
            "template" => case.template = content.to_owned(),
            "body" => case.body = content.to_owned(),
            "params" => case.parameters = parameters(&json()),
            "context" => case.context = json().as_object().cloned().unwrap_or_default(),
            "stageVariables" => case.stage_variables = texts(&json()),
            "overrides" => case.overrides = Some(json()),
            "output" => case.expected = Expected::Output(content.to_owned()),
            "error" => case.expected = Expected::Error(content.trim().to_owned()),
            other => panic!("{name}: unknown section {other}"),
        }
    }
    case
}

fn parameters(json: &Value) -> Parameters {
    let [path, querystring, header] =
        ["path", "querystring", "header"].map(|kind| texts(&json[kind]));
    Parameters {
        path,
        querystring,
        header,
        ..Parameters::default()
    }
}

fn texts(json: &Value) -> IndexMap<String, String> {
    let members = json.as_object().into_iter().flatten();
    members
        .map(|(name, value)| (name.clone(), value.as_str().unwrap_or_default().to_owned()))
        .collect()
}
