//! The URI of an `AWS` integration. See `docs/aws/api-gateway.md#integration-uri`.

use crate::api::{Operation, ServiceUri};

/// Services that take an `Action` parameter. Other services derive a target header from the action,
/// each by a rule of its own.
const QUERY_SERVICES: [&str; 2] = ["sqs", "sns"];

/// Why a URI is refused.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum UriError {
    /// The URI is malformed. The texts are API Gateway's own:
    /// `docs/aws/api-gateway.md#integration-types`.
    Invalid(&'static str),
    /// The URI is valid on AWS, and asks for something that is not supported here.
    Unsupported(String),
}

/// Reads `arn:aws:apigateway:{region}:{service}:{path|action}/{rest}`.
///
/// # Errors
/// See [`UriError`].
pub(super) fn parse(uri: &str, method: Option<http::Method>) -> Result<ServiceUri, UriError> {
    const INVALID: UriError = UriError::Invalid("Invalid ARN specified in the request");
    let parts: Vec<&str> = uri.splitn(6, ':').collect();
    let ["arn", _, "apigateway", region, service, operation] = parts[..] else {
        return Err(INVALID);
    };
    let (subdomain, service) = match service.rsplit_once('.') {
        Some((subdomain, service)) => (Some(subdomain.to_owned()), service),
        None => (None, service),
    };
    if region.is_empty() || service.is_empty() {
        return Err(INVALID);
    }
    let operation = match operation.split_once('/') {
        Some(("path", rest)) => Operation::Path(format!("/{}", rest.trim_start_matches('/'))),
        Some(("action", rest)) => action(service, rest)?,
        _ => {
            return Err(UriError::Invalid(
                "AWS ARN for integration must contain path or action",
            ));
        }
    };
    Ok(ServiceUri {
        region: region.to_owned(),
        service: service.to_owned(),
        subdomain,
        operation,
        method,
    })
}

fn action(service: &str, rest: &str) -> Result<Operation, UriError> {
    if !QUERY_SERVICES.contains(&service) {
        let message =
            format!("action integrations of {service} are not supported: use the path form");
        return Err(UriError::Unsupported(message));
    }
    let (name, query) = rest.split_once('&').unwrap_or((rest, ""));
    Ok(Operation::Action {
        name: name.to_owned(),
        query: query.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_and_actions_are_distinguished() {
        let uri = parse(
            "arn:aws:apigateway:eu-west-1:sqs:path/123456789012/orders",
            Some(http::Method::POST),
        )
        .unwrap();
        assert_eq!(
            (uri.region.as_str(), uri.service.as_str()),
            ("eu-west-1", "sqs")
        );
        assert_eq!(
            uri.operation,
            Operation::Path("/123456789012/orders".into())
        );
        let uri = parse(
            "arn:aws:apigateway:eu-west-1:sqs:action/SendMessage&QueueUrl=x",
            None,
        )
        .unwrap();
        assert_eq!(
            uri.operation,
            Operation::Action {
                name: "SendMessage".into(),
                query: "QueueUrl=x".into()
            }
        );
        let uri = parse(
            "arn:aws:apigateway:eu-west-1:data.iot:path/things/{id}",
            None,
        )
        .unwrap();
        assert_eq!(
            (uri.subdomain.as_deref(), uri.service.as_str()),
            (Some("data"), "iot")
        );
    }

    #[test]
    fn malformed_uris_are_refused_in_awss_words() {
        for (uri, message) in [
            (
                "https://sqs.eu-west-1.amazonaws.com/",
                "Invalid ARN specified in the request",
            ),
            (
                "arn:aws:apigateway:eu-west-1:sqs:queue/x",
                "AWS ARN for integration must contain path or action",
            ),
            (
                "arn:aws:apigateway:eu-west-1:sqs",
                "Invalid ARN specified in the request",
            ),
        ] {
            assert_eq!(parse(uri, None).unwrap_err(), UriError::Invalid(message));
        }
        let lambda = parse(
            "arn:aws:apigateway:eu-west-1:states:action/StartExecution",
            None,
        )
        .unwrap_err();
        assert!(matches!(lambda, UriError::Unsupported(_)), "{lambda:?}");
    }
}
