//! Findings for people.

use std::fmt::Write as _;

use kit::counted::counted;

use crate::lint::checked::Checked;
use crate::lint::finding::{Finding, Severity};

/// The findings, each with its line of the file, and how many there are.
pub(super) fn of(checked: &Checked) -> String {
    let mut text = String::new();
    for finding in &checked.findings {
        write_finding(&mut text, finding, checked.loaded.excerpt(finding));
    }
    for line in &checked.done {
        let _ = writeln!(text, "{line}");
    }
    let _ = writeln!(text, "{}", summary(checked));
    text
}

fn write_finding(text: &mut String, finding: &Finding, excerpt: Option<String>) {
    let Finding {
        rule,
        severity,
        place,
        subject,
        message,
        ..
    } = finding;
    let subject = match subject.as_str() {
        "" => String::new(),
        subject => format!("{subject}: "),
    };
    let _ = writeln!(
        text,
        "{place}: {}: {subject}{message} [{rule}]",
        severity.name()
    );
    if let Some(excerpt) = excerpt {
        let _ = writeln!(text, "{excerpt}");
    }
    for note in &finding.notes {
        let _ = writeln!(text, "  {}", note.replace('\n', "\n  "));
    }
    if !finding.help.is_empty() {
        let _ = writeln!(text, "  help: {}", finding.help.replace('\n', "\n        "));
    }
    if finding.fix.is_some() {
        let _ = writeln!(text, "  --fix writes this");
    }
    text.push('\n');
}

fn summary(checked: &Checked) -> String {
    let counts = [Severity::Error, Severity::Warning, Severity::Note]
        .map(|severity| (checked.count(severity), severity.name()));
    let found = counts.into_iter().filter(|(count, _)| *count > 0);
    let found: Vec<String> = found
        .map(|(count, name)| counted(count, name).to_string())
        .collect();
    match found.as_slice() {
        [] => "nothing found".to_owned(),
        found => found.join(", "),
    }
}
