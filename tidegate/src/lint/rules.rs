//! The table of rules, and their application.

use super::finding::{Finding, SYNTAX, Severity};
use super::subject::Subject;
use super::{
    access, definition, differences, fifo, forms, pipes, queues, responses, suppressions, templates,
};

/// A rule. `docs/lint.md` has a section for each, by its id.
pub(crate) struct Rule {
    /// Its name, which never changes.
    pub(super) id: &'static str,
    /// How bad its findings are.
    pub(super) severity: Severity,
    /// What it finds, in one line.
    pub(super) summary: &'static str,
    /// Finds it.
    check: fn(&Subject) -> Vec<Finding>,
}

const fn rule(
    id: &'static str,
    severity: Severity,
    summary: &'static str,
    check: fn(&Subject) -> Vec<Finding>,
) -> Rule {
    Rule {
        id,
        severity,
        summary,
        check,
    }
}

use Severity::{Error, Note, Warning};

/// Every rule.
#[rustfmt::skip]
pub(super) const RULES: &[Rule] = &[
    rule(SYNTAX, Error, "the file is neither YAML nor JSON", |_| Vec::new()),
    rule("invalid-definition", Error, "gateway or pipe cannot read the definition", definition::invalid),
    rule("not-supported", Warning, "the definition asks for something that is not supported here", definition::not_supported),
    rule("parameter-assumed", Note, "a parameter has no value: one was assumed", definition::assumed),
    rule("form-unencoded", Error, "a form is made of values that are not encoded", forms::unencoded),
    rule("client-chooses-action", Error, "a client can choose the action of SQS", forms::chosen_action),
    rule("success-for-errors", Error, "errors of the backend are answered with success", responses::success_for_errors),
    rule("no-response", Error, "a reply of the backend has no integration response", responses::none),
    rule("selection-pattern-never-matches", Warning, "a selection pattern matches no reply", responses::never),
    rule("template-breaks-json", Error, "text of a client breaks the JSON of a template", templates::broken_json),
    rule("escape-javascript-quote", Error, "an apostrophe breaks the JSON of a template", templates::apostrophes),
    rule("template-unknown-name", Warning, "a name in a template leads nowhere", templates::unknown_names),
    rule("fifo-without-group", Error, "a message for a FIFO queue has no group", fifo::without_group),
    rule("fifo-without-deduplication", Error, "a message for a FIFO queue has no deduplication id", fifo::without_deduplication),
    rule("input-template-quotes-object", Error, "an input template puts an object within quotes", pipes::quoted_object),
    rule("input-template-breaks-json", Warning, "an input template leaves no JSON for some messages", pipes::broken_json),
    rule("unknown-event-field", Error, "a path leads to a field that no message has", pipes::unknown_fields),
    rule("pattern-never-matches", Error, "no message can pass a filter", pipes::never_matching),
    rule("queue-without-dead-letter-queue", Warning, "a queue behind a pipe has no dead-letter queue", queues::without_dead_letters),
    rule("queue-unread", Warning, "nothing reads a queue", queues::unread),
    rule("visibility-too-short", Warning, "messages appear again while a target works on them", queues::short_visibility),
    rule("max-receive-count-one", Warning, "one failure makes a message dead", queues::one_receive),
    rule("reserved-header", Error, "a mapping sets a header that no request can have", differences::reserved_headers),
    rule("undeclared-parameter", Warning, "a mapping names what its method does not declare", differences::undeclared),
    rule("no-credentials", Warning, "an integration has no credentials", differences::no_credentials),
    rule("http-endpoint", Warning, "an API destination has no TLS", differences::http_endpoint),
    rule("does-nothing-here", Note, "a property does something on AWS only", differences::properties),
    rule("not-run-here", Note, "a resource that works on a queue is not run here", differences::not_run),
    rule("open-api", Warning, "anybody can call a method", access::open),
    rule("unknown-rule", Warning, "a comment turns off a rule that does not exist", |subject| suppressions::unknown(subject, &ids())),
];

/// Applies every rule, and leaves out what comments turn off. Findings come in the order of files
/// and lines.
pub(super) fn apply(subject: &Subject) -> Vec<Finding> {
    let mut findings: Vec<Finding> = Vec::new();
    for rule in RULES {
        for finding in (rule.check)(subject) {
            let finding = Finding {
                rule: rule.id,
                severity: rule.severity,
                ..finding
            };
            let is_off = suppressions::suppresses(&subject.sources, &finding);
            if !is_off && !findings.contains(&finding) {
                findings.push(finding);
            }
        }
    }
    let file = |finding: &Finding| {
        let mut names = subject.sources.0.iter().map(|source| &source.name);
        names.position(|name| *name == finding.place.file)
    };
    findings.sort_by_key(|finding| {
        let Finding {
            place, severity, ..
        } = finding;
        let file = file(finding).unwrap_or(usize::MAX);
        (file, place.line, place.column, *severity)
    });
    findings
}

/// The names of all rules.
fn ids() -> Vec<&'static str> {
    RULES.iter().map(|rule| rule.id).collect()
}
