//! The URI of an `AWS` integration. See `docs/aws/api-gateway.md#integration-uri`.

use kit::arn::Arn;

use crate::api::{Operation, ServiceUri};

/// Reads `arn:aws:apigateway:{region}:{service}:{path|action}/{rest}`.
///
/// # Errors
/// The URI is malformed. The texts are API Gateway's own:
/// `docs/aws/api-gateway.md#integration-types`.
pub(crate) fn parse(uri: &str, method: Option<http::Method>) -> Result<ServiceUri, &'static str> {
    const INVALID: &str = "Invalid ARN specified in the request";
    const NO_OPERATION: &str = "AWS ARN for integration must contain path or action";
    let has_operation = [":path/", ":action/"].iter().any(|it| uri.contains(it));
    if uri.starts_with("arn:") && !has_operation {
        return Err(NO_OPERATION);
    }
    // The account's place is the service's.
    let Some(Arn {
        service: "apigateway",
        region,
        account: service,
        resource: operation,
        ..
    }) = Arn::parse(uri)
    else {
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
        Some(("action", rest)) => action(rest),
        _ => return Err(NO_OPERATION),
    };
    Ok(ServiceUri {
        region: region.to_owned(),
        service: service.to_owned(),
        subdomain,
        operation,
        method,
    })
}

fn action(rest: &str) -> Operation {
    let (name, query) = rest.split_once('&').unwrap_or((rest, ""));
    Operation::Action {
        name: name.to_owned(),
        query: query.to_owned(),
    }
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
                "arn:aws:iam::000000000000:role/service-role/x",
                "AWS ARN for integration must contain path or action",
            ),
            (
                "arn:aws:iam::000000000000:path/x",
                "Invalid ARN specified in the request",
            ),
        ] {
            assert_eq!(parse(uri, None).unwrap_err(), message);
        }
    }
}
