//! The names, ids and ARNs that a deployment would give to resources.
//!
//! Where AWS makes an id up (an API id, the tail of an ARN), one is derived from the logical id:
//! the same on every start, so that URLs and ARNs in logs and files stay true.

use super::account::Account;
use super::stand_in::StandIn;
use super::types::{has_attribute, is_referred_by_arn};

/// The property that names a resource of this type, when its author may choose the name.
pub(super) fn name_property(kind: &str) -> Option<&'static str> {
    Some(match kind {
        "AWS::SQS::Queue" => "QueueName",
        "AWS::S3::Bucket" => "BucketName",
        "AWS::Pipes::Pipe"
        | "AWS::Events::ApiDestination"
        | "AWS::Events::Connection"
        | "AWS::Events::EventBus"
        | "AWS::Events::Rule" => "Name",
        "AWS::IAM::Role" => "RoleName",
        "AWS::Logs::LogGroup" => "LogGroupName",
        "AWS::SNS::Topic" => "TopicName",
        "AWS::Lambda::Function" | "AWS::Serverless::Function" => "FunctionName",
        "AWS::StepFunctions::StateMachine" => "StateMachineName",
        "AWS::Serverless::StateMachine" => "Name",
        "AWS::ApiGateway::Stage" | "AWS::ApiGatewayV2::Stage" => "StageName",
        "AWS::ApiGateway::DomainName" | "AWS::ApiGatewayV2::DomainName" => "DomainName",
        "AWS::ApiGateway::Model" => "Name",
        _ => return None,
    })
}

/// The physical id of a resource whose author chose no name. CloudFormation makes
/// `{stack}-{logical id}-{random}`; the random part is left out, so that it stays the same.
///
/// `path` stands in front of the logical ids of a nested stack.
pub(super) fn generated(kind: &str, path: &str, logical_id: &str, account: &Account) -> String {
    let seed = &format!("{path}{logical_id}");
    match kind {
        "AWS::S3::Bucket" => format!("{}-{logical_id}", account.stack_name).to_lowercase(),
        "AWS::Serverless::Api" | "AWS::Serverless::HttpApi" => short_id(seed),
        "AWS::KMS::Key" => uuid(seed),
        "AWS::Cognito::UserPool" => format!("{}_{}", account.region, &short_id(seed)[..9]),
        _ if kind.starts_with("AWS::ApiGateway") => short_id(seed),
        _ => format!("{}-{logical_id}", account.stack_name),
    }
}

/// Whether an attribute is the physical id by another name.
fn is_physical_id(kind: &str, attribute: &str) -> bool {
    matches!(
        (kind, attribute),
        ("AWS::SQS::Queue", "QueueName")
            | ("AWS::SNS::Topic", "TopicName")
            | (
                "AWS::StepFunctions::StateMachine" | "AWS::Serverless::StateMachine",
                "Name"
            )
            | (
                "AWS::ApiGateway::RestApi" | "AWS::Serverless::Api",
                "RestApiId"
            )
            | ("AWS::ApiGateway::Authorizer", "AuthorizerId")
            | ("AWS::ApiGateway::RequestValidator", "RequestValidatorId")
            | ("AWS::ApiGateway::ApiKey", "APIKeyId")
            | ("AWS::ApiGateway::UsagePlan", "Id")
            | ("AWS::ApiGateway::Resource", "ResourceId")
            | (
                "AWS::ApiGatewayV2::Api" | "AWS::Serverless::HttpApi",
                "ApiId"
            )
    )
}

/// One resource, as references see it.
pub(super) struct Named<'a> {
    pub kind: &'a str,
    /// What made-up ids are derived from: the logical id, with the path of a nested stack.
    pub seed: &'a str,
    pub physical_id: &'a str,
    /// The `Path` of a role.
    pub path: &'a str,
    pub account: &'a Account,
}

