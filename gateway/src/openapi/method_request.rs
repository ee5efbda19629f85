//! What an operation asks of a request before its integration sees it: authorization and
//! validation.

use kit::document::{Node, OrCollect as _, Problem};

/// Refuses authorizers, API keys and IAM, which are not supported.
pub(super) fn refuse_authorization(
    label: &str,
    security: Option<&Node>,
    auth: Option<&Node>,
    problems: &mut Vec<Problem>,
) {
    if let Some(security) = security.filter(|node| node.list().is_ok_and(|list| !list.is_empty())) {
        problems.push(
            security
                .problem(format!(
                    "{label}: API keys and authorizers are not supported"
                ))
                .tolerable(),
        );
    }
    let kind = auth.and_then(|auth| auth.get("type"));
    let Some((kind, text)) = kind.and_then(|kind| Some((kind, kind.text().or_collect(problems)?)))
    else {
        return;
    };
    if !text.eq_ignore_ascii_case("NONE") {
        problems.push(
            kind.problem(format!(
                "{label}: authorization type {text} is not supported"
            ))
            .tolerable(),
        );
    }
}

/// Refuses a request validator that would check something: validation is not supported.
pub(super) fn refuse_validation(
    label: &str,
    validator: Option<&Node>,
    validators: Option<&Node>,
    problems: &mut Vec<Problem>,
) {
    let Some(name) = validator else {
        return;
    };
    let Some(text) = name.text().or_collect(problems) else {
        return;
    };
    let Some(validator) = validators.and_then(|all| all.get(text)) else {
        problems.push(name.problem(format!(
            "{label}: the document declares no request validator {text}"
        )));
        return;
    };
    let flags =
        ["validateRequestBody", "validateRequestParameters"].map(|flag| validator.get(flag));
    let on = flags.map(|flag| flag.and_then(|node| node.boolean().or_collect(problems)));
    if on.contains(&Some(true)) {
        problems.push(
            name.problem(format!("{label}: request validation is not supported"))
                .tolerable(),
        );
    }
}
