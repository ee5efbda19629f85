//! Findings as SARIF 2.1.0, which code scanning reads.

use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use serde_json::{Map, Value, json};

use crate::lint::finding::{Finding, Severity};
use crate::lint::rules::{RULES, Rule};

/// What a file's name cannot have in a URI as it is.
const OUTSIDE_PATHS: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'%')
    .add(b'<')
    .add(b'>')
    .add(b'?')
    .add(b'[')
    .add(b'\\')
    .add(b']')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'|')
    .add(b'}');

/// The log of one run.
pub(super) fn of(findings: &[Finding]) -> Value {
    let rules: Vec<Value> = RULES.iter().map(rule).collect();
    let results: Vec<Value> = findings.iter().map(result).collect();
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": "tidegate lint",
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "informationUri": env!("CARGO_PKG_REPOSITORY"),
                "rules": rules,
            }},
            // Columns count characters, as everywhere here.
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    })
}

fn rule(rule: &Rule) -> Value {
    json!({
        "id": rule.id,
        "shortDescription": {"text": rule.summary},
        "helpUri": help_uri(rule.id),
        "defaultConfiguration": {"level": level(rule.severity)},
    })
}

fn result(finding: &Finding) -> Value {
    let place = &finding.place;
    let mut text = finding.message.clone();
    if !finding.subject.is_empty() {
        text = format!("{}: {text}", finding.subject);
    }
    for note in &finding.notes {
        text = format!("{text}\n{note}");
    }
    if !finding.help.is_empty() {
        text = format!("{text}\nhelp: {}", finding.help);
    }
    let mut location = json!({"physicalLocation": {
        "artifactLocation": {"uri": uri(&place.file)},
        "region": {
            "startLine": place.line,
            "startColumn": place.column,
            "endColumn": place.column + finding.width,
        },
    }});
    if !finding.subject.is_empty() {
        location["logicalLocations"] = json!([{"fullyQualifiedName": finding.subject}]);
    }
    let mut result = Map::new();
    result.insert("ruleId".into(), finding.rule.into());
    let index = RULES.iter().position(|rule| rule.id == finding.rule);
    result.extend(index.map(|index| ("ruleIndex".to_owned(), index.into())));
    result.insert("level".into(), level(finding.severity).into());
    result.insert("message".into(), json!({"text": text}));
    result.insert("locations".into(), json!([location]));
    Value::Object(result)
}

fn level(severity: Severity) -> &'static str {
    // SARIF has the same three names.
    severity.name()
}

/// A file's name as a relative or absolute reference.
fn uri(file: &str) -> String {
    utf8_percent_encode(file, OUTSIDE_PATHS).to_string()
}

/// Where a rule is explained.
fn help_uri(rule: &str) -> String {
    format!(
        "{}/blob/main/docs/lint.md#{rule}",
        env!("CARGO_PKG_REPOSITORY")
    )
}
