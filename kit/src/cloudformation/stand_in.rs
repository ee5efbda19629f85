//! What stands in for the attributes of resources that nothing here runs, so that a template which
//! holds a table and a stream beside our part still runs our part. ARNs have AWS's own forms where
//! something reads them; of the others, the form is near enough to be passed on. Pure.

use super::account::Account;

/// The ARNs whose forms matter: type, attribute, service, and what follows the account. `{id}` is
/// the physical id, `{uuid}` one that is made up.
#[rustfmt::skip]
const FORMS: [(&str, &str, &str, &str); 35] = [
    ("AWS::AmazonMQ::Broker", "Arn", "mq", "broker:{id}:b-{uuid}"),
    ("AWS::Batch::JobDefinition", "Arn", "batch", "job-definition/{id}:1"),
    ("AWS::Batch::JobQueue", "Arn", "batch", "job-queue/{id}"),
    ("AWS::CertificateManager::Certificate", "Arn", "acm", "certificate/{uuid}"),
    ("AWS::CloudFormation::Stack", "Arn", "cloudformation", "stack/{id}/{uuid}"),
    ("AWS::Cognito::UserPool", "Arn", "cognito-idp", "userpool/{id}"),
    ("AWS::DynamoDB::GlobalTable", "Arn", "dynamodb", "table/{id}"),
    ("AWS::DynamoDB::GlobalTable", "StreamArn", "dynamodb", "table/{id}/stream/2024-01-01T00:00:00.000"),
    ("AWS::DynamoDB::Table", "Arn", "dynamodb", "table/{id}"),
    ("AWS::DynamoDB::Table", "StreamArn", "dynamodb", "table/{id}/stream/2024-01-01T00:00:00.000"),
    ("AWS::ECS::Cluster", "Arn", "ecs", "cluster/{id}"),
    ("AWS::ECS::Service", "Arn", "ecs", "service/{id}"),
    ("AWS::ECS::TaskDefinition", "Arn", "ecs", "task-definition/{id}:1"),
    ("AWS::Events::EventBus", "Arn", "events", "event-bus/{id}"),
    ("AWS::Events::Rule", "Arn", "events", "rule/{id}"),
    ("AWS::KMS::Key", "Arn", "kms", "key/{id}"),
    ("AWS::Kinesis::Stream", "Arn", "kinesis", "stream/{id}"),
    ("AWS::Kinesis::StreamConsumer", "ConsumerARN", "kinesis", "stream/{id}/consumer/{id}:1"),
    ("AWS::KinesisFirehose::DeliveryStream", "Arn", "firehose", "deliverystream/{id}"),
    ("AWS::Lambda::Alias", "AliasArn", "lambda", "function:{id}"),
    ("AWS::Lambda::Function", "Arn", "lambda", "function:{id}"),
    ("AWS::Lambda::LayerVersion", "Arn", "lambda", "layer:{id}:1"),
    ("AWS::Logs::LogGroup", "Arn", "logs", "log-group:{id}:*"),
    ("AWS::MSK::Cluster", "Arn", "kafka", "cluster/{id}/{uuid}"),
    ("AWS::RDS::DBCluster", "DBClusterArn", "rds", "cluster:{id}"),
    ("AWS::RDS::DBInstance", "DBInstanceArn", "rds", "db:{id}"),
    ("AWS::Redshift::Cluster", "Arn", "redshift", "cluster:{id}"),
    ("AWS::SageMaker::Pipeline", "Arn", "sagemaker", "pipeline/{id}"),
    ("AWS::Scheduler::Schedule", "Arn", "scheduler", "schedule/default/{id}"),
    ("AWS::SecretsManager::Secret", "Arn", "secretsmanager", "secret:{id}-abcdef"),
    ("AWS::SecretsManager::Secret", "Id", "secretsmanager", "secret:{id}-abcdef"),
    ("AWS::Serverless::SimpleTable", "Arn", "dynamodb", "table/{id}"),
    ("AWS::SSM::Parameter", "Arn", "ssm", "parameter/{id}"),
    ("AWS::StepFunctions::Activity", "Arn", "states", "activity:{id}"),
    ("AWS::StepFunctions::StateMachineAlias", "Arn", "states", "stateMachine:{id}"),
];

