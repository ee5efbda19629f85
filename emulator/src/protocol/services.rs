//! AWS services that the emulator does not have, recognised by the signature of a request, its
//! `X-Amz-Target` or the `Version` of its form.
//!
//! A client of such a service gets an error in the format of that service, because an error of S3
//! would mislead it.

use std::borrow::Cow;

use http::HeaderMap;
use http::request::Parts;
use serde_json::json;

use super::head::{has_action, is_form};

/// Longer names are cut, because they come from the request.
const LONGEST_NAME: usize = 64;

/// How a service writes its errors.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ErrorFormat {
    /// AWS JSON, with the content type of its version.
    Json(&'static str),
    /// JSON with the error's type in a header.
    RestJson,
    /// The XML of the Query protocol, which REST services of XML have too.
    Xml,
    /// EC2's own XML.
    Ec2,
}

/// A service that the emulator does not have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct UnsupportedService {
    /// The name by which LocalStack and the AWS CLI call the service.
    pub name: String,
    /// How the service writes errors.
    pub format: ErrorFormat,
}

/// The `Version` that the forms of a service name, and the name by which it signs.
const VERSIONS: [(&str, &str); 13] = [
    ("2009-04-15", "sdb"),
    ("2010-03-31", "sns"),
    ("2010-05-08", "iam"),
    ("2010-05-15", "cloudformation"),
    ("2010-08-01", "monitoring"),
    ("2010-12-01", "email"),
    ("2011-01-01", "autoscaling"),
    ("2011-06-15", "sts"),
    ("2012-06-01", "elasticloadbalancing"),
    ("2012-12-01", "redshift"),
    ("2014-10-31", "rds"),
    ("2015-02-02", "elasticache"),
    ("2016-11-15", "ec2"),
];

/// The front part of the `X-Amz-Target` of a service, and the name by which it signs.
const TARGETS: [(&str, &str); 20] = [
    ("AWSCognitoIdentityProviderService", "cognito-idp"),
    ("AWSCognitoIdentityService", "cognito-identity"),
    ("AWSEvents", "events"),
    ("AWSGlue", "glue"),
    ("AWSScheduler", "scheduler"),
    ("AWSStepFunctions", "states"),
    ("AmazonAthena", "athena"),
    ("AmazonEC2ContainerRegistry_V20150921", "ecr"),
    ("AmazonEC2ContainerServiceV20141113", "ecs"),
    ("AmazonSSM", "ssm"),
    ("CertificateManager", "acm"),
    ("DynamoDBStreams_20120810", "dynamodbstreams"),
    ("DynamoDB_20120810", "dynamodb"),
    ("Firehose_20150804", "firehose"),
    ("Kinesis_20131202", "kinesis"),
    ("Logs_20140328", "logs"),
    ("ResourceGroupsTaggingAPI_20170126", "tagging"),
    ("Route53Resolver", "route53resolver"),
    ("TrentService", "kms"),
    ("secretsmanager", "secretsmanager"),
];

/// The name by which a service signs, and the one by which it is known, where they differ.
const KNOWN_AS: [(&str, &str); 3] = [
    ("email", "ses"),
    ("monitoring", "cloudwatch"),
    ("states", "stepfunctions"),
];

/// REST services whose errors are XML.
const XML: [&str; 3] = ["cloudfront", "route53", "s3control"];

impl UnsupportedService {
    /// The service that a request is signed for.
    pub(crate) fn signed(service: &str, parts: &Parts) -> UnsupportedService {
        let format = match json_version(&parts.headers) {
            Some(content_type) if parts.headers.contains_key("x-amz-target") => {
                ErrorFormat::Json(content_type)
            }
            _ if service == "ec2" => ErrorFormat::Ec2,
            _ if XML.contains(&service) || is_query(parts) => ErrorFormat::Xml,
            _ => ErrorFormat::RestJson,
        };
        UnsupportedService::new(service, format)
    }

    /// The service of an `X-Amz-Target` that is not SQS's.
    pub(crate) fn targeted(target: &str, parts: &Parts) -> UnsupportedService {
        let front = target.rsplit_once('.').map_or(target, |(front, _)| front);
        let service = TARGETS
            .iter()
            .find(|(known, _)| *known == front)
            .map_or(front, |(_, service)| service);
        UnsupportedService::new(
            service,
            ErrorFormat::Json(json_version(&parts.headers).unwrap_or("application/x-amz-json-1.1")),
        )
    }

