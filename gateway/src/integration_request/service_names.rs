//! The names of a service of AWS: in its host, in signatures, and in the target header of the JSON
//! protocol. See `docs/aws/api-gateway.md#integration-uri`.

use crate::api::ServiceUri;

/// Services whose name in URIs is another one than in signatures.
const SIGNING: [(&str, &str); 6] = [
    ("appconfigdata", "appconfig"),
    ("appsync-api", "appsync"),
    ("bedrock-agent-runtime", "bedrock"),
    ("bedrock-runtime", "bedrock"),
    ("email", "ses"),
    ("marketplace", "aws-marketplace"),
];

/// Services with one host for all regions, which signs for `us-east-1`.
const GLOBAL: [&str; 4] = ["cloudfront", "iam", "organizations", "route53"];

/// Services of the JSON protocol: the name in URIs, the prefix of `X-Amz-Target`, and the minor
/// version of the protocol. `ssm` is not among them: API Gateway calls it by the Query protocol
/// (recorded).
const JSON: [(&str, &str, u8); 58] = [
    ("acm", "CertificateManager", 1),
    ("application-autoscaling", "AnyScaleFrontendService", 1),
    ("athena", "AmazonAthena", 1),
    ("budgets", "AWSBudgetServiceGateway", 1),
    ("ce", "AWSInsightsIndexService", 1),
    ("cloudtrail", "CloudTrail_20131101", 1),
    ("codebuild", "CodeBuild_20161006", 1),
    ("codecommit", "CodeCommit_20150413", 1),
    ("codedeploy", "CodeDeploy_20141006", 1),
    ("codepipeline", "CodePipeline_20150709", 1),
    ("cognito-identity", "AWSCognitoIdentityService", 1),
    ("cognito-idp", "AWSCognitoIdentityProviderService", 1),
    ("comprehend", "Comprehend_20171127", 1),
    ("config", "StarlingDoveService", 1),
    ("dax", "AmazonDAXV3", 1),
    ("directconnect", "OvertureService", 1),
    ("dms", "AmazonDMSv20160101", 1),
    ("ds", "DirectoryService_20150416", 1),
    ("dynamodb", "DynamoDB_20120810", 0),
    ("ecr", "AmazonEC2ContainerRegistry_V20150921", 1),
    ("ecs", "AmazonEC2ContainerServiceV20141113", 1),
    ("elasticmapreduce", "ElasticMapReduce", 1),
    ("events", "AWSEvents", 1),
    ("firehose", "Firehose_20150804", 1),
    ("forecast", "AmazonForecast", 1),
    ("fsx", "AWSSimbaAPIService_v20180301", 1),
    ("gamelift", "GameLift", 1),
    ("glue", "AWSGlue", 1),
    ("health", "AWSHealth_20160804", 1),
    ("kendra", "AWSKendraFrontendService", 1),
    ("kinesis", "Kinesis_20131202", 1),
    ("kms", "TrentService", 1),
    ("lightsail", "Lightsail_20161128", 1),
    ("logs", "Logs_20140328", 1),
    ("machinelearning", "AmazonML_20141212", 1),
    ("opensearch", "AmazonOpenSearchService", 1),
    ("organizations", "AWSOrganizationsV20161128", 1),
    ("personalize", "AmazonPersonalize", 1),
    ("pricing", "AWSPriceListService", 1),
    ("redshift-data", "RedshiftData", 1),
    ("rekognition", "RekognitionService", 1),
    ("route53domains", "Route53Domains_v20140515", 1),
    ("sagemaker", "SageMaker", 1),
    ("secretsmanager", "secretsmanager", 1),
    ("servicediscovery", "Route53AutoNaming_v20170314", 1),
    ("servicequotas", "ServiceQuotasV20190624", 1),
    ("shield", "AWSShield_20160616", 1),
    ("states", "AWSStepFunctions", 0),
    ("streams.dynamodb", "DynamoDBStreams_20120810", 0),
    ("support", "AWSSupport_20130415", 1),
    ("swf", "SimpleWorkflowService", 0),
    ("tagging", "ResourceGroupsTaggingAPI_20170126", 1),
    ("textract", "Textract", 1),
    ("transcribe", "Transcribe", 1),
    ("translate", "AWSShineFrontendService_20170701", 1),
    ("waf-regional", "AWSWAF_Regional_20161128", 1),
    ("wafv2", "AWSWAF_20190729", 1),
    ("workspaces", "WorkspacesService", 1),
];

/// How an action of a service is called by the JSON protocol.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct JsonAction {
    /// `X-Amz-Target`.
    pub target: String,
    /// `Content-Type`.
    pub content_type: String,
}

