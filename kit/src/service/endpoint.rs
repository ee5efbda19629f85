//! Where a service is: the endpoint that the environment names.

use aws_config::SdkConfig;
use url::Url;

use crate::aws;

/// Services whose name in endpoint variables is another one than in signatures.
const SERVICE_IDS: [(&str, &str); 8] = [
    ("apigateway", "API_GATEWAY"),
    ("dynamodbstreams", "DYNAMODB_STREAMS"),
    ("email", "SES"),
    ("events", "EVENTBRIDGE"),
    ("logs", "CLOUDWATCH_LOGS"),
    ("monitoring", "CLOUDWATCH"),
    ("secretsmanager", "SECRETS_MANAGER"),
    ("states", "SFN"),
];

/// The environment variable that names the endpoint of the service that signs by this name.
pub fn endpoint_variable(service: &str) -> String {
    format!("AWS_ENDPOINT_URL_{}", service_id(service))
}

/// The endpoint that this variable names.
pub fn variable_endpoint(service: &str) -> Option<String> {
    let found = std::env::var(endpoint_variable(service)).ok();
    found.filter(|url| !url.is_empty())
}

/// The endpoint of the service that signs by this name, as the SDK has it for its own clients.
pub(super) fn of(config: &SdkConfig, service: &str) -> Option<Url> {
    aws::endpoint(config, &service_id(service))?.parse().ok()
}

/// The name in endpoint variables of the service that signs by this name.
pub(super) fn service_id(service: &str) -> String {
    let known = SERVICE_IDS.iter().find(|(signing, _)| *signing == service);
    known.map_or_else(
        || service.to_uppercase().replace('-', "_"),
        |(_, id)| (*id).to_owned(),
    )
}

/// The same path and query at another scheme, host and port.
pub(super) fn move_to(url: &mut Url, endpoint: &Url) {
    let mut moved = endpoint.clone();
    moved.set_path(&format!(
        "{}{}",
        endpoint.path().trim_end_matches('/'),
        url.path()
    ));
    moved.set_query(url.query());
    *url = moved;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endpoint_takes_over_path_and_query() {
        let mut url: Url = "https://sqs.eu-west-1.amazonaws.com/1/q?a=b"
            .parse()
            .unwrap();
        move_to(&mut url, &"http://127.0.0.1:4566/base/".parse().unwrap());
        assert_eq!(url.as_str(), "http://127.0.0.1:4566/base/1/q?a=b");
    }

    #[test]
    fn endpoint_variables_have_the_sdks_names() {
        let names = ["sqs", "events", "states", "logs", "kinesis"].map(service_id);
        assert_eq!(
            names,
            ["SQS", "EVENTBRIDGE", "SFN", "CLOUDWATCH_LOGS", "KINESIS"]
        );
    }
}
