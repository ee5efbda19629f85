//! Findings as workflow commands of GitHub Actions, which become annotations of a pull request.

use std::fmt::Write as _;

use crate::lint::finding::{Finding, Severity};

/// One command a line.
pub(super) fn of(findings: &[Finding]) -> String {
    let mut text = String::new();
    for finding in findings {
        let command = match finding.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Note => "notice",
        };
        let place = &finding.place;
        let parts = std::iter::once(&finding.message).chain(&finding.notes);
        let mut message = parts.cloned().collect::<Vec<_>>().join("\n");
        if !finding.subject.is_empty() {
            message = format!("{}: {message}", finding.subject);
        }
        if !finding.help.is_empty() {
            message = format!("{message}\nhelp: {}", finding.help);
        }
        let _ = writeln!(
            text,
            "::{command} file={},line={},col={},endColumn={},title={}::{}",
            property(&place.file),
            place.line,
            place.column,
            place.column + finding.width,
            property(finding.rule),
            data(&message)
        );
    }
    text
}

/// A message: a line break would end the command.
fn data(text: &str) -> String {
    text.replace('%', "%25")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

/// A property, which colons and commas end as well.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
