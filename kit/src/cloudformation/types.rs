//! Which resource types there are, which of them run here, and which are slips of the pen.
//!
//! A misspelt type would otherwise pass for a type of some other service: everything starts, and
//! nothing is delivered.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use super::serverless;
use crate::suggest::{distance, nearest};

/// All resource types with their attributes. The file names its source.
const LIST: &str = include_str!("types.txt");

/// All resource types, by service.
static TYPES: LazyLock<BTreeMap<&'static str, Vec<&'static str>>> = LazyLock::new(|| {
    let lines = LIST.lines().filter(|line| !line.starts_with('#'));
    lines
        .filter_map(|line| line.split_once(' '))
        .map(|(service, names)| (service, names.split(' ').map(name_of).collect()))
        .collect()
});

/// What every type has beside its name, by the whole type: whether its `Ref` is its ARN, and its
/// attributes.
static ATTRIBUTES: LazyLock<BTreeMap<String, (bool, Vec<&'static str>)>> = LazyLock::new(|| {
    let lines = LIST.lines().filter(|line| !line.starts_with('#'));
    let of_service = |line: &'static str| {
        let (service, types) = line.split_once(' ').unwrap_or((line, ""));
        types.split(' ').map(move |text| {
            let (name, attributes) = text.split_once(':').unwrap_or((text, ""));
            let attributes = attributes.split(',').filter(|name| !name.is_empty());
            let entry = (name.ends_with('@'), attributes.collect());
            (format!("{service}::{}", name_of(text)), entry)
        })
    };
    lines.flat_map(of_service).collect()
});

/// The name of a type in the list, without what stands behind it.
fn name_of(text: &'static str) -> &'static str {
    text.split(['@', ':']).next().unwrap_or(text)
}

/// Whether `Ref` gives the ARN of a resource of this type.
pub(super) fn is_referred_by_arn(kind: &str) -> bool {
    ATTRIBUTES.get(kind).is_some_and(|(by_arn, _)| *by_arn)
}

/// Whether a type has an attribute. What a third party's resource, a custom one or a nested stack
/// has is not known: any.
pub(super) fn has_attribute(kind: &str, attribute: &str) -> bool {
    if OPEN.contains(&kind) {
        return true;
    }
    ATTRIBUTES.get(kind).is_none_or(|(_, names)| {
        let within = |name: &&str| {
            attribute
                .strip_prefix(name)
                .is_some_and(|rest| rest.starts_with('.'))
        };
        names.contains(&attribute) || names.iter().any(within)
    })
}

/// Types whose attributes their authors choose.
const OPEN: [&str; 3] = [
    "AWS::CloudFormation::CustomResource",
    "AWS::CloudFormation::Stack",
    "AWS::Serverless::Application",
];

/// Services that Tidegate stands in for, whole or in part.
const OUR_SERVICES: [&str; 7] = [
    "AWS::ApiGateway",
    "AWS::ApiGatewayV2",
    "AWS::Events",
    "AWS::Pipes",
    "AWS::S3",
    "AWS::SQS",
    "AWS::Serverless",
];

/// The types of these services that are resolved, whether a program then runs or rejects them. AWS
/// alone runs the other types.
const READ_IN_PART: [&str; 14] = [
    "AWS::Events::ApiDestination",
    "AWS::Events::Archive",
    "AWS::Events::Connection",
    "AWS::Events::EventBus",
    "AWS::Events::EventBusPolicy",
    RULE,
    "AWS::S3::Bucket",
    "AWS::S3::BucketPolicy",
    "AWS::Serverless::Api",
    "AWS::Serverless::Connector",
    "AWS::Serverless::HttpApi",
    "AWS::Serverless::WebSocketApi",
    serverless::FUNCTION,
    serverless::STATE_MACHINE,
];

/// Rules of event buses, of which only those that lead to something of ours are resolved.
pub(super) const RULE: &str = "AWS::Events::Rule";

/// The services whose types are all resolved.
const READ_WHOLE: [&str; 4] = [
    "AWS::ApiGateway",
    "AWS::ApiGatewayV2",
    "AWS::Pipes",
    "AWS::SQS",
];

/// Types that are recognised by their last part alone, when the whole name is not a type.
const DISTINCT: [&str; 9] = [
    "AWS::ApiGateway::BasePathMapping",
    "AWS::ApiGateway::RestApi",
    "AWS::Events::ApiDestination",
    "AWS::Pipes::Pipe",
    "AWS::S3::Bucket",
    "AWS::S3::BucketPolicy",
    "AWS::SQS::Queue",
    "AWS::SQS::QueuePolicy",
    "AWS::SQS::QueueInlinePolicy",
];

/// A name that is no type and at most this many edits away from one of ours is misspelt.
const NEAR: usize = 2;

/// What a resource type is to Tidegate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Standing {
    /// A type that is resolved, for a program to run or to reject.
    Ours,
    /// A type of another service, of a third party, or of the author.
    NotRun,
    /// A type that does not exist, with the type that was probably meant.
    Misspelt(Option<String>),
}

