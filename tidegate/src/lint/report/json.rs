//! Findings as one JSON object.

use serde_json::{Value, json};

use crate::lint::checked::Checked;
use crate::lint::finding::{Finding, Severity};

/// The object: `findings`, and their number by severity.
pub(super) fn of(checked: &Checked) -> Value {
    let findings: Vec<Value> = checked.findings.iter().map(finding).collect();
    json!({
        "findings": findings,
        "errors": checked.count(Severity::Error),
        "warnings": checked.count(Severity::Warning),
        "notes": checked.count(Severity::Note),
        "fixed": checked.done,
    })
}

fn finding(finding: &Finding) -> Value {
    json!({
        "rule": finding.rule,
        "severity": finding.severity.name(),
        "file": *finding.place.file,
        "line": finding.place.line,
        "column": finding.place.column,
        "width": finding.width,
        "resource": finding.subject,
        "message": finding.message,
        "notes": finding.notes,
        "help": finding.help,
        "fixable": finding.fix.is_some(),
    })
}
