//! Request validation: required parameters, and bodies that fit a model. See
//! `docs/aws/api-gateway.md#request-validation`. Core.

use serde_json::Value as Json;

use crate::api::{BodyModels, RequiredLocation, RequiredParameter};
use crate::exchange::Exchange;
use crate::gateway_responses::Fault;
use crate::mapping::is_too_dense;
use crate::method_request::is_json;

/// Checks a request as its method asks: parameters first, then the body.
///
/// # Errors
/// The fault to answer with.
pub(crate) fn check(exchange: &Exchange<'_>) -> Result<(), Fault> {
    let checks = &exchange.route.method.checks;
    let missing = checks.parameters.iter();
    let missing: Vec<String> = missing
        .filter(|parameter| !is_there(parameter, exchange))
        .map(|parameter| parameter.name.clone())
        .collect();
    if !missing.is_empty() {
        return Err(Fault::BadRequestParameters(missing));
    }
    let Some(models) = &checks.models else {
        return Ok(());
    };
    let request = exchange.request;
    let problems = body_problems(models, &request.media_type(), &request.body);
    if problems.is_empty() {
        return Ok(());
    }
    Err(Fault::BadRequestBody(format!("[{}]", problems.join(", "))))
}

/// Whether a parameter is there and not blank.
fn is_there(parameter: &RequiredParameter, exchange: &Exchange<'_>) -> bool {
    let (request, name) = (exchange.request, parameter.name.as_str());
    let value = match parameter.location {
        RequiredLocation::Header => request.header(name),
        RequiredLocation::QueryString => request.query_value(name),
        RequiredLocation::Path => exchange.route.path.get(name).map(String::as_str),
    };
    value.is_some_and(|value| !value.trim().is_empty())
}

/// What is wrong with a body of this type. Without a model for its type, any JSON will do; what
/// does not claim to be JSON is not looked at.
fn body_problems(models: &BodyModels, media_type: &str, body: &[u8]) -> Vec<String> {
    let model = models.of(media_type);
    if model.is_none() && !is_json(media_type) {
        return Vec::new();
    }
    match parsed(body) {
        Ok(value) => model.map_or_else(Vec::new, |model| model.problems(&value)),
        Err(problem) => vec![problem],
    }
}

/// An empty body counts as an empty object.
fn parsed(body: &[u8]) -> Result<Json, String> {
    if body.trim_ascii().is_empty() {
        return Ok(Json::Object(serde_json::Map::new()));
    }
    let text = std::str::from_utf8(body).map_err(|_| "the body is not UTF-8".to_owned())?;
    if is_too_dense(text) {
        return Err("the body has too many parts".to_owned());
    }
    serde_json::from_str(text).map_err(|error| format!("the body is not valid JSON: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::Library;
    use serde_json::json;

    fn models(entries: &[(&str, Json)]) -> BodyModels {
        let mut library = Library::default();
        let models = entries.iter().map(|(media_type, schema)| {
            library.add(media_type, schema.clone());
            ((*media_type).to_owned(), library.model(media_type).unwrap())
        });
        BodyModels(models.collect())
    }

    #[test]
    fn the_model_of_the_content_type_counts_then_the_default_then_any_json() {
        let needs = |name: &str| json!({"type": "object", "required": [name]});
        let both = models(&[("application/json", needs("a")), ("$default", needs("b"))]);
        let problems = |models: &BodyModels, media_type: &str, body: &str| {
            body_problems(models, media_type, body.as_bytes()).join(";")
        };
        assert_eq!(problems(&both, "application/json", r#"{"a":1}"#), "");
        assert_eq!(
            problems(&both, "text/plain", r#"{"a":1}"#),
            r#"object has missing required properties (["b"])"#
        );
        let one = models(&[("application/json", needs("a"))]);
        assert_eq!(problems(&one, "text/plain", "hello"), "");
        assert_eq!(problems(&one, "application/vnd.x+json", "[1]"), "");
        assert!(problems(&one, "application/vnd.x+json", "nonsense").contains("not valid JSON"));
        assert_eq!(
            problems(&one, "application/json", " "),
            r#"object has missing required properties (["a"])"#
        );
        assert!(problems(&one, "application/json", "{a: 1}").contains("not valid JSON"));
        assert!(!body_problems(&one, "application/json", b"\"\xff\"").is_empty());
    }

    #[test]
    fn a_body_of_millions_of_parts_is_refused_unread() {
        let dense = format!("[{}1]", "1,".repeat(2_000_000));
        let problems = body_problems(&models(&[]), "application/json", dense.as_bytes());
        assert_eq!(problems, ["the body has too many parts"]);
    }
}
