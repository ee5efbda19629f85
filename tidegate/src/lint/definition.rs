//! Rules about what gateway, pipe and provisioning could not read.

use kit::document::Problem;

use super::finding::Finding;
use super::subject::Subject;

/// What is wrong, whoever runs it.
pub(super) fn invalid(subject: &Subject) -> Vec<Finding> {
    problems(subject, |problem| !problem.is_tolerable())
}

/// What the definition asks for and Tidegate does not do.
pub(super) fn not_supported(subject: &Subject) -> Vec<Finding> {
    problems(subject, Problem::is_tolerable)
}

fn problems(subject: &Subject, is_meant: impl Fn(&Problem) -> bool) -> Vec<Finding> {
    let meant = subject.problems.iter().filter(|problem| is_meant(problem));
    let finding = |problem: &Problem| {
        let mut lines = problem.message.lines();
        let first = lines.next().unwrap_or_default();
        let mut finding = Finding::new(&problem.place, "", first);
        finding.notes.extend(lines.map(ToOwned::to_owned));
        finding
    };
    meant.map(finding).collect()
}

/// Parameters that got a value for the check.
pub(super) fn assumed(subject: &Subject) -> Vec<Finding> {
    let assumed = subject.assumed.iter().map(|(place, name, value)| {
        let message = format!("the parameter {name} has no value: {value} is assumed");
        Finding::new(place, format!("parameter {name}"), message)
            .at(place.clone(), name.chars().count())
            .help(format!("set it with --parameter-overrides {name}=…"))
    });
    assumed.collect()
}
