//! Which AWS service a request is for, when it is not SQS: by its signature, its `X-Amz-Target` or
//! the `Version` of its form. Pure.
//!
//! A client of a service that is not here is told so in the form of that service, for an error of
//! S3 would lead nowhere.

use std::borrow::Cow;

use http::HeaderMap;
use http::request::Parts;
use serde_json::json;

/// Longer names are cut: they come from the request.
const LONGEST_NAME: usize = 64;

/// How a service writes its errors.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// AWS JSON, with the content type of its version.
    Json(&'static str),
    /// JSON with the error's type in a header.
    RestJson,
    /// The XML of the Query protocol, which REST services of XML have too.
    Xml,
    /// EC2's own XML.
    Ec2,
}

/// A service that is not here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Absent {
    /// As LocalStack and the AWS CLI call it.
    pub name: String,
    /// How it writes errors.
    pub form: Form,
}

/// Services by the version that their forms name, as they sign.
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

/// Services by the front part of their `X-Amz-Target`, as they sign.
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

/// Services that sign by another name than they are known by.
const KNOWN_AS: [(&str, &str); 3] = [
    ("email", "ses"),
    ("monitoring", "cloudwatch"),
    ("states", "stepfunctions"),
];

/// REST services whose errors are XML.
const XML: [&str; 3] = ["cloudfront", "route53", "s3control"];

impl Absent {
    /// The service that signed a request.
    pub fn signed(service: &str, parts: &Parts) -> Absent {
        let form = match json_version(&parts.headers) {
            Some(content_type) if parts.headers.contains_key("x-amz-target") => {
                Form::Json(content_type)
            }
            _ if service == "ec2" => Form::Ec2,
            _ if XML.contains(&service) || is_query(parts) => Form::Xml,
            _ => Form::RestJson,
        };
        Absent::new(service, form)
    }

    /// The service of an `X-Amz-Target` that is not SQS's.
    pub fn targeted(target: &str, parts: &Parts) -> Absent {
        let front = target.rsplit_once('.').map_or(target, |(front, _)| front);
        let service = TARGETS
            .iter()
            .find(|(known, _)| *known == front)
            .map_or(front, |(_, service)| service);
        Absent::new(
            service,
            Form::Json(json_version(&parts.headers).unwrap_or("application/x-amz-json-1.1")),
        )
    }

    /// The service whose forms have this `Version`; none for those of SQS, and for versions that
    /// nobody has.
    pub fn versioned(version: &str) -> Option<Absent> {
        let (_, service) = VERSIONS.iter().find(|(known, _)| *known == version)?;
        Some(Absent::new(
            service,
            if *service == "ec2" {
                Form::Ec2
            } else {
                Form::Xml
            },
        ))
    }

    fn new(service: &str, form: Form) -> Absent {
        let name = KNOWN_AS
            .iter()
            .find(|(signs, _)| *signs == service)
            .map_or(service, |(_, known)| known);
        Absent {
            name: name.chars().take(LONGEST_NAME).collect(),
            form,
        }
    }

    /// What is said about it.
    fn message(&self) -> String {
        format!(
            "service {} is not emulated here: Tidegate's emulator answers SQS, S3 and STS GetCallerIdentity. Give clients of \
             other services another endpoint (AWS_ENDPOINT_URL is for all, AWS_ENDPOINT_URL_SQS and AWS_ENDPOINT_URL_S3 \
             are for these two).",
            self.name
        )
    }

    /// Content type and body of the error.
    pub fn error(&self, request_id: &str) -> (&'static str, String) {
        refusal(self.form, "InternalFailure", &self.message(), request_id)
    }
}

/// An error in the form of a service: content type and body.
pub fn refusal(form: Form, code: &str, message: &str, request_id: &str) -> (&'static str, String) {
    let error = format!("<Code>{code}</Code><Message>{}</Message>", escape(message));
    match form {
        Form::Json(content_type) => (
            content_type,
            json!({"__type": code, "message": message}).to_string(),
        ),
        Form::RestJson => (
            "application/json",
            json!({"__type": code, "message": message}).to_string(),
        ),
        Form::Xml => (
            "text/xml",
            format!(
                "<?xml version=\"1.0\"?><ErrorResponse><Error><Type>Receiver</Type>{error}</Error>\
                 <RequestId>{request_id}</RequestId></ErrorResponse>"
            ),
        ),
        Form::Ec2 => (
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

/// The content type of AWS JSON that a request has.
fn json_version(headers: &HeaderMap) -> Option<&'static str> {
    let kind = headers.get("content-type")?.to_str().ok()?;
    ["application/x-amz-json-1.0", "application/x-amz-json-1.1"]
        .into_iter()
        .find(|known| kind.starts_with(known))
}

/// Whether it is a form, or has its action in the URL.
fn is_query(parts: &Parts) -> bool {
    super::protocol::is_form(&parts.headers)
        || super::protocol::has_action(parts.uri.query().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_form_carries_code_and_message() {
        for (form, content_type, body) in [
            (
                Form::Json("application/x-amz-json-1.0"),
                "application/x-amz-json-1.0",
                r#"{"__type":"C","message":"<m>"}"#,
            ),
            (
                Form::RestJson,
                "application/json",
                r#"{"__type":"C","message":"<m>"}"#,
            ),
            (
                Form::Xml,
                "text/xml",
                "<?xml version=\"1.0\"?><ErrorResponse><Error><Type>Receiver</Type><Code>C</Code><Message>&lt;m&gt;</Message>\
                 </Error><RequestId>r</RequestId></ErrorResponse>",
            ),
            (
                Form::Ec2,
                "text/xml",
                "<?xml version=\"1.0\"?><Response><Errors><Error><Code>C</Code><Message>&lt;m&gt;</Message></Error></Errors>\
                 <RequestID>r</RequestID></Response>",
            ),
        ] {
            assert_eq!(
                refusal(form, "C", "<m>", "r"),
                (content_type, body.to_owned())
            );
        }
    }

    #[test]
    fn a_long_name_is_cut() {
        assert_eq!(
            Absent::new(&"x".repeat(1000), Form::Xml).name.len(),
            LONGEST_NAME
        );
    }
}