/// Services whose name in ARNs is not their name in types in lower case.
const SERVICES: [(&str, &str); 12] = [
    ("ApiGatewayV2", "apigateway"),
    ("CertificateManager", "acm"),
    ("Cognito", "cognito-idp"),
    ("ElasticLoadBalancingV2", "elasticloadbalancing"),
    ("Elasticsearch", "es"),
    ("KinesisFirehose", "firehose"),
    ("KinesisAnalyticsV2", "kinesisanalytics"),
    ("MSK", "kafka"),
    ("OpenSearchService", "es"),
    ("Serverless", "lambda"),
    ("StepFunctions", "states"),
    ("Wisdom", "wisdom"),
];

/// A resource, as its attributes see it.
pub(super) struct StandIn<'a> {
    pub kind: &'a str,
    pub id: &'a str,
    pub uuid: String,
    pub account: &'a Account,
}

impl StandIn<'_> {
    /// What stands in for an attribute.
    pub(super) fn attribute(&self, attribute: &str) -> String {
        let id = self.id;
        let (service, kind) = service_and_kind(self.kind);
        let form = FORMS
            .iter()
            .find(|(of, name, ..)| *of == self.kind && *name == attribute);
        if let Some((_, _, service, rest)) = form {
            let rest = rest.replace("{id}", id).replace("{uuid}", &self.uuid);
            return self.account.arn(service, &rest);
        }
        let suffix = self.account.url_suffix();
        let host = || format!("{id}.{service}.{}.{suffix}", self.account.region).to_lowercase();
        let last = attribute.rsplit('.').next().unwrap_or(attribute);
        let ends = |ends: &[&str]| ends.iter().any(|end| last.ends_with(end));
        match last {
            _ if ends(&["Arn", "ARN"]) => {
                let rest = format!("{}/{id}", kind.to_lowercase());
                self.account.arn(&service, &rest)
            }
            "Id" | "Name" => id.to_owned(),
            _ if is_own(last, kind) => id.to_owned(),
            _ if ends(&["Url", "URL", "Uri", "URI", "Endpoint"]) => format!("https://{}", host()),
            _ if ends(&["Domain", "DomainName", "DNSName", "Address", "Host"]) => host(),
            "Port" => "443".to_owned(),
            _ => format!("{id}-{last}"),
        }
    }
}

/// `StreamName` of a `Stream`, `VpcId` of a `VPC`.
fn is_own(attribute: &str, kind: &str) -> bool {
    let of = |end| {
        attribute
            .strip_suffix(end)
            .is_some_and(|rest: &str| rest.eq_ignore_ascii_case(kind))
    };
    of("Id") || of("Name")
}

/// The service's name in ARNs, and the last part of the type.
fn service_and_kind(kind: &str) -> (String, &str) {
    let mut parts = kind.split("::").skip(1);
    let service = parts.next().unwrap_or_default();
    let rest = parts.last().unwrap_or(kind);
    let named = SERVICES.iter().find(|(name, _)| *name == service);
    let service = named.map_or_else(|| service.to_lowercase(), |(_, name)| (*name).to_owned());
    (service, rest)
}

/// The property that may name a resource which is not run here: `TableName` or `Name` of a
/// `Table`. Types whose ids AWS always makes up have none.
pub(super) fn name_properties(kind: &str) -> Vec<String> {
    const MADE_UP: [&str; 5] = [
        "AWS::ApiGateway",
        "AWS::Cognito",
        "AWS::EC2",
        "AWS::KMS",
        "Custom",
    ];
    if MADE_UP.iter().any(|start| kind.starts_with(start)) {
        return Vec::new();
    }
    let name = kind.rsplit("::").next().unwrap_or(kind);
    vec![format!("{name}Name"), "Name".to_owned()]
}
