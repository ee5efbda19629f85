//! Door: `AWS::S3::Bucket` resources, read and created.

use aws_config::SdkConfig;
use aws_sdk_s3::Client;
use aws_sdk_s3::operation::create_bucket::CreateBucketError;
use aws_sdk_s3::types::{BucketLocationConstraint, CreateBucketConfiguration};
use futures_util::stream::{StreamExt as _, TryStreamExt as _};
use kit::aws::{self, Endpoint};
use kit::cloudformation::Resource;
use kit::definition::Declarations;
use kit::document::{OrCollect as _, Problem};

use super::change::{AT_ONCE, Change, Provisioned, refused};

/// A bucket as declared.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct DeclaredBucket {
    pub name: String,
}

/// The buckets that a definition declares.
pub(super) fn read(definition: &Declarations, problems: &mut Vec<Problem>) -> Vec<DeclaredBucket> {
    let mut buckets: Vec<DeclaredBucket> = Vec::new();
    for resource in definition
        .stacks
        .iter()
        .flat_map(|stack| stack.of_kind("AWS::S3::Bucket"))
    {
        let Some(bucket) = declared(resource, problems).or_collect(problems) else {
            continue;
        };
        if buckets.contains(&bucket) {
            let message = format!("{}: {} is declared twice", resource.label(), bucket.name);
            problems.push(resource.properties.problem(message).tolerable());
            continue;
        }
        buckets.push(bucket);
    }
    buckets
}

fn declared(resource: &Resource, problems: &mut Vec<Problem>) -> Result<DeclaredBucket, Problem> {
    let mut fields = resource.fields()?;
    fields.ignore(&["BucketName"]);
    let further = resource.properties.entries().unwrap_or_default().iter();
    let further = further.map(|entry| entry.key.as_str());
    let further: Vec<&str> = further
        .filter(|name| !["BucketName", "Tags"].contains(name))
        .collect();
    problems.extend(fields.finish());
    if !further.is_empty() {
        let (bucket, names) = (resource.label(), further.join(", "));
        tracing::info!("{bucket}: the bucket is created without {names}");
    }
    Ok(DeclaredBucket {
        name: resource.physical_id.clone(),
    })
}

/// Creates a bucket that the definition does not declare.
pub(crate) async fn create_plain(name: &str, sdk: &SdkConfig) -> anyhow::Result<Change> {
    create(&client(sdk), name, sdk, false).await
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
    is_dry: bool,
) -> anyhow::Result<Vec<Provisioned>> {
    let client = &client(sdk);
    let works = buckets.iter().map(|DeclaredBucket { name }| async move {
        let change = create(client, name, sdk, is_dry).await?;
        Ok(Provisioned {
            kind: "bucket",
            name: name.clone(),
            change,
            differences: Vec::new(),
        })
    });
    futures_util::stream::iter(works)
        .buffered(AT_ONCE)
        .try_collect()
        .await
}

async fn create(
    client: &Client,
    name: &str,
    sdk: &SdkConfig,
    is_dry: bool,
) -> anyhow::Result<Change> {
    if client.head_bucket().bucket(name).send().await.is_ok() {
        return Ok(Change::Unchanged);
    }
    if is_dry {
        return Ok(Change::Created);
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
