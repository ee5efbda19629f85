//! The answer of a Lambda authorizer.

use kit::call::Reply;
use serde_json::{Map, Value as Json};

use super::policy::{PolicyKind, parse};
use crate::api::{AuthorizerAnswer, Policy};

/// Whom a Lambda authorizer let call what.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Grant {
    /// `$context.authorizer`: the principal, and what the function added, all as text.
    pub context: Map<String, Json>,
    pub policy: Policy,
    /// `usageIdentifierKey`: the API key of the caller, for usage plans.
    pub usage_key: Option<String>,
}

/// Why there is no grant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum NoGrant {
    /// The function failed with the text `Unauthorized`: the caller is not let in.
    Unauthorized,
    /// Lambda did not run the function, for now.
    Unavailable(String),
    /// The function failed, or its answer is malformed.
    Broken(String),
}

/// Reads what Lambda answered when the function was invoked.
///
/// # Errors
/// See [`NoGrant`].
pub(crate) fn read(reply: &Reply, form: AuthorizerAnswer) -> Result<Grant, NoGrant> {
    let text = || {
        String::from_utf8_lossy(&reply.body)
            .chars()
            .take(500)
            .collect::<String>()
    };
    let status = reply.status.as_u16();
    if status == 429 || status >= 500 {
        return Err(NoGrant::Unavailable(format!(
            "Lambda answered {status}: {}",
            text()
        )));
    }
    if status != 200 {
        return Err(NoGrant::Broken(format!(
            "Lambda answered {status}: {}",
            text()
        )));
    }
    let body: Json = serde_json::from_slice(&reply.body)
        .map_err(|error| NoGrant::Broken(format!("the response is not valid JSON: {error}")))?;
    if reply.headers.contains_key("x-amz-function-error") {
        return Err(match body.get("errorMessage").and_then(Json::as_str) {
            Some("Unauthorized") => NoGrant::Unauthorized,
            _ => NoGrant::Broken(format!("the function failed: {}", text())),
        });
    }
    let grant = match form {
        AuthorizerAnswer::Policy => grant(&body),
        AuthorizerAnswer::Simple => simple(&body),
    };
    grant.map_err(|reason| NoGrant::Broken(format!("the response is malformed: {reason}")))
}

/// A simple response: `isAuthorized`, and a context whose values may be of any type.
fn simple(body: &Json) -> Result<Grant, String> {
    let is_authorized = body.get("isAuthorized").and_then(Json::as_bool);
    let is_authorized = is_authorized.ok_or("isAuthorized must be true or false")?;
    let context = match body.get("context") {
        None | Some(Json::Null) => Map::new(),
        Some(Json::Object(members)) => members.clone(),
        Some(_) => return Err("context must be an object".to_owned()),
    };
    let policy = match is_authorized {
        true => Policy::allowing_all(),
        false => Policy::default(),
    };
    Ok(Grant {
        context,
        policy,
        usage_key: None,
    })
}

fn grant(body: &Json) -> Result<Grant, String> {
    let fields = body.as_object().ok_or("expected a JSON object")?;
    let principal = match fields.get("principalId") {
        Some(Json::String(id)) => id.clone(),
        Some(Json::Number(id)) => id.to_string(),
        _ => return Err("principalId must be a string".to_owned()),
    };
    let document = fields
        .get("policyDocument")
        .filter(|document| !document.is_null())
        .ok_or("policyDocument is missing")?;
    let policy = parse(document, PolicyKind::Authorizer)?;
    let mut context = Map::new();
    match fields.get("context") {
        None | Some(Json::Null) => {}
        Some(Json::Object(members)) => {
            for (name, value) in members {
                context.insert(name.clone(), flat(name, value)?);
            }
        }
        Some(_) => return Err("context must be an object".to_owned()),
    }
    context.insert("principalId".to_owned(), principal.into());
    let usage_key = match fields.get("usageIdentifierKey") {
        None | Some(Json::Null) => None,
        Some(Json::String(key)) => Some(key.clone()),
        Some(_) => return Err("usageIdentifierKey must be a string".to_owned()),
    };
    Ok(Grant {
        context,
        policy,
        usage_key,
    })
}