impl ServiceUri {
    /// The host at AWS.
    pub(super) fn host(&self) -> String {
        let suffix = if self.region.starts_with("cn-") {
            "amazonaws.com.cn"
        } else {
            "amazonaws.com"
        };
        let region = &self.region;
        match (self.service.as_str(), self.subdomain.as_deref()) {
            (service, None) if self.is_global() => format!("{service}.{suffix}"),
            // The data endpoint of IoT has the account's own prefix.
            ("iotdata", None) => format!("data-ats.iot.{region}.{suffix}"),
            ("iotdata", Some(prefix)) => format!("{prefix}.iot.{region}.{suffix}"),
            (service, None) => format!("{service}.{region}.{suffix}"),
            (service, Some(prefix)) => format!("{prefix}.{service}.{region}.{suffix}"),
        }
    }

    /// The service's name in signatures.
    pub(crate) fn signing_name(&self) -> &str {
        match (self.service.as_str(), self.subdomain.as_deref()) {
            ("iot", Some("data.jobs")) => "iot-jobs-data",
            ("iot", Some(_)) => "iotdata",
            (service, _) => SIGNING
                .iter()
                .find(|(name, _)| *name == service)
                .map_or(service, |(_, signing)| signing),
        }
    }

    /// The region in signatures.
    pub(crate) fn signing_region(&self) -> &str {
        if self.is_global() {
            "us-east-1"
        } else {
            &self.region
        }
    }

    fn is_global(&self) -> bool {
        GLOBAL.contains(&self.service.as_str()) && !self.region.starts_with("cn-")
    }

    /// How the action is called by the JSON protocol; `None` for a service of another protocol,
    /// which takes the action as a parameter.
    pub(super) fn json_action(&self, action: &str) -> Option<JsonAction> {
        let whole = self
            .subdomain
            .as_ref()
            .map(|subdomain| format!("{subdomain}.{}", self.service));
        let is_it = |name: &str| Some(name) == whole.as_deref();
        let (_, prefix, version) = JSON
            .iter()
            .find(|(name, ..)| is_it(name))
            .or_else(|| JSON.iter().find(|(name, ..)| *name == self.service))?;
        Some(JsonAction {
            target: format!("{prefix}.{action}"),
            content_type: format!("application/x-amz-json-1.{version}"),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::Operation;

    fn uri(service: &str) -> ServiceUri {
        let (subdomain, service) = match service.rsplit_once('.') {
            Some((subdomain, service)) => (Some(subdomain.to_owned()), service),
            None => (None, service),
        };
        ServiceUri {
            region: "eu-west-1".into(),
            service: service.into(),
            subdomain,
            operation: Operation::Path("/".into()),
            method: None,
        }
    }

    #[test]
    fn hosts_and_signatures_have_their_names() {
        for (service, host, signing) in [
            ("sqs", "sqs.eu-west-1.amazonaws.com", "sqs"),
            ("email", "email.eu-west-1.amazonaws.com", "ses"),
            (
                "a1b2c3.execute-api",
                "a1b2c3.execute-api.eu-west-1.amazonaws.com",
                "execute-api",
            ),
            (
                "a1-ats.iot",
                "a1-ats.iot.eu-west-1.amazonaws.com",
                "iotdata",
            ),
            (
                "a1-ats.iotdata",
                "a1-ats.iot.eu-west-1.amazonaws.com",
                "iotdata",
            ),
            ("iot", "iot.eu-west-1.amazonaws.com", "iot"),
            ("bucket.s3", "bucket.s3.eu-west-1.amazonaws.com", "s3"),
            (
                "runtime.sagemaker",
                "runtime.sagemaker.eu-west-1.amazonaws.com",
                "sagemaker",
            ),
            ("iam", "iam.amazonaws.com", "iam"),
        ] {
            let uri = uri(service);
            assert_eq!((uri.host().as_str(), uri.signing_name()), (host, signing));
        }
        assert_eq!(uri("iam").signing_region(), "us-east-1");
    }

    #[test]
    fn actions_of_the_json_protocol_have_a_target() {
        let target = |service: &str| {
            let action = uri(service).json_action("X");
            action.map(|action| (action.target, action.content_type))
        };
        let is = |target: &str, version: u8| {
            Some((
                target.to_owned(),
                format!("application/x-amz-json-1.{version}"),
            ))
        };
        assert_eq!(target("dynamodb"), is("DynamoDB_20120810.X", 0));
        assert_eq!(
            target("streams.dynamodb"),
            is("DynamoDBStreams_20120810.X", 0)
        );
        assert_eq!(
            target("api.ecr"),
            is("AmazonEC2ContainerRegistry_V20150921.X", 1)
        );
        assert_eq!(target("events"), is("AWSEvents.X", 1));
        for service in ["sqs", "sns", "ssm", "iam", "email"] {
            assert_eq!(target(service), None, "{service}");
        }
    }
}