/// What `kind` is.
pub(super) fn standing(kind: &str) -> Standing {
    let Some((service, name)) = parts(kind) else {
        return match kind.strip_prefix("Custom::") {
            Some(rest) if !rest.is_empty() && !rest.contains(':') => Standing::NotRun,
            _ => Standing::Misspelt(ours_like(kind)),
        };
    };
    if TYPES
        .get(service)
        .is_some_and(|names| names.contains(&name))
    {
        let is_ours = READ_WHOLE.contains(&service) || READ_IN_PART.contains(&kind);
        return if is_ours {
            Standing::Ours
        } else {
            Standing::NotRun
        };
    }
    if OUR_SERVICES.contains(&service) {
        let within =
            nearest(name, TYPES[service].iter().copied()).map(|name| format!("{service}::{name}"));
        return Standing::Misspelt(within.or_else(|| named(name)));
    }
    match near(kind)
        .or_else(|| in_service_like(service, name))
        .or_else(|| named(name))
    {
        Some(meant) => Standing::Misspelt(Some(meant)),
        None => Standing::NotRun,
    }
}

/// The types of the service that `kind` names, when it is one of ours: for a message.
pub(super) fn siblings(kind: &str) -> Option<String> {
    let (service, _) = parts(kind)?;
    OUR_SERVICES
        .contains(&service)
        .then(|| format!("{service} has {}", TYPES[service].join(", ")))
}

/// `AWS::SQS` and `Queue`; what lies behind a third part (`::MODULE`) stays with it.
fn parts(kind: &str) -> Option<(&str, &str)> {
    let mut ends = kind.match_indices("::").map(|(index, _)| index);
    let (first, second) = (ends.next()?, ends.next()?);
    let (service, name) = (&kind[..second], &kind[second + 2..]);
    let is_whole = first > 0 && second > first + 2 && !name.is_empty() && !service.contains(":::");
    is_whole.then_some((service, name))
}

/// Every type of our services, by its whole name.
fn ours() -> impl Iterator<Item = String> {
    let of = |service: &'static str| {
        TYPES[service]
            .iter()
            .map(move |name| format!("{service}::{name}"))
    };
    OUR_SERVICES.into_iter().flat_map(of)
}

/// A type of ours that is a slip or two away, or differs in capitals only.
fn near(kind: &str) -> Option<String> {
    let lower = kind.to_lowercase();
    let measured = ours().map(|ours| (distance(&lower, &ours.to_lowercase()), ours));
    measured
        .filter(|(steps, _)| *steps <= NEAR)
        .min_by_key(|(steps, _)| *steps)
        .map(|(_, ours)| ours)
}

/// `AWS::Pipe::Pip`: no such service, one of ours is near, and has a type that is near.
fn in_service_like(service: &str, name: &str) -> Option<String> {
    let last = service.rsplit("::").next().unwrap_or_default();
    if TYPES.contains_key(service) || !service.to_lowercase().starts_with("aws::") {
        return None;
    }
    let services = OUR_SERVICES.map(|service| service.trim_start_matches("AWS::"));
    let meant = format!("AWS::{}", nearest(last, services)?);
    let types = &TYPES[meant.as_str()];
    let name = types
        .iter()
        .copied()
        .find(|known| *known == name)
        .or_else(|| nearest(name, types.iter().copied()))?;
    Some(format!("{meant}::{name}"))
}

/// The type of ours that has this last part.
fn named(name: &str) -> Option<String> {
    let is_meant = |kind: &&str| {
        kind.rsplit("::")
            .next()
            .is_some_and(|last| last.eq_ignore_ascii_case(name))
    };
    DISTINCT.into_iter().find(is_meant).map(ToOwned::to_owned)
}

