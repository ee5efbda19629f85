//! What an operation asks of a request before its integration sees it: validation.

use kit::document::{Node, OrCollect as _, Problem};

/// Refuses a request validator that would check something, for validation is not supported. Returns
/// whether it refused one.
pub(super) fn refuse_validation(
    label: &str,
    validator: Option<&Node>,
    validators: Option<&Node>,
    problems: &mut Vec<Problem>,
) -> bool {
    let Some(name) = validator else {
        return false;
    };
    let Some(text) = name.text().or_collect(problems) else {
        return false;
    };
    let Some(validator) = validators.and_then(|all| all.get(text)) else {
        problems.push(name.problem(format!(
            "{label}: the document declares no request validator {text}"
        )));
        return true;
    };
    let flags =
        ["validateRequestBody", "validateRequestParameters"].map(|flag| validator.get(flag));
    let on = flags.map(|flag| flag.and_then(|node| node.boolean().or_collect(problems)));
    let checks = on.contains(&Some(true));
    if checks {
        problems.push(
            name.problem(format!("{label}: request validation is not supported"))
                .tolerable(),
        );
    }
    checks
}