/// Texts, numbers and booleans are handed on as text; what has parts is not allowed.
fn flat(name: &str, value: &Json) -> Result<Json, String> {
    match value {
        Json::String(_) | Json::Null => Ok(value.clone()),
        Json::Number(number) => Ok(number.to_string().into()),
        Json::Bool(flag) => Ok(flag.to_string().into()),
        Json::Array(_) | Json::Object(_) => Err(format!(
            "context.{name} must be a string, a number or a boolean"
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::{HeaderMap, StatusCode};
    use serde_json::json;

    fn answered(status: u16, failed: bool, body: &Json) -> Result<Grant, NoGrant> {
        let mut headers = HeaderMap::new();
        if failed {
            headers.insert("x-amz-function-error", "Unhandled".parse().unwrap());
        }
        read(
            &Reply {
                status: StatusCode::from_u16(status).unwrap(),
                headers,
                body: body.to_string().into(),
                complete: true,
            },
            AuthorizerAnswer::Policy,
        )
    }

    fn policy() -> Json {
        json!({"Version": "2012-10-17", "Statement": {"Action": "*", "Effect": "Allow", "Resource": "*"}})
    }

    #[test]
    fn context_is_handed_on_as_text() {
        let body = json!({"principalId": "me", "policyDocument": policy(), "usageIdentifierKey": "k",
            "context": {"text": "t", "number": 1.50, "flag": true, "nothing": null}});
        let grant = answered(200, false, &body).unwrap();
        let expected = json!({"text": "t", "number": "1.5", "flag": "true", "nothing": null, "principalId": "me"});
        assert_eq!(Json::Object(grant.context), expected);
        assert_eq!(grant.usage_key.as_deref(), Some("k"));
    }

    #[test]
    fn only_the_exact_text_means_unauthorized() {
        for (message, expected) in [
            ("Unauthorized", true),
            ("unauthorized", false),
            ("boom", false),
        ] {
            let answer = answered(200, true, &json!({"errorMessage": message}));
            assert_eq!(answer == Err(NoGrant::Unauthorized), expected, "{message}");
        }
        assert!(matches!(
            answered(429, false, &json!({})),
            Err(NoGrant::Unavailable(_))
        ));
        assert!(matches!(
            answered(403, false, &json!({})),
            Err(NoGrant::Broken(_))
        ));
    }

    #[test]
    fn malformed_answers_grant_nothing() {
        let statement = |statement: Json| json!({"principalId": "me", "policyDocument": {"Statement": [statement]}});
        let (allow, all) = ("Allow", "execute-api:Invoke");
        for wrong in [
            json!(null),
            json!("Allow"),
            json!({"principalId": "me"}),
            json!({"principalId": "me", "policyDocument": null}),
            json!({"policyDocument": policy()}),
            json!({"principalId": "me", "policyDocument": {}}),
            json!({"principalId": "me", "policyDocument": policy(), "context": {"deep": {"a": 1}}}),
            json!({"principalId": "me", "policyDocument": policy(), "context": {"list": []}}),
            json!({"principalId": "me", "policyDocument": policy(), "context": "text"}),
            statement(json!({"Action": all, "Effect": "allow", "Resource": "*"})),
            statement(json!({"Action": all, "Effect": allow})),
            statement(json!({"Effect": allow, "Resource": "*"})),
            statement(
                json!({"Action": all, "Effect": allow, "Resource": "*", "Condition": {"Sideways": {"a": "b"}}}),
            ),
            statement(
                json!({"Action": all, "Effect": allow, "Resource": "*", "Condition": {"IpAddress": {"aws:SourceIp": "10.0.0.0/33"}}}),
            ),
            statement(json!({"Action": all, "Effect": allow, "Resource": "*", "Conditions": {}})),
        ] {
            assert!(
                matches!(answered(200, false, &wrong), Err(NoGrant::Broken(_))),
                "{wrong}"
            );
        }
    }
}