impl Named<'_> {
    /// What `Ref` gives.
    pub(super) fn reference(&self) -> String {
        match self.kind {
            "AWS::SQS::Queue" => self.queue_url(),
            "AWS::SNS::Topic" => self.arn("sns", self.physical_id),
            "AWS::StepFunctions::StateMachine" | "AWS::Serverless::StateMachine" => {
                self.arn("states", &format!("stateMachine:{}", self.physical_id))
            }
            kind if is_referred_by_arn(kind) => self.stand_in("Arn"),
            _ => self.physical_id.to_owned(),
        }
    }

    /// What `Fn::GetAtt` gives; `None` when the type has no such attribute.
    pub(super) fn attribute(&self, attribute: &str) -> Option<String> {
        let known = self.known_attribute(attribute);
        known.or_else(|| has_attribute(self.kind, attribute).then(|| self.stand_in(attribute)))
    }

    /// The attributes whose values matter here.
    fn known_attribute(&self, attribute: &str) -> Option<String> {
        let id = self.physical_id;
        if is_physical_id(self.kind, attribute) {
            return Some(id.to_owned());
        }
        Some(match (self.kind, attribute) {
            ("AWS::SQS::Queue", "Arn") => self.arn("sqs", id),
            ("AWS::SQS::Queue", "QueueUrl") => self.queue_url(),
            ("AWS::S3::Bucket", "Arn") => format!("arn:{}:s3:::{id}", self.partition()),
            ("AWS::S3::Bucket", "DomainName") => format!("{id}.s3.{}", self.account.url_suffix()),
            ("AWS::S3::Bucket", "RegionalDomainName") => {
                format!(
                    "{id}.s3.{}.{}",
                    self.account.region,
                    self.account.url_suffix()
                )
            }
            ("AWS::Pipes::Pipe", "Arn") => self.arn("pipes", &format!("pipe/{id}")),
            ("AWS::Events::ApiDestination", "Arn") => {
                self.arn("events", &format!("api-destination/{id}/{}", self.uuid()))
            }
            ("AWS::Events::ApiDestination", "ArnForPolicy") => {
                self.arn("events", &format!("api-destination/{id}"))
            }
            ("AWS::Events::Connection", "Arn") => {
                self.arn("events", &format!("connection/{id}/{}", self.uuid()))
            }
            ("AWS::Events::Connection", "ArnForPolicy") => {
                self.arn("events", &format!("connection/{id}"))
            }
            ("AWS::Events::Connection", "SecretArn") => self.arn(
                "secretsmanager",
                &format!("secret:events!connection/{id}/{}", self.uuid()),
            ),
            ("AWS::IAM::Role", "Arn") => {
                format!(
                    "arn:{}:iam::{}:role{}{id}",
                    self.partition(),
                    self.account.account_id,
                    self.path
                )
            }
            ("AWS::SNS::Topic", "TopicArn") => self.arn("sns", id),
            ("AWS::Serverless::Function", "Arn") => self.arn("lambda", &format!("function:{id}")),
            ("AWS::StepFunctions::StateMachine" | "AWS::Serverless::StateMachine", "Arn") => {
                self.arn("states", &format!("stateMachine:{id}"))
            }
            ("AWS::ApiGateway::RestApi" | "AWS::Serverless::Api", "RootResourceId") => {
                short_id(&format!("{}/", self.seed))
            }
            ("AWS::ApiGatewayV2::Api" | "AWS::Serverless::HttpApi", "ApiEndpoint") => {
                let Account { region, .. } = self.account;
                format!(
                    "https://{id}.execute-api.{region}.{}",
                    self.account.url_suffix()
                )
            }
            _ => return None,
        })
    }

    fn arn(&self, service: &str, rest: &str) -> String {
        self.account.arn(service, rest)
    }

    /// What stands in for an attribute.
    pub(super) fn stand_in(&self, attribute: &str) -> String {
        let stand_in = StandIn {
            kind: self.kind,
            id: self.physical_id,
            uuid: self.uuid(),
            account: self.account,
        };
        stand_in.attribute(attribute)
    }

    fn queue_url(&self) -> String {
        let Account {
            region, account_id, ..
        } = self.account;
        format!(
            "https://sqs.{region}.{}/{account_id}/{}",
            self.account.url_suffix(),
            self.physical_id
        )
    }

    /// `AWS::StackId`.
    pub(super) fn stack_id(&self) -> String {
        self.arn(
            "cloudformation",
            &format!("stack/{}/{}", self.account.stack_name, self.uuid()),
        )
    }

    fn partition(&self) -> &'static str {
        self.account.partition()
    }

    fn uuid(&self) -> String {
        uuid(self.seed)
    }
}

fn uuid(seed: &str) -> String {
    let (a, b) = (hash(seed, 1), hash(seed, 2));
    let hex = format!("{a:016x}{b:016x}");
    [
        &hex[..8],
        &hex[8..12],
        &hex[12..16],
        &hex[16..20],
        &hex[20..],
    ]
    .join("-")
}

/// Ten characters of `a-z0-9`, the form of API Gateway's ids.
fn short_id(seed: &str) -> String {
    const ALPHABET: &[u8; 36] = b"abcdefghijklmnopqrstuvwxyz0123456789";
    let mut rest = hash(seed, 0);
    (0..10)
        .map(|_| {
            let letter = ALPHABET[(rest % 36) as usize];
            rest /= 36;
            char::from(letter)
        })
        .collect()
}

/// FNV-1a: small, and the same in every release, which the standard library's hasher does not
/// promise.
fn hash(seed: &str, salt: u8) -> u64 {
    seed.bytes()
        .chain([salt])
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        })
}