/// For a text that has not even the form of a type: `SQS::Queue`, `AWS.SQS.Queue`, `Queue`.
fn ours_like(text: &str) -> Option<String> {
    let parts: Vec<&str> = text
        .split([':', '.', '/', '-', ' '])
        .filter(|part| !part.is_empty())
        .collect();
    let parts = if parts
        .first()
        .is_some_and(|first| first.eq_ignore_ascii_case("aws"))
    {
        &parts[1..]
    } else {
        &parts
    };
    match parts {
        [service, name] => near(&format!("AWS::{service}::{name}")).or_else(|| named(name)),
        [name] => named(name),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_that_are_run_and_types_that_are_not() {
        for kind in [
            "AWS::SQS::Queue",
            "AWS::ApiGateway::UsagePlan",
            "AWS::S3::BucketPolicy",
            "AWS::Events::Rule",
            "AWS::Serverless::Function",
        ] {
            assert_eq!(standing(kind), Standing::Ours, "{kind}");
        }
        for kind in [
            "AWS::IAM::Role",
            "AWS::Events::Endpoint",
            "AWS::S3::AccessPoint",
            "AWS::Serverless::SimpleTable",
            "AWS::CDK::Metadata",
            "AWS::MediaConvert::Queue",
            "AWS::SNS::Topic",
            "AWS::DAX::Cluster",
            "AWS::S3Express::BucketPolicy",
            "AWS::NewService::Thing",
            "Custom::S3AutoDeleteObjects",
            "Alexa::ASK::Skill",
            "Org::Service::Resource",
            "Org::Service::Bucketing::MODULE",
        ] {
            assert_eq!(standing(kind), Standing::NotRun, "{kind}");
        }
    }

    #[test]
    fn a_slip_of_the_pen_is_known_wherever_it_is() {
        for (kind, meant) in [
            ("AWS::SQS::Queues", "AWS::SQS::Queue"),
            ("AWS::SQS::queue", "AWS::SQS::Queue"),
            ("AWS::sqs::Queue", "AWS::SQS::Queue"),
            ("aws::sqs::queue", "AWS::SQS::Queue"),
            ("AWS::SNS::Queue", "AWS::SQS::Queue"),
            ("AWS::SQSS::Queue", "AWS::SQS::Queue"),
            ("AWS:SQS::Queue", "AWS::SQS::Queue"),
            ("AWS:SQS:Queue", "AWS::SQS::Queue"),
            ("AWS.SQS.Queue", "AWS::SQS::Queue"),
            ("SQS::Queue", "AWS::SQS::Queue"),
            ("Queue", "AWS::SQS::Queue"),
            ("AWS::Pipe::Pipe", "AWS::Pipes::Pipe"),
            ("AWS::Pipes::Pipes", "AWS::Pipes::Pipe"),
            ("AWS::EventBridge::Pipe", "AWS::Pipes::Pipe"),
            (
                "AWS::EventBridge::ApiDestination",
                "AWS::Events::ApiDestination",
            ),
            ("AWS::Event::Connection", "AWS::Events::Connection"),
            (
                "AWS::Events::ApiDestinations",
                "AWS::Events::ApiDestination",
            ),
            ("AWS::APIGateway::RestApi", "AWS::ApiGateway::RestApi"),
            ("AWS::ApiGateway::RestAPI", "AWS::ApiGateway::RestApi"),
            ("AWS::ApiGateway::UsagePlans", "AWS::ApiGateway::UsagePlan"),
            ("AWS::ApiGatewayV1::Method", "AWS::ApiGateway::Method"),
            ("AWS::Gateway::RestApi", "AWS::ApiGateway::RestApi"),
            ("AWS::S3::Buckets", "AWS::S3::Bucket"),
            ("AWS::Serverless::Apis", "AWS::Serverless::Api"),
            ("AWS::Serverles::HttpApi", "AWS::Serverless::HttpApi"),
        ] {
            assert_eq!(
                standing(kind),
                Standing::Misspelt(Some(meant.to_owned())),
                "{kind}"
            );
        }
        assert_eq!(standing("AWS::SQS::Topic"), Standing::Misspelt(None));
        assert_eq!(
            siblings("AWS::SQS::Topic").unwrap(),
            "AWS::SQS has Queue, QueueInlinePolicy, QueuePolicy"
        );
        assert_eq!(
            [standing("Nonsense"), standing("")],
            [Standing::Misspelt(None), Standing::Misspelt(None)]
        );
    }
}