    /// The service whose forms have this `Version`; none for the versions of SQS, and for unknown
    /// ones.
    pub(crate) fn versioned(version: &str) -> Option<UnsupportedService> {
        let (_, service) = VERSIONS.iter().find(|(known, _)| *known == version)?;
        Some(UnsupportedService::new(
            service,
            if *service == "ec2" {
                ErrorFormat::Ec2
            } else {
                ErrorFormat::Xml
            },
        ))
    }

    fn new(service: &str, format: ErrorFormat) -> UnsupportedService {
        let name = KNOWN_AS
            .iter()
            .find(|(signs, _)| *signs == service)
            .map_or(service, |(_, known)| known);
        UnsupportedService {
            name: name.chars().take(LONGEST_NAME).collect(),
            format,
        }
    }

    /// The text of the error.
    fn message(&self) -> String {
        format!(
            "service {} is not emulated here: Tidegate's emulator answers SQS, S3, STS GetCallerIdentity and EventBridge PutEvents. Give clients of \
             other services another endpoint (AWS_ENDPOINT_URL is for all, AWS_ENDPOINT_URL_SQS and AWS_ENDPOINT_URL_S3 \
             are for these two).",
            self.name
        )
    }

    /// The content type and the body of the error.
    pub(crate) fn error(&self, request_id: &str) -> (&'static str, String) {
        error_body(self.format, "InternalFailure", &self.message(), request_id)
    }
}

/// The content type and the body of an error in the format of a service.
pub(crate) fn error_body(
    format: ErrorFormat,
    code: &str,
    message: &str,
    request_id: &str,
) -> (&'static str, String) {
    let error = format!("<Code>{code}</Code><Message>{}</Message>", escape(message));
    match format {
        ErrorFormat::Json(content_type) => (
            content_type,
            json!({"__type": code, "message": message}).to_string(),
        ),
        ErrorFormat::RestJson => (
            "application/json",
            json!({"__type": code, "message": message}).to_string(),
        ),
        ErrorFormat::Xml => (
            "text/xml",
            format!(
                "<?xml version=\"1.0\"?><ErrorResponse><Error><Type>Receiver</Type>{error}</Error>\
                 <RequestId>{request_id}</RequestId></ErrorResponse>"
            ),
        ),
        ErrorFormat::Ec2 => (
            "text/xml",
            format!(
                "<?xml version=\"1.0\"?><Response><Errors><Error>{error}</Error></Errors>\
                 <RequestID>{request_id}</RequestID></Response>"
            ),
        ),
    }
}

fn escape(text: &str) -> Cow<'_, str> {
    if !text.contains(['&', '<', '>']) {
        return text.into();
    }
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .into()
}

/// The content type of a request in AWS JSON.
fn json_version(headers: &HeaderMap) -> Option<&'static str> {
    let kind = headers.get("content-type")?.to_str().ok()?;
    ["application/x-amz-json-1.0", "application/x-amz-json-1.1"]
        .into_iter()
        .find(|known| kind.starts_with(known))
}

/// Whether the request is a form, or has its action in the URL.
fn is_query(parts: &Parts) -> bool {
    is_form(&parts.headers) || has_action(parts.uri.query().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_form_carries_code_and_message() {
        for (format, content_type, body) in [
            (
                ErrorFormat::Json("application/x-amz-json-1.0"),
                "application/x-amz-json-1.0",
                r#"{"__type":"C","message":"<m>"}"#,
            ),
            (
                ErrorFormat::RestJson,
                "application/json",
                r#"{"__type":"C","message":"<m>"}"#,
            ),
            (
                ErrorFormat::Xml,
                "text/xml",
                "<?xml version=\"1.0\"?><ErrorResponse><Error><Type>Receiver</Type><Code>C</Code><Message>&lt;m&gt;</Message>\
                 </Error><RequestId>r</RequestId></ErrorResponse>",
            ),
            (
                ErrorFormat::Ec2,
                "text/xml",
                "<?xml version=\"1.0\"?><Response><Errors><Error><Code>C</Code><Message>&lt;m&gt;</Message></Error></Errors>\
                 <RequestID>r</RequestID></Response>",
            ),
        ] {
            assert_eq!(
                error_body(format, "C", "<m>", "r"),
                (content_type, body.to_owned())
            );
        }
    }

    #[test]
    fn a_long_name_is_cut() {
        assert_eq!(
            UnsupportedService::new(&"x".repeat(1000), ErrorFormat::Xml)
                .name
                .len(),
            LONGEST_NAME
        );
    }
}
