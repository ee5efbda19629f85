//! Door: `AWS::S3::Bucket` resources, read and created.

use aws_config::SdkConfig;
use aws_sdk_s3::Client;
use aws_sdk_s3::operation::create_bucket::CreateBucketError;
use aws_sdk_s3::types::{BucketLocationConstraint, CreateBucketConfiguration};
use futures_util::stream::{StreamExt as _, TryStreamExt as _};
use kit::aws::{self, Endpoint};
use kit::cloudformation::Resource;
use kit::definition::Declarations;
use kit::document::{Node, OrCollect as _, Problem, Value};

use super::change::{AT_ONCE, Change, Provisioned, refused};

/// Properties that are not supported: with --lenient, the bucket is created without them.
const UNSUPPORTED: [&str; 15] = [
    "AccelerateConfiguration",
    "AccessControl",
    "AnalyticsConfigurations",
    "CorsConfiguration",
    "IntelligentTieringConfigurations",
    "InventoryConfigurations",
    "LifecycleConfiguration",
    "LoggingConfiguration",
    "MetricsConfigurations",
    "NotificationConfiguration",
    "ObjectLockConfiguration",
    "ObjectLockEnabled",
    "ReplicationConfiguration",
    "VersioningConfiguration",
    "WebsiteConfiguration",
];

/// A bucket as declared.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct DeclaredBucket {
    pub name: String,
}

/// The buckets that a definition declares.
pub(super) fn read(definition: &Declarations, problems: &mut Vec<Problem>) -> Vec<DeclaredBucket> {
    let mut buckets = Vec::new();
    for resource in definition
        .stacks
        .iter()
        .flat_map(|stack| stack.of_kind("AWS::S3::Bucket"))
    {
        buckets.extend(declared(resource, problems).or_collect(problems));
    }
    for resource in definition
        .stacks
        .iter()
        .flat_map(|stack| stack.of_kind("AWS::S3::BucketPolicy"))
    {
        problems.push(
            resource
                .properties
                .problem(format!("{}: this type is not supported", resource.label()))
                .tolerable(),
        );
    }
    buckets
}

fn declared(resource: &Resource, problems: &mut Vec<Problem>) -> Result<DeclaredBucket, Problem> {
    let mut fields = resource.fields()?;
    let label = resource.label();
    fields.ignore(&["BucketName", "Tags"]);
    // Settings that every new bucket has anyway are accepted.
    for (name, is_default) in [
        (
            "BucketEncryption",
            is_default_encryption as fn(&Node) -> bool,
        ),
        ("OwnershipControls", is_owner_enforced),
        ("PublicAccessBlockConfiguration", blocks_public_access),
    ] {
        if let Some(node) = fields.optional(name).filter(|node| !is_default(node)) {
            problems.push(
                node.problem(format!(
                    "{label}: {name} other than S3's default is not supported"
                ))
                .tolerable(),
            );
        }
    }
    fields.unsupported(&UNSUPPORTED);
    problems.extend(fields.finish());
    Ok(DeclaredBucket {
        name: resource.physical_id.clone(),
    })
}

fn is_default_encryption(node: &Node) -> bool {
    all_texts(node, &|text| matches!(text, "AES256" | "true" | "false"))
}

fn is_owner_enforced(node: &Node) -> bool {
    all_texts(node, &|text| text == "BucketOwnerEnforced")
}

fn blocks_public_access(node: &Node) -> bool {
    all_texts(node, &|text| text.eq_ignore_ascii_case("true"))
}

/// Whether every value within a node is as wanted.
fn all_texts(node: &Node, is_wanted: &dyn Fn(&str) -> bool) -> bool {
    match &node.value {
        Value::List(nodes) => nodes.iter().all(|node| all_texts(node, is_wanted)),
        Value::Map(entries) => entries
            .iter()
            .all(|entry| all_texts(&entry.node, is_wanted)),
        _ => node.text().is_ok_and(is_wanted),
    }
}

/// Creates a bucket that the definition does not declare.
pub(crate) async fn create_plain(name: &str, sdk: &SdkConfig) -> anyhow::Result<Change> {
    create(&client(sdk), name, sdk).await
}

/// S3 as it is reached with this configuration.
fn client(sdk: &SdkConfig) -> Client {
    let config = aws_sdk_s3::config::Builder::from(sdk)
        .force_path_style(aws::has_endpoint(sdk, "S3"))
        .build();
    Client::from_conf(config)
}

/// Creates the buckets that do not exist, several at a time.
pub(super) async fn provision(
    buckets: &[DeclaredBucket],
    sdk: &SdkConfig,
) -> anyhow::Result<Vec<Provisioned>> {
    let client = &client(sdk);
    let works = buckets.iter().map(|DeclaredBucket { name }| async move {
        let change = create(client, name, sdk).await?;
        Ok(Provisioned {
            kind: "bucket",
            name: name.clone(),
            change,
        })
    });
    futures_util::stream::iter(works)
        .buffered(AT_ONCE)
        .try_collect()
        .await
}

async fn create(client: &Client, name: &str, sdk: &SdkConfig) -> anyhow::Result<Change> {
    if client.head_bucket().bucket(name).send().await.is_ok() {
        return Ok(Change::Unchanged);
    }
    let region = aws::region(sdk);
    // us-east-1 is the one region that must not be named.
    let place = (region != "us-east-1").then(|| {
        CreateBucketConfiguration::builder()
            .location_constraint(BucketLocationConstraint::from(region))
            .build()
    });
    let created = client
        .create_bucket()
        .bucket(name)
        .set_create_bucket_configuration(place)
        .send()
        .await;
    match created {
        Ok(_) => Ok(Change::Created),
        Err(error) => match error.as_service_error() {
            Some(CreateBucketError::BucketAlreadyOwnedByYou(_)) => Ok(Change::Unchanged),
            _ => Err(refused(
                &format!("cannot create bucket {name}"),
                &Endpoint::of(sdk, "S3"),
                &error,
            )),
        },
    }
}
